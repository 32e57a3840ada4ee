//! `[drop_in]`: the old routes that answer beside our own.

use super::reader::Section;

/// A system whose clients find their old routes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// The offer router.
    Router,
}

impl System {
    const WORDS: [(&'static str, Self); 1] = [("router", Self::Router)];
}

/// The old routes that answer.
#[derive(Clone, Debug, Default)]
pub struct DropIn {
    /// Whose.
    pub enabled: Vec<System>,
}

impl DropIn {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let named = section.get::<Vec<String>>("enabled");
        let mut enabled = Vec::new();
        for word in &named {
            let known = System::WORDS.iter().find(|(name, _)| name == word).map(|(_, system)| *system);
            section.expect("enabled", known.is_some(), || {
                let words = System::WORDS.map(|(word, _)| format!("\"{word}\"")).join(", ");
                (format!("\"{word}\" is none of its words"), format!("write one or more of {words}"))
            });
            enabled.extend(known.filter(|system| !enabled.contains(system)));
        }
        Self { enabled }
    }
}
