//! `baton doctor`: what keeps this installation from working.

use clap::Args;

use super::exit::Failure;
use super::settings::Settings;

/// Looks at store, disk, clock, credentials and webhooks.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton doctor --config baton.toml\n\nSends no message to anybody.")]
pub struct Doctor {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
    /// Prints the findings as JSON
    #[arg(long)]
    pub json: bool,
}

impl Doctor {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        self.settings.load()?;
        Err(Failure::not_built("doctor"))
    }
}
