//! `baton agents`: agents of a running server.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Body, Client, Refused, Server};
use super::count::count;
use super::exit::{Exit, Failure};
use super::import::Source;
use super::import::fields::AGENT;
use super::import::mapping::Mapping;
use super::import::report::{Mistake, Mistakes};
use super::import::rules;
use super::import::sheet::Sheet;
use super::output::{complain, print};

/// Agents of a running server.
#[derive(Debug, Subcommand)]
pub enum Agents {
    /// Brings the agents of a CSV into the server: all of them, or none if a row is wrong.
    Import(Import),
}

/// Brings agents in.
#[derive(Debug, Args)]
#[command(after_help = "Columns that are called as a field need no --map. The fields are: ref, name, phone, email,\n\
    telegram_chat_id, priority (lower is asked earlier), active (yes or no), tags (van;crane), capacity,\n\
    channels, quiet_from, quiet_to, locale, time_zone. Only phone is needed.\n\n\
    Examples:\n  baton agents import drivers.csv --dry-run\n  \
    baton agents import drivers.csv --map name=Driver --map phone=\"Mobile no\" --set active=yes")]
pub struct Import {
    /// Which file.
    #[command(flatten)]
    pub source: Source,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

impl Agents {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        let Self::Import(command) = self;
        command.run().await
    }
}

impl Import {
    async fn run(self) -> Result<(), Failure> {
        let mut sheet = Sheet::open(&self.source.file, self.source.delimiter)?;
        let mapping = Mapping::of(&self.source, AGENT, &sheet.head)?;
        let mut mistakes = Mistakes::default();
        let (mut agents, mut lines) = (Vec::new(), Vec::new());
        while let Some(row) = sheet.next() {
            match row.map_err(|mistake| vec![mistake]).and_then(|row| Ok((row.line, mapping.body(&row)?))) {
                Ok((line, agent)) => {
                    lines.push(line);
                    agents.push(agent);
                }
                Err(wrong) => wrong.into_iter().for_each(|mistake| mistakes.add(mistake)),
            }
        }
        if !mapping.unused.is_empty() {
            complain(&format!("columns not used: {}", mapping.unused.join(", ")));
        }
        if !mistakes.is_empty() {
            return Err(nothing_sent(&mistakes));
        }
        let body = json!({ "agents": agents });
        let refused = rules::of_sync(&body);
        if !refused.is_empty() {
            let told = refused.iter().map(|error| (error.field.as_str(), &*error.message, &*error.cure));
            return Err(nothing_sent(&by_line(told, &lines, &mapping)));
        }
        if self.source.dry_run {
            return print(&format!("{} in order; nothing was sent", count(agents.len(), "agent")));
        }
        let client = Client::new(&self.server)?;
        let body = Body { content_type: "application/json", idempotency_key: None, text: body.to_string() };
        match client.post(&["api", "v1", "agents", "sync"], body).await {
            Ok(answer) => print(&counts(&answer.body)),
            Err(Refused::Problem(problem)) if !problem.errors.is_empty() => {
                let told = problem.errors.iter().map(|e| (e.field.as_str(), e.message.as_str(), e.cure.as_str()));
                Err(nothing_sent(&by_line(told, &lines, &mapping)))
            }
            Err(refused) => Err(refused.into()),
        }
    }
}

fn nothing_sent(mistakes: &Mistakes) -> Failure {
    let text = format!("{}\n\n{}; nothing was changed", mistakes.show(), count(mistakes.count(), "mistake"));
    Failure::new(Exit::Data, text)
}

fn counts(body: &str) -> String {
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let count = |name: &str| answer[name].as_u64().unwrap_or_default();
    format!("{} new, {} updated, {} in all", count("inserted"), count("updated"), count("total"))
}

/// Mistakes of fields by the lines of the file: `agents[1].phone` is the second row.
fn by_line<'a>(told: impl Iterator<Item = (&'a str, &'a str, &'a str)>, lines: &[u64], mapping: &Mapping) -> Mistakes {
    let mut mistakes = Mistakes::default();
    for (field, what, cure) in told {
        let place = field.strip_prefix("agents[").and_then(|rest| rest.split_once(']'));
        let line = place.and_then(|(no, _)| lines.get(no.parse::<usize>().ok()?)).copied().unwrap_or_default();
        let path = place.map_or(field, |(_, path)| path.trim_start_matches('.'));
        let (what, cure) = (what.to_owned(), cure.to_owned());
        mistakes.add(Mistake { line, column: mapping.column_of(path), what, cure });
    }
    mistakes
}
