//! What is held about a person is given out to whoever may ask for it, whole, and nothing of it once it is erased.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::desk::order;
use super::process::{DEV_KEY, baton};
use super::town::{Town, town_with};

const KEY: &str = "3031323334353637383961626364656630313233343536373839616263646566";
const ELSEWHERE: &str = "key-of-another-tenant-for-the-stories";

/// Everything that `baton details export` writes, and what it complains of.
async fn exports(town: &Town, key: &str, arguments: &[&str], said: &str) -> (Vec<Value>, String) {
    let mut command = baton(&town.environment);
    command.args(["details", "export"]).args(arguments);
    command.env("BATON_KEY", key).env("BATON_SERVER", town.door.url(""));
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(said.as_bytes()).await.unwrap();
    let output = running.wait_with_output().await.unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let complaints = String::from_utf8(output.stderr).unwrap();
    (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), complaints)
}

/// The documents of a kind.
fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().map(|line| &line[kind]).filter(|document| document.is_object()).collect()
}

async fn town() -> Town {
    town_with(&[
        ("SEALING__KEY", KEY),
        ("TENANTS__NORTH__TIME_ZONE", "UTC"),
        ("API_KEYS__NORTH__TENANT", "north"),
        ("API_KEYS__NORTH__KEY", ELSEWHERE),
        ("API_KEYS__NORTH__SCOPES", "admin"),
    ])
    .await
}

#[tokio::test]
async fn what_is_held_about_a_client_comes_out_whole_and_nothing_of_it_once_it_is_erased() {
    let town = town().await;
    let theirs = town.desk().publishes(order("theirs").needing_approval()).await;
    let mut named = order("named in a note").needing_approval();
    named.0["details"] = json!({ "phone": "+447700900124", "notes": "else ask 07700 900123 or Client@Example.com",
        "extra": { "second": "Side door" } });
    let named = town.desk().publishes(named).await;
    let mut other = order("another client's").needing_approval();
    other.0["details"] = json!({ "phone": "+447700900125", "notes": "somebody else" });
    let other = town.desk().publishes(other).await;

    // By number: as the contact, and in what somebody wrote. Every planted value is there.
    let (lines, _) = exports(&town, DEV_KEY, &["--client"], "+447700900123\n").await;
    let jobs = of_kind(&lines, "job");
    let find = |id: &str| jobs.iter().find(|job| job["id"] == id).copied();
    assert_eq!(jobs.len(), 2, "{lines:?}");
    let whole = json!({ "contact_name": "Test Person", "phone": "+447700900123", "from_address": "1 Example Street",
        "to_address": "2 Example Road", "notes": "ring twice", "extra": {}, "original": null });
    assert_eq!(find(&theirs.id).unwrap()["details"], whole);
    let beside = find(&named.id).unwrap();
    assert_eq!((&beside["named_in"], &beside["details"]["extra"]["second"]), (&json!(["notes"]), &json!("Side door")));
    // By mailbox.
    let (lines, _) = exports(&town, DEV_KEY, &["--client"], "client@example.com").await;
    assert_eq!(of_kind(&lines, "job").len(), 1);
    assert_eq!(of_kind(&lines, "job")[0]["id"], json!(named.id));

    // The timelines say who had it, of theirs alone.
    let exported = async |job| {
        let timeline = town.desk().timeline(job).await;
        timeline.into_iter().filter(|entry| entry["event"] == "details_exported").collect::<Vec<_>>()
    };
    assert_eq!((exported(&theirs).await.len(), exported(&named).await.len(), exported(&other).await.len()), (1, 2, 0));
    assert_eq!(exported(&theirs).await[0]["actor"], json!({ "kind": "operator", "name": "dev" }));

    // Another tenant sees nothing of it.
    let (lines, complaints) = exports(&town, ELSEWHERE, &["--client"], "+447700900123").await;
    assert!(lines.is_empty() && complaints.contains("nothing is held"), "{lines:?} {complaints}");

    // Once it is erased, there is nothing, and it says so.
    for job in [&theirs, &named] {
        let body = json!({ "job": job.id, "reason": "they asked for it", "force": true });
        town.door.post("/api/v1/details/erase", body).await.is(200);
    }
    let (lines, complaints) = exports(&town, DEV_KEY, &["--client"], "+447700900123").await;
    assert!(lines.is_empty() && complaints.contains("nothing is held that names them"), "{lines:?} {complaints}");
    let page = town.door.post("/api/v1/details/export", json!({ "phone": "+447700900123" })).await.is(200);
    assert_eq!((&page["items"], &page["looked_at"], &page["next_cursor"]), (&json!([]), &json!(1), &Value::Null));
    assert_eq!(exported(&theirs).await.len(), 1, "what was not given out is not noted");
}

