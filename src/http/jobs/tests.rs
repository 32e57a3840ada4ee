//! Jobs over HTTP, from create to claim, as scripts see them.

use serde_json::Value;

use crate::http::sample::{ADMIN, House, OTHER};

mod settlement;

const JOB: &str = r#"{"external_ref":"VC8Y-3","brief":{"from":"Leeds","to":"Manchester"},
    "details":{"contact_name":"Test Person","phone":"+447700900123"},"approval":"link"}"#;

fn path(job: &Value, rest: &str) -> String {
    format!("/api/v1/jobs/{}{rest}", job["id"].as_str().unwrap())
}

#[tokio::test]
async fn a6_a7_a_repeated_create_is_one_job() {
    let house = House::with_people().await;
    let first = house.ask("POST /api/v1/jobs", JOB).await;
    assert_eq!((first.status, &first.json["status"]), (201, &"needs_approval".into()), "{}", first.text);
    assert!(first.json["approve_url"].as_str().unwrap().starts_with("http://127.0.0.1:8080/public/approve/"));
    assert_eq!(first.headers["location"], path(&first.json, "").as_str());
    let again = house.ask("POST /api/v1/jobs", JOB).await;
    assert_eq!((again.status, &again.json["message"]), (200, &"already_exists".into()));
    assert_eq!((&again.json["id"], &again.json["approve_url"]), (&first.json["id"], &first.json["approve_url"]));
    let other = house.ask("POST /api/v1/jobs", &JOB.replace("Leeds", "York")).await;
    assert_eq!(other.problem(), (409, "external-ref-conflict"));
    assert_eq!(other.json["job"], first.json["id"]);
    assert!(!first.text.contains("Test Person") && !first.text.contains("7700900123"));
}

