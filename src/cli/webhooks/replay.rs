//! `baton webhooks replay`: what was told and left undone is acted upon.

use clap::Args;
use serde_json::{Map, Value};

use crate::cli::client::{Body, Client, Server};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{complain, print, print_json};

/// Has what was left undone acted upon. What was acted upon is left alone, so it is harmless to repeat.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  baton webhooks replay                                      everything that was left\n  \
    baton webhooks replay --account twilio --since 2027-01-29T08:00:00Z\n  \
    baton webhooks replay --id SM0123                          one piece of news\n\n\
    A text is no answer to an offer that was made after it came."
)]
pub struct Replay {
    /// Only of this account: telegram, meta, twilio, resend, sendgrid
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Only what the provider calls so
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Only what came then or later
    #[arg(long, value_name = "MOMENT")]
    pub since: Option<String>,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

impl Replay {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut asked = Map::new();
        for (name, value) in [("account", &self.account), ("id", &self.id), ("since", &self.since)] {
            asked.extend(value.clone().map(|value| (name.to_owned(), Value::String(value))));
        }
        let client = Client::new(&self.server)?;
        let answer = client.post(&["api", "v1", "webhooks", "replay"], Body::json(&Value::Object(asked))).await?;
        let came_to: Value = serde_json::from_str(&answer.body)
            .map_err(|_| Failure::new(Exit::Server, "the answer is not JSON; is it Baton?"))?;
        if self.json {
            return print_json(&came_to);
        }
        print(&format!(
            "{} being acted upon now, {} done before and left alone",
            came_to["replayed"], came_to["done"]
        ))?;
        if came_to["more"] == true {
            complain("there is more; run it again");
        }
        Ok(())
    }
}
