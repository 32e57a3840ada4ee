//! A sender that cannot change: its webhook becomes a job.

use serde_json::{Value, json};

use super::desk::Job;
use super::town::town;

const PRIVATE: [&str; 4] = ["Dana Levi", "447700900123", "1 Example Street", "4711"];

fn order() -> Value {
    json!({"order": {"number": "A-17", "pickup": {"town": "Leeds", "street": "1 Example Street"}, "day": "30/1/2027",
        "rows": [{"what": "fridge", "n": "2"}]},
        "customer": {"phone": "+44 7700 900123", "name": "Dana Levi", "gate": 4711}, "attempt": 1})
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
