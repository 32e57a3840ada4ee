//! `baton sealing status`: which configured key opens how much.

use clap::Args;

use super::super::backup::open;
use super::super::exit::{Exit, Failure};
use super::super::output::print;
use super::super::settings::Settings;
use super::tell;
use crate::sealing::rotate;

/// Says which configured key opens how much.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton sealing status --config /etc/baton.toml\n\n\
    The store has one process at a time: stop the server first.")]
pub struct Status {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl Status {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.settings.read()?;
        let store = open(&self.settings, "look after it has stopped")?;
        let used = rotate::in_use(&store).map_err(|error| Failure::new(Exit::Store, error.to_string()))?;
        let unknown = tell(&config, &used)?;
        if unknown > 0 {
            print(&format!("{unknown} are sealed with keys that are not configured"))?;
        }
        Ok(())
    }
}
