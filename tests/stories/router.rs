//! The offer router's own routes: its documents' command lines with a key, and sections 1 and 2 as its clients see them.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::door::Answer;
use super::phone::Phone;
use super::town::{PUBLIC_URL, Town, phone_number, town_with};
use super::wait::until;

/// A town whose old routes answer; the rules of asking are the tenant's.
pub async fn old_town(waves: Value) -> Town {
    let town = town_with(&[("DROP_IN__ENABLED", "router")]).await;
    let plan = json!({ "default_plan": { "waves": waves } });
    town.door.patch("/api/v1/tenants/default", plan).await.is(200);
    town
}

pub fn one_by_one(within: &str) -> Value {
    json!([{ "mode": "one_by_one", "claim_within": within }])
}

impl Answer {
    /// A refusal in the router's envelope.
    #[track_caller]
    pub fn says_no(&self, status: u16, error: &str) -> Value {
        let body = self.is(status);
        assert_eq!((&body["ok"], &body["error"]), (&json!(false), &json!(error)), "{body}");
        assert_eq!(self.header("content-type"), "application/json");
        body
    }
}

impl Town {
    /// A row of the sheet comes in and is approved on its page.
    pub async fn row(&self, sheet: &str) -> u64 {
        let made = self.sheet(sheet).await.is(201);
        let page = Town::path_of(&made["approve_url"]);
        assert_eq!(self.stranger().submits(&page, "action=approve").await.status, 200);
        made["id"].as_u64().unwrap()
    }

    pub async fn sheet(&self, sheet: &str) -> Answer {
        let row = json!({
            "sheet_job_id": sheet, "pickup_date": "30/01/2027", "pickup_time": "14:30", "origin": "Leeds",
            "destination": "Manchester", "vehicle_type": "van", "coordinator_email": "desk@example.com",
        });
        self.door.post("/jobs", row).await
    }

    pub async fn starts(&self, job: u64) -> Answer {
        self.door.post(&format!("/jobs/{job}/start_offers"), json!({})).await
    }

    pub async fn hears(&self, no: u16, response: &str, job: Option<u64>) -> Answer {
        let said = json!({ "from": phone_number(no), "response": response, "job_id": job });
        self.door.post("/webhooks/driver_response", said).await
    }

    pub async fn row_is(&self, job: u64, status: &str) -> Value {
        until(&format!("job {job} is {status}"), async || {
            let row = self.door.get(&format!("/jobs/{job}")).await.is(200);
            (row["status"] == status).then_some(row)
        })
        .await
    }

    pub async fn offer_row(&self, offer: &Value) -> Value {
        self.door.get(&format!("/offers/{offer}")).await.is(200)
    }
}

pub async fn has_offer(phone: &Phone) {
    phone.shows("Leeds to Manchester").await;
}

