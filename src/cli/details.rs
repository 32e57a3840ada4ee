//! `baton details`: private details of jobs of a running server.

pub mod erase;

use clap::Subcommand;

use super::exit::Failure;

/// Private details of jobs of a running server.
#[derive(Debug, Subcommand)]
pub enum Details {
    /// Erases them for good.
    Erase(erase::Erase),
}

impl Details {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Erase(command) => command.run().await,
        }
    }
}