#[tokio::test]
async fn a_key_serves_where_there_is_no_reference() {
    let house = House::with_people().await;
    let send = async |body: &str| {
        let headers = [("x-api-key", ADMIN), ("content-type", "application/json"), ("idempotency-key", "k-1")];
        house.send("POST /api/v1/jobs", &headers, body).await
    };
    let first = send(r#"{"brief":{"from":"Leeds"}}"#).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let again = send(r#"{ "brief" : { "from" : "Leeds" } }"#).await;
    assert_eq!((again.status, &again.json["id"]), (200, &first.json["id"]));
    assert_eq!(send(r#"{"brief":{"from":"York"}}"#).await.problem(), (422, "idempotency-key-reused"));
}

#[tokio::test]
async fn a13_b1_a_job_is_approved_offered_and_claimed() {
    let house = House::with_people().await;
    let job = house.ask("POST /api/v1/jobs", JOB).await.json;
    assert_eq!(house.ask(&format!("POST {}", path(&job, "/start")), "").await.problem(), (409, "job-not-approved"));
    let approved = house.ask(&format!("POST {}", path(&job, "/approve")), "").await;
    assert_eq!((approved.status, &approved.json["status"]), (200, &"offering".into()));
    assert_eq!(approved.json["offers"][0]["agent"]["ref"], "ana");
    assert_eq!(house.ask(&format!("POST {}", path(&job, "/start")), "").await.status, 200);
    assert_eq!(house.ask(&format!("POST {}", path(&job, "/start")), "").await.problem(), (409, "job-already-started"));
    let offer = approved.json["offers"][0]["id"].as_str().unwrap().to_owned();
    let claimed = house.ask(&format!("POST /api/v1/offers/{offer}/claim"), "").await;
    assert_eq!((claimed.status, &claimed.json["outcome"]), (200, &"claimed".into()), "{}", claimed.text);
    let shown = house.ask(&format!("GET {}", path(&job, "")), "").await;
    assert_eq!(shown.json["claim"]["agent"]["ref"], "ana");
    let timeline = house.ask(&format!("GET {}", path(&job, "/timeline")), "").await;
    let events: Vec<&str> =
        timeline.json["items"].as_array().unwrap().iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert!(events.starts_with(&["created", "approved", "round_started", "wave_opened", "offered"]), "{events:?}");
    assert!(events.contains(&"claimed"));
    let ledger = house.ask(&format!("GET {}", path(&job, "/ledger")), "").await;
    assert_eq!((&ledger.json["unbroken"], &ledger.json["items"][0]["verdict"]), (&true.into(), &"claimed".into()));
    let table = house.ask(&format!("GET {}?format=csv", path(&job, "/ledger")), "").await;
    assert!(table.text.starts_with("seq,at,arrived_at,told_at,agent,offer,channel,verdict,hash\n1,"), "{}", table.text);
    let explained = house.ask(&format!("GET {}", path(&job, "/explain")), "").await;
    assert_eq!(explained.json["agents"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a14_a_list_is_paged_and_counted() {
    let house = House::with_people().await;
    for n in 0..5 {
        house.ask("POST /api/v1/jobs", &format!(r#"{{"external_ref":"r{n}","brief":{{}},"approval":"link"}}"#)).await;
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = house.ask(&format!("GET /api/v1/jobs?status=needs_approval&limit=2{cursor}"), "").await;
        assert_eq!((page.status, &page.json["total"]), (200, &5.into()), "{}", page.text);
        let items = page.json["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|job| job["external_ref"].as_str().unwrap().to_owned()));
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, ["r0", "r1", "r2", "r3", "r4"]);
    assert_eq!(house.ask("GET /api/v1/jobs?limit=101", "").await.problem(), (400, "validation-failed"));
    assert_eq!(house.ask("GET /api/v1/jobs?status=lost", "").await.problem(), (400, "validation-failed"));
    assert_eq!(house.ask("GET /api/v1/jobs?cursor=AAAA", "").await.problem(), (400, "validation-failed"));
    let one = house.ask("GET /api/v1/jobs?external_ref=r3", "").await;
    assert_eq!((&one.json["total"], &one.json["items"][0]["external_ref"]), (&1.into(), &"r3".into()));
}

#[tokio::test]
async fn a15_a_cancelled_job_stays_cancelled() {
    let house = House::with_people().await;
    let job = house.ask("POST /api/v1/jobs", r#"{"brief":{}}"#).await.json;
    let cancelled = house.ask(&format!("POST {}", path(&job, "/cancel")), r#"{"reason":"no longer needed"}"#).await;
    assert_eq!((cancelled.status, &cancelled.json["status"]), (200, &"cancelled".into()));
    assert_eq!(cancelled.json["offers"][0]["status"], "closed");
    assert_eq!(house.ask(&format!("POST {}", path(&job, "/cancel")), "").await.problem(), (409, "job-closed"));
    let offer = cancelled.json["offers"][0]["id"].as_str().unwrap().to_owned();
    let late = house.ask(&format!("POST /api/v1/offers/{offer}/claim"), "").await;
    assert_eq!(late.status, 409, "{}", late.text);
}

#[tokio::test]
async fn a_command_is_made_from_the_version_that_was_seen_and_once_for_its_key() {
    let house = House::with_people().await;
    let job = house.ask("POST /api/v1/jobs", r#"{"brief":{}}"#).await.json;
    let send = async |rest: &str, name: &str, value: &str, body: &str| {
        let headers = [("x-api-key", ADMIN), ("content-type", "application/json"), (name, value)];
        house.send(&format!("POST {}", path(&job, rest)), &headers, body).await
    };
    assert_eq!(send("/pause", "if-match", "\"99\"", "").await.problem(), (412, "version-changed"));
    assert_eq!(send("/pause", "idempotency-key", "p-1", "").await.status, 200);
    assert_eq!(send("/pause", "idempotency-key", "p-1", "").await.status, 200);
    assert_eq!(
        send("/extend", "idempotency-key", "p-1", r#"{"by":"5m"}"#).await.problem(),
        (422, "idempotency-key-reused")
    );
    assert_eq!(
        send("/extend", "idempotency-key", "p-2", r#"{"by":"soon"}"#).await.problem(),
        (400, "validation-failed")
    );
}

#[tokio::test]
async fn x6_a_batch_answers_for_every_job() {
    let house = House::with_people().await;
    let body = r#"[{"external_ref":"b1","brief":{}},{"external_ref":"b1","brief":{}},{"brief":7},null]"#;
    let answer = house.ask("POST /api/v1/jobs/batch", body).await;
    let statuses: Vec<u64> =
        answer.json["items"].as_array().unwrap().iter().map(|i| i["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses[2..], [400, 400], "{}", answer.text);
    assert!(statuses[..2] == [201, 200] || statuses[..2] == [200, 201], "{}", answer.text);
    assert_eq!(answer.json["summary"]["refused"], 2);
    assert_eq!(answer.json["items"][2]["problem"]["errors"][0]["field"], "brief");
    assert_eq!(house.ask("POST /api/v1/jobs/batch", "[]").await.problem(), (400, "validation-failed"));

    let headers = [("x-api-key", ADMIN), ("content-type", "application/x-ndjson")];
    let lines: Vec<String> = (0..300).map(|n| format!(r#"{{"external_ref":"n{n}","brief":{{}}}}"#)).collect();
    let lines = lines.join("\n");
    let answer = house.send("POST /api/v1/jobs/batch", &headers, &format!("{lines}\n{{bad\n")).await;
    let results: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(results.len(), 301);
    assert!(results[..300].iter().enumerate().all(|(n, r)| r["status"] == 201 && r["external_ref"] == format!("n{n}")));
    assert_eq!(results[300]["problem"]["code"], "malformed-json");
}

#[tokio::test]
async fn s11_another_tenant_sees_nothing() {
    let house = House::with_people().await;
    let job = house.ask("POST /api/v1/jobs", r#"{"external_ref":"mine","brief":{}}"#).await.json;
    let theirs = [("x-api-key", OTHER), ("content-type", "application/json")];
    for rest in ["", "/timeline", "/explain", "/ledger"] {
        assert_eq!(
            house.send(&format!("GET {}", path(&job, rest)), &theirs, "").await.problem(),
            (404, "job-not-found")
        );
    }
    assert_eq!(
        house.send(&format!("POST {}", path(&job, "/cancel")), &theirs, "").await.problem(),
        (404, "job-not-found")
    );
    let offer = job["offers"][0]["id"].as_str().unwrap();
    let claim = house.send(&format!("POST /api/v1/offers/{offer}/claim"), &theirs, "").await;
    assert_eq!(claim.status, 404, "{}", claim.text);
    let list = house.send("GET /api/v1/jobs", &theirs, "").await;
    assert_eq!(list.json["items"], Value::Array(Vec::new()));
    let code = job["code"].as_str().unwrap();
    assert_eq!(house.send(&format!("GET /api/v1/jobs/{code}"), &theirs, "").await.problem(), (404, "job-not-found"));
    assert_eq!(house.ask(&format!("GET /api/v1/jobs/{code}"), "").await.status, 200);
}

#[tokio::test]
async fn a_healthy_house_has_nothing_aside() {
    let house = House::open().await;
    let health = house.ask("GET /api/v1/health", "").await;
    assert_eq!((&health.json["status"], &health.json["components"]["store"]), (&"ok".into(), &"ok".into()));
    assert_eq!(house.ask("GET /api/v1/quarantine", "").await.json["items"], Value::Array(Vec::new()));
    let job = house.ask("POST /api/v1/jobs", r#"{"brief":{}}"#).await.json;
    let release = format!("POST /api/v1/quarantine/{}/release", job["id"].as_str().unwrap());
    assert_eq!(house.ask(&release, "").await.problem(), (404, "job-not-found"));
    house.door.engine.set_open(false);
    assert_eq!(house.ask("GET /api/v1/health", "").await.json["status"], "degraded");
    let refused = house.ask("POST /api/v1/jobs", r#"{"brief":{}}"#).await;
    assert_eq!((refused.problem(), refused.headers.contains_key("retry-after")), ((503, "not-ready"), true));
}

#[tokio::test]
async fn a_request_by_mail_that_reaches_nobody_is_refused() {
    let house = House::with_people().await;
    let body = r#"{"external_ref":"p","brief":{},"approval":"email"}"#;
    let refused = house.ask("POST /api/v1/jobs", body).await;
    assert_eq!(refused.problem(), (400, "validation-failed"), "{}", refused.text);
    let errors = refused.json["errors"].as_array().unwrap();
    assert_eq!(errors[0]["field"], "approval");
    assert!(errors[0]["cure"].as_str().unwrap().contains("/api/v1/desk"), "{}", refused.text);
    let later = house.ask("POST /api/v1/jobs", &body.replace("email", "link")).await;
    assert_eq!(later.status, 201, "{}", later.text);
}
