//! `baton import router`: the offer router's agents and open jobs.
//!
//! They come in by the router's own routes, so that whoever calls those finds them under numbers, with days read day first. A job that
//! was approved there is approved here; nobody is offered anything until it is started.

use std::path::PathBuf;

use baton_actors::clock::{Clock as _, SystemClock};
use baton_core::ids::TenantId;
use clap::Args;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::database::{Database, Job};
use crate::cli::client::{Body, Client, Refused, Server};
use crate::cli::count::count;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{complain, print};
use crate::cli::table::table;
use crate::http::drop_in::router as old;
use crate::http::problem::FieldError;
use crate::phones;

/// Brings agents and jobs in.
#[derive(Debug, Args)]
#[command(after_help = "Jobs that wait for approval or for a driver come along; what was approved there is\n\
    approved here, and is started with POST /jobs/{id}/start_offers. What is assigned there stays\n\
    there. Sending it again changes nothing: a sheet_job_id is brought in once. The server must\n\
    answer on the router's routes (BATON__DROP_IN__ENABLED=router); the key needs jobs:write and\n\
    operator.\n\n\
    Examples:\n  baton import router --sqlite db/dev.sqlite3 --dry-run\n  \
    baton import router --sqlite db/dev.sqlite3 --skip-faulty")]
pub struct Router {
    /// The router's database (its DB_PATH): it is read, and never written
    #[arg(long, value_name = "FILE")]
    pub sqlite: PathBuf,
    /// Reads and checks everything, shows what would be done, and sends nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Leaves out rows with mistakes instead of sending nothing
    #[arg(long)]
    pub skip_faulty: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

/// What is to be sent, and what is wrong with the rest.
#[derive(Default)]
struct Load {
    agents: Vec<Value>,
    jobs: Vec<Open>,
    /// Jobs that stay there, with the reason.
    stay: Vec<[String; 4]>,
    mistakes: Vec<[String; 5]>,
}

/// A job that comes along.
struct Open {
    id: i64,
    sheet: String,
    status: String,
    body: Value,
    approved: bool,
    remark: String,
}

impl Router {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        let load = Load::of(&Database::read(&self.sqlite)?);
        if !load.mistakes.is_empty() {
            let found = count(load.mistakes.len(), "mistake");
            let told = table(["table", "id", "column", "what", "cure"], load.mistakes.iter().cloned());
            if !self.skip_faulty {
                let cure = "mend them there, or leave those rows out with --skip-faulty";
                return Err(Failure::new(Exit::Data, format!("{told}\n\n{found}; nothing was changed. {cure}")));
            }
            complain(&format!("{told}\n\n{found}; those rows are left out"));
        }
        if self.dry_run {
            let rows = load.jobs.iter().map(|job| job.row(if job.approved { "comes, approved" } else { "comes" }));
            let text = report(rows.chain(load.stay.clone()));
            let (agents, jobs) = (count(load.agents.len(), "agent"), count(load.jobs.len(), "job"));
            return print(&format!("{text}\n\n{agents} and {jobs} in order; nothing was sent"));
        }
        load.send(&Client::new(&self.server)?).await
    }
}

impl Load {
    fn of(database: &Database) -> Self {
        let mut load = Self::default();
        for agent in &database.agents {
            let mut wrong = |column: &str, what: &str, cure: &str| {
                load.mistakes.push([
                    "agents".to_owned(),
                    agent.id.to_string(),
                    column.to_owned(),
                    what.to_owned(),
                    cure.to_owned(),
                ]);
            };
            match agent.phone.as_deref().map(phones::read) {
                Some(Ok(phone)) => load.agents.push(json!({
                    "name": agent.name, "phone_e164": phone.as_str(), "priority": agent.priority, "active": agent.active,
                })),
                Some(Err(_)) => wrong("phone_e164", "is no phone number", "write it in international form, such as +447700900001"),
                None => wrong("phone_e164", "is missing", "give a number such as +447700900001"),
            }
        }
        for job in &database.jobs {
            load.take(database, job);
        }
        load
    }

