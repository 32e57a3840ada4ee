//! The offer router's database: read, and never written. SQLite keeps whatever was given, so every cell may be of any type.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use crate::cli::exit::{Exit, Failure};

/// What it holds.
#[derive(Debug)]
pub struct Database {
    /// Its drivers.
    pub agents: Vec<Agent>,
    /// Its jobs, the oldest first.
    pub jobs: Vec<Job>,
    /// Who was asked about which job.
    pub offers: Vec<Offer>,
}

/// A row of `agents`.
#[derive(Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its number there.
    pub id: i64,
    /// What they are called.
    pub name: Option<String>,
    /// Their number, as it was given.
    pub phone: Option<String>,
    /// Lower is asked earlier.
    pub priority: i64,
    /// Whether they are asked.
    pub active: bool,
}

/// A row of `jobs`.
#[derive(Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number there.
    pub id: i64,
    /// The sheet's own name for it.
    pub sheet: Option<String>,
    /// Where it stands.
    pub status: String,
    /// What the sheet says of it, under the names of its columns.
    pub fields: Vec<(&'static str, String)>,
    /// Who has it.
    pub assigned_to: Option<i64>,
}

/// A row of `offers`.
#[derive(Debug, PartialEq, Eq)]
pub struct Offer {
    /// About which job.
    pub job: i64,
    /// To whom.
    pub agent: i64,
    /// What became of it.
    pub status: String,
}

/// What of a job comes along.
const FIELDS: [&str; 5] = ["pickup_date", "pickup_time", "origin", "destination", "vehicle_type"];

impl Database {
    /// Reads all of it.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |what: &dyn std::fmt::Display| {
            let text = format!("{}: {what}; give the offer router's database (its DB_PATH)", path.display());
            Failure::new(Exit::Data, text)
        };
        if !path.is_file() {
            return Err(wrong(&"there is no such file"));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let read = || -> rusqlite::Result<Self> {
            let store = Connection::open_with_flags(path, flags)?;
            let agents = rows(&store, "SELECT id, name, phone_e164, priority, active FROM agents ORDER BY id", agent)?;
            let columns = FIELDS.join(", ");
            let jobs = format!("SELECT id, sheet_job_id, status, assigned_agent_id, {columns} FROM jobs ORDER BY id");
            let jobs = rows(&store, &jobs, job)?;
            let offers = rows(&store, "SELECT job_id, agent_id, status FROM offers ORDER BY id", offer)?;
            Ok(Self { agents, jobs, offers })
        };
        read().map_err(|error| wrong(&error))
    }

    /// What somebody is called, for people.
    pub fn name_of(&self, agent: i64) -> String {
        let known = self.agents.iter().find(|known| known.id == agent).and_then(|known| known.name.clone());
        known.unwrap_or_else(|| format!("agent {agent}"))
    }
}

fn rows<T>(
    store: &Connection,
    query: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut query = store.prepare(query)?;
    let rows = query.query_map([], |row| read(row))?;
    rows.collect()
}

fn agent(row: &Row<'_>) -> rusqlite::Result<Agent> {
    let active = text(row, 4)?.unwrap_or_default().to_lowercase();
    Ok(Agent {
        id: row.get(0)?,
        name: text(row, 1)?,
        phone: text(row, 2)?,
        priority: text(row, 3)?.and_then(|priority| priority.parse().ok()).unwrap_or_default(),
        active: ["1", "t", "true"].contains(&active.as_str()),
    })
}

fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let mut fields = Vec::new();
    for (at, name) in (4..).zip(FIELDS) {
        fields.extend(text(row, at)?.map(|value| (name, value)));
    }
    Ok(Job {
        id: row.get(0)?,
        sheet: text(row, 1)?,
        status: text(row, 2)?.unwrap_or_default(),
        fields,
        assigned_to: row.get(3)?,
    })
}

fn offer(row: &Row<'_>) -> rusqlite::Result<Offer> {
    Ok(Offer { job: row.get(0)?, agent: row.get(1)?, status: text(row, 2)?.unwrap_or_default() })
}

/// A cell as text; none where nothing stands in it.
fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<String>> {
    let text = match row.get_ref(at)? {
        ValueRef::Null | ValueRef::Blob(_) => None,
        ValueRef::Integer(whole) => Some(whole.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).trim().to_owned()),
    };
    Ok(text.filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_any_type_are_read_and_another_database_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dev.sqlite3");
        assert!(Database::read(&path).unwrap_err().message.contains("there is no such file"));
        let store = Connection::open(&path).unwrap();
        assert!(Database::read(&path).unwrap_err().message.contains("no such table: agents"));
        store
            .execute_batch(
                "CREATE TABLE agents (id INTEGER PRIMARY KEY, name, phone_e164, priority, active);
                 CREATE TABLE jobs (id INTEGER PRIMARY KEY, sheet_job_id, status, assigned_agent_id, pickup_date, pickup_time,
                     origin, destination, vehicle_type);
                 CREATE TABLE offers (id INTEGER PRIMARY KEY, job_id, agent_id, status);
                 INSERT INTO agents VALUES (1, 'One', '+447700900001', 1, 1), (2, NULL, 447700900002, 'abc', 'false'),
                     (3, ' ', 'x', 2.5, 't');
                 INSERT INTO jobs VALUES (1, 17, 'assigned', 2, '30/01/2027', '', NULL, 'Leeds', NULL);
                 INSERT INTO offers VALUES (1, 1, 2, 'accepted');",
            )
            .unwrap();
        let read = Database::read(&path).unwrap();
        let agent = |id, name: Option<&str>, phone: &str, priority, active| Agent {
            id,
            name: name.map(str::to_owned),
            phone: Some(phone.to_owned()),
            priority,
            active,
        };
        let expected = [
            agent(1, Some("One"), "+447700900001", 1, true),
            agent(2, None, "447700900002", 0, false),
            agent(3, None, "x", 0, true),
        ];
        assert_eq!(read.agents, expected);
        let job = &read.jobs[0];
        assert_eq!((job.sheet.as_deref(), job.assigned_to), (Some("17"), Some(2)));
        let fields = [("pickup_date", "30/01/2027"), ("destination", "Leeds")];
        assert_eq!(job.fields, fields.map(|(name, value)| (name, value.to_owned())));
        assert_eq!((read.name_of(1), read.name_of(2)), ("One".to_owned(), "agent 2".to_owned()));
        assert_eq!(read.offers, [Offer { job: 1, agent: 2, status: "accepted".to_owned() }]);
    }
}
