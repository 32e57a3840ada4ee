//! Privacy that can be taken back: details erased for good, sealing keys rotated.

use std::collections::BTreeMap;
use std::path::Path;

use baton::sealing::salts::{SALTS_FILE, Salts};
use baton::sealing::{Keyring, SealingError};
use baton::store::{SledOptions, SledStore};
use baton_actors::store::keys::Key;
use baton_actors::store::{Store as _, codec};
use baton_core::details::SealedDetails;
use baton_core::ids::{JobId, TenantId};
use secrecy::SecretSlice;
use serde_json::{Value, json};

use super::damaged::ages_a_month;
use super::desk::{Job, order};
use super::phone::Phone;
use super::process::{DEV_KEY, baton};
use super::town::{Town, town_with};
use super::wait::until;

const PRIVATE: [&str; 5] = ["Test Person", "447700900123", "1 Example Street", "2 Example Road", "ring twice"];
const KEY: &str = "3031323334353637383961626364656630313233343536373839616263646566";
const NEXT_KEY: &str = "6665646362613938373635343332313066656463626139383736353433323130";

/// Somebody takes a job and gets its details; gives back the page.
async fn is_released(town: &Town, phone: &Phone, job: &Job) -> String {
    phone.presses_yes(job).await;
    phone.shows_victory(job).await;
    for command in ["confirm", "invoice", "paid", "release"] {
        town.desk().tells(job, command, json!({})).await.is(200);
    }
    let shown = phone.shows("/public/details/").await.text;
    Town::path_of(&json!(shown.split_whitespace().find(|word| word.contains("/public/details/")).unwrap()))
}

async fn opens(town: &Town, page: &str) -> bool {
    let opened = town.stranger().submits(page, "show=details").await;
    assert!([200, 410].contains(&opened.status), "{}", opened.text);
    let shows = PRIVATE.iter().all(|private| opened.text.contains(private));
    assert_eq!(shows, opened.status == 200, "{}", opened.text);
    shows
}

/// Runs a command of the binary; gives back how it ended and what it said.
async fn runs(town: &Town, arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = baton(&town.environment);
    command.args(arguments).env("BATON_KEY", DEV_KEY).env("BATON_SERVER", town.door.url(""));
    let output = command.envs(environment.iter().copied()).output().await.unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    (output.status.code(), said)
}

fn job_id(job: &Job) -> JobId {
    JobId::parse(TenantId::DEFAULT, &job.id).unwrap()
}

/// What lies sealed of a job, while the server is down.
fn lies_sealed(town: &Town, job: &Job) -> Option<SealedDetails> {
    let store = SledStore::open(&town.data, SledOptions::default()).unwrap();
    let record = store.get(&Key::Details(job_id(job)).bytes()).unwrap()?;
    Some(codec::open::<SealedDetails>(&record).unwrap().1)
}

fn keyring(salts: &Path) -> Keyring {
    let key = SecretSlice::from(b"0123456789abcdef0123456789abcdef".to_vec());
    Keyring::new(Some(key), BTreeMap::new()).unwrap().with_salts(Salts::open(salts).unwrap().unwrap())
}

/// Whether any file of a folder holds these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { holds(&path, bytes) } else { memchr_of(&std::fs::read(path).unwrap(), bytes) }
    })
}

