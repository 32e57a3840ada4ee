//! `baton notifications list`: notifications of a running server.

use clap::Args;
use serde_json::Value;

use crate::cli::client::{Client, Server};
use crate::cli::exit::Failure;
use crate::cli::jobs::show::text;
use crate::cli::output::{complain, print, print_json};
use crate::cli::table::table;

/// What a page of the API holds at most.
const PAGE: u32 = 100;

/// Lists notifications.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  baton notifications list --status failed,suppressed\n  \
    baton notifications list --recipient customer-17 --json | jq '.[].id'\n\n\
    A status is one of scheduled, deferred, queued, sent, delivered, read, failed, suppressed,\n\
    expired, canceled.")]
pub struct List {
    /// Only those that stand there; several, joined by commas
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Only those with a message on this channel, or meant for it
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<String>,
    /// Only those for this person: their id or reference
    #[arg(long, value_name = "REF")]
    pub recipient: Option<String>,
    /// Only those about this
    #[arg(long, value_name = "TYPE")]
    pub event_type: Option<String>,
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
        let (notifications, more) = self.read().await?;
        if self.json {
            return print_json(&Value::Array(notifications));
        }
        let rows = notifications.iter().map(|notification| {
            ["/status", "/event_type", "/recipient/ref", "/template", "/due_at", "/external_ref", "/id"]
                .map(|path| text(notification, path))
        });
        print(&table(["status", "event", "recipient", "template", "due", "ref", "id"], rows))?;
        if more {
            complain("there are more; --limit shows them");
        }
        Ok(())
    }

    /// The notifications, and whether there are more.
    async fn read(&self) -> Result<(Vec<Value>, bool), Failure> {
        let client = Client::new(&self.server)?;
        let mut notifications = Vec::new();
        let mut cursor = None;
        loop {
            let left = self.limit - notifications.len() as u32;
            let mut query = vec![("limit", left.min(PAGE).to_string())];
            let filters = [
                ("status", &self.status),
                ("channel", &self.channel),
                ("recipient", &self.recipient),
                ("event_type", &self.event_type),
            ];
            query.extend(filters.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let mut page = client.get(&["api", "v1", "notifications"], &query).await?;
            if let Some(items) = page["items"].as_array_mut() {
                notifications.append(items);
            }
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() || notifications.len() >= self.limit as usize {
                notifications.truncate(self.limit as usize);
                return Ok((notifications, cursor.is_some()));
            }
        }
    }
}
