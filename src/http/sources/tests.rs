//! Sources over HTTP.

use serde_json::{Value, json};

use crate::http::sample::{House, OTHER};

/// How a shop's orders become jobs.
fn shop() -> String {
    json!({"fields": {
        "external_ref": {"pointer": "/order/number", "type": "string"},
        "brief.from": {"pointer": "/order/pickup/town", "required": true},
        "brief.to": {"pointer": "/order/delivery/town"},
        "brief.date": {"pointer": "/order/day", "type": "date", "format": "day-first"},
        "brief.vehicle": {"pointer": "/order/van", "values": {"LWB": "van"}},
        "brief.items": {"pointer": "/order/rows",
            "each": {"kind": {"pointer": "/what"}, "quantity": {"pointer": "/n", "type": "integer"}}},
        "brief.price.from": {"pointer": "/order/total", "type": "money"},
        "brief.price.currency": {"default": "GBP"},
        "details.phone": {"pointer": "/customer/phone", "type": "phone"},
        "details.extra.gate": {"pointer": "/customer/gate", "type": "string"},
    }})
    .to_string()
}

fn order() -> Value {
    json!({"order": {"number": 1017, "pickup": {"town": "Leeds"}, "delivery": {"town": "York"}, "day": "30/1/2027", "van": "LWB",
        "rows": [{"what": "fridge", "n": "2"}], "total": "£1,250.00"},
        "customer": {"phone": "+44 7700 900123", "gate": 4711, "name": "Dana Levi"}, "attempt": 1})
}

