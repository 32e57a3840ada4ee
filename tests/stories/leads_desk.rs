//! A finished lead at the desk: all of it first, then the text for crews, each once; and the desk's messages, which say what was done.

use std::time::Duration;

use baton::simulator::telegram::{Chat, Fault, Message};
use serde_json::{Value, json};

use super::desk::{Job, order};
use super::phone::Phone;
use super::town::{DESK, Town, town, town_with};
use super::wait::{a_moment, until};

const OLGA: i64 = 5001;
/// What a client says that only the desk and the winner may read.
const PRIVATE: [&str; 4] = ["Dana Levi", "+447700900017", "Herzl Street 12", "ring twice"];

fn lead(id: &str) -> Value {
    json!({
        "lead_id": id, "sender_name": "Dana Levi", "phone": "+447700900017", "addr_from": "Herzl Street 12, flat 7",
        "addr_to": "2 Example Road", "details_free": "ring twice", "floor_from": 3, "floor_to": 2, "time_window": "morning",
        "extras": ["fridge"],
        "custom": {
            "route_classification": { "from_locality": "Haifa", "to_locality": "Kiryat Ata" }, "move_date": "2027-02-23",
            "volume_category": "1br", "estimate_min": 850, "estimate_max": 950,
        },
    })
}

async fn finalizes(town: &Town, id: &str) -> Job {
    let taken = town.door.post("/api/v1/leads/finalized", lead(id)).await.is(202);
    Job::of(&town.door.get(&format!("/api/v1/jobs/{}", taken["id"].as_str().unwrap())).await.is(200))
}

/// The messages of the bot with these words.
fn saying(chat: &Chat, words: &str) -> Vec<Message> {
    let says = |message: &Message| message.from.is_none() && message.text.contains(words);
    chat.messages().into_iter().filter(says).collect()
}

fn is_crew_text(message: &Message) -> bool {
    message.text.starts_with('🧰')
}

fn crew_texts(chat: &Chat) -> Vec<Message> {
    chat.messages().into_iter().filter(is_crew_text).collect()
}

/// What the desk was told of leads: with nobody to ask, it also hears that nobody took them.
fn about_leads(chat: &Chat) -> Vec<Message> {
    let mut messages = chat.messages();
    messages.retain(|message| message.from.is_none() && !message.text.contains("nobody took it"));
    messages
}

#[tokio::test]
async fn c1_c6_the_full_lead_first_then_the_text_for_crews_as_configured_or_as_the_tenant_says() {
    let town = town_with(&[("DISPATCH__SEND_CREW_FALLBACK", "true"), ("DISPATCH__CREW_FALLBACK_AFTER", "300ms")]).await;
    let desk = town.bot.chat(DESK);
    let job = finalizes(&town, "lead-1").await;
    desk.wait_for(|messages| messages.iter().any(is_crew_text)).await.unwrap();
    let messages = about_leads(&desk);
    let [full, crew] = messages.as_slice() else { panic!("{messages:#?}") };
    assert!(PRIVATE.iter().all(|private| full.text.contains(private)) && full.text.contains("lead-1"), "{}", full.text);
    assert!(PRIVATE.iter().all(|private| !crew.text.contains(private)), "{}", crew.text);
    assert!(crew.text.contains("Haifa → Kiryat Ata") && crew.text.contains("₪850–₪950"), "{}", crew.text);
    assert!(crew.at.since(full.at) >= Duration::from_millis(300), "the full lead arrives first");
    town.sends_all_it_owes().await;
    let timeline = town.desk().timeline(&job).await;
    let told: Vec<&Value> =
        timeline.iter().filter(|entry| entry["event"] == "desk_told").map(|entry| &entry["facts"]["what"]).collect();
    assert_eq!(told, ["lead", "crew_text"]);

    // The tenant says otherwise, and that holds over what is configured.
    town.door.patch("/api/v1/desk", json!({ "send_crew_fallback": false })).await.is(200);
    let quiet = finalizes(&town, "lead-2").await;
    Phone::new(desk.clone()).shows("lead-2").await;
    a_moment(Duration::from_millis(600)).await;
    assert_eq!(crew_texts(&desk).len(), 1);
    assert_eq!(town.desk().sees(&quiet).await["status"], "unfilled");
    town.door.patch("/api/v1/desk", json!({ "send_crew_fallback": null })).await.is(200);
    finalizes(&town, "lead-3").await;
    desk.wait_for(|messages| messages.iter().filter(|message| is_crew_text(message)).count() == 2).await.unwrap();
    // Nothing private is in the log: the end of every story looks.
    assert!(PRIVATE.iter().all(|private| !town.log().contains(private)));
}

