//! `baton agents`: agents of a running server.

use std::collections::BTreeMap;

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
use super::import::sheet::{Row, Sheet};
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
        let mut rows = Rows::default();
        while let Some(row) = sheet.next() {
            match row {
                Ok(row) => rows.take(&row, &mapping),
                Err(mistake) => rows.mistakes.push(mistake),
            }
        }
        if !mapping.unused.is_empty() {
            complain(&format!("columns not used: {}", mapping.unused.join(", ")));
        }
        if rows.agents.is_empty() && rows.mistakes.is_empty() {
            return Err(self.source.no_rows());
        }
        let body = json!({ "agents": &rows.agents });
        let refused = rules::of_sync(&body);
        let told = refused.iter().map(|error| (error.field.as_str(), &*error.message, &*error.cure));
        let refused: Vec<Mistake> = told.filter_map(|told| rows.blame(told, &mapping)).collect();
        rows.mistakes.extend(refused);
        let Rows { agents, mistakes, .. } = &rows;
        if !mistakes.is_empty() {
            return Err(nothing_sent(mistakes.clone()));
        }
        if self.source.dry_run {
            return print(&format!("{} in order; nothing was sent", count(agents.len(), "agent")));
        }
        let client = Client::new(&self.server)?;
        let body = Body { content_type: "application/json", idempotency_key: None, text: body.to_string() };
        match client.post(&["api", "v1", "agents", "sync"], body).await {
            Ok(answer) => print(&counts(&answer.body)),
            Err(Refused::Problem(problem)) if !problem.errors.is_empty() => {
                let about = problem.agent.as_deref().and_then(|reference| rows.place_of(reference));
                let told = problem.errors.iter().filter_map(|e| {
                    let field = match about {
                        Some(no) => format!("agents[{no}].{}", e.field),
                        None => e.field.clone(),
                    };
                    rows.blame((&field, &e.message, &e.cure), &mapping)
                });
                Err(nothing_sent(told.collect()))
            }
            Err(refused) => Err(refused.into()),
        }
    }
}

fn nothing_sent(told: Vec<Mistake>) -> Failure {
    let mut mistakes = Mistakes::default();
    for mistake in told {
        mistakes.add(mistake);
    }
    let text = format!("{}\n\n{}; nothing was changed", mistakes.show(), count(mistakes.count(), "mistake"));
    Failure::new(Exit::Data, text)
}

fn counts(body: &str) -> String {
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let count = |name: &str| answer[name].as_u64().unwrap_or_default();
    format!("{} new, {} updated, {} in all", count("inserted"), count("updated"), count("total"))
}

/// By these an answer is recognised, so no two agents share one.
const DISTINCT: [&str; 2] = ["phone", "telegram_chat_id"];

/// The rows of a file: what they say, and what is wrong with them.
#[derive(Default)]
struct Rows {
    agents: Vec<Value>,
    /// The line of each agent.
    lines: Vec<u64>,
    mistakes: Vec<Mistake>,
    /// On which line an address stands first.
    first: BTreeMap<(&'static str, String), u64>,
}

impl Rows {
    fn take(&mut self, row: &Row, mapping: &Mapping) {
        let (agent, wrong) = mapping.read(row);
        self.mistakes.extend(wrong);
        for field in DISTINCT {
            if agent[field].is_null() {
                continue;
            }
            let first = *self.first.entry((field, agent[field].to_string())).or_insert(row.line);
            if first != row.line {
                let what = format!("line {first} has the same");
                let cure = "give each address to one agent, and each agent once";
                self.mistakes.push(row.mistake(&mapping.column_of(field), &what, cure));
            }
        }
        self.agents.push(agent);
        self.lines.push(row.line);
    }

    /// What is wrong with a field, by its line: `agents[1].phone` is the second row. None: it only follows from what is told
    /// already.
    fn blame(&self, (field, what, cure): (&str, &str, &str), mapping: &Mapping) -> Option<Mistake> {
        let place = field.strip_prefix("agents[").and_then(|rest| rest.split_once(']'));
        let place = place.and_then(|(no, path)| Some((no.parse::<usize>().ok()?, path.trim_start_matches('.'))));
        let (what, cure) = (what.to_owned(), cure.to_owned());
        let Some((no, path)) = place else {
            return Some(Mistake { line: 0, column: mapping.column_of(field), what, cure });
        };
        let line = self.lines.get(no).copied().unwrap_or_default();
        let told: Vec<Mistake> = self.mistakes.iter().filter(|mistake| mistake.line == line).cloned().collect();
        // Whoever has no reference is called by the phone.
        let path = if path == "ref" && self.agents.get(no).is_some_and(|agent| agent["ref"].is_null()) {
            "phone"
        } else {
            path
        };
        if mapping.follows(path, &told) {
            return None;
        }
        Some(Mistake { line, column: mapping.column_of(path), what, cure })
    }

    /// Which of them has this reference.
    fn place_of(&self, reference: &str) -> Option<usize> {
        self.agents.iter().position(|agent| agent["ref"].as_str().or(agent["phone"].as_str()) == Some(reference))
    }
}
