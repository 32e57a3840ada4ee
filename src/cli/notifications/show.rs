//! `baton notifications show`: one notification, its messages, and what happened to it.

use clap::Args;
use serde_json::Value;

use super::{about_one, path};
use crate::cli::client::{Client, Server};
use crate::cli::exit::Failure;
use crate::cli::jobs::show::{plain, text};
use crate::cli::output::{print, print_json};
use crate::cli::table::table;

/// Shows a notification.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  baton notifications show 01890a5d-ac96-774b-bcce-b302099a8057\n  \
    baton notifications show invoice-4711:due\n\nWhat it says is sealed, and is not shown.")]
pub struct Show {
    /// The notification's id, or the external_ref it came with
    pub notification: String,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

impl Show {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::new(&self.server)?;
        let seen = client.get(&path(&self.notification), &[]).await.map_err(about_one)?;
        if self.json {
            return print_json(&seen);
        }
        print(&shown(&seen))
    }
}

/// A notification as tables.
pub(super) fn shown(seen: &Value) -> String {
    let waits = format!("{} until {}", text(seen, "/waits/for"), text(seen, "/waits/until"));
    let ended = ["/ended/how", "/ended/code", "/ended/reason", "/ended/at"].map(|path| text(seen, path)).join(" ");
    let facts = [
        ("id", text(seen, "/id")),
        ("ref", text(seen, "/external_ref")),
        ("status", text(seen, "/status")),
        ("event", text(seen, "/event_type")),
        ("asked by", text(seen, "/source")),
        ("recipient", text(seen, "/recipient/ref")),
        ("template", text(seen, "/template")),
        ("priority", text(seen, "/priority")),
        ("due", text(seen, "/due_at")),
        ("waits for", if seen["waits"].is_null() { "–".to_owned() } else { waits }),
        ("ended", if seen["ended"].is_null() { "–".to_owned() } else { ended }),
    ];
    let list = |name: &str| seen[name].as_array().cloned().unwrap_or_default();
    let deliveries = list("deliveries");
    let messages = deliveries.iter().map(|delivery| {
        ["/run", "/channel", "/provider", "/status", "/sent_at", "/delivered_at", "/class", "/provider_message_id"]
            .map(|path| text(delivery, path))
    });
    let history = list("history");
    let lines = history.iter().map(|line| {
        let facts = line["facts"].as_object().map(|facts| {
            facts.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect::<Vec<_>>().join(", ")
        });
        [text(line, "/at"), text(line, "/event"), facts.unwrap_or_default()]
    });
    let head = ["run", "channel", "provider", "status", "sent", "delivered", "class", "provider's id"];
    [
        table(["notification", ""], facts.map(|(name, value)| [name.to_owned(), value])),
        table(head, messages),
        table(["at", "event", ""], lines),
    ]
    .join("\n")
}
