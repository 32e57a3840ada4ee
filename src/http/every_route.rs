//! What holds for every route, read from the document of the API: no new one is forgotten.

use serde_json::Value;

use crate::http::door::openapi;
use crate::http::sample::{ADMIN, House, OTHER};

/// What anybody may ask.
const OPEN: [&str; 4] = ["/health", "/ready", "/version", "/metrics"];

/// Something of tenant A that tenant B must never see.
const SECRET: &str = "only-of-a";

/// A template of tenant A.
const TEMPLATE: &str = "only-of-a/sms/en/1";

/// A message for an agent that is there.
const NOTIFICATION: &str = r#"{"external_ref":"only-of-a","event_type":"only-of-a","recipient":{"ref":"d1"},
    "template":"welcome","payload":{"text":"only-of-a"},"scheduled_at":"2027-01-30T08:00:00Z"}"#;

/// Its template.
const WELCOME: &str =
    r#"{"key":"welcome","channel":"console","locale":"en","state":"active","parts":{"text":"Welcome {{ agent }}"}}"#;

/// Every method and path of the document.
fn routes() -> Vec<(String, String)> {
    let document = serde_json::to_value(openapi()).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str()))
        {
            routes.push((method.to_uppercase(), path.clone()));
        }
    }
    assert!(routes.len() > 50, "{}", routes.len());
    routes
}

/// An id that a fleet has given something.
const FLEET: &str = "00000001-0000-4000-8000-000000000001";

/// What a path calls by a reference.
fn reference(path: &str) -> &'static str {
    if path.contains("/by-ref/") { SECRET } else { "d1" }
}

fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

#[tokio::test]
async fn s2_no_route_answers_without_a_key_and_none_looks_at_the_body_first() {
    let house = House::open().await;
    for (method, path) in routes().into_iter().filter(|(_, path)| !is_open(path)) {
        let line = format!("{method} {}", path.replace(['{', '}'], ""));
        for headers in [
            vec![],
            vec![("x-api-key", "wrong")],
            vec![("authorization", "Basic eDp5"), ("content-type", "application/json")],
        ] {
            let answer = house.send(&line, &headers, "{bad").await;
            assert_eq!(answer.problem(), (401, "unauthorized"), "{line}");
        }
    }
}

#[tokio::test]
async fn a8_no_route_falls_over_a_bad_body() {
    let house = House::open().await;
    for (method, path) in routes().into_iter().filter(|(_, path)| !is_open(path)) {
        let line = format!("{method} {}", path.replace(['{', '}'], ""));
        for body in
            ["{bad", "[]", "null", "7", "\"x\"", "{\"agents\":7,\"waves\":{},\"brief\":[],\"name\":{},\"from\":1}"]
        {
            let answer = house.ask(&line, body).await;
            assert!(
                answer.status < 500 || answer.problem() == (503, "telegram-not-configured"),
                "{line} {body}: {}",
                answer.text
            );
            if answer.status >= 400 {
                assert_eq!(answer.headers["content-type"], "application/problem+json", "{line} {body}");
                assert!(answer.json["code"].is_string(), "{line} {body}");
            }
        }
    }
}

