//! `baton import`: what other systems have kept, brought into a running server.

mod database;
mod router;

use clap::Subcommand;

use super::exit::Failure;

/// Brings what another system has kept into a running server.
#[derive(Debug, Subcommand)]
pub enum Moving {
    /// Agents and jobs of the offer router, from its database. What is assigned there stays there.
    Router(router::Router),
}

impl Moving {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        let Self::Router(command) = self;
        command.run().await
    }
}
