//! `baton jobs show`: one job, and what happened to it.

use clap::Args;
use serde_json::{Value, json};

use super::about_a_job;
use crate::cli::client::{Client, Server};
use crate::cli::exit::Failure;
use crate::cli::output::{print, print_json};
use crate::cli::table::table;

/// Shows a job.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton jobs show 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct Show {
    /// The job's id, or, while it is live, its code of 8 digits
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
        let job = client.get(&["api", "v1", "jobs", &self.job], &[]).await.map_err(about_a_job)?;
        let timeline = client.get(&["api", "v1", "jobs", &self.job, "timeline"], &[]).await?;
        if self.json {
            return print_json(&json!({ "job": job, "timeline": timeline }));
        }
        let facts = [
            ("id", text(&job, "/id")),
            ("code", text(&job, "/code")),
            ("status", text(&job, "/status")),
            ("ref", text(&job, "/external_ref")),
            ("created", text(&job, "/created_at")),
            ("way", [text(&job, "/brief/from"), text(&job, "/brief/to")].join(" → ")),
            ("date", [text(&job, "/brief/date"), text(&job, "/brief/window")].join(" ")),
            ("claimed by", job.pointer("/claim/agent").map_or_else(|| "–".to_owned(), name_of)),
            ("next", next(&job["next"])),
        ];
        print(&table(["job", ""], facts.map(|(name, value)| [name.to_owned(), value])))?;
        let steps = timeline["items"].as_array().cloned().unwrap_or_default();
        let rows = steps.iter().map(|step| {
            let facts = step["facts"].as_object().map(|facts| {
                let said = facts.iter().filter(|(_, value)| !value.is_null());
                said.map(|(name, value)| format!("{name} {}", fact(value))).collect::<Vec<_>>().join(", ")
            });
            let actor = step.pointer("/actor/agent").map_or_else(|| text(step, "/actor/kind"), name_of);
            [text(step, "/at"), text(step, "/event"), actor, text(step, "/cause"), facts.unwrap_or_default()]
        });
        print(&format!("\n{}", table(["at", "event", "actor", "cause", ""], rows)))
    }
}

/// A member for a table; a dash where there is none.
pub(in crate::cli) fn text(value: &Value, path: &str) -> String {
    value.pointer(path).filter(|value| !value.is_null()).map_or_else(|| "–".to_owned(), plain)
}

/// What an agent is called; their id where they are gone.
pub(super) fn name_of(agent: &Value) -> String {
    ["name", "ref", "id"].iter().find_map(|member| agent[member].as_str()).unwrap_or("–").to_owned()
}

/// What happens next, or who must act.
pub(super) fn next(next: &Value) -> String {
    match (next["acts"].as_str(), next["at"].as_str()) {
        (Some("engine"), Some(at)) => format!("the engine looks again at {at}"),
        (Some("winner"), _) => format!("{} must act", name_of(&next["agent"])),
        (Some("nobody"), _) => "nothing: it is over".to_owned(),
        (Some(party), _) => format!("the {party} must act"),
        (None, _) => "–".to_owned(),
    }
}

fn fact(value: &Value) -> String {
    if value["id"].is_string() { name_of(value) } else { plain(value) }
}

/// A value without the quotes of JSON.
pub(in crate::cli) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
