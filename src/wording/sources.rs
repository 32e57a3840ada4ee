//! Which template files there are: the built-in ones, and those of a folder in their place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::builtin::{self, BUILTIN};
use super::error::WordingError;
use super::language::language_of;
use super::pages;

/// Template texts by file, such as `en/offer.plain.text`.
pub(super) struct Sources {
    files: BTreeMap<String, String>,
}

impl Sources {
    pub(super) fn builtin() -> Self {
        let of_locale = |(locale, files): &(&str, &[(&str, &str)])| -> Vec<(String, String)> {
            files.iter().flat_map(|(file, source)| builtin_texts(locale, file, source)).collect()
        };
        Self { files: BUILTIN.iter().flat_map(of_locale).collect() }
    }

    /// Takes the files of `<folder>/<locale>/`. What a locale does not word itself, it says as its language
    /// does, or in English.
    pub(super) fn overridden_by(mut self, folder: &Path) -> Result<Self, WordingError> {
        let unreadable = |source| WordingError::Unreadable { folder: folder.to_owned(), source };
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let locale = entry.file_name().to_string_lossy().into_owned();
            if !entry.path().is_dir() || locale.starts_with('.') {
                continue;
            }
            for file in std::fs::read_dir(entry.path()).map_err(unreadable)? {
                let file = file.map_err(unreadable)?;
                let name = file.file_name().to_string_lossy().into_owned();
                if !is_template(&name) && name != pages::FILE {
                    continue;
                }
                let source = std::fs::read_to_string(file.path()).map_err(unreadable)?;
                if name == pages::FILE {
                    self.files.extend(pages::lines(&locale, &source, false)?);
                    continue;
                }
                self.files.insert(format!("{locale}/{name}"), source);
            }
        }
        for locale in self.locales() {
            for (file, source) in builtin::of_language(&language_of(&locale)) {
                for (file, source) in builtin_texts(&locale, file, source) {
                    self.files.entry(file).or_insert(source);
                }
            }
        }
        Ok(self)
    }

    /// The locales there are files for.
    pub(super) fn locales(&self) -> Vec<String> {
        let locales: BTreeSet<_> = self.files.keys().filter_map(|file| file.split_once('/')).map(|(l, _)| l).collect();
        locales.into_iter().map(str::to_owned).collect()
    }

    pub(super) fn into_files(self) -> impl Iterator<Item = (String, String)> {
        self.files.into_iter()
    }
}

/// A file of ours as a locale has it: the words of pages one by one, so that each can be said otherwise.
fn builtin_texts(locale: &str, file: &str, source: &str) -> Vec<(String, String)> {
    if file == pages::FILE {
        // A test reads them all.
        return pages::lines(locale, source, true).unwrap_or_default();
    }
    vec![(format!("{locale}/{file}"), source.to_owned())]
}

/// Editors leave all kinds of files behind; only these are ours.
fn is_template(file: &str) -> bool {
    [".text", ".html", ".subject", ".buttons"].iter().any(|part| file.ends_with(part)) && !file.starts_with('.')
}
