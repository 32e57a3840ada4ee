//! `[logs]`: what is written, and how.

use tracing_subscriber::EnvFilter;

use super::reader::Section;

/// Logs.
#[derive(Clone, Debug)]
pub struct Logs {
    /// How a line looks.
    pub format: Format,
    /// A level or directives.
    pub level: String,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object.
    Json,
    /// For people.
    Pretty,
}

impl Logs {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let level = section.get::<String>("level");
        let valid = !level.is_empty() && EnvFilter::builder().parse(&level).is_ok();
        section.expect("level", valid, || {
            let cure = "write error, warn, info, debug or trace, or directives such as \"info,baton=debug\"".to_owned();
            (format!("\"{level}\" is no level"), cure)
        });
        Self { format: section.word("format", &[("json", Format::Json), ("pretty", Format::Pretty)]), level }
    }
}
