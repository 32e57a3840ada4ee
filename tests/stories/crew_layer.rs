//! The crew layer's own ways in: its event, and the jobs of its queue under their names.

use serde_json::{Value, json};

use super::desk::Job;
use super::door::Answer;
use super::town::{DESK, Town, phone_number, town_with};
use super::wait::until;

/// What a client says that only the desk and the winner may read.
const PRIVATE: [&str; 4] = ["Dana Levi", "+447700900017", "Herzl Street 12", "ring twice"];

fn lead(id: &str) -> Value {
    json!({
        "lead_id": id, "sender_name": "Dana Levi", "phone": "+447700900017", "addr_from": "Herzl Street 12, flat 7",
        "addr_to": "2 Example Road", "details_free": "ring twice", "floor_from": 3, "floor_to": 2, "time_window": "morning",
        "extras": ["fridge"], "zone_warning": "beyond the ring twice",
        "custom": {
            "route_classification": { "from_locality": "Haifa", "to_locality": "Kiryat Ata" }, "move_date": "2027-02-23",
            "volume_category": "1br", "estimate_min": 850, "estimate_max": 950,
        },
    })
}

/// A town whose old ways in are open, where leads stand in the crew's group once a person publishes them.
async fn crew_town(more: &[(&str, &str)]) -> Town {
    let mut settings = vec![
        ("DROP_IN__ENABLED", "crew"),
        ("DISPATCH__SEND_CREW_FALLBACK", "true"),
        ("DISPATCH__CREW_FALLBACK_AFTER", "100ms"),
        ("API_KEYS__BOT__KEY", BOT),
        ("API_KEYS__BOT__SCOPES", "jobs:write"),
    ];
    settings.extend_from_slice(more);
    town_with(&settings).await
}

const BOT: &str = "key-of-the-bot-0123456789abcdefghijkl";

impl Town {
    async fn finalizes(&self, event: Value) -> Answer {
        self.door.post("/leads/finalized", event).await
    }

    async fn enqueues(&self, name: &str, payload: Value) -> Answer {
        self.door.post("/crew/jobs", json!({ "type": name, "payload": payload, "max_attempts": 3 })).await
    }
}

fn refused(answer: &Answer, status: u16, error: &str) -> Value {
    let body = answer.is(status);
    assert_eq!((&body["ok"], &body["error"]), (&json!(false), &json!(error)), "{body}");
    body
}

#[tokio::test]
async fn c1_c8_a_finished_lead_reaches_the_desk_once_however_it_comes() {
    let town = crew_town(&[]).await;
    let desk = town.bot.chat(DESK);
    let event = json!({ "event": "LeadFinalized", "payload": { "data": lead("lead-1") } });
    let taken = town.finalizes(event).await.is(202);
    assert_eq!(
        (&taken["ok"], &taken["lead_id"], &taken["message"]),
        (&json!(true), &json!("lead-1"), &json!("accepted"))
    );
    // The queue's jobs for the same lead, in any order and as often as they like.
    for name in ["notify_operator", "notify_crew_fallback", "notify_operator_crew_fallback", "notify_operator"] {
        let again = town.enqueues(name, lead("lead-1")).await.is(202);
        assert_eq!((&again["job_id"], &again["message"]), (&taken["job_id"], &json!("already_exists")), "{name}");
    }
    desk.wait_for(|messages| messages.iter().any(|message| message.text.starts_with('🧰'))).await.unwrap();
    town.sends_all_it_owes().await;
    let told = desk.messages();
    let full: Vec<_> = told.iter().filter(|message| message.text.contains("Dana Levi")).collect();
    let crew: Vec<_> = told.iter().filter(|message| message.text.starts_with('🧰')).collect();
    assert_eq!((full.len(), crew.len()), (1, 1), "{told:#?}");
    assert!(PRIVATE.iter().all(|private| full[0].text.contains(private)), "{}", full[0].text);
    assert!(PRIVATE.iter().all(|private| !crew[0].text.contains(private)), "{}", crew[0].text);
    assert!(crew[0].text.contains("Haifa → Kiryat Ata") && full[0].at <= crew[0].at);
    // A job of the queue can be the first that comes.
    let bare = town.enqueues("notify_operator", lead("lead-2")).await.is(202);
    assert_eq!(bare["message"], "accepted");
    // What cannot be taken is told in the envelope.
    let errors = refused(&town.finalizes(json!({ "data": {} })).await, 400, "validation_failed");
    assert_eq!(errors["errors"][0]["field"], "lead_id", "{errors}");
    for name in ["outbound_reply", "process_media", "media_cleanup", ""] {
        let errors = refused(&town.enqueues(name, json!({ "lead_id": "lead-1" })).await, 400, "validation_failed");
        assert!(errors["errors"][0]["cure"].as_str().unwrap().contains("dispatch_publish"), "{errors}");
    }
    for path in ["/leads/finalized", "/crew/jobs"] {
        refused(&town.stranger().post(path, json!([])).await, 401, "unauthorized");
    }
    // Off unless named.
    let plain = super::town::town().await;
    plain.door.post("/leads/finalized", lead("lead-1")).await.refuses(404, "not-found");
}

