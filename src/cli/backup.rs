//! `baton backup`, `restore` and `verify`: the store as one file.

use std::path::{Path, PathBuf};

use baton_actors::clock::{Clock, SystemClock};
use baton_actors::records;
use baton_actors::store::StoreError;
use baton_actors::store::keys::Space;
use baton_actors::store::verify::{Findings, verify};
use baton_core::job::invariants;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::{Exit, Failure};
use super::output::{complain, print};
use super::settings::Settings;
use crate::store::backup::{BackupError, backup};
use crate::store::restore::restore;
use crate::store::{SledOptions, SledStore};

/// Copies the store into one checksummed file.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton backup /var/backups/baton-2027-01-30.bak --data /var/lib/baton\n\n\
    The store has one process at a time: stop the server first, or let it make backups by itself\n\
    ([backup] in the configuration), which needs no stop.")]
pub struct Backup {
    /// The file to write; it must not exist
    pub file: PathBuf,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

/// Fills an empty folder from a backup.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  baton restore /var/backups/baton-2027-01-30.bak --data /var/lib/baton-restored\n\n\
    The copy starts in quarantine: it shows what it would send and sends nothing before\n`baton release-quarantine`."
)]
pub struct Restore {
    /// The backup
    pub file: PathBuf,
    /// Where the configuration comes from; --data names the empty folder.
    #[command(flatten)]
    pub settings: Settings,
}

/// Opens a copy and runs the invariants over every record.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  baton verify /var/backups/baton-2027-01-30.bak\n  baton verify --data /var/lib/baton-restored"
)]
pub struct Verify {
    /// A backup; without one, the folder of --data is looked at
    pub file: Option<PathBuf>,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl Backup {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let what = format!("there is no folder {}; make it, or name another for the backup", folder.display());
            return Err(Failure::new(Exit::Store, what));
        }
        let store = open(&self.settings, "let it make backups by itself ([backup] in its configuration)")?;
        let (bar, mut progress) = counting("rows written");
        let made = backup(&store, &self.file, SystemClock.now(), &mut progress).map_err(failed)?;
        bar.finish_and_clear();
        print(&format!("{} holds {} rows in {} bytes, checksummed", self.file.display(), made.rows, made.bytes))
    }
}

impl Restore {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        let folder = self.settings.store_path()?;
        let (bar, mut progress) = counting("rows restored");
        let made =
            restore(&self.file, &folder, SledOptions::default(), SystemClock.now(), &mut progress).map_err(failed)?;
        bar.finish_and_clear();
        print(&format!(
            "{} rows of {} are in {}, as they were at {}.\nThe copy is in quarantine: it serves and sends nothing. `baton \
             release-quarantine --data {}` shows what it would send, and with --yes lets it.",
            made.rows,
            self.file.display(),
            folder.display(),
            made.taken,
            folder.display()
        ))
    }
}

impl Verify {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        let Some(file) = &self.file else { return look_through(&open(&self.settings, "verify a backup of it")?) };
        // A copy of its own, beside the backup's disk space rather than the store's.
        let folder = scratch()?;
        let (bar, mut progress) = counting("rows unpacked");
        let made = restore(file, &folder, SledOptions::default(), SystemClock.now(), &mut progress).map_err(failed);
        bar.finish_and_clear();
        let found = made.and_then(|_| {
            let opened = SledStore::open(&folder, SledOptions::default());
            look_through(&opened.map_err(|error| Failure::new(Exit::Store, error.to_string()))?)
        });
        if let Err(error) = std::fs::remove_dir_all(&folder) {
            complain(&format!("{} could not be removed: {error}", folder.display()));
        }
        found
    }
}

fn look_through(store: &SledStore) -> Result<(), Failure> {
    let mut jobs = 0_u64;
    let mut complaints = Vec::new();
    let findings = verify(store, &mut |space, _, record| {
        if !matches!(space, Space::LiveJobs | Space::ClosedJobs) {
            return;
        }
        jobs += 1;
        match records::open_job(record) {
            Ok(job) => complaints.extend(
                invariants::broken(&job).map(|rule| format!("job {} breaks {}: {}", job.id, rule.number, rule.says)),
            ),
            Err(error) => complaints.push(format!("a job cannot be decoded: {error}")),
        }
    })
    .map_err(|error| Failure::new(Exit::Store, error.to_string()))?;
    let Findings { whole, broken, named } = findings;
    for (space, count) in &whole {
        print(&format!("{count:>10}  {space:?}"))?;
    }
    complaints.extend(named.iter().map(|(key, reason)| format!("row {} cannot be read: {reason}", hex(key))));
    if complaints.is_empty() && broken == 0 {
        return print(&format!("every row can be read, and every one of {jobs} jobs keeps every invariant"));
    }
    let told: Vec<&str> = complaints.iter().take(50).map(String::as_str).collect();
    let more = complaints.len().saturating_sub(told.len());
    Err(Failure::new(Exit::Data, format!("{}\n{more} more; {broken} rows cannot be read", told.join("\n"))))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Opens the store of a configuration, which must be there. `instead`: what can be done while a server uses it.
pub(super) fn open(settings: &Settings, instead: &str) -> Result<SledStore, Failure> {
    let folder = settings.store_path()?;
    if !folder.exists() {
        return Err(Failure::new(
            Exit::Store,
            format!("there is no folder {}; --data names the store's", folder.display()),
        ));
    }
    open_or_make(&folder, instead)
}

/// The same, and makes the folder if it is missing.
pub(super) fn open_or_make(folder: &Path, instead: &str) -> Result<SledStore, Failure> {
    SledStore::open(folder, SledOptions::default()).map_err(|error| {
        let text = match error {
            StoreError::InUse(folder) => {
                format!("a running baton uses the folder {}: stop it, or {instead}", folder.display())
            }
            error => error.to_string(),
        };
        Failure::new(Exit::Store, text)
    })
}

fn scratch() -> Result<PathBuf, Failure> {
    let folder = std::env::temp_dir().join(format!("baton-verify-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder)
        .map_err(|error| Failure::new(Exit::Store, format!("{} cannot be made: {error}", folder.display())))?;
    Ok(folder)
}

fn failed(error: BackupError) -> Failure {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Failure::new(Exit::Store, format!("{error}{cause}"))
}

fn counting(what: &'static str) -> (ProgressBar, impl FnMut(u64)) {
    let bar = ProgressBar::new_spinner();
    // A template that is not valid leaves the built-in one.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} {msg}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    let shown = bar.clone();
    (bar, move |rows| shown.set_position(rows))
}
