//! `baton details`: private details of jobs of a running server.

pub mod erase;
pub mod export;

use clap::Subcommand;

use super::exit::Failure;

/// Private details of jobs of a running server.
#[derive(Debug, Subcommand)]
pub enum Details {
    /// Erases them for good.
    Erase(erase::Erase),
    /// Gives out what is held about a person, for them
    Export(export::Export),
}

impl Details {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Erase(command) => command.run().await,
            Self::Export(command) => command.run().await,
        }
    }
}