#[tokio::test]
async fn a_source_is_kept_by_name_in_versions_and_removed() {
    let house = House::open().await;
    let made = house.ask("PUT /api/v1/sources/shop", &shop()).await;
    assert_eq!((made.status, &made.json["version"]), (201, &1.into()), "{}", made.text);
    assert_eq!(made.headers["etag"], "\"1\"");
    assert_eq!(house.ask("PUT /api/v1/sources/shop", &shop()).await.json["version"], 1);
    let other = r#"{"fields":{"brief.from":{"pointer":"/town"}}}"#;
    let again = house.ask("PUT /api/v1/sources/shop", other).await;
    assert_eq!((again.status, &again.json["version"]), (200, &2.into()));
    assert_eq!(again.json["mapping"]["fields"]["brief.from"]["pointer"][0], "/town");
    assert_eq!(house.ask("GET /api/v1/sources", "").await.json["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(house.ask("PUT /api/v1/sources/a.b", other).await.problem(), (400, "validation-failed"));
    let theirs = house.send("GET /api/v1/sources/shop", &[("x-api-key", OTHER)], "").await;
    assert_eq!(theirs.problem(), (404, "source-not-found"));
    assert_eq!(house.ask("DELETE /api/v1/sources/shop", "").await.status, 204);
    assert_eq!(house.ask("DELETE /api/v1/sources/shop", "").await.problem(), (404, "source-not-found"));
    assert_eq!(house.ask("POST /api/v1/sources/shop/jobs", "{}").await.problem(), (404, "source-not-found"));
}

#[tokio::test]
async fn a_payload_becomes_the_job_that_its_fields_would_have_made_and_a_repeat_is_the_same_one() {
    let house = House::open().await;
    house.ask("PUT /api/v1/sources/shop", &shop()).await;
    let made = house.ask("POST /api/v1/sources/shop/jobs", &order().to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let brief = &made.json["brief"];
    assert_eq!((&brief["from"], &brief["date"]), (&"Leeds".into(), &"2027-01-30".into()), "{}", made.text);
    assert_eq!((&brief["vehicle"], &brief["price"]["from"]), (&"van".into(), &1250.into()));
    assert_eq!(brief["items"], json!([{"kind": "fridge", "quantity": 2}]));
    assert_eq!(made.json["external_ref"], "1017");
    assert!(
        !made.text.contains("Dana") && !made.text.contains("4711") && !made.text.contains("900123"),
        "{}",
        made.text
    );
    // The sender counts its attempts: what is not mapped makes no other job.
    let mut repeat = order();
    repeat["attempt"] = 2.into();
    let again = house.ask("POST /api/v1/sources/shop/jobs", &repeat.to_string()).await;
    assert_eq!((again.status, &again.json["id"]), (200, &made.json["id"]), "{}", again.text);
    repeat["order"]["pickup"]["town"] = "Hull".into();
    let other = house.ask("POST /api/v1/sources/shop/jobs", &repeat.to_string()).await;
    assert_eq!(other.problem(), (409, "external-ref-conflict"));
}

#[tokio::test]
async fn a_mapped_delivery_number_tells_a_repeat_where_there_is_no_reference() {
    let house = House::open().await;
    let mapping = r#"{"fields":{"brief.from":{"pointer":"/town"}},"idempotency_key":{"pointer":"/delivery"}}"#;
    house.ask("PUT /api/v1/sources/a", mapping).await;
    house.ask("PUT /api/v1/sources/b", mapping).await;
    let payload = r#"{"town":"Leeds","delivery":7}"#;
    let first = house.ask("POST /api/v1/sources/a/jobs", payload).await;
    let again = house.ask("POST /api/v1/sources/a/jobs", payload).await;
    let other = house.ask("POST /api/v1/sources/b/jobs", payload).await;
    assert_eq!((first.status, again.status, other.status), (201, 200, 201), "{}", first.text);
    assert_eq!(first.json["id"], again.json["id"]);
    assert_ne!(first.json["id"], other.json["id"]);
}

#[tokio::test]
async fn every_fault_of_a_payload_is_named_with_our_field_and_the_senders_pointer() {
    let house = House::open().await;
    house.ask("PUT /api/v1/sources/shop", &shop()).await;
    let bad = json!({"order": {"number": 1, "day": "30/2/2027", "delivery": {"town": "call +44 7700 900123"}, "van": "SWB",
        "rows": [{"what": "fridge", "n": 0}]}, "customer": {"phone": "call me"}});
    let answer = house.ask("POST /api/v1/sources/shop/jobs", &bad.to_string()).await;
    assert_eq!(answer.problem(), (400, "validation-failed"));
    let errors = answer.json["errors"].as_array().unwrap();
    for (field, pointer) in [
        ("brief.from", None),
        ("brief.to", Some("/order/delivery/town")),
        ("brief.date", Some("/order/day")),
        ("brief.vehicle", Some("/order/van")),
        ("brief.items[0].quantity", Some("/order/rows/0/n")),
        ("details.phone", Some("/customer/phone")),
    ] {
        let error =
            errors.iter().find(|error| error["field"] == field).unwrap_or_else(|| panic!("{field}: {}", answer.text));
        let message = error["message"].as_str().unwrap();
        assert!(pointer.is_none_or(|pointer| message.contains(&format!("(read from {pointer})"))), "{message}");
    }
    assert!(!answer.text.contains("call me") && !answer.text.contains("SWB"), "{}", answer.text);
}

#[tokio::test]
async fn a_try_shows_what_would_come_of_it_and_stores_nothing() {
    let house = House::open().await;
    let mapping: Value = serde_json::from_str(&shop()).unwrap();
    let inline = json!({"mapping": mapping, "payload": order()}).to_string();
    let tried = house.ask("POST /api/v1/sources/shop/try", &inline).await;
    assert_eq!((tried.status, &tried.json["would_be_a_job"]), (200, &true.into()), "{}", tried.text);
    assert_eq!(tried.json["brief"]["from"], "Leeds");
    assert_eq!(tried.json["details"], json!(["details.extra.gate", "details.phone"]));
    assert_eq!(tried.json["unused"], json!(["/attempt", "/customer/name"]));
    let found = tried.json["found"].as_array().unwrap();
    let of = |field: &str| found.iter().find(|found| found["field"] == field).unwrap();
    assert_eq!(of("brief.price.currency")["default"], true);
    assert_eq!(
        (&of("external_ref")["pointer"], &of("external_ref")["type"]),
        (&"/order/number".into(), &"number".into())
    );
    assert!(!tried.text.contains("900123") && !tried.text.contains("4711"), "details by name alone: {}", tried.text);
    assert_eq!(house.ask("GET /api/v1/jobs", "").await.json["items"], json!([]));
    assert_eq!(house.ask("GET /api/v1/sources/shop", "").await.problem(), (404, "source-not-found"));

    house.ask("PUT /api/v1/sources/shop", &shop()).await;
    let stored = house.ask("POST /api/v1/sources/shop/try", r#"{"payload":{"order":{"day":"x"}}}"#).await;
    assert_eq!((stored.status, &stored.json["would_be_a_job"]), (200, &false.into()), "{}", stored.text);
    let problems: Vec<_> =
        stored.json["problems"].as_array().unwrap().iter().map(|problem| problem["field"].clone()).collect();
    assert!(problems.contains(&"brief.from".into()) && problems.contains(&"brief.date".into()), "{problems:?}");
}
