//! `baton jobs explain`: who can be asked, who not and by which rule, and what happens next.

use clap::Args;

use super::about_a_job;
use super::show::{name_of, next, plain, text};
use crate::cli::client::{Client, Server};
use crate::cli::exit::Failure;
use crate::cli::output::{print, print_json};
use crate::cli::table::table;

/// Explains a job.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton jobs explain 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct Explain {
    /// The job's id, or, while it is live, its code of 8 digits
    pub job: String,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

impl Explain {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::new(&self.server)?;
        let explained = client.get(&["api", "v1", "jobs", &self.job, "explain"], &[]).await.map_err(about_a_job)?;
        if self.json {
            return print_json(&explained);
        }
        let agents = explained["agents"].as_array().cloned().unwrap_or_default();
        let rows = agents.iter().map(|agent| {
            let why = ["/rule", "/detail", "/status", "/channel"].map(|path| agent.pointer(path).map(plain));
            let why = why.into_iter().flatten().collect::<Vec<_>>().join(", ");
            [name_of(&agent["agent"]), text(agent, "/verdict"), why]
        });
        print(&table(["agent", "verdict", "why"], rows))?;
        print(&format!("\nnext: {}", next(&explained["next"])))
    }
}
