//! From the claim to the release over HTTP, as the desk's system sees it, and the page that the winner sees.

use serde_json::{Value, json};

use crate::http::sample::{ADMIN, Answered, House};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// What nobody but the winner may ever see.
const PRIVATE: [&str; 5] = ["Test Person", "7700900123", "1 Example Street", "2 Example Road", "ring twice"];

struct Desk {
    house: House,
    job: String,
}

impl Desk {
    /// A job with private details that Ana has, and Bo waits behind her.
    async fn with_a_claimed_job() -> Self {
        let house = House::with_people().await;
        let body = json!({
            "external_ref": "VC8Y-3", "brief": {"from": "Leeds", "to": "Manchester"},
            "details": {"contact_name": PRIVATE[0], "phone": "+447700900123", "from_address": PRIVATE[2],
                        "to_address": PRIVATE[3], "notes": PRIVATE[4]},
            "plan": {"waves": [{"mode": "everybody", "claim_within": "30m"}]},
        });
        let job = house.ask("POST /api/v1/jobs", &body.to_string()).await;
        assert_eq!(job.status, 201, "{}", job.text);
        for offer in job.json["offers"].as_array().unwrap() {
            house.ask(&format!("POST /api/v1/offers/{}/claim", offer["id"].as_str().unwrap()), "").await;
        }
        let job = job.json["id"].as_str().unwrap().to_owned();
        let desk = Self { house, job };
        let shown = desk.shown().await;
        assert_eq!((&shown["status"], &shown["claim"]["agent"]["ref"]), (&"claimed".into(), &"ana".into()));
        desk
    }

    async fn asks(&self, command: &str, body: &str) -> Answered {
        self.house.ask(&format!("POST /api/v1/jobs/{}/{command}", self.job), body).await
    }

    async fn does(&self, commands: &[&str]) -> Value {
        let mut shown = Value::Null;
        for command in commands {
            let answer = self.asks(command, "").await;
            assert_eq!(answer.status, 200, "{command}: {}", answer.text);
            for private in PRIVATE {
                assert!(!answer.text.contains(private), "{command}: {}", answer.text);
            }
            shown = answer.json;
        }
        shown
    }

    async fn shown(&self) -> Value {
        self.house.ask(&format!("GET /api/v1/jobs/{}", self.job), "").await.json
    }

    async fn timeline(&self) -> Vec<Value> {
        let timeline = self.house.ask(&format!("GET /api/v1/jobs/{}/timeline", self.job), "").await;
        for private in PRIVATE {
            assert!(!timeline.text.contains(private), "{}", timeline.text);
        }
        timeline.json["items"].as_array().unwrap().clone()
    }

    /// The link that the winner was sent.
    fn link(&self) -> String {
        let id = baton_core::ids::JobId::parse(baton_core::ids::TenantId::DEFAULT, &self.job).unwrap();
        let job = self.house.door.engine.job(id).unwrap().unwrap();
        let url = self.house.door.engine.house().details_url(&job, job.grant.as_ref().unwrap());
        url.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
    }

    async fn looks(&self, link: &str) -> Answered {
        self.house.send(&format!("GET {link}"), &[("accept", "text/html")], "").await
    }

    async fn presses(&self, link: &str) -> Answered {
        self.house.send(&format!("POST {link}"), &FORM, "show=details").await
    }