#[tokio::test]
async fn a1_a13_the_lines_of_its_document_answer_as_it_says() {
    let mut town = old_town(one_by_one("30m")).await;
    let [ana, _] = town.people(["ana", "bo"]).await;
    assert_eq!(town.stranger().get("/health").await.is(200), json!({ "status": "ok" }));
    // A3: who is known by the number is who they were; others are new.
    let driver =
        |no: u16, name: &str| json!({ "name": name, "phone_e164": phone_number(no), "priority": no, "active": true });
    let synced =
        town.door.post("/agents/sync", json!({ "agents": [driver(1, "Driver One"), driver(3, "Driver Three")] })).await;
    assert_eq!(synced.is(200), json!({ "ok": true, "inserted": 1, "updated": 1, "total": 2 }));
    assert_eq!(town.door.get("/api/v1/agents/ana").await.is(200)["name"], "Driver One");
    // A4, A5: all or nothing, every mistake under the name that the client knows.
    for (field, value) in [
        ("phone_e164", json!("not-a-phone")),
        ("phone_e164", Value::Null),
        ("priority", json!("abc")),
        ("active", json!("false")),
    ] {
        let mut wrong = driver(4, "Driver Four");
        wrong[field] = value;
        let refused = town.door.post("/agents/sync", json!({ "agents": [driver(5, "Driver Five"), wrong] })).await;
        let errors = refused.says_no(400, "validation_failed")["errors"].clone();
        assert_eq!(errors[0]["field"], format!("agents[1].{field}"), "{errors}");
    }
    assert_eq!(town.door.get("/api/v1/agents").await.is(200)["total"], 3);
    // A6, A7.
    let made = town.sheet("VC8Y-3").await.is(201);
    assert_eq!((&made["id"], &made["status"]), (&json!(1), &json!("needs_approval")));
    assert!(made["approve_url"].as_str().unwrap().starts_with(&format!("{PUBLIC_URL}/approve?token=")));
    let changed = json!({ "sheet_job_id": "VC8Y-3", "origin": "Hull", "destination": "York" });
    for again in [town.sheet("VC8Y-3").await, town.door.post("/jobs", changed).await] {
        let mut expected = made.clone();
        expected["message"] = json!("already_exists");
        assert_eq!(again.is(200), expected);
    }
    // A9.
    let row = town.door.get("/jobs/1").await.is(200);
    assert_eq!(
        (&row["pickup_date"], &row["pickup_time"], &row["origin"], &row["destination"], &row["vehicle_type"]),
        (&json!("30/01/2027"), &json!("14:30"), &json!("Leeds"), &json!("Manchester"), &json!("van"))
    );
    assert!(row.get("approval_token").is_none() && !row.to_string().contains("token"), "{row}");
    for unknown in ["/jobs/99", "/jobs/abc", "/offers/99", "/offers/abc"] {
        assert_eq!(town.door.get(unknown).await.is(404), json!({ "error": "not_found" }), "{unknown}");
    }
    // A13, A10, A11: looking approves nothing.
    assert_eq!(town.starts(1).await.says_no(400, "job_not_approved")["ok"], false);
    town.starts(99).await.says_no(404, "job_not_found");
    let page = Town::path_of(&made["approve_url"]);
    let looked = town.stranger().get(&page).await;
    assert!(looked.status == 200 && looked.text.contains("VC8Y-3"), "{}", looked.text);
    assert_eq!(town.door.get("/jobs/1").await.is(200)["status"], "needs_approval");
    for _ in 0..2 {
        assert_eq!(town.stranger().submits(&page, "action=approve").await.status, 200);
    }
    let row = town.row_is(1, "approved").await;
    assert!(row["approved_at"].is_string(), "{row}");
    assert!(ana.is_silent(), "an approved job waits for start_offers");
    for (path, status) in
        [("/approve", 400), ("/approve?token=", 400), ("/approve?token=0123456789012345678901234567890123456789", 404)]
    {
        let answer = town.stranger().get(path).await;
        assert!(
            answer.status == status && answer.header("content-type").starts_with("text/html"),
            "{path}: {}",
            answer.text
        );
    }
    // The router's own test, line by line; B1.
    let started = town.starts(1).await.is(200);
    let expected = json!({ "ok": true, "message": "offer_sent", "offer_id": 1, "agent": { "id": 1, "name": "Driver One", "phone_e164": phone_number(1) } });
    assert_eq!(started, expected);
    has_offer(&ana).await;
    town.starts(1).await.says_no(400, "job_not_approved");
    let offer = town.offer_row(&json!(1)).await;
    assert_eq!(
        (&offer["job_id"], &offer["agent_id"], &offer["status"], &offer["responded_at"]),
        (&json!(1), &json!(1), &json!("sent"), &Value::Null)
    );
    // Numbers are kept over a kill.
    town.kill_9().await;
    town.starts_again().await;
    assert_eq!(town.sheet("VC8Y-4").await.is(201)["id"], 2);
    let taken = town.hears(1, "yes", Some(1)).await.is(200);
    assert_eq!(taken, json!({ "ok": true, "message": "accepted", "job_id": 1, "agent_id": 1 }));
    let row = town.row_is(1, "assigned").await;
    assert_eq!(row["assigned_agent_id"], 1);
    assert!(town.offer_row(&json!(1)).await["responded_at"].is_string());
}