#[tokio::test]
async fn c6_by_default_the_desk_gets_the_full_lead_alone() {
    let town = town().await;
    finalizes(&town, "lead-1").await;
    let desk = town.desk_phone();
    desk.shows("lead-1").await;
    town.sends_all_it_owes().await;
    assert!(crew_texts(&desk.chat).is_empty());
}

#[tokio::test]
async fn c8_the_same_lead_five_times_and_kills_between_send_and_save_show_each_at_most_once() {
    let mut town =
        town_with(&[("DISPATCH__SEND_CREW_FALLBACK", "true"), ("DISPATCH__CREW_FALLBACK_AFTER", "400ms")]).await;
    let desk = town.bot.chat(DESK);
    // Telegram has it and takes its time to say so: the process dies meanwhile.
    let hangs = || desk.next_call_meets(Fault::DoneAndHang(Duration::from_secs(60)));
    for (name, killed_at) in
        [("lead-1", "the lead"), ("lead-2", "the text for crews"), ("lead-3", "the text for crews")]
    {
        let so_far = crew_texts(&desk).len();
        if killed_at == "the lead" {
            hangs();
        }
        let job = finalizes(&town, name).await;
        for _ in 0..4 {
            assert_eq!(finalizes(&town, name).await.id, job.id);
        }
        Phone::new(desk.clone()).shows(name).await;
        if killed_at == "the text for crews" {
            until("everything else has left", async || {
                (!saying(&desk, &format!("({name}): nobody took it")).is_empty()).then_some(())
            })
            .await;
            hangs();
            desk.wait_for(|messages| messages.iter().filter(|message| is_crew_text(message)).count() > so_far)
                .await
                .unwrap();
        }
        town.kill_9().await;
        town.starts_again().await;
        let doubtful = Phone::new(desk.clone()).shows(&format!("({name}): nobody knows")).await;
        assert!(doubtful.has_button("Send again"), "{doubtful:?}");
        desk.wait_for(|messages| messages.iter().filter(|message| is_crew_text(message)).count() > so_far)
            .await
            .unwrap();
        town.sends_all_it_owes().await;
        let full = saying(&desk, name).into_iter().filter(|message| message.text.contains("Dana")).count();
        assert_eq!((full, crew_texts(&desk).len()), (1, so_far + 1), "{name}: each at most once");
        let timeline = town.desk().timeline(&job).await;
        let unsure = timeline.iter().filter(|entry| entry["facts"]["class"] == "unsure").count();
        assert_eq!(unsure, 1, "{timeline:#?}");
        for _ in 0..2 {
            assert_eq!(finalizes(&town, name).await.id, job.id);
        }
    }
    town.sends_all_it_owes().await;
    assert_eq!(crew_texts(&desk).len(), 3);
}

/// The link to the details arrives, and the process ends before it knows; gives back what the desk is asked.
async fn is_released_and_killed(town: &mut Town, winner: &Phone, job: &Job) -> Message {
    winner.presses_yes(job).await;
    winner.shows_victory(job).await;
    for command in ["confirm", "invoice", "paid"] {
        town.desk().tells(job, command, json!({})).await.is(200);
    }
    town.sends_all_it_owes().await;
    winner.next_call_meets(Fault::DoneAndHang(Duration::from_secs(60)));
    town.desk().tells(job, "release", json!({})).await.is(200);
    winner.shows("/public/details/").await;
    town.kill_9().await;
    town.starts_again().await;
    let doubtful = town.desk_phone().shows("whether the link to the details reached ana").await;
    town.sends_all_it_owes().await;
    doubtful
}

