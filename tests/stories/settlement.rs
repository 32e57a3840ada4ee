//! From claim to release: the desk takes a job through its gates, and is killed at every step of it.

use serde_json::{Value, json};

use super::desk::{Job, order};
use super::phone::Phone;
use super::town::{DESK, Town, town};
use super::wait::until;

/// What nobody but the winner may ever see.
const PRIVATE: [&str; 5] = ["Test Person", "447700900123", "1 Example Street", "2 Example Road", "ring twice"];

/// Waits until the winner has the link. Where nobody knows whether they do, the desk decides: it has it sent again if they do not.
async fn has_link(town: &Town, winner: &Phone, job: &Job) {
    let mut pressed = false;
    until("the winner has the link", async || {
        let doubt = town.desk_phone().chat.messages().into_iter().find(|message| message.has_button("Send again"));
        if links(winner, job).is_empty()
            && !pressed
            && let Some(doubt) = doubt
        {
            town.desk_phone().chat.presses(doubt.id, "Send again").unwrap();
            pressed = true;
        }
        (!links(winner, job).is_empty()).then_some(())
    })
    .await;
}

/// The links to the details of a job that a phone has been sent.
fn links(phone: &Phone, job: &Job) -> Vec<String> {
    let texts = phone.chat.messages().into_iter().map(|message| message.text);
    let sent = texts.filter(|text| text.contains(&job.code));
    let link = |text: String| text.split_whitespace().find(|word| word.contains("/public/details/")).map(str::to_owned);
    sent.filter_map(link).collect()
}

/// What a phone shows must be free of anything private.
fn shows_nothing_private(phone: &Phone) {
    for message in phone.chat.messages() {
        assert!(PRIVATE.iter().all(|private| !message.text.contains(private)), "{}", message.text);
    }
}

/// The desk gives a command, and the process is killed as soon as it has answered.
async fn tells_and_is_killed(town: &mut Town, job: &Job, command: &str) -> Value {
    let seen = town.desk().tells(job, command, json!({})).await.is(200);
    town.kill_9().await;
    town.starts_again().await;
    let after = town.desk().sees(job).await;
    assert_eq!((&after["status"], &after["settlement"]), (&seen["status"], &seen["settlement"]), "{command}");
    seen
}

