//! A sender that cannot change: its webhook becomes a job.

use reqwest::Method;
use serde_json::{Value, json};

use super::desk::Job;
use super::door::send;
use super::town::{Town, town};

const PRIVATE: [&str; 4] = ["Dana Levi", "447700900123", "1 Example Street", "47114711"];

fn order() -> Value {
    json!({"order": {"number": "A-17", "pickup": {"town": "Leeds", "street": "1 Example Street"}, "day": "30/1/2027",
        "rows": [{"what": "fridge", "n": "2"}]},
        "customer": {"phone": "+44 7700 900123", "name": "Dana Levi", "gate": 47_114_711}, "attempt": 1})
}

#[tokio::test]
async fn c1_a_shops_webhook_becomes_one_job_that_is_offered_and_claimed_and_keeps_its_secrets() {
    let town = town().await;
    let [phone] = town.people(["Olga"]).await;
    let mapping = json!({"fields": {
        "external_ref": {"pointer": "/order/number"},
        "brief.from": {"pointer": "/order/pickup/town", "required": true},
        "brief.date": {"pointer": "/order/day", "type": "date", "format": "day-first"},
        "brief.items": {"pointer": "/order/rows",
            "each": {"kind": {"pointer": "/what"}, "quantity": {"pointer": "/n", "type": "integer"}}},
        "details.phone": {"pointer": "/customer/phone"},
        "details.from_address": {"pointer": "/order/pickup/street"},
    }});
    town.door.put("/api/v1/sources/shop", mapping).await.is(201);

    let wrong = json!({"order": {"day": "30/2/2027"}, "customer": {"phone": "Dana Levi"}});
    let refused = town.door.post("/api/v1/sources/shop/jobs", wrong).await.refuses(400, "validation-failed");
    let errors = refused["errors"].as_array().unwrap();
    let fields: Vec<&str> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["brief.date", "brief.from", "details.phone"], "{refused}");
    assert!(errors[2]["message"].as_str().unwrap().contains("/customer/phone"), "{refused}");

    let made = town.door.post("/api/v1/sources/shop/jobs", order()).await.is(201);
    let mut repeat = order();
    repeat["attempt"] = 2.into();
    let again = town.door.post("/api/v1/sources/shop/jobs", repeat).await.is(200);
    assert_eq!(made["id"], again["id"]);
    let job = Job::of(&made);
    let offer = phone.shows_offer(&job).await;
    phone.presses_yes(&job).await;
    phone.shows_victory(&job).await;
    assert_eq!(town.desk().sees_all().await.len(), 1);

    let (shown, log) = (town.desk().sees(&job).await.to_string(), town.log());
    assert!(offer.text.contains("Leeds"), "{}", offer.text);
    for private in PRIVATE {
        assert!(!offer.text.contains(private) && !shown.contains(private), "{private}");
        assert!(!log.contains(private), "the log says {private}");
    }
}

#[tokio::test]
async fn c1_a_sender_that_can_set_no_header_posts_to_an_address_that_can_be_taken_away() {
    let mut town = town().await;
    let mapping = json!({"fields": {
        "external_ref": {"pointer": "/order/number"},
        "brief.from": {"pointer": "/order/pickup/town", "required": true},
        "details.phone": {"pointer": "/customer/phone"},
    }});
    town.door.put("/api/v1/sources/shop", mapping.clone()).await.is(201);
    town.door.put("/api/v1/sources/other", mapping).await.is(201);
    let address = async |town: &Town, source: &str| {
        let given = town.door.post(&format!("/api/v1/sources/{source}/address"), json!({})).await.is(200);
        Town::path_of(&given["url"])
    };
    // Neither key nor content type.
    let posts = async |town: &Town, path: &str, body: String| {
        send(town.stranger().request(Method::POST, path).body(body)).await
    };
    let shop = address(&town, "shop").await;
    let made = posts(&town, &shop, order().to_string()).await.is(201);
    let mut repeat = order();
    repeat["attempt"] = 2.into();
    let again = posts(&town, &shop, repeat.to_string()).await.is(200);
    assert_eq!((&again["id"], &again["message"]), (&made["id"], &json!("already_exists")));
    let job = town.door.get(&format!("/api/v1/jobs/{}", made["id"].as_str().unwrap())).await.is(200);
    assert_eq!((&job["brief"]["from"], &job["external_ref"]), (&json!("Leeds"), &json!("A-17")));
    assert_eq!(town.desk().timeline(&Job::of(&job)).await[0]["actor"]["name"], "source shop");

    // Some write a mark before it.
    assert_eq!(posts(&town, &shop, format!("\u{feff}{}", order())).await.is(200)["id"], made["id"]);

    // What is wrong with a payload is said without it; what is no payload at all, too.
    let wrong = json!({"order": {"number": "A-18"}, "customer": {"phone": "Dana Levi"}});
    let refused = posts(&town, &shop, wrong.to_string()).await;
    refused.refuses(400, "validation-failed");
    assert!(refused.text.contains("/customer/phone") && !refused.text.contains("Dana"), "{}", refused.text);
    posts(&town, &shop, "number=A-19".to_owned()).await.refuses(400, "malformed-json");

    // The address outlives a restart and a new mapping; another one takes its place; none leads in for whoever makes one up.
    town.kill_9().await;
    town.starts_again().await;
    posts(&town, &shop, order().to_string()).await.is(200);
    let next = address(&town, "shop").await;
    assert_ne!(shop, next);
    posts(&town, &shop, order().to_string()).await.refuses(404, "source-not-found");
    posts(&town, &next, order().to_string()).await.is(200);
    let other = address(&town, "other").await;
    town.door.delete("/api/v1/sources/shop/address").await.is(204);
    posts(&town, &next, order().to_string()).await.refuses(404, "source-not-found");
    posts(&town, "/public/webhooks/source/AAAA", order().to_string()).await.refuses(404, "source-not-found");
    posts(&town, &other, order().to_string()).await.is(200);
    let (shown, log) = (town.door.get("/api/v1/sources").await.text, town.log());
    for path in [&shop, &next, &other] {
        let token = path.rsplit('/').next().unwrap();
        assert!(!shown.contains(token) && !log.contains(token), "an address is shown once");
    }
}
