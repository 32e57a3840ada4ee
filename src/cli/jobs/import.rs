//! `baton jobs import`: a CSV of jobs into a running server.
//!
//! The file is read twice: once to find every mistake, so that nothing is sent of a file that is not in order, and once to
//! send it, so that a file of any size needs little memory.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::cli::client::{Answer, Body, Client, Problem, Server};
use crate::cli::count::count;
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::Source;
use crate::cli::import::fields::JOB;
use crate::cli::import::mapping::Mapping;
use crate::cli::import::report::{Mistake, Mistakes};
use crate::cli::import::rules;
use crate::cli::import::sheet::Sheet;
use crate::cli::output::{complain, print};

/// No request carries more than this, whatever `--batch` says: the server's default limit is 8 MiB.
const BODY_MAX: usize = 4 << 20;

/// Brings jobs in.
#[derive(Debug, Args)]
#[command(
    after_help = "Columns that are called as a field need no --map. The fields are: external_ref, from, to, via,\n\
    date, window, vehicle, volume, items (fridge;box x10), services, price_from, price_to, currency,\n\
    tags, duration_minutes; contact_name, phone, from_address, to_address, notes (private: sealed at\n\
    once); approval, plan, start_at, search_for.\n\n\
    A file can be sent again: what the server has stays as it is. Where rows have no external_ref,\n\
    that holds only for the very same file.\n\n\
    Examples:\n  baton jobs import jobs.csv --dry-run\n  \
    baton jobs import jobs.csv --map external_ref=No --map from=\"Pickup town\"\n  \
    baton jobs import jobs.csv --map-file map.toml --set approval=link"
)]
pub struct Import {
    /// Which file.
    #[command(flatten)]
    pub source: Source,
    /// How many jobs a request carries
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub batch: u16,
    /// Sends the rows that are in order even where others are not
    #[arg(long)]
    pub skip_faulty: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

/// What the file holds.
struct Seen {
    mapping: Mapping,
    /// How many rows are in order.
    rows: u64,
    /// The lines that are not.
    faulty: BTreeSet<u64>,
    /// What is wrong with them.
    mistakes: Mistakes,
}

/// What became of the rows.
#[derive(Debug, Default)]
struct Tally {
    created: u64,
    existing: u64,
    mistakes: Mistakes,
}

impl Import {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let Seen { mapping, rows, faulty, mut mistakes } = self.look_through()?;
        if !mapping.unused.is_empty() {
            complain(&format!("columns not used: {}", mapping.unused.join(", ")));
        }
        if rows == 0 && mistakes.is_empty() {
            return Err(self.source.no_rows());
        }
        if !mistakes.is_empty() && !self.skip_faulty {
            let text = format!(
                "{}\n\n{}; nothing was sent. --skip-faulty sends the other rows",
                mistakes.show(),
                count(mistakes.count(), "mistake")
            );
            return Err(Failure::new(Exit::Data, text));
        }
        if self.source.dry_run {
            if !mistakes.is_empty() {
                complain(&mistakes.show());
            }
            return print(&format!("{} in order; nothing was sent", count(rows as usize, "job")));
        }
        let bar = ProgressBar::new(rows);
        bar.set_style(style()?);
        let tally = self.send(&mapping, &faulty, async |results: Vec<Value>| bar.inc(results.len() as u64)).await?;
        bar.finish_and_clear();
        mistakes.extend(tally.mistakes);
        let result = format!("{} created, {} were there already", tally.created, tally.existing);
        if mistakes.is_empty() {
            return print(&result);
        }
        print(&result)?;
        Err(Failure::new(Exit::Data, format!("{}\n\n{}", mistakes.show(), count(mistakes.count(), "mistake"))))
    }

    /// Sends a file that is in order, and shows nothing. `told` gets the server's result for every job of a batch, and the next
    /// batch waits for it.
    pub(in crate::cli) async fn feed(self, told: impl AsyncFnMut(Vec<Value>)) -> Result<(), Failure> {
        let Seen { mapping, rows: _, faulty, mut mistakes } = self.look_through()?;
        if mistakes.is_empty() {
            mistakes = self.send(&mapping, &faulty, told).await?.mistakes;
        }
        if mistakes.is_empty() { Ok(()) } else { Err(Failure::new(Exit::Data, mistakes.show())) }
    }

