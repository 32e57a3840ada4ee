//! `[metrics]`: who may read `/metrics`.

use ipnet::IpNet;

use super::reader::Section;

/// `/metrics`.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Networks that may read it without a key.
    pub allow: Vec<IpNet>,
}

impl Metrics {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self { allow: section.get("allow") }
    }
}