#[tokio::test]
async fn c8_a_release_that_may_have_arrived_is_not_sent_twice_and_the_desk_is_asked() {
    let mut town = town().await;
    let olga = json!([{ "name": "olga", "telegram_user_id": OLGA }, { "name": "desk", "telegram_user_id": DESK }]);
    town.door.patch("/api/v1/desk", json!({ "operators": olga })).await.is(200);
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("once").everybody()).await;
    let doubtful = is_released_and_killed(&mut town, &ana, &job).await;
    assert_eq!(saying(&ana.chat, "/public/details/").len(), 1, "release_v1 arrives once");
    // Sent again because somebody says so, and the message at the desk says who.
    town.desk_phone().chat.presses(doubtful.id, "Send again").unwrap();
    ana.chat
        .wait_for(|messages| messages.iter().filter(|m| m.text.contains("/public/details/")).count() == 2)
        .await
        .unwrap();
    let resolved = shows_edited(&town.desk_phone().chat, doubtful.id).await;
    assert!(resolved.text.contains("sent again, desk") && resolved.buttons.is_empty(), "{resolved:?}");
}

#[tokio::test]
async fn c8_the_desk_says_over_http_that_what_may_have_arrived_is_not_sent_again() {
    let mut town = town().await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("decided").everybody()).await;
    let doubtful = is_released_and_killed(&mut town, &ana, &job).await;
    town.desk().tells(&job, "send_again", json!({})).await.refuses(400, "validation-failed");
    town.desk().tells(&job, "send_again", json!({ "what": "lunch" })).await.refuses(400, "validation-failed");
    // It has arrived: it is not sent again, and the message at the desk says so and by whom.
    town.desk().tells(&job, "send_again", json!({ "what": "release", "again": false })).await.is(200);
    let resolved = shows_edited(&town.desk_phone().chat, doubtful.id).await;
    assert!(resolved.text.contains("not sent again, dev") && resolved.buttons.is_empty(), "{resolved:?}");
    town.sends_all_it_owes().await;
    assert_eq!(saying(&ana.chat, "/public/details/").len(), 1);
    assert_eq!(decided(&town, &job).await, ["not_sent_again"]);
    // Nothing is in doubt any more: there is nothing to leave, nor to send.
    for again in [false, true] {
        town.desk().tells(&job, "send_again", json!({ "what": "release", "again": again })).await.is(200);
    }
    town.sends_all_it_owes().await;
    assert_eq!(decided(&town, &job).await, ["not_sent_again"]);
    assert_eq!(saying(&ana.chat, "/public/details/").len(), 1);
}

/// What the desk has decided about sending again.
async fn decided(town: &Town, job: &Job) -> Vec<String> {
    let timeline = town.desk().timeline(job).await;
    let word = |entry: &Value| entry["event"].as_str().unwrap().to_owned();
    timeline.iter().map(word).filter(|word| word.ends_with("sent_again")).collect()
}

#[tokio::test]
async fn c8_the_desk_says_over_http_that_what_may_have_arrived_is_sent_again() {
    let mut town = town().await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("decided").everybody()).await;
    is_released_and_killed(&mut town, &ana, &job).await;
    town.desk().tells(&job, "send_again", json!({ "what": "release" })).await.is(200);
    ana.chat
        .wait_for(|messages| messages.iter().filter(|m| m.text.contains("/public/details/")).count() == 2)
        .await
        .unwrap();
    // Once.
    town.desk().tells(&job, "send_again", json!({ "what": "release" })).await.is(200);
    town.sends_all_it_owes().await;
    assert_eq!(decided(&town, &job).await, ["sent_again"]);
    assert_eq!(saying(&ana.chat, "/public/details/").len(), 2);
}

/// Waits until a message was changed; gives it back.
async fn shows_edited(chat: &Chat, id: i64) -> Message {
    let edited = |message: &Message| message.id == id && message.edits > 0 && message.buttons.is_empty();
    let messages = chat.wait_for(|messages| messages.iter().any(edited)).await.unwrap();
    messages.into_iter().find(edited).unwrap()
}