    fn take(&mut self, database: &Database, job: &Job) {
        let sheet = job.sheet.clone().unwrap_or_default();
        let stays =
            |why: String| [job.id.to_string(), sheet.clone(), job.status.clone(), format!("stays there: {why}")];
        let approved = match job.status.as_str() {
            "needs_approval" => false,
            "approved" | "offering" => true,
            "assigned" => {
                let whose = job.assigned_to.map_or("somebody".to_owned(), |agent| database.name_of(agent));
                return self.stay.push(stays(format!("{whose} has it")));
            }
            _ => return self.stay.push(stays("its status is not known".to_owned())),
        };
        let mut body: Map<String, Value> = Map::new();
        body.extend(job.sheet.clone().map(|sheet| ("sheet_job_id".to_owned(), Value::from(sheet))));
        body.extend(job.fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.clone()))));
        let body = Value::Object(body);
        let wrong = mistakes(&body);
        if !wrong.is_empty() {
            let told = wrong.into_iter().map(|error| {
                [
                    "jobs".to_owned(),
                    job.id.to_string(),
                    error.field,
                    error.message.into_owned(),
                    error.cure.into_owned(),
                ]
            });
            return self.mistakes.extend(told);
        }
        let asked = database.offers.iter().filter(|offer| offer.job == job.id);
        let open: Vec<String> =
            asked.clone().filter(|offer| offer.status == "sent").map(|offer| database.name_of(offer.agent)).collect();
        let remark = match (open.as_slice(), asked.count()) {
            ([], 0) => String::new(),
            ([], some) => format!("; {} asked there may be asked again", count(some, "driver")),
            (open, _) => format!("; still offered there to {}", open.join(", ")),
        };
        self.jobs.push(Open { id: job.id, sheet, status: job.status.clone(), body, approved, remark });
    }

    async fn send(self, client: &Client) -> Result<(), Failure> {
        let sync = json!({ "agents": self.agents });
        let counts = match client.post(&["agents", "sync"], Body::json(&sync)).await {
            Ok(answer) => serde_json::from_str::<Value>(&answer.body).unwrap_or_default(),
            Err(Refused::Problem(problem)) if problem.status == 404 => {
                let cure =
                    "the server does not answer on the router's routes; start it with BATON__DROP_IN__ENABLED=router";
                return Err(Failure::new(Exit::Server, cure));
            }
            Err(refused) => return Err(refused.into()),
        };
        let (mut rows, mut brought, mut refused) = (Vec::new(), 0, 0);
        for job in &self.jobs {
            match job.send(client).await {
                Ok(became) => {
                    brought += 1;
                    rows.push(job.row(&became));
                }
                Err(Refused::Problem(problem)) => {
                    refused += 1;
                    rows.push(job.row(&problem.to_string()));
                }
                // What was sent so far is there; sent once more it changes nothing.
                Err(gone) => return Err(gone.into()),
            }
        }
        let stay = self.stay.len();
        print(&report(rows.into_iter().chain(self.stay)))?;
        let number = |name: &str| counts[name].as_u64().unwrap_or_default();
        let agents = format!("agents: {} new, {} updated", number("inserted"), number("updated"));
        let jobs = format!("jobs: {brought} brought, {stay} left there, {refused} refused");
        print(&format!("\n{agents}\n{jobs}"))?;
        if refused > 0 {
            return Err(Failure::new(Exit::Server, format!("{} refused", count(refused, "job"))));
        }
        Ok(())
    }
}

impl Open {
    /// Brings it in; says what became of it.
    async fn send(&self, client: &Client) -> Result<String, Refused> {
        let answer = client.post(&["jobs"], Body::json(&self.body)).await?;
        let made: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let number = made["id"].to_string();
        let was_there = if made["message"] == "already_exists" { "was there" } else { "is there" };
        let mut status = made["status"].as_str().unwrap_or_default().to_owned();
        if self.approved && status == "needs_approval" {
            let row = client.get(&["jobs", &number], &[]).await?;
            let id = row["baton_id"].as_str().unwrap_or_default();
            client.post(&["api", "v1", "jobs", id, "approve"], Body::json(&json!({}))).await?;
            "approved".clone_into(&mut status);
        }
        Ok(format!("{was_there} as {number}, {status}{}", self.remark))
    }

    fn row(&self, became: &str) -> [String; 4] {
        [self.id.to_string(), self.sheet.clone(), self.status.clone(), became.to_owned()]
    }
}

/// What the server would say is wrong with a job.
fn mistakes(body: &Value) -> Vec<FieldError> {
    let now = SystemClock.now();
    old::mistakes(body.clone(), TenantId::DEFAULT, now, now.to_jiff().to_zoned(TimeZone::UTC).date())
}

fn report(rows: impl Iterator<Item = [String; 4]>) -> String {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| row[0].parse::<i64>().unwrap_or_default());
    table(["job", "sheet", "there", "here"], rows)
}
