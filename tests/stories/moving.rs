//! Moving in from the offer router's database with `baton import router`.

use std::path::{Path, PathBuf};
use std::process::Output;

use rusqlite::Connection;
use serde_json::json;
use tokio::process::Command;

use super::process::DEV_KEY;
use super::router::{has_offer, old_town, one_by_one};
use super::town::{Town, person, phone_number};

/// Its tables, as it makes them.
const TABLES: &str = "
    CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, sheet_job_id TEXT UNIQUE NOT NULL, pickup_date TEXT, pickup_time TEXT,
        origin TEXT, destination TEXT, vehicle_type TEXT, coordinator_email TEXT, approval_token TEXT UNIQUE, approved_at TEXT,
        status TEXT NOT NULL, assigned_agent_id INTEGER, created_at TEXT, updated_at TEXT);
    CREATE TABLE agents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, phone_e164 TEXT UNIQUE, priority INTEGER, active INTEGER);
    CREATE TABLE offers (id INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER, agent_id INTEGER, status TEXT, sent_at TEXT,
        responded_at TEXT, UNIQUE (job_id, agent_id));";

/// A database with two drivers, and a job at every stage.
fn database(town: &Town, more: &str) -> PathBuf {
    let path = town.folder().join("dev.sqlite3");
    let store = Connection::open(&path).unwrap();
    store.execute_batch(TABLES).unwrap();
    for (no, active) in [(1, 1), (2, 1), (3, 0)] {
        let driver = (format!("Driver {no}"), phone_number(no), no, active);
        store.execute("INSERT INTO agents (name, phone_e164, priority, active) VALUES (?, ?, ?, ?)", driver).unwrap();
    }
    for (sheet, status, assigned) in [
        ("VC-1", "needs_approval", None),
        ("VC-2", "approved", None),
        ("VC-3", "offering", None),
        ("VC-4", "assigned", Some(2)),
    ] {
        let job =
            (sheet, "30/01/2027", "14:30", "Leeds", "Manchester", "van", status, assigned, format!("token-{sheet}"));
        let into =
            "INSERT INTO jobs (sheet_job_id, pickup_date, pickup_time, origin, destination, vehicle_type, status,
            assigned_agent_id, approval_token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        store.execute(into, job).unwrap();
    }
    store
        .execute("INSERT INTO offers (job_id, agent_id, status) VALUES (3, 1, 'declined'), (3, 2, 'sent')", ())
        .unwrap();
    store.execute_batch(more).unwrap();
    path
}

async fn import(town: &Town, file: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    command.args(["import", "router", "--sqlite", file.to_str().unwrap(), "--server", &town.door.url("")]).args(more);
    command.env_clear().env("BATON_KEY", DEV_KEY).output().await.unwrap()
}

async fn jobs(town: &Town) -> usize {
    town.door.get("/jobs").await.is(200)["items"].as_array().unwrap().len()
}

#[track_caller]
fn says(output: &Output, code: i32, lines: &[&str]) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{text}");
    // Columns are as wide as they need to be.
    let told: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in lines {
        assert!(told.iter().any(|told| told.contains(line)), "{line:?} in\n{text}");
    }
}

#[tokio::test]
async fn what_the_offer_router_has_kept_is_tried_brought_once_and_goes_on() {
    let town = old_town(one_by_one("30m")).await;
    // The first is known here already, and stays who they are.
    town.knows(vec![person("ana", 1)]).await;
    let ana = town.phone(1);
    let file = database(&town, "");
    let before = std::fs::read(&file).unwrap();
    let expected = [
        "1 VC-1 needs_approval comes",
        "3 VC-3 offering comes, approved",
        "4 VC-4 assigned stays there: Driver 2 has it",
        "3 agents and 3 jobs in order; nothing was sent",
    ];
    says(&import(&town, &file, &["--dry-run"]).await, 0, &expected);
    assert_eq!(jobs(&town).await, 0);
    let expected = [
        "1 VC-1 needs_approval is there as 1, needs_approval",
        "2 VC-2 approved is there as 2, approved",
        "3 VC-3 offering is there as 3, approved; still offered there to Driver 2",
        "agents: 2 new, 1 updated",
        "jobs: 3 brought, 1 left there, 0 refused",
    ];
    says(&import(&town, &file, &[]).await, 0, &expected);
    assert_eq!(town.door.get("/api/v1/agents/ana").await.is(200)["name"], "Driver 1");
    let row = town.row_is(2, "approved").await;
    assert_eq!(
        (&row["pickup_date"], &row["origin"], &row["vehicle_type"]),
        (&json!("30/01/2027"), &json!("Leeds"), &json!("van"))
    );
    assert!(ana.is_silent(), "nobody is asked before it is started");
    // Once more changes nothing.
    let expected = ["1 VC-1 needs_approval was there as 1", "agents: 0 new, 3 updated", "jobs: 3 brought"];
    says(&import(&town, &file, &[]).await, 0, &expected);
    assert_eq!(jobs(&town).await, 3);
    // And the router's own clients go on.
    assert_eq!(town.starts(2).await.is(200)["agent"]["phone_e164"], phone_number(1));
    has_offer(&ana).await;
    assert_eq!(town.hears(1, "YES", Some(2)).await.is(200)["message"], "accepted");
    assert_eq!(std::fs::read(&file).unwrap(), before, "it is read and never written");
}

#[tokio::test]
async fn rows_that_cannot_be_brought_are_named_and_can_be_left_out() {
    let town = old_town(one_by_one("30m")).await;
    let wrong = "INSERT INTO agents (name, phone_e164, priority, active) VALUES ('Nobody', 'not-a-phone', 9, 1);
        INSERT INTO jobs (sheet_job_id, status, pickup_date, origin, approval_token) VALUES ('VC-5', 'approved', '31/02/2027', 'Hull', 't5'),
            ('', 'needs_approval', NULL, 'Hull', 't6'), ('VC-7', 'odd', NULL, 'Hull', 't7');";
    let file = database(&town, wrong);
    let mistakes =
        ["agents 4 phone_e164", "jobs 5 pickup_date", "jobs 6 sheet_job_id", "3 mistakes; nothing was changed"];
    for more in [&["--dry-run"][..], &[]] {
        says(&import(&town, &file, more).await, 65, &mistakes);
    }
    assert_eq!(jobs(&town).await, 0);
    let expected = [
        "those rows are left out",
        "7 VC-7 odd stays there: its status is not known",
        "jobs: 3 brought, 2 left there, 0 refused",
    ];
    says(&import(&town, &file, &["--skip-faulty"]).await, 0, &expected);
    // What is no database of its, and a server that does not answer its clients.
    let other = town.folder().join("log");
    says(&import(&town, &other, &[]).await, 65, &["give the offer router's database"]);
    let plain = super::town::town().await;
    says(&import(&plain, &file, &["--skip-faulty"]).await, 4, &["BATON__DROP_IN__ENABLED=router"]);
}
