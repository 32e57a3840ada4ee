//! The options of every command that reads the configuration.

use std::path::PathBuf;

use clap::Args;

use super::exit::{Exit, Failure};
use super::output::complain;
use crate::config::layers::{Flags, Sources};
use crate::config::{Config, store_path};

/// Where the configuration comes from.
#[derive(Clone, Debug, Default, Args)]
pub struct Settings {
    /// A TOML file over the defaults; `baton config print --defaults` shows every key
    #[arg(long, value_name = "FILE", env = "BATON_CONFIG")]
    pub config: Option<PathBuf>,
    /// For trying out: loopback only, a default tenant, the key of BATON_DEV_KEY, no secrets needed
    #[arg(long)]
    pub dev: bool,
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Folder of the store [default: data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl Settings {
    /// The sources that these options name.
    pub fn sources(&self) -> Sources {
        let flags = Flags { dev: self.dev, listen: self.listen.clone(), data: self.data.clone() };
        Sources::of_process(self.config.clone(), flags)
    }

    /// The configuration, or every mistake in it; warnings go to the error output.
    pub fn load(&self) -> Result<Config, Failure> {
        let config = self.read()?;
        for warning in self.warnings(&config) {
            complain(&warning);
        }
        Ok(config)
    }

    /// The configuration, or every mistake in it.
    pub fn read(&self) -> Result<Config, Failure> {
        Config::load(&self.sources()).map_err(|faults| Failure::new(Exit::Configuration, faults.to_string()))
    }

    /// The store's folder: for commands that need nothing else, so that no secret has to be at hand for them.
    pub fn store_path(&self) -> Result<PathBuf, Failure> {
        store_path(&self.sources()).map_err(|faults| Failure::new(Exit::Configuration, faults.to_string()))
    }

    /// What the configuration is warned of.
    pub fn warnings(&self, config: &Config) -> impl Iterator<Item = String> {
        let head = if self.dev { "in production this would be refused" } else { "warning" };
        config.warnings.iter().map(move |warning| format!("{head}: {warning}"))
    }
}