    /// Bo is asked for his room, and has it.
    async fn next_in_line_has_it(&self) {
        for _ in 0..2_000 {
            let shown = self.shown().await;
            if shown["claim"]["agent"]["ref"] == "bo" {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("nobody was promoted");
    }
}

#[tokio::test]
async fn c12_d9_the_details_are_released_behind_every_gate_and_not_before() {
    let desk = Desk::with_a_claimed_job().await;
    let early = desk.asks("release", "").await;
    assert_eq!(early.problem(), (409, "gates-missing"));
    assert_eq!(early.json["missing"], json!(["confirm", "invoice", "payment"]));
    assert_eq!(desk.shown().await["next"]["acts"], "operator");
    let explained = desk.house.ask(&format!("GET /api/v1/jobs/{}/explain", desk.job), "").await.json;
    assert_eq!(explained["settlement"]["missing"], json!(["confirm", "invoice", "payment", "release"]));
    assert_eq!(explained["standby"][0]["ref"], "bo");
    assert_eq!(desk.does(&["confirm"]).await["status"], "confirmed");
    let invoiced = desk.asks("invoice", r#"{"reference":"INV-7"}"#).await.json;
    assert_eq!(
        (&invoiced["status"], &invoiced["settlement"]["missing"]),
        (&"invoiced".into(), &json!(["payment", "release"]))
    );
    assert_eq!(desk.does(&["paid"]).await["status"], "paid");
    let released = desk.does(&["release"]).await;
    assert_eq!((&released["status"], &released["release"]["agent"]["ref"]), (&"released".into(), &"ana".into()));
    let passed = released["settlement"]["passed"].as_array().unwrap();
    assert!(passed.iter().all(|passed| passed["at"].is_string()), "with every moment: {passed:?}");
    assert_eq!((passed.len(), &passed[1]["reference"]), (4, &"INV-7".into()));
    // Nothing is released twice.
    let again = desk.does(&["release"]).await;
    assert_eq!((&again["release"]["no"], &again["release"]["at"]), (&1.into(), &released["release"]["at"]));
    assert_eq!(desk.does(&["start_work"]).await["status"], "in_progress");
    assert_eq!(desk.does(&["complete"]).await["status"], "completed");
    let events: Vec<Value> = desk.timeline().await.iter().map(|entry| entry["event"].clone()).collect();
    for event in ["denied", "confirmed", "invoiced", "paid", "released", "work_started", "release_revoked", "completed"]
    {
        assert_eq!(events.iter().filter(|happened| *happened == event).count(), 1, "{event}: {events:?}");
    }
}

#[tokio::test]
async fn c12_the_page_opens_for_the_winner_by_a_button_and_shuts_with_the_claim() {
    let desk = Desk::with_a_claimed_job().await;
    desk.does(&["confirm", "invoice", "paid", "release"]).await;
    let link = desk.link();
    let looked = desk.looks(&link).await;
    assert_eq!((looked.status, looked.headers["cache-control"].to_str().unwrap()), (200, "no-store"));
    assert!(PRIVATE.iter().all(|private| !looked.text.contains(private)), "a look is not a press: {}", looked.text);
    assert_eq!(desk.shown().await["release"]["opened_at"], Value::Null);
    let opened = desk.presses(&link).await;
    assert_eq!((opened.status, opened.headers["cache-control"].to_str().unwrap()), (200, "no-store"));
    for private in PRIVATE {
        assert!(opened.text.contains(private), "{private}: {}", opened.text);
    }
    assert!(desk.shown().await["release"]["opened_at"].is_string());
    // Neither a changed link nor one without its end opens anything.
    for broken in [format!("{link}x"), link[..link.len() - 2].to_owned()] {
        assert_eq!(desk.presses(&broken).await.status, 404);
    }
    desk.does(&["withdraw"]).await;
    for answer in [desk.looks(&link).await, desk.presses(&link).await] {
        assert_eq!(answer.status, 410, "{}", answer.text);
        assert!(PRIVATE.iter().all(|private| !answer.text.contains(private)));
    }
    desk.next_in_line_has_it().await;
    assert_eq!(desk.presses(&link).await.status, 410, "the new winner has not been released to");
    desk.does(&["confirm", "invoice", "paid", "release"]).await;
    assert_eq!((desk.presses(&link).await.status, desk.presses(&desk.link()).await.status), (410, 200));
}

#[tokio::test]
async fn only_the_granted_fields_are_shown() {
    let desk = Desk::with_a_claimed_job().await;
    let body = r#"{"override_reason":"the client called","fields":["phone"],"valid_for":"1h"}"#;
    let released = desk.asks("release", body).await;
    assert_eq!(released.status, 200, "{}", released.text);
    assert_eq!(released.json["release"]["overridden"], json!(["confirm", "invoice", "payment"]));
    let opened = desk.presses(&desk.link()).await;
    let seen: Vec<_> = PRIVATE.iter().filter(|private| opened.text.contains(**private)).collect();
    assert_eq!(seen, [&"7700900123"]);
    let timeline = desk.timeline().await;
    let entry = timeline.iter().find(|entry| entry["event"] == "released").unwrap();
    assert_eq!(entry["facts"]["reason"], "the client called");
}

#[tokio::test]
async fn x13_the_desk_refuses_the_winner_and_the_next_in_line_has_the_job() {
    let desk = Desk::with_a_claimed_job().await;
    assert_eq!(desk.asks("refuse", r#"{"agent":"bo"}"#).await.problem(), (409, "not-the-winner"));
    let refused = desk.asks("refuse", r#"{"agent":"ana","reason":"no van"}"#).await;
    assert_eq!(refused.status, 200, "{}", refused.text);
    desk.next_in_line_has_it().await;
    assert_eq!(desk.shown().await["status"], "claimed");
}

#[tokio::test]
async fn c13_whoever_is_not_of_the_desk_is_refused_and_stands_in_the_timeline() {
    let desk = Desk::with_a_claimed_job().await;
    let made = desk.house.ask("POST /api/v1/keys", r#"{"name":"shop","scopes":["jobs:write","jobs:read"]}"#).await;
    let key = made.json["key"].as_str().unwrap().to_owned();
    let headers = [("x-api-key", key.as_str()), ("content-type", "application/json")];
    for command in ["confirm", "refuse", "invoice", "paid", "release", "revoke", "gates"] {
        for _ in 0..2 {
            let answer = desk.house.send(&format!("POST /api/v1/jobs/{}/{command}", desk.job), &headers, "").await;
            assert_eq!(answer.problem(), (403, "forbidden"), "{command}");
        }
        let timeline = desk.timeline().await;
        let last = timeline.last().unwrap();
        assert_eq!((&last["event"], &last["facts"]["command"]), (&"denied".into(), &command.into()));
        assert_eq!(last["actor"], json!({"kind": "client", "name": "shop"}));
    }
    assert_eq!(desk.shown().await["status"], "claimed");
    // One of the desk's own.
    let made = desk.house.ask("POST /api/v1/keys", r#"{"name":"desk","scopes":["operator"]}"#).await;
    let key = made.json["key"].as_str().unwrap().to_owned();
    let headers = [("x-api-key", key.as_str())];
    let answer = desk.house.send(&format!("POST /api/v1/jobs/{}/confirm", desk.job), &headers, "").await;
    assert_eq!((answer.status, &answer.json["status"]), (200, &"confirmed".into()), "{}", answer.text);
}

#[tokio::test]
async fn a_dial_is_turned_for_a_job_and_for_a_tenant_while_it_is_taken() {
    let desk = Desk::with_a_claimed_job().await;
    let change = r#"{"settlement":{"gates":{"confirm":"engine"}}}"#;
    let changed = desk.house.ask("PATCH /api/v1/tenants/default", change).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.json["settings"]["settlement"]["gates"]["confirm"], "engine");
    let mut status = Value::Null;
    for _ in 0..2_000 {
        status = desk.shown().await["status"].clone();
        if status == "confirmed" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(status, "confirmed");
    let gates = r#"{"invoice":"off","payment":"off","release":"engine"}"#;
    let set = desk.asks("gates", gates).await;
    assert_eq!(
        (&set.json["status"], &set.json["gates"]["confirm"]),
        (&"released".into(), &"engine".into()),
        "{}",
        set.text
    );
    assert_eq!(desk.presses(&desk.link()).await.status, 200);
}

#[tokio::test]
async fn a_repeat_with_a_key_and_a_version_that_has_passed_are_told_apart() {
    let desk = Desk::with_a_claimed_job().await;
    let line = format!("POST /api/v1/jobs/{}/confirm", desk.job);
    let seen = desk.shown().await["version"].to_string();
    let quoted = format!("\"{seen}\"");
    let old = [("x-api-key", ADMIN), ("if-match", "\"1\"")];
    assert_eq!(desk.house.send(&line, &old, "").await.problem(), (412, "version-changed"));
    let now = [("x-api-key", ADMIN), ("if-match", quoted.as_str()), ("idempotency-key", "k-1")];
    assert_eq!(desk.house.send(&line, &now, "").await.status, 200);
    let again = [("x-api-key", ADMIN), ("idempotency-key", "k-1")];
    assert_eq!(desk.house.send(&line, &again, "").await.status, 200);
}

#[tokio::test]
async fn a_job_brings_gates_of_its_own() {
    let house = House::with_people().await;
    let body = r#"{"brief":{},"gates":{"confirm":"off","payment":"engine"}}"#;
    let job = house.ask("POST /api/v1/jobs", body).await;
    assert_eq!(job.json["gates"], json!({"confirm":"off","invoice":"person","payment":"engine","release":"person"}));
    let wrong = house.ask("POST /api/v1/jobs", r#"{"brief":{},"gates":{"confirm":"perhaps"}}"#).await;
    assert_eq!(wrong.json["errors"][0]["field"], "gates.confirm", "{}", wrong.text);
}

#[tokio::test]
async fn x16_the_ledger_is_exported_whole_and_ends_where_the_job_says() {
    let desk = Desk::with_a_claimed_job().await;
    let shown = desk.shown().await;
    let ledger = desk.house.ask(&format!("GET /api/v1/jobs/{}/ledger", desk.job), "").await.json;
    assert_eq!((&ledger["head"], &ledger["unbroken"]), (&shown["ledger"], &true.into()));
    assert!(ledger["items"].as_array().unwrap().iter().all(|attempt| attempt["arrived_at"].is_string()));
    let lines = desk.house.ask(&format!("GET /api/v1/jobs/{}/ledger?format=ndjson", desk.job), "").await.text;
    let holds = crate::ledger::verify(lines.as_bytes()).unwrap();
    assert_eq!(holds.head.count, 2, "one won, the other stands in line");
    assert_eq!(shown["ledger"]["hash"].as_str().map(str::to_owned), holds.head.hash.map(hex::encode));
}
