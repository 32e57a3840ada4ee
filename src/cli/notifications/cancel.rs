//! `baton notifications cancel`: nothing more of it is sent.

use clap::Args;
use serde_json::{Value, json};

use super::show::shown;
use super::{about_one, path};
use crate::cli::client::{Body, Client, Server};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{print, print_json};

/// Calls a notification off.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton notifications cancel invoice-4711:due --reason \"was paid\"\n\n\
    A message that has left, or is leaving at this moment, cannot be called off: then this says so\n\
    and ends with 4.")]
pub struct Cancel {
    /// The notification's id, or the external_ref it came with
    pub notification: String,
    /// Why; it stands in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

impl Cancel {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::new(&self.server)?;
        let mut path = path(&self.notification);
        path.push("cancel");
        let body = match &self.reason {
            Some(reason) => json!({ "reason": reason }),
            None => json!({}),
        };
        // Called off twice is called off.
        let answer = client.post(&path, Body::json(&body)).await.map_err(about_one)?;
        let seen: Value = serde_json::from_str(&answer.body)
            .map_err(|_| Failure::new(Exit::Server, "the answer is not JSON; is it Baton?"))?;
        if self.json { print_json(&seen) } else { print(&shown(&seen)) }
    }
}
