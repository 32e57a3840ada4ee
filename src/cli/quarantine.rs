//! `baton release-quarantine`: lets a restored copy send.

use clap::Args;

use super::exit::Failure;
use super::settings::Settings;

/// Lets a restored copy send what it showed it would send.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  baton release-quarantine --data /var/lib/baton-restored          show what would be sent\n  \
    baton release-quarantine --data /var/lib/baton-restored --yes    let it send"
)]
pub struct ReleaseQuarantine {
    /// Releases; without it the command only shows
    #[arg(long)]
    pub yes: bool,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl ReleaseQuarantine {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        Err(Failure::not_built("release-quarantine"))
    }
}