#[tokio::test]
async fn a7_a8_a12_s2_what_is_wrong_is_told_in_its_envelope_and_changes_nothing() {
    let town = old_town(one_by_one("30m")).await;
    let posts = join_all((0..100).map(|_| town.sheet("same"))).await;
    let ids: Vec<Value> = posts.iter().map(|post| post.json()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == json!(1)), "{ids:?}");
    assert_eq!(posts.iter().filter(|post| post.status == 201).count(), 1);
    let raw = async |body: &str, kind: &str| {
        let request =
            town.door.request(reqwest::Method::POST, "/jobs").header("content-type", kind).body(body.to_owned());
        super::door::send(request).await
    };
    raw("{bad", "application/json").await.says_no(400, "malformed_json");
    raw("[]", "application/json").await.says_no(400, "validation_failed");
    raw("{}", "text/plain").await.says_no(415, "unsupported_media_type");
    raw(&format!("{{\"sheet_job_id\":\"{}\"}}", "x".repeat(70_000)), "application/json")
        .await
        .says_no(413, "body_too_large");
    for missing in [json!({}), json!({ "sheet_job_id": "" }), json!({ "sheet_job_id": null })] {
        let errors = town.door.post("/jobs", missing).await.says_no(400, "validation_failed")["errors"].clone();
        assert_eq!(errors[0]["field"], "sheet_job_id", "{errors}");
        assert_eq!(errors[0]["cure"], "give the number of the row in the sheet", "{errors}");
    }
    let wrong = json!({ "sheet_job_id": "w", "pickup_date": "31/02/2027", "pickup_time": "25:00", "origin": 7, "vehicle_type": "call +447700900001" });
    let errors = town.door.post("/jobs", wrong).await.says_no(400, "validation_failed")["errors"].clone();
    let fields: Vec<&str> = errors.as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["origin", "pickup_date", "pickup_time", "vehicle_type"]);
    // A12.
    let made = town
        .door
        .post("/jobs", json!({ "sheet_job_id": "<script>alert(1)</script>", "origin": "Leeds" }))
        .await
        .is(201);
    let page = town.stranger().get(&Town::path_of(&made["approve_url"])).await;
    assert!(page.status == 200 && !page.text.contains("<script>alert"), "{}", page.text);
    // S2: nobody without a key, whatever they send.
    for path in ["/agents/sync", "/jobs", "/jobs/1/start_offers", "/webhooks/driver_response", "/tick"] {
        town.stranger().post(path, json!([])).await.says_no(401, "unauthorized");
    }
    for path in ["/jobs", "/jobs/1", "/offers/1"] {
        town.stranger().get(path).await.says_no(401, "unauthorized");
    }
    // A14.
    town.row("listed").await;
    let page = town.door.get("/jobs?status=needs_approval,approved&limit=1").await.is(200);
    assert_eq!((page["items"].as_array().unwrap().len(), &page["total"]), (1, &json!(3)), "{page}");
    assert_eq!(page["items"][0]["sheet_job_id"], "listed");
    let next = format!("/jobs?status=needs_approval,approved&limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(town.door.get(&next).await.is(200)["items"][0]["sheet_job_id"], "<script>alert(1)</script>");
    town.door.get("/jobs?limit=101").await.says_no(400, "validation_failed");
    // Off unless named: nothing answers there.
    let plain = super::town::town().await;
    plain.sheet("x").await.refuses(404, "not-found");
}

