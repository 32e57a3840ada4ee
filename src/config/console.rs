//! `[channels.console]`: messages on the server's own output.

use super::reader::Section;
use super::setting::Switch;

/// The console channel, when it is on.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// Whether messages are dropped in place of printed.
    pub quiet: bool,
}

impl Console {
    pub(super) fn read(section: &mut Section<'_, '_>, dev: bool) -> Option<Self> {
        let enabled = section.get::<Switch>("enabled");
        let console = Self { quiet: section.get("quiet") };
        enabled.or(dev).then_some(console)
    }
}
