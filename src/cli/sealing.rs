//! `baton sealing`: the keys that private things are sealed with.

pub mod rotate;
pub mod status;

use clap::Subcommand;
use secrecy::SecretSlice;

use super::exit::Failure;
use super::output::print;
use crate::config::Config;
use crate::sealing::rotate::{InUse, name, opens};

/// The keys that private things are sealed with.
#[derive(Debug, Subcommand)]
pub enum Sealing {
    /// Says which configured key opens how much.
    Status(status::Status),
    /// Seals everything anew that a key of before sealed, so that it may go.
    Rotate(rotate::Rotate),
}

impl Sealing {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Status(command) => command.run(),
            Self::Rotate(command) => command.run(),
        }
    }
}

/// What each configured key opens, and whether it may go. Says how much none of them opens.
fn tell(config: &Config, used: &InUse) -> Result<u64, Failure> {
    let mut known = 0;
    let mut line = |setting: &str, key: &SecretSlice<u8>, is_older: bool| {
        let count = opens(used, key);
        known += count;
        let may_go = if is_older && count == 0 { "; it is not needed any more and may be removed" } else { "" };
        print(&format!("key {}  {setting}: opens {count}{may_go}", name(key)))
    };
    if let Some(master) = &config.sealing.master {
        line("sealing.key", master, false)?;
    }
    for (tenant, key) in &config.sealing.own {
        line(&format!("sealing.keys.{tenant}"), key, false)?;
    }
    for (named, key) in &config.sealing.older {
        line(&format!("sealing.older.{named}"), key, true)?;
    }
    Ok(used.values().sum::<u64>().saturating_sub(known))
}
