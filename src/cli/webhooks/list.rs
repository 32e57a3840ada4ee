//! `baton webhooks list`: what providers told a running server.

use clap::Args;
use serde_json::Value;

use crate::cli::client::{Client, Server};
use crate::cli::exit::Failure;
use crate::cli::output::{complain, print, print_json};
use crate::cli::table::table;

/// What a page of the API holds at most.
const PAGE: u32 = 100;

/// Lists what providers told, without what people wrote.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  baton webhooks list --pending\n  \
    baton webhooks list --account twilio --since 2027-01-29T08:00:00Z --json | jq '.[].id'\n\n\
    What was acted upon is kept for retention.inbox; what was not, until it is.")]
pub struct List {
    /// Only of this account: telegram, meta, twilio, resend, sendgrid
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Only what came then or later
    #[arg(long, value_name = "MOMENT")]
    pub since: Option<String>,
    /// Only what was not acted upon yet
    #[arg(long)]
    pub pending: bool,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

impl List {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (told, more) = self.read().await?;
        if self.json {
            return print_json(&Value::Array(told));
        }
        let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let rows = told.iter().map(|one| {
            let done = if one["done"] == true { "yes" } else { "no" };
            let [account, at, channel, what, id] =
                ["account", "at", "channel", "what", "id"].map(|name| text(one, name));
            [account, at, channel, what, done.to_owned(), id]
        });
        print(&table(["account", "at", "channel", "what", "done", "id"], rows))?;
        if more {
            complain("there are more; --limit shows them");
        }
        Ok(())
    }

    /// What was told, and whether there is more.
    async fn read(&self) -> Result<(Vec<Value>, bool), Failure> {
        let client = Client::new(&self.server)?;
        let mut told = Vec::new();
        let mut cursor = None;
        loop {
            let left = self.limit - told.len() as u32;
            let mut query = vec![("limit", left.min(PAGE).to_string())];
            query.extend(self.account.clone().map(|account| ("account", account)));
            query.extend(self.since.clone().map(|since| ("since", since)));
            query.extend(self.pending.then(|| ("done", "false".to_owned())));
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let mut page = client.get(&["api", "v1", "webhooks"], &query).await?;
            if let Some(items) = page["items"].as_array_mut() {
                told.append(items);
            }
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() || told.len() >= self.limit as usize {
                told.truncate(self.limit as usize);
                return Ok((told, cursor.is_some()));
            }
        }
    }
}