#[tokio::test]
async fn what_is_held_about_somebody_who_takes_jobs_comes_out_whole() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    town.door
        .patch(
            "/api/v1/agents/ana",
            json!({ "email": "ana@example.com", "quiet_hours": { "from": "05:00", "to": "05:00" } }),
        )
        .await
        .is(200);
    let yes = json!({ "consents": [{ "channel": "telegram", "purpose": "all", "status": "opted_in", "source": "form",
        "wording": "v7" }, { "channel": "email", "purpose": "all", "status": "opted_out", "source": "call" }] });
    town.door.put("/api/v1/agents/ana/consents", yes).await.is(200);
    town.door.get("/api/v1/telegram/registration/ana").await.is(200);
    let won = town.desk().publishes(order("won").everybody()).await;
    let of_bo = bo.shows_offer(&won).await;
    ana.presses_yes(&won).await;
    ana.shows_victory(&won).await;
    bo.presses_yes_below(&of_bo);
    let refused = town.desk().publishes(order("said no").one_by_one("30m")).await;
    ana.presses_no(&refused).await;
    bo.shows_offer(&refused).await;
    let note = json!({ "external_ref": "n1", "event_type": "parcel.ready", "channel": "telegram", "template": "note",
        "payload": { "subject": "Parcel", "message": "It lies behind the shed." }, "recipient": { "ref": "ana" } });
    town.door.post("/api/v1/notifications", note).await.is(202);
    ana.shows("behind the shed").await;

    let (lines, _) = exports(&town, DEV_KEY, &["--agent", "ana"], "").await;
    let person = of_kind(&lines, "person")[0];
    let record = &person["record"];
    assert_eq!((&record["phone"], &record["email"]), (&json!("+447700900001"), &json!("ana@example.com")));
    assert_eq!((&record["telegram_chat_id"], &record["quiet_hours"]["from"]), (&json!(1001), &json!("05:00")));
    let consents = record["consents"].as_array().unwrap();
    assert!(consents.iter().any(|said| said["wording"] == "v7" && said["source"] == "form" && said["at"].is_string()));
    assert!(consents.iter().any(|said| said["channel"] == "email" && said["status"] == "opted_out"));
    assert_eq!(person["registrations"].as_array().map(Vec::len), Some(1), "{person}");
    let jobs = of_kind(&lines, "job");
    let find = |id: &str| jobs.iter().find(|job| job["id"] == id).copied().unwrap();
    let events = |job: &Value| {
        let entries = job["timeline"].as_array().unwrap();
        entries.iter().map(|entry| entry["event"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let theirs = find(&won.id);
    assert_eq!((&theirs["has_it"], &theirs["ledger"][0]["verdict"]), (&json!(true), &json!("claimed")));
    assert!(events(theirs).contains(&"offered".to_owned()) && events(theirs).contains(&"claimed".to_owned()));
    assert!(events(find(&refused.id)).contains(&"declined".to_owned()));
    assert!(!theirs.to_string().contains("\"ref\":\"bo\""), "nothing of anybody else: {theirs}");
    let told = of_kind(&lines, "notification")[0];
    assert_eq!(
        (&told["external_ref"], &told["payload"]["message"]),
        (&json!("n1"), &json!("It lies behind the shed."))
    );

    let (lines, _) = exports(&town, DEV_KEY, &["--agent", "bo"], "").await;
    let standing_by = of_kind(&lines, "job").into_iter().find(|job| job["id"] == json!(won.id)).unwrap();
    assert_eq!((&standing_by["standby"], &standing_by["has_it"]), (&json!(1), &json!(false)));
    assert_eq!(standing_by["ledger"][0]["verdict"], "job-already-claimed");

    let elsewhere = town.door.with_key(Some(ELSEWHERE));
    elsewhere.get("/api/v1/agents/ana/export").await.refuses(404, "agent-not-found");
    town.door.get("/api/v1/agents/nobody/export").await.refuses(404, "agent-not-found");

    // Somebody who was deleted: their record is gone; what is still held about them is given out all the same.
    town.door.delete("/api/v1/agents/ana").await;
    let (lines, _) = exports(&town, DEV_KEY, &["--agent", "ana"], "").await;
    assert_eq!(of_kind(&lines, "person")[0]["record"], Value::Null);
    assert_eq!((of_kind(&lines, "job").len(), of_kind(&lines, "notification").len()), (2, 1));
}
