//! `baton webhooks`: what providers told a running server.

pub mod list;
pub mod replay;

use clap::Subcommand;

use super::exit::Failure;

/// What providers told a running server.
#[derive(Debug, Subcommand)]
pub enum Webhooks {
    /// Lists what providers told, without what people wrote.
    List(list::List),
    /// Has what was left undone acted upon.
    Replay(replay::Replay),
}

impl Webhooks {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run().await,
            Self::Replay(command) => command.run().await,
        }
    }
}