    /// Reads the whole file.
    fn look_through(&self) -> Result<Seen, Failure> {
        let mut sheet = Sheet::open(&self.source.file, self.source.delimiter)?;
        let mapping = Mapping::of(&self.source, JOB, &sheet.head)?;
        let mut mistakes = Mistakes::default();
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        let mut faulty = BTreeSet::new();
        let mut rows = 0;
        while let Some(row) = sheet.next() {
            let read = row.map_err(|mistake| vec![mistake]).and_then(|row| {
                let (job, mut wrong) = mapping.read(&row);
                let refused = rules::of_job(&job);
                let refused = refused.iter().filter(|e| !mapping.follows(&e.field, &wrong));
                let told = refused.map(|e| row.mistake(&mapping.column_of(&e.field), &e.message, &e.cure));
                let told: Vec<Mistake> = told.collect();
                wrong.extend(told);
                if let Some(reference) = job["external_ref"].as_str() {
                    let first = *seen.entry(reference.to_owned()).or_insert(row.line);
                    if first != row.line {
                        let column = mapping.column_of("external_ref");
                        let what = format!("line {first} has the same reference");
                        wrong.push(row.mistake(&column, &what, "give every job a reference of its own"));
                    }
                }
                if wrong.is_empty() { Ok(()) } else { Err(wrong) }
            });
            match read {
                Ok(()) => rows += 1,
                Err(wrong) => wrong.into_iter().for_each(|mistake| {
                    faulty.insert(mistake.line);
                    mistakes.add(mistake);
                }),
            }
        }
        Ok(Seen { mapping, rows, faulty, mistakes })
    }

    async fn send(
        &self,
        mapping: &Mapping,
        faulty: &BTreeSet<u64>,
        mut told: impl AsyncFnMut(Vec<Value>),
    ) -> Result<Tally, Failure> {
        let client = Client::new(&self.server)?;
        let mut sheet = Sheet::open(&self.source.file, self.source.delimiter)?;
        let mut tally = Tally::default();
        let (mut body, mut lines) = (String::new(), Vec::new());
        let mut more = true;
        while more {
            match sheet.next() {
                None => more = false,
                Some(Err(_)) => continue,
                Some(Ok(row)) => {
                    let Some(job) = mapping.body(&row).ok().filter(|_| !faulty.contains(&row.line)) else { continue };
                    body.push_str(&job.to_string());
                    body.push('\n');
                    lines.push(row.line);
                }
            }
            let full = lines.len() >= usize::from(self.batch) || body.len() >= BODY_MAX;
            if !lines.is_empty() && (full || !more) {
                let answer =
                    client.post(&["api", "v1", "jobs", "batch"], batch(std::mem::take(&mut body), &lines)).await?;
                told(tally.add(&answer, &lines, mapping)?).await;
                lines.clear();
            }
        }
        Ok(tally)
    }
}

/// A request. Its key is derived from what it carries and where that stands, so that a job without a reference is not created
/// twice when the same file is sent again.
fn batch(text: String, lines: &[u64]) -> Body {
    let mut hash = Sha256::new();
    hash.update(lines.first().copied().unwrap_or_default().to_le_bytes());
    hash.update(text.as_bytes());
    let idempotency_key = Some(format!("import-{}", BASE64_URL_SAFE_NO_PAD.encode(hash.finalize())));
    Body { content_type: "application/x-ndjson", idempotency_key, text }
}

fn style() -> Result<ProgressStyle, Failure> {
    ProgressStyle::with_template("{wide_bar} {pos}/{len} jobs, {per_sec}, {eta} left")
        .map_err(|error| Failure::new(Exit::Internal, error.to_string()))
}

impl Tally {
    /// Adds the results of one request, and gives them back: one for every line of it, in order.
    fn add(&mut self, answer: &Answer, lines: &[u64], mapping: &Mapping) -> Result<Vec<Value>, Failure> {
        let results = results(answer).filter(|results| results.len() == lines.len()).ok_or_else(|| {
            Failure::new(Exit::Server, "the server did not answer for every job of a batch; send the file again")
        })?;
        for (result, line) in results.iter().zip(lines) {
            match result["status"].as_u64() {
                Some(201) => self.created += 1,
                Some(200) => self.existing += 1,
                Some(_) | None => self.refused(result, *line, mapping),
            }
        }
        Ok(results)
    }

    fn refused(&mut self, result: &Value, line: u64, mapping: &Mapping) {
        let problem: Problem = serde_json::from_value(result["problem"].clone()).unwrap_or_default();
        if problem.errors.is_empty() {
            let what = if problem.detail.is_empty() { problem.code.clone() } else { problem.detail.clone() };
            let cure = format!("see /problems/{}", problem.code);
            self.mistakes.add(Mistake { line, column: "–".to_owned(), what, cure });
        }
        for error in problem.errors {
            let column = mapping.column_of(&error.field);
            self.mistakes.add(Mistake { line, column, what: error.message, cure: error.cure });
        }
    }
}

/// A result for each job, in the order of the request.
fn results(answer: &Answer) -> Option<Vec<Value>> {
    if answer.is_lines {
        return answer.body.lines().map(|line| serde_json::from_str(line).ok()).collect();
    }
    let body: Value = serde_json::from_str(&answer.body).ok()?;
    body["items"].as_array().cloned()
}