#[tokio::test]
async fn c7_c9_c12_c13_a_lead_is_published_claimed_and_released_by_jobs_of_the_queue() {
    let town = crew_town(&[]).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let group = town.has_a_group(json!({ "publish": "person" })).await;
    let plan = json!({ "default_plan": { "waves": [{ "mode": "group", "group": "movers", "claim_within": "30m" }] } });
    town.door.patch("/api/v1/tenants/default", plan).await.is(200);
    let taken = town.finalizes(lead("lead-3")).await.is(202);
    let job = Job::of(&town.door.get(&format!("/api/v1/jobs/{}", taken["job_id"].as_str().unwrap())).await.is(200));
    let named = json!({ "lead_id": "lead-3" });
    // Nobody can claim what does not stand in the group.
    let claim = |who: Value| json!({ "lead_id": "lead-3", "claimed_by": who });
    refused(&town.enqueues("dispatch_claim_process", claim(json!(1001))).await, 409, "job_not_published");
    // Only the desk publishes and releases; who tries without its key stands in the timeline.
    let bot = town.door.with_key(Some(BOT));
    for name in ["dispatch_publish", "dispatch_release_details"] {
        refused(&bot.post("/crew/jobs", json!({ "type": name, "payload": named })).await, 403, "forbidden");
    }
    let timeline = town.desk().timeline(&job).await;
    let denied: Vec<&Value> =
        timeline.iter().filter(|e| e["event"] == "denied").map(|e| &e["facts"]["command"]).collect();
    assert_eq!(denied, ["publish", "release"], "{timeline:#?}");
    assert_eq!(town.enqueues("dispatch_publish", named.clone()).await.is(200)["status"], "PUBLISHED");
    group.reads(&job, "/claim").await;
    // Telegram's answer may come after the group has read it.
    let again = until("the message has its number", async || {
        let again = town.enqueues("dispatch_publish", named.clone()).await.is(200);
        again["crew_message_id"].is_string().then_some(again)
    })
    .await;
    assert_eq!((&again["message"], &again["crew_group"]), (&json!("already_done"), &json!("movers")));
    // The first has it, by the short id that the group reads; the second does not.
    let by_code = json!({ "lead_id": job.code, "claimed_by": phone_number(1) });
    let claimed = town.enqueues("dispatch_claim_process", by_code).await.is(200);
    assert_eq!((&claimed["status"], &claimed["claimed_by"]), (&json!("CLAIMED"), &json!("ana")));
    assert!(claimed["claimed_at"].is_string());
    ana.shows_victory(&job).await;
    group.reads(&job, "Reserved by ana").await;
    refused(
        &town.enqueues("dispatch_claim_process", claim(json!("whatsapp:+447700900002"))).await,
        409,
        "job_already_claimed",
    );
    refused(&town.enqueues("dispatch_claim_process", claim(json!("+447700900099"))).await, 404, "unknown_agent");
    refused(
        &town.enqueues("dispatch_claim_process", json!({ "lead_id": "lead-9", "claimed_by": "ana" })).await,
        404,
        "job_not_found",
    );
    // Strict: nothing is released before what has to come first.
    let early = refused(&town.enqueues("dispatch_release_details", named.clone()).await, 409, "gates_missing");
    assert!(early["missing"].as_array().is_some_and(|missing| !missing.is_empty()), "{early}");
    for step in ["confirm", "invoice", "paid"] {
        town.desk().tells(&job, step, json!({})).await.is(200);
    }
    let released = town.enqueues("dispatch_release_details", named.clone()).await.is(200);
    assert_eq!((&released["status"], &released["invoice_status"]), (&json!("DETAILS_RELEASED"), &json!("sent")));
    for at in ["operator_confirmed_at", "paid_at", "details_released_at", "created_at"] {
        assert!(released[at].is_string(), "{at}: {released}");
    }
    ana.shows("/public/details/").await;
    assert!(
        bo.chat
            .messages()
            .iter()
            .chain(&group.chat.messages())
            .all(|m| PRIVATE.iter().all(|said| !m.text.contains(said)))
    );
}
