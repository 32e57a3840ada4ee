//! `baton jobs quarantine`: what was put aside so that the rest runs on.

use clap::Args;
use serde_json::json;

use super::show::text;
use crate::cli::client::{Client, Server};
use crate::cli::exit::Failure;
use crate::cli::output::{print, print_json};
use crate::cli::table::table;

/// Lists what was put aside.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton jobs quarantine\n\n\
    A job whose actor kept falling gets another chance with POST /api/v1/quarantine/{id}/release.\n\
    A record that cannot be read is kept as it was found; a backup has its last whole state.")]
pub struct Quarantine {
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

impl Quarantine {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::new(&self.server)?;
        let jobs = client.get(&["api", "v1", "quarantine"], &[]).await?["items"].take();
        let records = client.get(&["api", "v1", "quarantine", "records"], &[]).await?["items"].take();
        if self.json {
            return print_json(&json!({ "jobs": jobs, "records": records }));
        }
        let (jobs, records) =
            (jobs.as_array().cloned().unwrap_or_default(), records.as_array().cloned().unwrap_or_default());
        if jobs.is_empty() && records.is_empty() {
            return print("nothing was put aside");
        }
        let fallen = jobs
            .iter()
            .map(|job| ["keeps falling".to_owned(), text(job, "/job"), text(job, "/at"), text(job, "/reason")]);
        let unreadable = records.iter().map(|record| {
            [
                format!("unreadable {}", text(record, "/kind")),
                text(record, "/job"),
                text(record, "/at"),
                text(record, "/reason"),
            ]
        });
        print(&table(["what", "job", "since", "why"], fallen.chain(unreadable)))
    }
}
