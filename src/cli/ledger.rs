//! `baton ledger`: claim ledgers that were exported.

pub mod verify;

use clap::Subcommand;

use super::exit::Failure;

/// Claim ledgers that were exported.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Holds an exported claim ledger against its hashes, without any server.
    Verify(verify::Verify),
}

impl Ledger {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Verify(command) => command.run(),
        }
    }
}