#[tokio::test]
async fn c16_without_prices_no_text_has_one_and_the_change_is_audited() {
    let town = town_with(&[("DISPATCH__SEND_CREW_FALLBACK", "true"), ("DISPATCH__CREW_FALLBACK_AFTER", "20ms")]).await;
    let desk = town.bot.chat(DESK);
    town.door.patch("/api/v1/tenants/default", json!({ "show_price": true })).await.is(200);
    finalizes(&town, "lead-1").await;
    desk.wait_for(|messages| messages.iter().any(is_crew_text)).await.unwrap();
    assert!(about_leads(&desk).iter().all(|message| message.text.contains("₪850")), "{:#?}", desk.messages());
    town.door.patch("/api/v1/tenants/default", json!({ "show_price": false })).await.is(200);
    let job = finalizes(&town, "lead-2").await;
    desk.wait_for(|messages| messages.iter().filter(|message| is_crew_text(message)).count() == 2).await.unwrap();
    let new = &about_leads(&desk)[2..];
    assert!(new.len() == 2 && new.iter().all(|message| !message.text.contains('₪')), "{new:#?}");
    let text = town.door.get(&job.path("/crew-text")).await.is(200)["text"].as_str().unwrap().to_owned();
    assert!(!text.contains('₪'), "{text}");
    let [ana] = town.people(["ana"]).await;
    let priced = order("priced")
        .with("brief", json!({ "from": "Leeds", "price": { "from": 120, "to": 150, "currency": "GBP" } }));
    let offered = town.desk().publishes(priced).await;
    let offer = ana.shows_offer(&offered).await;
    assert!(!offer.text.contains("GBP"), "{}", offer.text);
    // Nor has what they are answered.
    ana.chat.types(&format!("/claim {}", offered.code));
    ana.shows_victory(&offered).await;
    ana.chat.types(&format!("/claim {}", offered.code));
    ana.chat.wait_for(|messages| messages.len() > 2).await.unwrap();
    assert!(ana.chat.messages().iter().all(|message| !message.text.contains("GBP")), "{:#?}", ana.chat.messages());
    let audit = town.door.get("/api/v1/tenants/default/audit").await.is(200);
    let changes = audit["items"].as_array().unwrap();
    let change = json!({ "before": true, "after": false });
    assert!(changes.iter().any(|entry| entry["changed"]["show_price"] == change && entry["by"] == "dev"), "{audit}");
}

#[tokio::test]
async fn every_step_that_a_person_makes_is_asked_for_with_a_button_and_the_message_says_who_made_it() {
    let town = town().await;
    let operators = json!([{ "name": "olga", "telegram_user_id": OLGA }, { "name": "desk", "telegram_user_id": DESK }]);
    town.door.patch("/api/v1/desk", json!({ "operators": operators })).await.is(200);
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("steps").everybody()).await;
    ana.presses_yes(&job).await;
    let desk = town.desk_phone();
    let confirm = desk.shows("ana has it. Please confirm them").await;
    assert!(confirm.text.contains("To copy:") && confirm.text.contains(&job.code), "{}", confirm.text);
    desk.chat.presses(confirm.id, "Confirm").unwrap();
    let done = shows_edited(&desk.chat, confirm.id).await;
    assert!(done.text.contains("✔ confirmed, desk"), "{}", done.text);

    // Done by the API or by a command: the message says so all the same.
    let invoice = desk.shows("Please send them the invoice").await;
    town.desk().tells(&job, "invoice", json!({})).await.is(200);
    assert!(shows_edited(&desk.chat, invoice.id).await.text.contains("✔ the invoice is out"));
    // The dial is turned while the desk is being asked: the engine takes over, and says so.
    let payment = desk.shows("Please note the payment").await;
    town.desk().tells(&job, "gates", json!({ "payment": "engine" })).await.is(200);
    let paid = shows_edited(&desk.chat, payment.id).await.text;
    assert!(paid.contains("✔ paid, Baton"), "{paid}");
    let release = desk.shows("Please release the details").await;
    town.bot.chat(OLGA).types(&format!("/release {}", job.code));
    assert!(shows_edited(&desk.chat, release.id).await.text.contains("✔ details released, olga"));
    ana.shows("/public/details/").await;

    // A claim that ends takes what was asked about it with it.
    let lost = town.desk().publishes(order("lost").everybody()).await;
    ana.presses_yes(&lost).await;
    let asked = desk.shows("Please confirm them").await;
    town.desk().tells(&lost, "withdraw", json!({})).await.is(200);
    assert!(shows_edited(&desk.chat, asked.id).await.text.contains("✔ given back"));
    let unfilled = desk.shows("nobody took it").await;
    assert!(unfilled.text.contains(&lost.code) && unfilled.has_button("Ask again"), "{unfilled:?}");
    desk.chat.presses(unfilled.id, "Cancel job").unwrap();
    town.desk().sees_it(&lost, "cancelled").await;
    assert!(shows_edited(&desk.chat, unfilled.id).await.text.contains("✔ cancelled, desk"));
}
