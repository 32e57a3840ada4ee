//! `baton jobs`: jobs of a running server.

pub mod explain;
pub mod import;
pub mod list;
pub mod quarantine;
pub mod show;

use clap::Subcommand;

use super::client::Refused;
use super::exit::Failure;

/// Jobs of a running server.
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Brings the jobs of a CSV into the server, with a result for every row.
    Import(import::Import),
    /// Lists jobs, newest first.
    List(list::List),
    /// Shows a job and what happened to it.
    Show(show::Show),
    /// Lists what was put aside: jobs whose actor kept falling, and records that cannot be read.
    Quarantine(quarantine::Quarantine),
    /// Says for every agent whether they can be asked, or the rule that keeps them out; and what happens next.
    Explain(explain::Explain),
}

impl Jobs {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Import(command) => command.run().await,
            Self::List(command) => command.run().await,
            Self::Show(command) => command.run().await,
            Self::Quarantine(command) => command.run().await,
            Self::Explain(command) => command.run().await,
        }
    }
}

/// What became of a question about one job; for a job that there is not, how one is named.
pub(in crate::cli) fn about_a_job(refused: Refused) -> Failure {
    let is_unknown = matches!(&refused, Refused::Problem(problem) if problem.code == "job-not-found");
    let mut failure = Failure::from(refused);
    if is_unknown {
        failure
            .message
            .push_str("\ngive a job's id, or, while it is live, its code of 8 digits; `baton jobs list` shows both");
    }
    failure
}
