//! `baton config`: the configuration to look at.

use clap::{Args, Subcommand};

use super::exit::{Exit, Failure};
use super::output::{complain, print};
use super::settings::Settings;
use crate::config::Config as Read;
use crate::config::fault::Faults;
use crate::config::layers::DEFAULTS;

/// The configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Prints the settings that hold, with secrets masked and where each came from.
    Print(Print),
}

/// Prints the settings that hold.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  baton config print --config baton.toml\n  baton config print --defaults > baton.toml"
)]
pub struct Print {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
    /// Prints every key with its default and what it means, to begin a file of your own
    #[arg(long)]
    pub defaults: bool,
}

impl Config {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        let Self::Print(command) = self;
        if command.defaults {
            return print(DEFAULTS.trim_end());
        }
        let sources = command.settings.sources();
        let wrong = |faults: Faults| Failure::new(Exit::Configuration, faults.to_string());
        print(Read::show_sources(&sources).map_err(wrong)?.trim_end())?;
        // What is missing keeps nobody from looking at what is there.
        match Read::load(&sources) {
            Ok(config) => command.settings.warnings(&config).for_each(|warning| complain(&warning)),
            Err(faults) => complain(&format!("\n{faults}")),
        }
        Ok(())
    }
}
