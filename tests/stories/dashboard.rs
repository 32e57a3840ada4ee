//! A tenant's dashboard: told in its own wire form of what bots hand in and of jobs, whatever becomes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_actors::clock::Stopwatch;
use serde_json::{Value, json};

use super::desk::order;
use super::door::Answer;
use super::process::baton;
use super::receiver::{Behaves, Receiver, Told};
use super::shows::number;
use super::town::{Town, town_with};
use super::wait::{a_moment, until};

/// The key that the dashboard has given out.
const KEY: &str = "iop_0123456789abcdef0123456789abcdef";

/// Retries in a few moments, to this machine, without TLS.
const QUICK: [(&str, &str); 4] = [
    ("ENDPOINTS__ALLOWED_NETWORKS", "127.0.0.1/32"),
    ("ENDPOINTS__PLAIN_HTTP", "true"),
    ("ENDPOINTS__JITTER", "0.0"),
    ("DASHBOARD__RETRIES", "50ms,100ms,200ms,400ms,800ms,1s,1s,2s,2s,4s,8s,8s,8s,8s,8s,8s,8s,8s,8s"),
];

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    QUICK.iter().filter(|(key, _)| more.iter().all(|(other, _)| other != key)).chain(more).copied().collect()
}

async fn dashboard(town: &Town, receiver: &Receiver) -> Value {
    let wanted = json!({ "url": receiver.url(), "kind": "dashboard", "key": KEY });
    town.door.post("/api/v1/endpoints", wanted).await.is(201)
}

fn path(endpoint: &Value) -> String {
    format!("/api/v1/endpoints/{}", endpoint["id"].as_str().unwrap())
}

async fn hands_in(town: &Town, event: &str, data: Value) -> Answer {
    town.door.post("/api/v1/dashboard/events", json!({ "event": event, "data": data })).await
}

async fn is_taken(town: &Town, event: &str, data: Value) -> Value {
    hands_in(town, event, data).await.is(202)
}

fn seen(chat: i64) -> Value {
    json!({ "display_name": "Test Person", "primary_channel": "telegram", "telegram_chat_id": chat, "trust_level": "new" })
}

fn ordered(chat: i64, order: &str) -> Value {
    json!({
        "customer_identifier": { "telegram_chat_id": chat }, "syrve_order_id": order, "external_number": "17",
        "items": [{ "name": "Soup", "amount": 2, "price": 4.5 }], "total": 9, "delivery_address": "1 Example Street",
        "payment_method": "cash", "restaurant": "North", "channel": "telegram",
    })
}

fn status(order: &str, status: &str) -> Value {
    json!({ "syrve_order_id": order, "status": status })
}

fn event(told: &Told) -> &str {
    told.json["event"].as_str().unwrap()
}

fn id(told: &Told) -> &str {
    told.header("idempotency-key")
}

fn events(taken: &[Told]) -> Vec<&str> {
    taken.iter().map(event).collect()
}

