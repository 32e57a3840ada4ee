//! `[backup]`: backups that are made by themselves.

use std::path::PathBuf;

use super::reader::Section;

/// Backups that are made by themselves.
#[derive(Clone, Debug)]
pub struct Backup {
    /// Whether they are made.
    pub enabled: bool,
    /// Where they go.
    pub dir: PathBuf,
    /// When, as a cron expression in UTC.
    pub cron: String,
    /// How many are kept.
    pub keep: usize,
}

impl Backup {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let backup = Self {
            enabled: section.get("enabled"),
            dir: section.get("dir"),
            cron: section.cron("cron"),
            keep: section.within::<u64>("keep", 1..=10_000) as usize,
        };
        section.expect("dir", !backup.enabled || !backup.dir.as_os_str().is_empty(), || {
            ("backups are on and have no folder".to_owned(), "name one, best on another disk".to_owned())
        });
        backup
    }
}
