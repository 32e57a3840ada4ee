//! Baton as the dashboard: `POST /functions/v1/sync` as bots know it, and what it keeps.

use reqwest::Method;
use serde_json::{Value, json};

use super::door::{Answer, Door, send};
use super::town::{Town, town_with};
use super::wait::until;

const SYNC: &str = "/functions/v1/sync";

/// The key that the bot has had all along.
const KEY: &str = "iop_0123456789abcdef0123456789abcdef";

async fn dashboard_town() -> (Town, Door) {
    let town = town_with(&[
        ("DROP_IN__ENABLED", "dashboard"),
        ("API_KEYS__BOT__KEY", KEY),
        ("API_KEYS__BOT__SCOPES", "jobs:write"),
    ])
    .await;
    let bot = town.door.with_key(Some(KEY));
    (town, bot)
}

async fn tells(bot: &Door, event: &str, data: Value) -> Answer {
    bot.post(SYNC, json!({ "event": event, "data": data })).await
}

fn seen(chat: i64, name: Option<&str>) -> Value {
    json!({ "display_name": name, "primary_channel": "telegram", "telegram_chat_id": chat, "trust_level": "new" })
}

fn ordered(chat: i64, order: &str, total: f64) -> Value {
    json!({
        "customer_identifier": { "telegram_chat_id": chat }, "syrve_order_id": order, "external_number": "17",
        "items": [{ "name": "Soup", "amount": 2, "price": 4.5 }], "total": total, "delivery_address": "1 Example Street",
        "payment_method": "cash", "restaurant": "North", "channel": "telegram",
    })
}

async fn only(town: &Town, list: &str) -> Value {
    let page = town.door.get(&format!("/api/v1/dashboard/{list}")).await.is(200);
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{page}");
    items[0].clone()
}

#[tokio::test]
async fn h6_who_may_not_and_what_is_nothing_is_told_in_its_words() {
    let (town, bot) = dashboard_town().await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = send(bot.request(method.clone(), SYNC)).await;
        assert_eq!((answer.status, &answer.json()["error"]), (405, &json!("Method not allowed")), "{method}");
    }
    assert_eq!(send(bot.request(Method::OPTIONS, SYNC)).await.text, "ok");
    let event = json!({ "event": "customer.seen", "data": seen(1, None) });
    let says = async |door: &Door, status: u16, error: &str| {
        let answer = door.post(SYNC, event.clone()).await.is(status);
        assert_eq!(answer["error"], error);
    };
    says(&town.stranger(), 401, "Missing or invalid Authorization header").await;
    says(&town.door.with_key(Some("iop_short")), 401, "Invalid API key format").await;
    says(&town.door.with_key(Some(&"x".repeat(40))), 401, "Invalid API key format").await;
    says(&town.door.with_key(Some(&KEY.replace('0', "f"))), 401, "Invalid or revoked API key").await;
    for nothing in
        [json!({}), json!({ "event": "customer.seen" }), json!({ "data": {} }), json!({ "event": "", "data": {} })]
    {
        assert_eq!(bot.post(SYNC, nothing).await.is(400)["error"], "Missing event or data field");
    }
    assert_eq!(tells(&bot, "customer.lost", json!({})).await.is(400)["error"], "Unknown event type: customer.lost");
    let json = ("content-type", "application/json");
    let broken = send(bot.request(Method::POST, SYNC).header(json.0, json.1).body("{bad")).await;
    assert_eq!(broken.is(400)["code"], "malformed-json");
    let wrong = tells(&bot, "customer.seen", json!({ "primary_channel": "pigeon" })).await.is(400);
    let fields: Vec<&Value> = wrong["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["data", "data.primary_channel"], "{wrong}");
    assert_eq!(town.door.get("/api/v1/dashboard/customers").await.is(200)["items"], json!([]), "nothing came of it");
}

