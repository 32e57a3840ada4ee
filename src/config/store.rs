//! `[store]`: the embedded store.

use std::path::PathBuf;

use super::reader::Section;
use super::setting::Bytes;

/// The embedded store.
#[derive(Clone, Debug)]
pub struct Store {
    /// Its folder.
    pub path: PathBuf,
    /// Memory for reading, in bytes.
    pub cache: u64,
    /// With less free disk than this, in bytes, new work is refused.
    pub min_free: u64,
}

impl Store {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            path: section.some("path"),
            cache: section.get::<Bytes>("cache").0,
            min_free: section.get::<Bytes>("min_free").0,
        }
    }
}
