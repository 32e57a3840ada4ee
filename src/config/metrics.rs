//! `[metrics]`: who may read `/metrics`.

use std::time::Duration;

use ipnet::IpNet;

use super::reader::Section;

/// `/metrics`.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Networks that may read it without a key.
    pub allow: Vec<IpNet>,
    /// After how long untouched gauges and histograms are left out.
    pub idle_timeout: Duration,
}

impl Metrics {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self { allow: section.get("allow"), idle_timeout: section.some("idle_timeout") }
    }
}
