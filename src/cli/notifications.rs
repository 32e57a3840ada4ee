//! `baton notifications`: messages that other systems asked a running server to send.

pub mod cancel;
pub mod list;
pub mod show;

use clap::Subcommand;

use super::client::Refused;
use super::exit::Failure;

/// Notifications of a running server.
#[derive(Debug, Subcommand)]
pub enum Notifications {
    /// Lists notifications, newest first.
    List(list::List),
    /// Shows a notification: where it stands, each message, and what happened to it.
    Show(show::Show),
    /// Calls a notification off, all its coming messages with it.
    Cancel(cancel::Cancel),
}

impl Notifications {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Self::List(command) => command.run().await,
            Self::Show(command) => command.run().await,
            Self::Cancel(command) => command.run().await,
        }
    }
}

/// The path of the notification of a name: an id, or else the client's reference.
fn path(name: &str) -> Vec<&str> {
    let mut path = vec!["api", "v1", "notifications"];
    if uuid::Uuid::try_parse(name).is_err() {
        path.push("by-ref");
    }
    path.push(name);
    path
}

/// What became of a question about one; for one that there is not, how it is named.
fn about_one(refused: Refused) -> Failure {
    let is_unknown = matches!(&refused, Refused::Problem(problem) if problem.code == "notification-not-found");
    let mut failure = Failure::from(refused);
    if is_unknown {
        failure.message.push_str("\ngive its id or its external_ref; `baton notifications list` shows both");
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_named_by_its_id_or_its_reference() {
        let id = "0b0c6f5e-6c8e-4c0e-9d7f-0f8f6a4c2f11";
        assert_eq!(path(id), ["api", "v1", "notifications", id]);
        assert_eq!(path("invoice/17"), ["api", "v1", "notifications", "by-ref", "invoice/17"]);
    }
}
