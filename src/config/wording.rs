//! `[wording]`: what messages say.

use std::path::PathBuf;

use super::reader::Section;

/// What messages say.
#[derive(Clone, Debug)]
pub struct Wording {
    /// Templates in place of the built-in ones.
    pub folder: Option<PathBuf>,
}

impl Wording {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let folder = section.get::<PathBuf>("folder");
        section.expect("folder", folder.as_os_str().is_empty() || folder.is_dir(), || {
            ("there is no such folder".to_owned(), "make it, or leave it empty for the built-in wording".to_owned())
        });
        Self { folder: Some(folder).filter(|folder| !folder.as_os_str().is_empty()) }
    }
}