#[tokio::test]
async fn c12_x13_the_whole_life_killed_at_every_step_and_nothing_released_twice() {
    let mut town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let operators = json!([{ "name": "desk", "telegram_user_id": DESK }]);
    town.door.patch("/api/v1/desk", json!({ "operators": operators })).await.is(200);
    let job = town.desk().publishes(order("life").everybody()).await;
    let of_bo = bo.shows_offer(&job).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    bo.presses_yes_below(&of_bo);
    town.desk().waits(&job, "bo stands in line", |job| job["standby"][0]["ref"] == "bo").await;
    town.desk().tells(&job, "release", json!({})).await.refuses(409, "gates-missing");

    // The desk does not want ana: bo is promoted, and begins anew. Whether bo still has room is asked in a step of its own, so the
    // answer shows the job before it or behind it.
    let refused = town.desk().tells(&job, "refuse", json!({})).await.is(200);
    assert_ne!(refused["claim"]["agent"]["ref"], "ana");
    town.kill_9().await;
    town.starts_again().await;
    town.desk().waits(&job, "bo has it", |job| job["claim"]["agent"]["ref"] == "bo").await;
    bo.shows_victory(&job).await;
    ana.shows("has chosen somebody else").await;
    for (command, status) in [("confirm", "confirmed"), ("invoice", "invoiced"), ("paid", "paid")] {
        assert_eq!(tells_and_is_killed(&mut town, &job, command).await["status"], status);
    }
    let released = tells_and_is_killed(&mut town, &job, "release").await;
    assert_eq!((&released["status"], &released["release"]["no"]), (&json!("released"), &json!(1)));
    has_link(&town, &bo, &job).await;
    town.sends_all_it_owes().await;
    // Asked again, nothing more is sent.
    assert_eq!(town.desk().tells(&job, "release", json!({})).await.is(200)["release"]["no"], 1);
    town.sends_all_it_owes().await;
    let sent = links(&bo, &job);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(links(&ana, &job).is_empty());

    // The page opens for whoever has the link, by a button, until the claim ends.
    let link = sent.first().unwrap().clone();
    let page = Town::path_of(&json!(link));
    let looked = town.stranger().get(&page).await;
    assert!(looked.status == 200 && PRIVATE.iter().all(|private| !looked.text.contains(private)), "{}", looked.text);
    let opened = town.stranger().submits(&page, "show=details").await;
    assert!(opened.status == 200 && PRIVATE.iter().all(|private| opened.text.contains(private)), "{}", opened.text);
    tells_and_is_killed(&mut town, &job, "withdraw").await;
    assert_eq!(town.stranger().submits(&page, "show=details").await.status, 410);

    // Nobody is left in line: the desk gives it to ana after all, and she does it.
    town.desk().tells(&job, "reassign", json!({ "agent": "ana" })).await.is(200);
    for command in ["confirm", "invoice", "paid", "release", "start_work"] {
        tells_and_is_killed(&mut town, &job, command).await;
    }
    assert_eq!(town.stranger().submits(&page, "show=details").await.status, 410);
    assert_eq!(tells_and_is_killed(&mut town, &job, "complete").await["status"], "completed");

    // Timeline and ledger agree.
    let timeline = town.desk().timeline(&job).await;
    let count = |event: &str| timeline.iter().filter(|entry| entry["event"] == event).count();
    assert_eq!((count("released"), count("release_revoked"), count("details_opened")), (2, 2, 1));
    let ledger = town.door.get(&job.path("/ledger")).await.is(200);
    let verdicts: Vec<&str> =
        ledger["items"].as_array().unwrap().iter().map(|attempt| attempt["verdict"].as_str().unwrap()).collect();
    assert_eq!((verdicts, &ledger["unbroken"]), (vec!["claimed", "job-already-claimed"], &json!(true)));
    for text in [json!(timeline).to_string(), ledger.to_string()] {
        assert!(PRIVATE.iter().all(|private| !text.contains(private)), "{text}");
    }
    for phone in [&ana, &bo] {
        shows_nothing_private(phone);
    }
}

#[tokio::test]
async fn c10_where_the_tenant_says_so_the_winner_reads_what_was_granted_in_the_message_and_nobody_else_does() {
    let mut town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let gates = json!({ "confirm": "off", "invoice": "off", "payment": "off" });
    let settlement = json!({ "settlement": { "details_as": "text", "gates": gates } });
    let shown = town.door.patch("/api/v1/tenants/default", settlement).await.is(200);
    assert_eq!(shown["settings"]["settlement"]["details_as"], "text", "{shown}");
    let job = town.desk().publishes(order("told").everybody()).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    let fields = json!({ "fields": ["phone", "to_address", "notes"] });
    town.desk().tells(&job, "release", fields).await.is(200);
    let told = ana.shows("447700900123").await.text;
    assert!(told.contains(&job.code) && told.contains("2 Example Road") && told.contains("ring twice"), "{told}");
    for hidden in ["Test Person", "1 Example Street", "/public/details/"] {
        assert!(!told.contains(hidden), "{hidden} in {told}");
    }

    // Once, whatever happens; and a withdrawal ends the grant, though not what was read.
    town.sends_all_it_owes().await;
    town.kill_9().await;
    town.starts_again().await;
    town.desk().tells(&job, "withdraw", json!({ "agent": "ana" })).await.is(200);
    town.sends_all_it_owes().await;
    let times = ana.chat.messages().iter().filter(|message| message.text.contains("447700900123")).count();
    assert_eq!(times, 1);
    let job = town.desk().sees(&job).await;
    assert!(job["release"]["revoked_at"].is_string(), "{job}");
    shows_nothing_private(&bo);
    shows_nothing_private(&town.desk_phone());
    let timeline = town.desk().timeline(&Job::of(&job)).await;
    for text in [town.log(), json!(timeline).to_string(), job.to_string(), town.door.get("/metrics").await.text] {
        assert!(PRIVATE.iter().all(|private| !text.contains(private)), "{text}");
    }
}