#[tokio::test]
async fn h1_each_event_is_one_post_in_the_form_of_the_wire_and_without_a_dashboard_there_is_none() {
    let town = town_with(&QUICK).await;
    hands_in(&town, "customer.seen", seen(1)).await.refuses(409, "no-dashboard");
    let receiver = Receiver::start().await;
    let made = dashboard(&town, &receiver).await;
    assert!(made["secret"].is_null() && !made.to_string().contains(KEY), "the key is theirs: {made}");
    let customer = json!({ "telegram_chat_id": 1 });
    let all = [
        ("customer.seen", seen(1)),
        ("order.created", ordered(1, "o-1")),
        ("order.status", status("o-1", "cooking")),
        (
            "escalation.created",
            json!({ "customer_identifier": customer, "reason": "cold", "metadata": { "channel": "telegram" } }),
        ),
        (
            "escalation.resolved",
            json!({ "customer_identifier": customer, "resolution_summary": "warm", "metadata": {} }),
        ),
    ];
    let mut ids = Vec::new();
    for (event, data) in &all {
        let taken = is_taken(&town, event, data.clone()).await;
        assert_eq!(taken["result"], "queued");
        ids.push(taken["id"].as_str().unwrap().to_owned());
    }
    let taken = receiver.takes(all.len()).await;
    for ((told, (event, data)), id_given) in taken.iter().zip(&all).zip(&ids) {
        assert_eq!(told.json, json!({ "event": event, "data": data }), "nothing more and nothing less");
        assert_eq!(told.header("authorization"), format!("Bearer {KEY}"));
        assert_eq!((told.header("content-type"), id(told)), ("application/json", id_given.as_str()));
    }
    let shown = until("nothing waits", async || {
        let shown = town.door.get(&path(&made)).await.is(200);
        (shown["progress"]["waiting"] == 0).then_some(shown)
    })
    .await;
    assert_eq!((&shown["kind"], &shown["signature"]), (&json!("dashboard"), &json!("bearer")));
    assert!(!shown.to_string().contains(KEY) && !town.log().contains(KEY));
    assert_eq!(receiver.told().len(), all.len());
    town.metric_is("baton_dashboard_events_total", r#"result="queued""#, 5.0).await;
    // Switched off, nothing is sent, and nothing is lost.
    town.door.patch(&path(&made), json!({ "enabled": false })).await.is(200);
    is_taken(&town, "customer.seen", seen(2)).await;
    a_moment(Duration::from_millis(300)).await;
    assert_eq!(receiver.told().len(), all.len());
    town.door.patch(&path(&made), json!({ "enabled": true })).await.is(200);
    receiver.takes(all.len() + 1).await;
    assert_eq!(town.door.delete(&path(&made)).await.status, 204);
    hands_in(&town, "customer.seen", seen(3)).await.refuses(409, "no-dashboard");
}

#[tokio::test]
async fn h2_a_dashboard_that_hangs_or_is_nowhere_slows_nothing_and_is_seen_to() {
    let mut town =
        town_with(&with(&[("DASHBOARD__TIMEOUT", "3s"), ("DASHBOARD__RETRIES", "50ms,50ms,1s,9s,9s,9s")])).await;
    let [ana] = town.people(["ana"]).await;
    let receiver = Receiver::start().await;
    receiver.behaves(Behaves::TakesAfter(Duration::from_secs(60)));
    let made = dashboard(&town, &receiver).await;
    let begun = Stopwatch::start();
    for no in 0..20 {
        is_taken(&town, "customer.seen", seen(100 + no)).await;
        let job = town.desk().publishes(order(&format!("h2-{no}"))).await;
        ana.presses_yes(&job).await;
        town.desk().sees_it(&job, "claimed").await;
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "one after the other, they would have taken minutes");
    let timed_out = until("the time-out is over", async || {
        let page = town.door.get(&format!("{}/deliveries", path(&made))).await.is(200);
        page["items"][0]["tries"].as_array().is_some_and(|tries| tries[0]["result"] == "timed_out").then_some(page)
    })
    .await;
    let took = timed_out["items"][0]["tries"][0]["took_ms"].as_u64().unwrap();
    assert!((2_900..4_500).contains(&took), "it had three seconds: {took}");
    // A host that does not exist.
    let nowhere = json!({ "url": "http://dashboard.invalid/functions/v1/sync" });
    town.door.patch(&path(&made), nowhere).await.is(200);
    town.metric_is("baton_dashboards", r#"state="away""#, 1.0).await;
    assert!(town.metric("baton_dashboard_backlog", "").await >= 20.0);
    assert!(town.metric("baton_event_deliveries_total", r#"result="failed""#).await >= 1.0);
    assert!(town.log().contains("an endpoint for events is away"));
    let health = town.door.get("/api/v1/health").await.is(200);
    assert_eq!((&health["status"], &health["components"]["dashboards"]["away"]), (&json!("degraded"), &json!(1)));
    let job = town.desk().publishes(order("h2-last")).await;
    ana.presses_yes(&job).await;
    // The doctor knows, beside the server and without it.
    assert!(diagnosis(&town).await.contains("0 told, 1 away, 0 switched off"));
    town.kill_9().await;
    assert!(diagnosis(&town).await.contains("0 told, 1 away, 0 switched off"));
}

/// What the doctor finds of dashboards.
async fn diagnosis(town: &Town) -> String {
    let mut doctor = baton(&town.environment);
    doctor.env("BATON__SERVER__LISTEN", town.door.url("").trim_start_matches("http://"));
    let looked = doctor.args(["doctor", "--dev", "--data"]).arg(&town.data).output().await.unwrap();
    let said = String::from_utf8_lossy(&looked.stdout).into_owned();
    let found = said.lines().find(|line| line.contains("dashboards:")).map(str::to_owned);
    found.unwrap_or_else(|| panic!("the doctor says nothing of dashboards: {said}"))
}

#[tokio::test]
async fn h3_fifty_times_seen_is_told_once_and_only_what_arrived_counts() {
    let town = town_with(&with(&[("DASHBOARD__DEBOUNCE", "3s")])).await;
    let receiver = Receiver::start().await;
    receiver.behaves(Behaves::Answers(500, &[]));
    let made = dashboard(&town, &receiver).await;
    let mut results = BTreeMap::<String, u32>::new();
    for _ in 0..25 {
        let taken = is_taken(&town, "customer.seen", seen(1)).await;
        *results.entry(taken["result"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    until("it was refused", async || (receiver.told().len() > 1).then_some(())).await;
    receiver.behaves(Behaves::Takes);
    receiver.takes(1).await;
    // It arrived a moment ago.
    for _ in 0..25 {
        let taken = is_taken(&town, "customer.seen", seen(1)).await;
        *results.entry(taken["result"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(results, BTreeMap::from([("debounced".to_owned(), 49), ("queued".to_owned(), 1)]));
    is_taken(&town, "customer.seen", seen(2)).await;
    let taken = receiver.takes(2).await;
    let chats: Vec<&Value> = taken.iter().map(|told| &told.json["data"]["telegram_chat_id"]).collect();
    assert_eq!(chats, [&json!(1), &json!(2)]);
    // After a while the same customer is told of again.
    until("the window is over", async || {
        (is_taken(&town, "customer.seen", seen(1)).await["result"] == "queued").then_some(())
    })
    .await;
    receiver.takes(3).await;
    // What is given up keeps nobody silent.
    receiver.behaves(Behaves::Answers(400, &[]));
    is_taken(&town, "customer.seen", seen(3)).await;
    until("it is given up", async || {
        let page = town.door.get(&format!("{}/deliveries?state=failed", path(&made))).await.is(200);
        (page["items"].as_array().unwrap().len() == 1).then_some(())
    })
    .await;
    assert_eq!(is_taken(&town, "customer.seen", seen(3)).await["result"], "queued");
}

/// What was told of each customer and order, in the order in which it was taken.
fn by_order(taken: &[Told]) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::<String, Vec<String>>::new();
    for told in taken.iter().filter(|told| told.json["data"]["syrve_order_id"].is_string()) {
        let order = told.json["data"]["syrve_order_id"].as_str().unwrap().to_owned();
        let what = told.json["data"]["status"].as_str().unwrap_or("created").to_owned();
        all.entry(order).or_default().push(what);
    }
    all
}

#[tokio::test]
async fn h4_what_waits_for_a_dead_dashboard_arrives_once_each_in_order_also_over_a_kill() {
    let mut town = town_with(&QUICK).await;
    let gone = Receiver::start().await;
    let made = dashboard(&town, &gone).await;
    let address = gone.goes_away();
    let (customers, mut ids) = (i64::from(number("STORIES_EVENTS", 200) as u32 / 5), Vec::new());
    for no in 1..=customers {
        let name = format!("o-{no}");
        let customer = json!({ "telegram_chat_id": no });
        for (event, data) in [
            ("customer.seen", seen(no)),
            ("order.created", ordered(no, &name)),
            ("order.status", status(&name, "Confirmed")),
            ("order.status", status(&name, "OnWay")),
            ("escalation.created", json!({ "customer_identifier": customer })),
        ] {
            ids.push(is_taken(&town, event, data).await["id"].as_str().unwrap().to_owned());
        }
    }
    until("the dashboard is found away", async || {
        let shown = town.door.get(&path(&made)).await.is(200);
        (shown["progress"]["away"] == true).then_some(())
    })
    .await;
    town.kill_9().await;
    let back = Receiver::at(&address.to_string()).await;
    town.starts_again().await;
    // What was known before the end is known after it.
    assert_eq!(is_taken(&town, "order.created", ordered(1, "o-1")).await["result"], "known");
    let taken = back.takes(ids.len()).await;
    until("nothing waits", async || {
        let shown = town.door.get(&path(&made)).await.is(200);
        (shown["progress"]["waiting"] == 0 && shown["progress"]["away"] == false).then_some(())
    })
    .await;
    let mut told: Vec<&str> = taken.iter().map(id).collect();
    told.sort_unstable();
    ids.sort_unstable();
    assert_eq!(told, ids, "each under the id that it was given, and none twice");
    assert_eq!(back.taken().len(), ids.len(), "each came once");
    let orders = by_order(&taken);
    assert_eq!(orders.len(), customers as usize);
    for (order, told) in orders {
        assert_eq!(told, ["created", "confirmed", "delivering"], "{order}");
    }
    for no in 1..=customers {
        let of_customer = |told: &&Told| {
            let data = &told.json["data"];
            data["telegram_chat_id"] == no || data["customer_identifier"]["telegram_chat_id"] == no
        };
        let told: Vec<Told> = taken.iter().filter(of_customer).cloned().collect();
        assert_eq!(events(&told), ["customer.seen", "order.created", "escalation.created"], "{no}");
    }
    // Numbers go on after the end, too.
    is_taken(&town, "customer.seen", seen(customers + 1)).await;
    back.takes(ids.len() + 1).await;
}

#[tokio::test]
async fn h5_a_status_is_told_in_the_words_of_the_wire_and_an_unknown_one_is_kept_and_counted() {
    let town = town_with(&QUICK).await;
    let receiver = Receiver::start().await;
    dashboard(&town, &receiver).await;
    let words = [
        ("Confirmed", "confirmed"),
        ("CookingStarted", "cooking"),
        ("OnWay", "delivering"),
        ("Delivered", "delivered"),
        ("Closed", "delivered"),
        ("Cancelled", "cancelled"),
        ("WaitingForTheMoon", "WaitingForTheMoon"),
    ];
    for (word, _) in words {
        is_taken(&town, "order.status", status("o-1", word)).await;
    }
    let taken = receiver.takes(words.len()).await;
    let told: Vec<&str> = taken.iter().map(|told| told.json["data"]["status"].as_str().unwrap()).collect();
    assert_eq!(told, words.map(|(_, told)| told));
    town.metric_is("baton_dashboard_unmapped_total", r#"door="handed_in""#, 1.0).await;
}

#[tokio::test]
async fn a_job_is_told_of_as_an_order_to_the_customer_whom_the_bot_has_named() {
    let town = town_with(&QUICK).await;
    let [ana] = town.people(["ana"]).await;
    let receiver = Receiver::start().await;
    let made = dashboard(&town, &receiver).await;
    is_taken(&town, "customer.seen", seen(1)).await;
    is_taken(&town, "order.created", ordered(1, "theirs")).await;
    let desk = town.desk();
    let theirs = desk.publishes(order("theirs")).await;
    ana.presses_yes(&theirs).await;
    desk.sees_it(&theirs, "claimed").await;
    desk.tells(&theirs, "complete", json!({})).await.is(200);
    let ours = desk.publishes(order("ours").asking(json!([{ "mode": "one_by_one", "tags": ["nobody"] }]))).await;
    desk.sees_it(&ours, "unfilled").await;
    desk.tells(&ours, "cancel", json!({})).await.is(200);
    let taken = receiver.takes(8).await;
    let of = |order: &str| -> Vec<(String, Value)> {
        let tells = |told: &&Told| {
            let data = &told.json["data"];
            data["syrve_order_id"] == order || data["metadata"]["syrve_order_id"] == order
        };
        taken.iter().filter(tells).map(|told| (event(told).to_owned(), told.json["data"].clone())).collect()
    };
    let words = |told: &[(String, Value)]| {
        let word = |(event, data): &(String, Value)| format!("{event} {}", data["status"].as_str().unwrap_or_default());
        told.iter().map(|told| word(told).trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(words(&of("theirs")), ["order.created", "order.status confirmed", "order.status delivered"]);
    assert_eq!(of("theirs")[0].1, ordered(1, "theirs"), "the bot's order, and none of ours beside it");
    let told = of("ours");
    let expected = ["order.created", "escalation.created", "escalation.resolved", "order.status cancelled"];
    assert_eq!(words(&told), expected);
    assert_eq!(told[1].1["reason"], "Nobody took the job");
    for (_, data) in told {
        assert!(!data.to_string().contains("Example Street"), "private details do not leave this way: {data}");
    }
    // A bot that brings the same order later brings no second one.
    assert_eq!(is_taken(&town, "order.created", ordered(1, "ours")).await["result"], "known");
    // Without jobs, only what is handed in is told.
    town.door.patch(&path(&made), json!({ "jobs": false })).await.is(200);
    desk.publishes(order("silent")).await;
    is_taken(&town, "customer.seen", seen(2)).await;
    let last = &receiver.takes(9).await[8];
    assert_eq!(event(last), "customer.seen");
}

#[tokio::test]
async fn h4_past_the_bound_the_door_says_when_to_come_back_and_jobs_wait_in_their_log() {
    let town = town_with(&with(&[("DASHBOARD__BACKLOG", "3")])).await;
    town.people(["ana"]).await;
    let gone = Receiver::start().await;
    let made = dashboard(&town, &gone).await;
    let address = gone.goes_away();
    for no in 1..=3 {
        is_taken(&town, "customer.seen", seen(no)).await;
    }
    let full = hands_in(&town, "customer.seen", seen(4)).await;
    full.refuses(503, "backlog-full");
    assert_eq!(full.header("retry-after"), "5");
    assert_eq!(is_taken(&town, "customer.seen", seen(1)).await["result"], "debounced", "there is nothing to keep");
    let desk = town.desk();
    for no in 0..5 {
        desk.publishes(order(&format!("full-{no}"))).await;
    }
    town.metric_is("baton_dashboard_backlog", "", 3.0).await;
    town.metric_is("baton_dashboard_events_total", r#"result="full""#, 1.0).await;
    let back = Receiver::at(&address.to_string()).await;
    let taken = back.takes(8).await;
    let created: Vec<&Told> = taken.iter().filter(|told| event(told) == "order.created").collect();
    assert_eq!(created.len(), 5, "none of the jobs is missing");
    until("nothing waits", async || {
        let shown = town.door.get(&path(&made)).await.is(200);
        (shown["progress"]["waiting"] == 0).then_some(())
    })
    .await;
    is_taken(&town, "customer.seen", seen(4)).await;
    back.takes(9).await;
}

#[tokio::test]
async fn a_dashboard_is_one_of_its_kind_and_everything_that_is_wrong_is_told_at_once() {
    let town = town_with(&QUICK).await;
    let receiver = Receiver::start().await;
    let post = async |body: Value| town.door.post("/api/v1/endpoints", body).await;
    let fields = |problem: Value| -> Vec<String> {
        let errors = problem["errors"].as_array().unwrap().iter();
        errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    };
    let wrong =
        json!({ "url": receiver.url(), "kind": "dashboard", "types": ["job.claimed"], "signature": "v1", "zebra": 1 });
    let mut named = fields(post(wrong).await.refuses(400, "validation-failed"));
    named.sort_unstable();
    assert_eq!(named, ["key", "signature", "types", "zebra"]);
    let wrong = json!({ "url": receiver.url(), "key": KEY, "jobs": false });
    assert_eq!(fields(post(wrong).await.refuses(400, "validation-failed")), ["key", "jobs"]);
    let made = dashboard(&town, &receiver).await;
    post(json!({ "url": receiver.url(), "kind": "dashboard", "key": KEY })).await.refuses(409, "dashboard-exists");
    town.door.patch(&path(&made), json!({ "types": ["job.claimed"] })).await.refuses(400, "validation-failed");
    town.door.post(&format!("{}/secret", path(&made)), json!({})).await.refuses(409, "dashboard-key");
    let other = KEY.replace('0', "z");
    town.door.patch(&path(&made), json!({ "key": other })).await.is(200);
    let test = town.door.post(&format!("{}/test", path(&made)), json!({})).await.is(200);
    assert_eq!(test["result"], "taken");
    let [told] = &receiver.taken()[..] else { panic!("one call is wanted") };
    assert_eq!(told.header("authorization"), format!("Bearer {other}"));
    assert_eq!(told.json, json!({ "event": "baton.test", "data": {} }));
    let data = json!({ "items": [{ "amount": -1 }], "payment_method": "gold", "surprise": 1 });
    let mut named = fields(hands_in(&town, "order.created", data).await.refuses(400, "validation-failed"));
    named.sort_unstable();
    let expected = [
        "data.customer_identifier",
        "data.items[0].amount",
        "data.items[0].name",
        "data.payment_method",
        "data.surprise",
        "data.syrve_order_id",
    ];
    assert_eq!(named, expected);
    hands_in(&town, "customer.lost", seen(1)).await.refuses(400, "validation-failed");
    // Who only reads hands nothing in.
    let key = json!({ "name": "reader", "scopes": ["jobs:read"], "tenant": "default" });
    let reader = town.door.post("/api/v1/keys", key).await.is(201);
    let reader = town.door.with_key(reader["key"].as_str());
    let event = json!({ "event": "customer.seen", "data": seen(1) });
    reader.post("/api/v1/dashboard/events", event).await.refuses(403, "forbidden");
    assert_eq!(receiver.told().len(), 1, "nothing of this was sent");
}
