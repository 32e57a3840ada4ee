//! `baton details erase`: private details are erased for good.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use baton_actors::clock::{Clock as _, SystemClock};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::client::{Body, Client, Server};
use crate::cli::count::count;
use crate::cli::exit::{Exit, Failure};
use crate::cli::jobs::about_a_job;
use crate::cli::output::print;
use crate::config::duration::parse_duration;

/// Erases private details for good.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  baton details erase --job 01890a5d-ac96-774b-bcce-b302099a8057 --reason \"the client asked for it\"\n  \
    baton details erase --agent d1 --reason \"left the company\" --dry-run\n  \
    baton details erase --older-than 90d --reason \"retention\" --yes\n\n\
    Nothing readable is left in the store, nor a key that opens what lies about in its files. What was\n\
    released is taken back. Backups of before still hold them: delete those, or let them grow old.\n\
    The reason stands in the timeline of each job; it must not hold what is to be erased.\n\
    A run that was interrupted, or failed, is repeated: what is erased is not erased again, and what\n\
    was left undone comes to its end."
)]
#[group(id = "whose", required = true, multiple = false, args = ["job", "agent", "older_than"])]
pub struct Erase {
    /// Of this job: its id, or, while it is live, its code of 8 digits
    #[arg(long, value_name = "ID")]
    pub job: Option<String>,
    /// Of the jobs that this agent has or had, by reference
    #[arg(long, value_name = "REF")]
    pub agent: Option<String>,
    /// Of the jobs that have been over for so long
    #[arg(long, value_name = "AGE", value_parser = parse_duration)]
    pub older_than: Option<Duration>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Also of jobs that are not over
    #[arg(long)]
    pub force: bool,
    /// Says how many it would be, and erases nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Does not ask
    #[arg(long)]
    pub yes: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

#[derive(Default)]
struct CameTo {
    erased: u64,
    open: u64,
}

impl Erase {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::new(&self.server)?;
        // One moment for the whole run.
        let before = self.older_than.map(|age| (SystemClock.now() - age).to_string());
        let counted = self.walk(&client, before.as_deref(), true, None).await?;
        let left = if counted.open > 0 {
            let (are, is) = if counted.open == 1 { ("is", "the job is") } else { ("are", "their jobs are") };
            format!("; {} {are} left, because {is} not over", counted.open)
        } else {
            String::new()
        };
        // Where nothing is left to erase, an erasure of before may still have to come to its end; not where its one job refuses.
        let refuses = self.job.is_some() && counted.open > 0 && counted.erased == 0;
        if self.dry_run || refuses {
            return print(&format!("{} would be erased{left}", details_of(counted.erased)));
        }
        if !self.yes && counted.erased > 0 && !agreed(counted.erased)? {
            return print("nothing was erased");
        }
        let bar = ProgressBar::new(counted.erased);
        // A template that is not valid leaves the built-in one.
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        let came_to = self.walk(&client, before.as_deref(), false, Some(&bar)).await;
        bar.finish_and_clear();
        let came_to = came_to?;
        print(&format!("{} are erased{left}", details_of(came_to.erased)))
    }

    /// Goes through all pages.
    async fn walk(
        &self,
        client: &Client,
        before: Option<&str>,
        dry_run: bool,
        bar: Option<&ProgressBar>,
    ) -> Result<CameTo, Failure> {
        let mut came_to = CameTo::default();
        let mut cursor = Value::Null;
        loop {
            let mut body = json!({ "reason": self.reason, "force": self.force, "dry_run": dry_run });
            let whose = [("job", self.job.as_deref()), ("agent", self.agent.as_deref()), ("before", before)];
            for (name, value) in whose.into_iter().chain([("cursor", cursor.as_str())]) {
                if let (Some(value), Some(body)) = (value, body.as_object_mut()) {
                    body.insert(name.to_owned(), Value::String(value.to_owned()));
                }
            }
            let answer =
                client.post(&["api", "v1", "details", "erase"], Body::json(&body)).await.map_err(about_a_job)?;
            let answer: Value = serde_json::from_str(&answer.body)
                .map_err(|_| Failure::new(Exit::Server, "the answer is not JSON; is it Baton?"))?;
            came_to.erased += answer["erased"].as_u64().unwrap_or(0);
            came_to.open += answer["open"].as_u64().unwrap_or(0);
            if let Some(bar) = bar {
                bar.set_position(came_to.erased);
            }
            cursor = answer["next_cursor"].clone();
            if cursor.is_null() {
                return Ok(came_to);
            }
        }
    }
}

fn details_of(jobs: u64) -> String {
    format!("details of {}", count(usize::try_from(jobs).unwrap_or(usize::MAX), "job"))
}

/// Asks whoever sits there.
fn agreed(jobs: u64) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "nobody is there to be asked; give --yes, or --dry-run to see how many it would be",
        ));
    }
    let wrong = |error: std::io::Error| Failure::new(Exit::Internal, error.to_string());
    let mut out = std::io::stderr();
    write!(out, "{} will be erased, and nothing brings them back. Write yes: ", details_of(jobs)).map_err(wrong)?;
    out.flush().map_err(wrong)?;
    let mut said = String::new();
    std::io::stdin().read_line(&mut said).map_err(wrong)?;
    Ok(said.trim() == "yes")
}