#[tokio::test]
async fn h6_what_is_told_is_kept_once_and_stays_over_a_kill() {
    let (mut town, bot) = dashboard_town().await;
    // Nobody knows them as yet.
    assert_eq!(tells(&bot, "order.created", ordered(1, "o-1", 9.0)).await.is(404)["error"], "Customer not found");
    let status = |word: &str| json!({ "syrve_order_id": "o-1", "status": word });
    assert_eq!(tells(&bot, "order.status", status("cooking")).await.is(404)["error"], "Order not found");
    let customer = json!({ "telegram_chat_id": 1 });
    let escalated = json!({ "customer_identifier": customer, "metadata": { "channel": "telegram" } });
    assert_eq!(tells(&bot, "escalation.created", escalated.clone()).await.is(404)["error"], "Customer not found");

    let made = tells(&bot, "customer.seen", seen(1, Some("Test Person"))).await.is(200);
    assert_eq!(made["success"], true);
    let again = tells(&bot, "customer.seen", seen(1, None)).await.is(200);
    assert_eq!(again["customer_id"], made["customer_id"], "one customer, however often seen");
    let ordered_once = tells(&bot, "order.created", ordered(1, "o-1", 12.55)).await.is(200);
    let twice = tells(&bot, "order.created", ordered(1, "o-1", 12.55)).await.is(200);
    assert_eq!(twice, ordered_once, "told twice, it is one");
    assert_eq!(
        tells(&bot, "order.status", status("delivering")).await.is(200),
        json!({ "success": true, "updated": true })
    );
    for word in ["confirmed", "WaitingForTheMoon"] {
        let answer = tells(&bot, "order.status", status(word)).await.is(200);
        assert_eq!(answer, json!({ "success": true, "updated": false }), "{word}");
    }
    let escalates = async || {
        let request = bot.request(Method::POST, SYNC).header("idempotency-key", "e-1");
        let body = json!({ "event": "escalation.created", "data": escalated });
        send(request.json(&body)).await.is(200)["event_id"].clone()
    };
    let first = escalates().await;
    assert!(first.is_string() && escalates().await == first, "a repeat is the same");

    town.kill_9().await;
    town.starts_again().await;
    assert_eq!(tells(&bot, "order.created", ordered(1, "o-1", 12.55)).await.is(200), ordered_once);
    let customer = only(&town, "customers").await;
    assert_eq!(customer["id"], made["customer_id"]);
    assert_eq!((&customer["orders"], &customer["total"]), (&json!(1), &json!(12.55)), "no double revenue");
    assert_eq!(customer["data"]["display_name"], "Test Person", "a missing name leaves the good one");
    assert_eq!(customer["escalated"], true);
    let order = only(&town, "orders").await;
    assert_eq!((&order["id"], &order["customer"]), (&ordered_once["order_id"], &made["customer_id"]));
    assert_eq!(order["status"], "delivering", "it does not go back, and an unknown word confirms nothing");
    assert_eq!(order["unmapped_status"], "WaitingForTheMoon");
    town.metric_is("baton_dashboard_unmapped_total", r#"door="sync""#, 0.0).await;

    let received = town.door.get("/api/v1/dashboard/received?limit=3").await.is(200);
    let rest = town.door.get(&format!("/api/v1/dashboard/received?after={}", received["next"])).await.is(200);
    let events = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| item["event"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(events(&received), ["customer.seen", "customer.seen", "order.created"]);
    assert_eq!(events(&rest), ["order.status", "order.status", "order.status", "escalation.created"]);
    assert_eq!(received["items"][2]["data"], ordered(1, "o-1", 12.55));
    // A bot's key tells, and does not read.
    bot.get("/api/v1/dashboard/customers").await.refuses(403, "forbidden");
    // Forgotten, they are nowhere.
    let name = format!("/api/v1/dashboard/customers/{}", made["customer_id"].as_str().unwrap());
    assert_eq!(town.door.delete(&name).await.status, 204);
    town.door.delete(&name).await.refuses(404, "not-found");
    for list in ["customers", "orders", "received"] {
        let left = town.door.get(&format!("/api/v1/dashboard/{list}")).await.text;
        assert!(!left.contains("Test Person") && !left.contains("Example Street"), "{list}: {left}");
    }
    let after = tells(&bot, "customer.seen", seen(1, None)).await.is(200);
    assert_eq!(after["customer_id"], made["customer_id"]);
    assert_eq!(only(&town, "customers").await["orders"], 0);
}

#[tokio::test]
async fn h6_a_hundred_repeats_at_once_are_one_order() {
    let (town, bot) = dashboard_town().await;
    tells(&bot, "customer.seen", seen(1, None)).await.is(200);
    let all = (0..100).map(|no| {
        let bot = bot.clone();
        async move {
            tells(&bot, "order.created", ordered(1, &format!("o-{}", no % 4), 10.0)).await.is(200)["order_id"].clone()
        }
    });
    let ids: std::collections::BTreeSet<String> =
        futures_util::future::join_all(all).await.iter().map(ToString::to_string).collect();
    let customer = only(&town, "customers").await;
    assert_eq!((ids.len(), &customer["orders"], &customer["total"]), (4, &json!(4), &json!(40.0)));
}

#[tokio::test]
async fn h6_one_baton_tells_another() {
    let (theirs, _) = dashboard_town().await;
    let ours = town_with(&[
        ("ENDPOINTS__ALLOWED_NETWORKS", "127.0.0.1/32"),
        ("ENDPOINTS__PLAIN_HTTP", "true"),
        ("DASHBOARD__RETRIES", "50ms,50ms,50ms"),
    ])
    .await;
    let wanted = json!({ "url": theirs.door.url(SYNC), "kind": "dashboard", "key": KEY });
    let made = ours.door.post("/api/v1/endpoints", wanted).await.is(201);
    let path = format!("/api/v1/endpoints/{}", made["id"].as_str().unwrap());
    let hands_in = async |event: &str, data: Value| {
        let event = json!({ "event": event, "data": data });
        assert_eq!(ours.door.post("/api/v1/dashboard/events", event).await.is(202)["result"], "queued");
    };
    // An order of somebody whom the dashboard does not know is refused at once, and keeps nobody waiting.
    hands_in("order.created", ordered(1, "o-1", 9.0)).await;
    hands_in("customer.seen", seen(1, Some("Test Person"))).await;
    hands_in("order.created", ordered(1, "o-2", 5.0)).await;
    hands_in("order.status", json!({ "syrve_order_id": "o-2", "status": "OnWay" })).await;
    let order = until("the order is on its way", async || {
        let page = theirs.door.get("/api/v1/dashboard/orders").await.is(200);
        page["items"].as_array().unwrap().iter().find(|order| order["status"] == "delivering").cloned()
    })
    .await;
    assert_eq!(order["data"]["syrve_order_id"], "o-2");
    let failed = ours.door.get(&format!("{path}/deliveries?state=failed")).await.is(200);
    assert_eq!(failed["items"][0]["tries"][0]["status"], 404, "{failed}");
    // By now they are known.
    ours.door.post(&format!("{path}/replay"), json!({ "since": 0, "failed_only": true })).await.is(202);
    until("both orders are there", async || {
        let page = theirs.door.get("/api/v1/dashboard/customers").await.is(200);
        (page["items"][0]["orders"] == 2 && page["items"][0]["total"] == 14.0).then_some(())
    })
    .await;
}
