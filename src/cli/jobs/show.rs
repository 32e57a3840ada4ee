//! `baton jobs show`: one job, and what happened to it.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::client::{Client, Server};
use crate::cli::exit::Failure;
use crate::cli::output::{print, print_json};
use crate::cli::table::table;

/// Shows a job.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton jobs show 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct Show {
    /// The job's id
    pub job: String,
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
        let job = client.get(&["api", "v1", "jobs", &self.job], &[]).await?;
        let timeline = client.get(&["api", "v1", "jobs", &self.job, "timeline"], &[]).await?;
        if self.json {
            return print_json(&json!({ "job": job, "timeline": timeline }));
        }
        let empty = serde_json::Map::new();
        let members = job.as_object().unwrap_or(&empty).iter().filter(|(_, value)| !value.is_null());
        print(&table(["job", ""], members.map(|(name, value)| [name.clone(), plain(value)])))?;
        let steps = timeline["items"].as_array().cloned().unwrap_or_default();
        let rows = steps.iter().map(|step| ["/at", "/event", "/actor", "/cause"].map(|path| text(step, path)));
        print(&format!("\n{}", table(["at", "event", "actor", "cause"], rows)))
    }
}

/// A member for a table; a dash where there is none.
pub(super) fn text(value: &Value, path: &str) -> String {
    value.pointer(path).filter(|value| !value.is_null()).map_or_else(|| "–".to_owned(), plain)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