fn memchr_of(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn p8_erased_details_are_nowhere_readable_and_what_stays_still_opens() {
    let mut town = town_with(&[("SEALING__KEY", KEY)]).await;
    let [ana] = town.people(["ana"]).await;
    let erased = town.desk().publishes(order("erased").everybody()).await;
    let page = is_released(&town, &ana, &erased).await;
    assert!(opens(&town, &page).await);
    // One of the same partition, so that it is gone over.
    let mut kept = Vec::new();
    for n in 0..200 {
        kept.push(town.desk().publishes(order(&format!("kept {n}")).needing_approval()).await);
    }
    let beside = kept.iter().find(|job| job_id(job).partition() == job_id(&erased).partition()).expect("200 in 64");
    town.kill_9().await;
    let before = lies_sealed(&town, &erased).unwrap();
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(town.data.join(SALTS_FILE), copy.path().join(SALTS_FILE)).unwrap();
    let at = 512 * (1 + 2 * usize::from(job_id(&erased).partition()) + 1) + 4;
    let salt = std::fs::read(copy.path().join(SALTS_FILE)).unwrap()[at..at + 32].to_vec();
    assert!(holds(&town.data, &salt) && keyring(copy.path()).open(job_id(&erased), &before).is_ok());
    town.starts_again().await;

    // As long as the job goes on nobody erases them by mistake.
    let arguments = ["details", "erase", "--job", &erased.id, "--reason", "the client asked for it", "--yes"];
    let (_, said) = runs(&town, &arguments, &[]).await;
    assert!(said.contains("details of 0 jobs would be erased; 1 is left, because the job is not over"), "{said}");
    assert!(opens(&town, &page).await);
    let (code, said) = runs(&town, &[&arguments[..], &["--force"]].concat(), &[]).await;
    assert!(code == Some(0) && said.contains("details of 1 job are erased"), "{said}");

    // Nobody sees them any more, and the timeline says who did it and why.
    assert!(!opens(&town, &page).await);
    let timeline = town.desk().timeline(&erased).await;
    let last: Vec<&Value> = timeline.iter().rev().take(2).map(|entry| &entry["event"]).collect();
    assert!(timeline.iter().any(|entry| entry["event"] == "release_revoked" && entry["facts"]["why"] == "erased"));
    let entry = timeline.iter().find(|entry| entry["event"] == "details_erased").unwrap_or_else(|| panic!("{last:?}"));
    assert_eq!(entry["facts"]["reason"], "the client asked for it");
    assert_eq!((&entry["actor"]["kind"], &entry["actor"]["name"]), (&json!("client"), &json!("dev")));

    // Whatever the disk still holds opens with nothing that the disk holds.
    town.kill_9().await;
    assert!(holds(&town.data, &before.sealed), "the premise: a store that appends keeps what it removed");
    assert!(!holds(&town.data, &salt));
    for private in PRIVATE {
        assert!(!holds(&town.data, private.as_bytes()), "{private}");
    }
    assert!(lies_sealed(&town, &erased).is_none());
    for salt in 0..5 {
        let forged = SealedDetails { salt, ..before.clone() };
        let opened = keyring(&town.data).open(job_id(&erased), &forged);
        assert!(matches!(opened, Err(SealingError::Erased | SealingError::NotAuthentic)), "salt {salt}");
    }
    let taken_over = lies_sealed(&town, beside).unwrap();
    assert_eq!(taken_over.salt, before.salt + 1);
    assert!(keyring(&town.data).open(job_id(beside), &taken_over).is_ok());
    town.starts_again().await;
    assert_eq!(town.desk().sees(&erased).await["status"], "paid");
}

#[tokio::test]
async fn p8_what_retention_removes_is_gone_for_good_and_what_stays_still_opens() {
    let settings = [("SEALING__KEY", KEY), ("RETENTION__CRON", "* * * * * *"), ("RETENTION__CLOSED_JOBS", "30d")];
    let mut town = town_with(&settings).await;
    let old = town.desk().publishes(order("grown old").needing_approval()).await;
    town.desk().tells(&old, "cancel", json!({})).await.is(200);
    // Once it is over it goes by its id alone, which is said to whoever gives the code.
    let code = town.desk().sees(&old).await["code"].as_str().unwrap().to_owned();
    let (exit, said) = runs(&town, &["details", "erase", "--job", &code, "--reason", "old", "--yes"], &[]).await;
    assert!(exit == Some(4) && said.contains("while it is live, its code of 8 digits"), "{exit:?} {said}");
    let mut kept = Vec::new();
    for n in 0..200 {
        kept.push(town.desk().publishes(order(&format!("stays {n}")).needing_approval()).await);
    }
    let beside = kept.iter().find(|job| job_id(job).partition() == job_id(&old).partition()).expect("200 in 64");
    let elsewhere = kept.iter().find(|job| job_id(job).partition() != job_id(&old).partition()).expect("200 in 64");
    town.told_to_stop().await;
    let before = lies_sealed(&town, &old).unwrap();
    let untouched = lies_sealed(&town, elsewhere).unwrap();
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(town.data.join(SALTS_FILE), copy.path().join(SALTS_FILE)).unwrap();
    assert!(keyring(copy.path()).open(job_id(&old), &before).is_ok(), "the premise");
    // A month and a day pass.
    ages_a_month(&town, &old.id).await;
    town.starts_again().await;
    town.metric_is("baton_retention_removed_total", "closed_job", 1.0).await;
    town.told_to_stop().await;
    assert!(holds(&town.data, &before.sealed), "the premise: a store that appends keeps what it removed");
    assert!(lies_sealed(&town, &old).is_none());
    for salt in 0..5 {
        let forged = SealedDetails { salt, ..before.clone() };
        let opened = keyring(&town.data).open(job_id(&old), &forged);
        assert!(matches!(opened, Err(SealingError::Erased | SealingError::NotAuthentic)), "salt {salt}");
    }
    let taken_over = lies_sealed(&town, beside).unwrap();
    assert_eq!(taken_over.salt, before.salt + 1);
    assert!(keyring(&town.data).open(job_id(beside), &taken_over).is_ok());
    // Where nothing went, nothing was gone over.
    assert_eq!(lies_sealed(&town, elsewhere).unwrap().salt, untouched.salt);
}

#[tokio::test]
async fn p8_what_was_cut_off_between_the_two_salts_is_carried_on_by_the_start() {
    let mut town = town_with(&[("SEALING__KEY", KEY)]).await;
    let job = town.desk().publishes(order("cut off").needing_approval()).await;
    town.kill_9().await;
    let partition = job_id(&job).partition();
    let salts = Salts::open(&town.data).unwrap().unwrap();
    let second = salts.turn(partition).unwrap();
    drop(salts);
    town.starts_again().await;
    town.kill_9().await;
    let salts = Salts::open(&town.data).unwrap().unwrap();
    assert!(!salts.is_turning(partition));
    let sealed = lies_sealed(&town, &job).unwrap();
    assert!(sealed.salt == second && keyring(&town.data).open(job_id(&job), &sealed).is_ok());
}

#[tokio::test]
async fn p8_an_erasure_that_cannot_come_to_its_end_says_so_every_time_until_it_does() {
    let mut town = town_with(&[("SEALING__KEY", KEY)]).await;
    let job = town.desk().publishes(order("locked").needing_approval()).await;
    town.kill_9().await;
    // An erasure was cut off, and the key of what stays is not configured any more.
    let salts = Salts::open(&town.data).unwrap().unwrap();
    salts.turn(job_id(&job).partition()).unwrap();
    drop(salts);
    let sealing_key = |town: &mut Town, given: &str| {
        for (key, value) in &mut town.environment {
            if key == "BATON__SEALING__KEY" {
                given.clone_into(value);
            }
        }
    };
    sealing_key(&mut town, NEXT_KEY);
    town.starts_again().await;
    let arguments = ["details", "erase", "--agent", "nobody", "--reason", "left the company"];
    for _ in 0..2 {
        let (code, said) = runs(&town, &arguments, &[]).await;
        assert!(code != Some(0) && said.contains("beside what is to be erased lie 1 details"), "{code:?} {said}");
    }
    let (code, said) = runs(&town, &[&arguments[..], &["--dry-run"]].concat(), &[]).await;
    assert!(code == Some(0) && said.contains("details of 0 jobs would be erased"), "{said}");
    town.kill_9().await;
    assert!(Salts::open(&town.data).unwrap().unwrap().is_turning(job_id(&job).partition()));
    sealing_key(&mut town, KEY);
    town.starts_again().await;
    let (code, said) = runs(&town, &arguments, &[]).await;
    assert!(code == Some(0) && said.contains("details of 0 jobs are erased"), "{said}");
}

#[tokio::test]
async fn keys_are_rotated_through_a_kill_and_the_one_of_before_may_go() {
    let mut town = town_with(&[("SEALING__KEY", KEY)]).await;
    let [ana] = town.people(["ana"]).await;
    for n in 0..150 {
        town.desk().publishes(order(&format!("waits {n}")).needing_approval()).await;
    }
    let job = town.desk().publishes(order("rotated").everybody()).await;
    town.told_to_stop().await;
    let data = town.data.to_str().unwrap().to_owned();
    let arguments = ["sealing", "rotate", "--dev", "--data", &data];
    let both = [("BATON__SEALING__KEY", NEXT_KEY), ("BATON__SEALING__OLDER__OF_BEFORE", KEY)];
    // Without the key of before nothing is lost, and it says what is missing.
    let (code, said) = runs(&town, &arguments, &both[..1]).await;
    assert!(code == Some(65) && said.contains("add it as sealing.older."), "{said}");
    for _ in 0..3 {
        let mut command = baton(&town.environment);
        let mut killed = command.args(arguments).envs(both).stderr(std::process::Stdio::null()).spawn().unwrap();
        super::wait::a_moment(std::time::Duration::from_millis(60)).await;
        killed.kill().await.unwrap();
    }
    let (code, said) = runs(&town, &arguments, &both).await;
    assert!(code == Some(0) && said.contains("sealing.older.of_before: opens 0; it is not needed any more"), "{said}");
    let (_, said) = runs(&town, &arguments, &both).await;
    assert!(said.contains("sealed anew: 0; as they should be already: 151"), "{said}");
    for (key, value) in &mut town.environment {
        if key == "BATON__SEALING__KEY" {
            NEXT_KEY.clone_into(value);
        }
    }
    town.starts_again().await;
    let page = is_released(&town, &ana, &job).await;
    assert!(opens(&town, &page).await);
}

#[tokio::test]
async fn f3_d12_a_no_outlives_the_person_and_holds_for_whoever_is_known_by_the_address_next() {
    let mut town = town_with(&[]).await;
    let [ana] = town.people(["ana"]).await;
    let yes = json!([{ "channel": "telegram", "status": "opted_in" }]);
    let note = |reference: &str, recipient: Value| {
        json!({ "external_ref": reference, "event_type": "parcel.ready", "channel": "telegram", "template": "note",
            "payload": { "subject": reference, "message": format!("This is {reference}.") }, "recipient": recipient })
    };
    let becomes = async |town: &Town, reference: &str, status: &str| {
        until(&format!("{reference} is {status}"), async || {
            let seen = town.door.get(&format!("/api/v1/notifications/by-ref/{reference}")).await.is(200);
            (seen["status"] == status).then_some(seen)
        })
        .await
    };
    town.door
        .post("/api/v1/notifications", note("first", json!({ "contact": { "ref": "ana", "consents": yes } })))
        .await
        .is(202);
    ana.shows("This is first").await;
    ana.types("STOP");
    until("the no is kept", async || {
        let consents = town.door.get("/api/v1/agents/ana/consents").await.is(200);
        consents.to_string().contains("opted_out").then_some(())
    })
    .await;
    assert_eq!(town.door.delete("/api/v1/agents/ana").await.status, 204);
    town.kill_9().await;
    town.starts_again().await;

    // The same chat under another name, from somebody who believes that they agreed.
    let contact = json!({ "contact": { "ref": "customer-7", "telegram_chat_id": 1001, "consents": yes } });
    town.door.post("/api/v1/notifications", note("second", contact.clone())).await.is(202);
    let seen = becomes(&town, "second", "suppressed").await;
    assert_eq!(seen["ended"]["code"], "opted-out", "{seen}");
    // And under the old one.
    town.door.delete("/api/v1/agents/customer-7").await;
    let known = json!({ "ref": "ana", "name": "Ana", "phone": "+447700900001", "telegram_chat_id": 1001 });
    town.knows(vec![known]).await;
    town.door.post("/api/v1/notifications", note("third", json!({ "ref": "ana" }))).await.is(202);
    let seen = becomes(&town, "third", "suppressed").await;
    assert_eq!(seen["ended"]["code"], "opted-out", "{seen}");
    town.sends_all_it_owes().await;
    assert!(
        ana.chat
            .messages()
            .iter()
            .all(|message| !message.text.contains("This is second") && !message.text.contains("This is third"))
    );

    // They themselves lift it, for good.
    ana.types("START");
    until("the yes is kept", async || {
        let consents = town.door.get("/api/v1/agents/ana/consents").await.is(200);
        (!consents.to_string().contains("opted_out")).then_some(())
    })
    .await;
    town.door.delete("/api/v1/agents/ana").await;
    town.door.post("/api/v1/notifications", note("fourth", contact)).await.is(202);
    ana.shows("This is fourth").await;
}