#[tokio::test]
async fn b2_b7_b10_answers_move_the_cascade_in_its_words() {
    let town = old_town(one_by_one("30m")).await;
    let [_, bo, cy, di] = town.people(["ana", "bo", "cy", "di"]).await;
    let job = town.row("b3").await;
    town.starts(job).await.is(200);
    for (no, word, next) in [(1, " no ", &bo), (2, "N", &cy), (3, "decline", &di)] {
        let answer = town.hears(no, word, None).await.is(200);
        assert_eq!(
            (&answer["message"], &answer["next"]["message"]),
            (&json!("declined_advanced"), &json!("offer_sent"))
        );
        assert_eq!(answer["next"]["agent"]["phone_e164"], phone_number(no + 1));
        has_offer(next).await;
    }
    // B5, B6.
    let refused = town.hears(4, "maybe", None).await.says_no(400, "unrecognized_response");
    assert_eq!(refused["expected"], json!(["YES", "NO"]));
    town.hears(99, "YES", None).await.says_no(400, "unknown_agent");
    town.hears(1, "YES", None).await.says_no(400, "no_open_offer");
    town.hears(4, "YES", Some(99)).await.says_no(400, "job_not_found");
    // B10: the last no ends it, and it can be started again; who said no is not asked again.
    let last = town.hears(4, "NO", Some(job)).await.is(200);
    assert_eq!(last["next"], json!({ "ok": true, "message": "no_more_agents" }));
    town.row_is(job, "exhausted").await;
    town.desk_phone().shows("b3").await;
    town.knows(vec![super::town::person("ed", 5)]).await;
    let ed = town.phone(5);
    let again = town.starts(job).await.is(200);
    assert_eq!(again["agent"]["phone_e164"], phone_number(5), "{again}");
    has_offer(&ed).await;
    // B7: two offers and no job named.
    town.door.patch("/api/v1/agents/ed", json!({ "priority": -1 })).await.is(200);
    let second = town.row("b7").await;
    assert_eq!(town.starts(second).await.is(200)["agent"]["phone_e164"], phone_number(5));
    let asked = town.hears(5, "YES", None).await.says_no(409, "ambiguous_response");
    let mut named: Vec<u64> = asked["job_ids"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
    named.sort_unstable();
    assert_eq!(named, [job, second]);
    // B4, B12.
    assert_eq!(town.hears(5, " Yes ", Some(job)).await.is(200)["message"], "accepted");
    town.hears(5, "YES", Some(job)).await.says_no(400, "no_open_offer");
    town.hears(1, "NO", Some(job)).await;
    assert_eq!(town.row_is(job, "assigned").await["status"], "assigned");
    town.desk_phone().shows("ed has it").await;
}

#[tokio::test]
async fn b8_b9_b11_time_runs_out_by_itself_and_a_tick_tells_of_it() {
    let town = old_town(one_by_one("1s")).await;
    let [_, bo] = town.people(["ana", "bo"]).await;
    let tick = async || town.door.post("/tick", json!({})).await.is(200);
    assert_eq!(tick().await, json!({ "ok": true, "timed_out": 0, "advanced": 0 }));
    let job = town.row("b9").await;
    let first = town.starts(job).await.is(200)["offer_id"].clone();
    has_offer(&bo).await;
    assert_eq!(town.offer_row(&first).await["status"], "timed_out");
    town.hears(1, "YES", Some(job)).await.says_no(400, "no_open_offer");
    assert_eq!(tick().await, json!({ "ok": true, "timed_out": 1, "advanced": 1 }));
    assert_eq!(tick().await, json!({ "ok": true, "timed_out": 0, "advanced": 0 }));
    town.row_is(job, "exhausted").await;
    // It is counted once it is stored.
    let last = until("the tick tells of it", async || Some(tick().await).filter(|told| told["timed_out"] == 1)).await;
    assert_eq!(last["advanced"], 0);
}

#[tokio::test]
async fn b11_b13_two_hundred_say_yes_at_once_and_one_has_it() {
    let town = old_town(json!([{ "mode": "everybody", "claim_within": "30m" }])).await;
    let drivers: Vec<Value> = (1..=200).map(|no| super::town::person(&format!("d{no}"), no)).collect();
    town.knows(drivers).await;
    for no in 1..=200 {
        town.phone(no);
    }
    for round in 0..3 {
        let job = town.row(&format!("b13-{round}")).await;
        town.starts(job).await.is(200);
        let answers = join_all((1..=200).map(|no| town.hears(no, "YES", Some(job)))).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        let lost = answers.iter().filter(|answer| answer.json()["error"] == "already_taken").count();
        assert_eq!((won, lost), (1, 199));
        let row = town.row_is(job, "assigned").await;
        let winner = answers.iter().find(|answer| answer.status == 200).unwrap().json()["agent_id"].clone();
        assert_eq!(row["assigned_agent_id"], winner);
    }
}
