//! `baton jobs list`: jobs of a running server.

use clap::Args;
use serde_json::Value;

use super::show::text;
use crate::cli::client::{Client, Server};
use crate::cli::exit::Failure;
use crate::cli::output::{complain, print, print_json};
use crate::cli::table::table;

/// What a page of the API holds at most.
const PAGE: u32 = 100;

/// Lists jobs.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  baton jobs list --status offering\n  baton jobs list --limit 1000 --json | jq '.[].code'"
)]
pub struct List {
    /// Only jobs that stand there: needs_approval, scheduled, offering, claimed, unfilled, …
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
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
        let (jobs, more) = self.read().await?;
        if self.json {
            return print_json(&Value::Array(jobs));
        }
        let rows = jobs.iter().map(|job| {
            ["/code", "/status", "/external_ref", "/brief/from", "/brief/to", "/brief/date", "/id"]
                .map(|path| text(job, path))
        });
        print(&table(["code", "status", "ref", "from", "to", "date", "id"], rows))?;
        if more {
            complain("there are more; --limit shows them");
        }
        Ok(())
    }

    /// The jobs, and whether there are more.
    async fn read(&self) -> Result<(Vec<Value>, bool), Failure> {
        let client = Client::new(&self.server)?;
        let mut jobs = Vec::new();
        let mut cursor = None;
        loop {
            let left = self.limit - jobs.len() as u32;
            let mut query = vec![("limit", left.min(PAGE).to_string())];
            query.extend(self.status.clone().map(|status| ("status", status)));
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let mut page = client.get(&["api", "v1", "jobs"], &query).await?;
            if let Some(items) = page["items"].as_array_mut() {
                jobs.append(items);
            }
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() || jobs.len() >= self.limit as usize {
                jobs.truncate(self.limit as usize);
                return Ok((jobs, cursor.is_some()));
            }
        }
    }
}