#[tokio::test]
async fn a_field_that_is_not_known_is_refused_by_every_route_that_takes_a_body() {
    let house = House::open().await;
    assert_eq!(house.ask("PUT /api/v1/agents/d1", r#"{"phone":"+447700900001"}"#).await.status, 201);
    let job = house.ask("POST /api/v1/jobs", r#"{"brief":{}}"#).await.json;
    assert_eq!(house.ask("POST /api/v1/templates", WELCOME).await.status, 201);
    let notification = house.ask("POST /api/v1/notifications", NOTIFICATION).await.json;
    let document = serde_json::to_value(openapi()).unwrap();
    let mut asked = 0;
    for (method, path) in routes() {
        // What a sender sends is the sender's own: every field of it is known.
        let is_any = path == "/api/v1/sources/{source}/jobs";
        if is_any || document["paths"][&path][method.to_lowercase()]["requestBody"].is_null() {
            continue;
        }
        let id = if path.contains("/offers/{id}") {
            &job["offers"][0]["id"]
        } else if path.contains("/notifications/{id}") {
            &notification["id"]
        } else {
            &job["id"]
        };
        let line = format!("{method} {path}")
            .replace("{id}", id.as_str().unwrap())
            .replace("{ref}", reference(&path))
            .replace("{key}/{channel}/{locale}/{version}", TEMPLATE);
        let line = line.replace("{name}", "p1").replace("{source}", "shop").replace("{tenant}", "default");
        let line = line.replace("{driver}", FLEET).replace("{vehicle}", FLEET).replace("{route}", FLEET);
        let body = if path.ends_with("/batch") { r#"[{"zebra":1}]"# } else { r#"{"zebra":1}"# };
        let answer = house.ask(&line, body).await;
        let told = if path.ends_with("/batch") { &answer.json["items"][0]["problem"] } else { &answer.json };
        let strange = |error: &Value| error["field"] == "zebra" && error["message"] == "is not known";
        assert!(told["errors"].as_array().is_some_and(|errors| errors.iter().any(strange)), "{line}: {}", answer.text);
        asked += 1;
    }
    assert!(asked > 15, "{asked}");
    let schemas = &document["components"]["schemas"];
    for (name, is_closed) in [("NewJob", true), ("Wave", true), ("KeyRequest", true), ("BatchItem", false)] {
        assert_eq!(schemas[name]["additionalProperties"] == false, is_closed, "{name}");
    }
}

#[tokio::test]
async fn s11_tenant_b_never_sees_a() {
    let house = House::open().await;
    let agent =
        format!(r#"{{"name":"{SECRET}","phone":"+447700900001","tags":["{SECRET}"],"email":"{SECRET}@example.com"}}"#);
    let made = house.ask("PUT /api/v1/agents/d1", &agent).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let plan = format!(r#"{{"waves":[{{"mode":"one_by_one","tags":["{SECRET}"]}}]}}"#);
    assert_eq!(house.ask("PUT /api/v1/plans/p1", &plan).await.status, 201);
    let source = format!(r#"{{"fields":{{"brief.from":{{"pointer":"/{SECRET}"}}}}}}"#);
    assert_eq!(house.ask("PUT /api/v1/sources/shop", &source).await.status, 201);
    let template =
        format!(r#"{{"key":"{SECRET}","channel":"sms","locale":"en","parts":{{"text":"{SECRET}"}},"state":"active"}}"#);
    assert_eq!(house.ask("POST /api/v1/templates", &template).await.status, 201);
    let route = format!(r#"{{"name":"{SECRET}","stops":[{{"client":"{SECRET}"}}]}}"#);
    assert_eq!(house.ask(&format!("PUT /api/v1/routes/{FLEET}"), &route).await.status, 201);
    for of in ["drivers", "vehicles"] {
        let made = house.ask(&format!("PUT /api/v1/{of}/{FLEET}"), &format!(r#"{{"name":"{SECRET}"}}"#)).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let desk = format!(r#"{{"email":"{SECRET}@example.com"}}"#);
    assert_eq!(house.ask("PATCH /api/v1/desk", &desk).await.status, 200);
    let job = house
        .ask("POST /api/v1/jobs", &format!(r#"{{"external_ref":"{SECRET}","brief":{{"from":"{SECRET}"}}}}"#))
        .await
        .json;
    assert_eq!(house.ask("POST /api/v1/templates", WELCOME).await.status, 201);
    let notification = house.ask("POST /api/v1/notifications", NOTIFICATION).await;
    assert_eq!(notification.status, 202, "{}", notification.text);
    let key = house.ask("POST /api/v1/keys", &format!(r#"{{"name":"{SECRET}","scopes":["jobs:read"]}}"#)).await.json;
    let (job, offer, key) = (&job["id"], &job["offers"][0]["id"], &key["id"]);
    let named = |path: &str| {
        let of = |value: &Value| value.as_str().unwrap().to_owned();
        let id = if path.contains("/offers/{id}") {
            of(offer)
        } else if path.contains("/keys/") {
            of(key)
        } else if path.contains("/notifications/{id}") {
            of(&notification.json["id"])
        } else {
            of(job)
        };
        path.replace("{id}", &id)
            .replace("{ref}", reference(path))
            .replace("{key}/{channel}/{locale}/{version}", TEMPLATE)
            .replace("{name}", "p1")
            .replace("{source}", "shop")
            .replace("{tenant}", "default")
            .replace("{driver}", FLEET)
            .replace("{vehicle}", FLEET)
            .replace("{route}", FLEET)
    };
    let theirs = [("x-api-key", OTHER), ("content-type", "application/json")];
    for (method, path) in routes().into_iter().filter(|(_, path)| path != "/metrics") {
        let line = format!("{method} {}", named(&path));
        for body in [
            "",
            "{}",
            r#"{"phone":"+447700900002"}"#,
            r#"{"agent":"d1"}"#,
            r#"{"from":"+447700900001","text":"YES"}"#,
            r#"{"waves":[{"mode":"everybody"}]}"#,
            r#"{"available":false}"#,
        ] {
            let answer = house.send(&line, &theirs, body).await;
            assert!(!answer.text.contains(SECRET), "{line}: {}", answer.text);
        }
    }
    // And nothing of theirs has changed any of it.
    let after = house.ask("GET /api/v1/agents/d1", "").await;
    assert_eq!((&after.json["name"], &after.json["version"]), (&SECRET.into(), &1.into()));
    let after = house.ask(&format!("GET /api/v1/jobs/{}", job.as_str().unwrap()), "").await;
    assert_eq!(after.json["status"], "offering");
    assert_eq!(house.ask("GET /api/v1/plans/p1", "").await.json["version"], 1);
    assert_eq!(
        house.ask("GET /api/v1/keys", "").await.json["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|k| k["revoked_at"].is_string())
            .count(),
        0
    );
}

#[tokio::test]
async fn credentials_are_returned_by_no_route() {
    let house = House::open().await;
    let made = house.ask("POST /api/v1/keys", r#"{"name":"shop","scopes":["jobs:write"]}"#).await;
    let key = made.json["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("baton_"));
    for (method, path) in routes().into_iter().filter(|(method, _)| method == "GET") {
        let answer = house.ask(&format!("{method} {}", path.replace(['{', '}'], "")), "").await;
        assert!(!answer.text.contains(&key) && !answer.text.contains(ADMIN), "{path}");
    }
}
