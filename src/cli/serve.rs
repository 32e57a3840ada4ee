//! `baton serve`: the server.

use clap::Args;

use super::exit::Failure;
use super::settings::Settings;

/// Runs the server.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  BATON_DEV_KEY=$(openssl rand -hex 32) baton serve --dev\n  \
    baton serve --config baton.toml --listen 0.0.0.0:8080 --data /var/lib/baton\n\n\
    Stops on SIGTERM and Ctrl-C: requests under way are answered, the store is flushed, exit code 0.")]
pub struct Serve {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl Serve {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        self.settings.load()?;
        Err(Failure::not_built("serve"))
    }
}
