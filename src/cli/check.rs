//! `baton check`: every mistake of a configuration at once.

use std::sync::Arc;

use clap::Args;

use super::exit::{Exit, Failure};
use super::output::print;
use super::settings::Settings;
use crate::wording::{OfferLink, Wording};

/// Checks the configuration and lists every mistake at once, with the nearest valid key.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  BATON__SERVER__LISTN=0.0.0.0:80 baton check --config baton.toml")]
pub struct Check {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
    /// Prints the settings that hold, with secrets masked
    #[arg(long)]
    pub print: bool,
}

impl Check {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        if let Some(folder) = &config.wording.folder {
            let no_link: OfferLink = Arc::new(|_, _| "https://example.com".to_owned());
            Wording::with_overrides(folder, no_link).map_err(|mistakes| {
                let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
                Failure::new(Exit::Configuration, mistakes.join("\n"))
            })?;
        }
        if self.print {
            return print(&config.show_masked());
        }
        print("the configuration is valid")
    }
}
