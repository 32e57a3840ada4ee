//! Notifications over HTTP, as the systems that ask for them see them.

use baton_actors::retention::{Ages, sweep};
use serde_json::Value;

use crate::http::sample::{ADMIN, House, OTHER};

const DAY: std::time::Duration = std::time::Duration::from_hours(24);

/// A message for Ana, far ahead.
const REMINDER: &str = r#"{"external_ref":"r-1","event_type":"pickup.soon","recipient":{"ref":"ana"},"channel":"console",
    "template":"welcome","payload":{"at":"08:00"},"scheduled_at":"2027-06-01T08:00:00Z"}"#;

/// Ana, Bo, and a template.
async fn house() -> House {
    let house = House::with_people().await;
    let template = r#"{"key":"welcome","channel":"console","locale":"en","state":"active","parts":{"text":"At {{ at }}"},
        "variables":[{"name":"at","sample":"08:00"}]}"#;
    assert_eq!(house.ask("POST /api/v1/templates", template).await.status, 201);
    house
}

fn fields(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect()
}

fn path(notification: &Value, rest: &str) -> String {
    format!("/api/v1/notifications/{}{rest}", notification["id"].as_str().unwrap())
}

#[tokio::test]
async fn f5_f6_a_notification_is_accepted_once() {
    let house = house().await;
    let first = house.ask("POST /api/v1/notifications", REMINDER).await;
    assert_eq!((first.status, &first.json["status"]), (202, &"scheduled".into()), "{}", first.text);
    assert_eq!(first.headers["location"], path(&first.json, "").as_str());
    assert_eq!((&first.json["source"], &first.json["recipient"]["ref"]), (&"desk".into(), &"ana".into()));
    let again = house.ask("POST /api/v1/notifications", REMINDER).await;
    assert_eq!((again.status, &again.json["message"]), (200, &"already_exists".into()));
    assert_eq!(again.json["id"], first.json["id"]);
    let other = house.ask("POST /api/v1/notifications", &REMINDER.replace("pickup", "delivery")).await;
    assert_eq!(other.problem(), (409, "external-ref-conflict"));
    assert_eq!(other.json["notification"], first.json["id"]);
    let keyed = async |body: &str| {
        let headers = [("x-api-key", ADMIN), ("content-type", "application/json"), ("idempotency-key", "k-1")];
        house.send("POST /api/v1/notifications", &headers, &body.replace(r#""external_ref":"r-1","#, "")).await
    };
    let (one, two) = (keyed(REMINDER).await, keyed(REMINDER).await);
    assert_eq!((one.status, two.status, &one.json["id"]), (202, 200, &two.json["id"]), "{}", one.text);
    assert_eq!(keyed(&REMINDER.replace("08:00\"}", "09:00\"}")).await.problem(), (422, "idempotency-key-reused"));
    for answer in [&first, &again, &house.ask(&format!("GET {}", path(&first.json, "")), "").await] {
        assert!(!answer.text.contains("payload"), "what it says is sealed");
    }
}

#[tokio::test]
async fn f5_whom_and_what_it_names_must_be_there() {
    let house = house().await;
    let ask = async |from: &str, to: &str| house.ask("POST /api/v1/notifications", &REMINDER.replace(from, to)).await;
    let stranger = ask(r#"{"ref":"ana"}"#, r#"{"id":"0b0c6f5e-6c8e-4c0e-9d7f-0f8f6a4c2f11"}"#).await;
    assert_eq!((stranger.problem(), fields(&stranger.json)), ((404, "agent-not-found"), vec!["recipient.id"]));
    assert_eq!(ask(r#"{"ref":"ana"}"#, r#"{"ref":"nobody"}"#).await.problem(), (404, "agent-not-found"));
    assert_eq!(ask(r#""payload""#, r#""job":"none","payload""#).await.problem(), (404, "job-not-found"));
    let fax = ask(r#""channel":"console""#, r#""channel":"fax""#).await;
    assert_eq!((fax.problem(), fields(&fax.json)), ((400, "validation-failed"), vec!["channel"]));
    let sms = ask(r#""channel":"console""#, r#""channel":"sms""#).await;
    assert_eq!((sms.problem(), fields(&sms.json)), ((400, "validation-failed"), vec!["channel"]));
    let nobody = ask(r#"{"ref":"ana"}"#, r#"{"contact":{"name":"Who"}}"#).await;
    assert_eq!((nobody.problem(), fields(&nobody.json)), ((400, "validation-failed"), vec!["recipient.contact"]));
    let several = REMINDER.replace(r#"{"ref":"ana"}"#, r#"{"ref":"nobody"}"#).replace("console", "sms");
    let several = house.ask("POST /api/v1/notifications", &several).await;
    assert_eq!((several.problem(), fields(&several.json).len()), ((400, "validation-failed"), 2), "{}", several.text);
}

#[tokio::test]
async fn f4_its_template_is_in_use_and_gets_what_it_needs() {
    let house = house().await;
    let ask = async |from: &str, to: &str| house.ask("POST /api/v1/notifications", &REMINDER.replace(from, to)).await;
    let unknown = ask(r#""welcome""#, r#""farewell""#).await;
    assert_eq!((unknown.problem(), fields(&unknown.json)), ((400, "validation-failed"), vec!["template"]));
    let lacking = ask(r#"{"at":"08:00"}"#, r#"{"when":"08:00"}"#).await;
    assert_eq!((lacking.problem(), fields(&lacking.json)), ((400, "validation-failed"), vec!["payload"]));
    assert!(lacking.json["errors"][0]["cure"].as_str().unwrap().contains("at"), "{}", lacking.text);
    assert_eq!(house.ask("POST /api/v1/notifications", REMINDER).await.status, 202);
    assert_eq!(house.ask("POST /api/v1/templates/welcome/console/en/1/disable", "").await.status, 200);
    let disabled = ask("r-1", "r-2").await;
    assert_eq!((disabled.problem(), fields(&disabled.json)), ((400, "validation-failed"), vec!["template"]));
    // What was taken in before the template went is not refused when it is sent once more.
    assert_eq!(house.ask("POST /api/v1/notifications", REMINDER).await.status, 200);
}

#[tokio::test]
async fn f5_an_inline_contact_is_one_person_and_takes_no_jobs() {
    let house = house().await;
    let send = async |reference: &str, contact: &str| {
        let body =
            REMINDER.replace("r-1", reference).replace(r#"{"ref":"ana"}"#, &format!(r#"{{"contact":{contact}}}"#));
        house.ask("POST /api/v1/notifications", &body).await
    };
    let first = send("c-1", r#"{"phone":"+447700900055","name":"Guest","locale":"ru"}"#).await;
    assert_eq!(first.status, 202, "{}", first.text);
    let reference = first.json["recipient"]["ref"].as_str().unwrap().to_owned();
    assert!(reference.starts_with("contact-") && !reference.contains("900055"), "{reference}");
    let second = send("c-2", r#"{"phone":"+447700900055","email":"guest@example.com"}"#).await;
    assert_eq!(second.json["recipient"]["id"], first.json["recipient"]["id"]);
    let person = house.ask(&format!("GET /api/v1/agents/{reference}"), "").await.json;
    assert_eq!(
        (&person["takes_jobs"], &person["name"], &person["locale"]),
        (&false.into(), &"Guest".into(), &"ru".into())
    );
    assert_eq!(person["email"], "guest@example.com");
    // Ana is found by her number, and stays who she is.
    let ana = send("c-3", r#"{"phone":"+447700900001"}"#).await;
    assert_eq!(ana.json["recipient"]["ref"], "ana");
    assert_eq!(house.ask("GET /api/v1/agents/ana", "").await.json["takes_jobs"], true);
    let taken = send("c-4", r#"{"ref":"somebody","phone":"+447700900001"}"#).await;
    assert_eq!((taken.problem(), fields(&taken.json)), ((409, "address-taken"), vec!["recipient.contact.phone"]));
    assert_eq!(taken.json["agent"], "somebody");
    assert_eq!(house.ask("GET /api/v1/agents/somebody", "").await.status, 404);
}

#[tokio::test]
async fn f1_a_person_is_kept_by_reference_and_what_is_left_out_stays() {
    let house = House::open().await;
    let first = house.ask("POST /api/v1/agents", r#"{"ref":"c1","name":"One","email":"c1@example.com"}"#).await;
    assert_eq!((first.status, &first.json["takes_jobs"]), (201, &false.into()), "{}", first.text);
    let second = house.ask("POST /api/v1/agents", r#"{"ref":"c1","phone":"+447700900001","name":null}"#).await;
    assert_eq!((second.status, &second.json["id"]), (200, &first.json["id"]));
    assert_eq!((&second.json["name"], &second.json["email"]), (&"One".into(), &"c1@example.com".into()));
    let same = house.ask("POST /api/v1/agents", r#"{"phone":"+447700900001"}"#).await;
    assert_eq!((&same.json["ref"], &same.json["version"]), (&"c1".into(), &second.json["version"]));
    assert_eq!(house.ask("POST /api/v1/agents", r#"{"ref":"c2"}"#).await.problem(), (400, "validation-failed"));
    let taken = house.ask("POST /api/v1/agents", r#"{"ref":"c2","phone":"+447700900001"}"#).await;
    assert_eq!((taken.problem(), &taken.json["agent"]), ((409, "address-taken"), &"c2".into()));
    let theirs = [("x-api-key", OTHER), ("content-type", "application/json")];
    assert_eq!(house.send("GET /api/v1/agents/c1", &theirs, "").await.problem(), (404, "agent-not-found"));
}

#[tokio::test]
async fn f7_x4_relative_and_recurring_schedules_are_kept_or_refused() {
    let house = house().await;
    let job = r#"{"external_ref":"j-1","brief":{"date":"2027-06-01","window":"14:30"},"approval":"link"}"#;
    let job = house.ask("POST /api/v1/jobs", job).await.json;
    assert_eq!(house.ask("POST /api/v1/jobs", r#"{"external_ref":"j-2","brief":{}}"#).await.status, 201);
    let ask = async |schedule: &str| {
        let body = REMINDER.replace(r#""scheduled_at":"2027-06-01T08:00:00Z""#, &format!(r#""schedule":{schedule}"#));
        house.ask("POST /api/v1/notifications", &body.replace(r#""external_ref":"r-1","#, "")).await
    };
    let before = ask(r#"{"before":{"job":"j-1","leads":["24h","2h"]}}"#).await;
    assert_eq!(before.status, 202, "{}", before.text);
    assert_eq!((&before.json["due_at"], &before.json["job"]), (&"2027-05-31T14:30:00.000Z".into(), &job["id"]));
    let every = ask(r#"{"every":{"cron":"0 8 * * 1-5","time_zone":"Europe/London"}}"#).await;
    assert_eq!((every.status, &every.json["schedule"]["every"]["time_zone"]), (202, &"Europe/London".into()));
    for (schedule, field) in [
        (r#"{"before":{"job":"j-2","leads":["2h"]}}"#, "schedule.before.job"),
        (r#"{"before":{"anchor":"2020-06-01T08:00:00Z","leads":["2h"]}}"#, "schedule.before"),
        (r#"{"before":{"anchor":"2031-01-01T08:00:00Z","leads":["2h"]}}"#, "schedule.before"),
        (r#"{"at":"2029-06-01T08:00:00Z"}"#, "schedule.at"),
        (r#"{"every":{"cron":"0 0 30 2 *"}}"#, "schedule.every"),
        (r#"{"every":{"cron":"99 8 * * *"}}"#, "schedule.every.cron"),
    ] {
        let refused = ask(schedule).await;
        assert_eq!((refused.problem(), fields(&refused.json)), ((400, "validation-failed"), vec![field]), "{schedule}");
    }
}

#[tokio::test]
async fn f9_one_that_waits_is_replaced_and_called_off_by_its_reference() {
    let house = house().await;
    let by_ref = "/api/v1/notifications/by-ref/r-1";
    let made = house.ask(&format!("PUT {by_ref}"), &REMINDER.replace(r#""external_ref":"r-1","#, "")).await;
    assert_eq!((made.status, &made.json["external_ref"]), (202, &"r-1".into()), "{}", made.text);
    let later = REMINDER.replace("2027-06-01", "2027-06-02");
    let replaced = house.ask(&format!("PUT {by_ref}"), &later).await;
    assert_eq!((replaced.status, &replaced.json["id"]), (202, &made.json["id"]));
    assert_eq!(replaced.json["due_at"], "2027-06-02T08:00:00.000Z");
    assert_eq!(house.ask(&format!("PUT {by_ref}"), &later).await.status, 200);
    let bare = REMINDER.replace(r#""external_ref":"r-1","#, "");
    for spaced in ["%20sp1", "sp1%20", "%C2%A0sp1"] {
        let spaced = house.ask(&format!("PUT /api/v1/notifications/by-ref/{spaced}"), &bare).await;
        assert_eq!(spaced.problem(), (400, "validation-failed"));
        assert_eq!(spaced.json["errors"][0]["field"], "ref", "{}", spaced.text);
    }
    let wrong = house.ask("PUT /api/v1/notifications/by-ref/r-2", REMINDER).await;
    assert_eq!((wrong.problem(), fields(&wrong.json)), ((400, "validation-failed"), vec!["external_ref"]));
    let canceled = house.ask(&format!("POST {by_ref}/cancel"), r#"{"reason":"moved away"}"#).await;
    assert_eq!((canceled.status, &canceled.json["status"]), (200, &"canceled".into()));
    assert_eq!(house.ask(&format!("POST {}", path(&made.json, "/cancel")), "").await.status, 200, "it is so already");
    assert_eq!(house.ask(&format!("PUT {by_ref}"), REMINDER).await.problem(), (409, "notification-ended"));
    let shown = house.ask(&format!("GET {by_ref}"), "").await;
    let history = shown.json["history"].as_array().unwrap();
    let events: Vec<&str> = history.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["created", "waits", "replaced", "waits", "canceled"]);
    let last = &history[4]["facts"];
    assert_eq!((&last["by"], &last["reason"]), (&"desk".into(), &"moved away".into()));
}

#[tokio::test]
async fn f8_s11_a_notification_is_shown_to_its_tenant_alone() {
    let house = house().await;
    let made = house.ask("POST /api/v1/notifications", REMINDER).await.json;
    let theirs = [("x-api-key", OTHER), ("content-type", "application/json")];
    for line in ["GET ", "POST /cancel"] {
        let (method, rest) = line.split_once(' ').unwrap();
        let answer = house.send(&format!("{method} {}", path(&made, rest)), &theirs, "").await;
        assert_eq!(answer.problem(), (404, "notification-not-found"));
        assert_eq!(
            house.ask(&format!("{method} /api/v1/notifications/17{rest}"), "").await.problem(),
            (400, "validation-failed")
        );
    }
    let by_ref = house.send("GET /api/v1/notifications/by-ref/r-1", &theirs, "").await;
    assert_eq!(by_ref.problem(), (404, "notification-not-found"));
    assert_eq!(house.send("GET /api/v1/notifications", &theirs, "").await.json["items"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn f8_a_list_is_filtered_and_paged_the_newest_first() {
    let house = house().await;
    for no in 0..5 {
        let body = REMINDER.replace("r-1", &format!("l-{no}")).replace("ana", if no == 3 { "bo" } else { "ana" });
        assert_eq!(house.ask("POST /api/v1/notifications", &body).await.status, 202);
    }
    assert_eq!(house.ask("POST /api/v1/notifications/by-ref/l-0/cancel", "").await.status, 200);
    let refs = |list: &Value| -> Vec<String> {
        let of = |item: &Value| item["external_ref"].as_str().unwrap().to_owned();
        list["items"].as_array().unwrap().iter().map(of).collect()
    };
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = house.ask(&format!("GET /api/v1/notifications?limit=2{cursor}"), "").await;
        assert_eq!(page.status, 200, "{}", page.text);
        seen.extend(refs(&page.json));
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, ["l-0", "l-1", "l-2", "l-3", "l-4"]);
    let list = async |query: &str| house.ask(&format!("GET /api/v1/notifications?{query}"), "").await;
    assert_eq!(refs(&list("status=canceled,failed").await.json), ["l-0"]);
    assert_eq!(refs(&list("recipient=bo").await.json), ["l-3"]);
    assert_eq!(refs(&list("channel=console&event_type=pickup.soon").await.json).len(), 5);
    assert_eq!(refs(&list("channel=sms").await.json).len() + refs(&list("event_type=x").await.json).len(), 0);
    assert_eq!(refs(&list("from=2099-01-01T00:00:00Z").await.json).len(), 0);
    for bad in ["limit=101", "limit=0", "status=lost", "channel=fax", "from=today", "cursor=AAAA", "colour=red"] {
        assert_eq!(list(bad).await.problem(), (400, "validation-failed"), "{bad}");
    }
}

#[tokio::test]
async fn f5_a_batch_has_a_result_for_each() {
    let house = house().await;
    let contact = |no: u32, phone: u32| {
        REMINDER.replace("r-1", &format!("b-{no}")).replace(
            r#"{"ref":"ana"}"#,
            &format!(r#"{{"contact":{{"ref":"g-{no}","phone":"+4477009001{phone:02}"}}}}"#),
        )
    };
    let body =
        format!("[{},{},7,{},{}]", contact(0, 10), contact(1, 11), contact(2, 10), REMINDER.replace("ana", "nobody"));
    let answer = house.ask("POST /api/v1/notifications/batch", &body).await;
    let statuses: Vec<_> =
        answer.json["items"].as_array().unwrap().iter().map(|item| item["status"].as_u64()).collect();
    assert_eq!(statuses, [202, 202, 400, 409, 404].map(Some), "{}", answer.text);
    assert_eq!(answer.json["items"][3]["problem"]["agent"], "g-2");
    let (accepted, refused) = (&answer.json["summary"]["accepted"], &answer.json["summary"]["refused"]);
    assert_eq!((accepted, refused), (&2.into(), &3.into()));
    assert_eq!(house.ask("POST /api/v1/notifications/batch", "[]").await.problem(), (400, "validation-failed"));
    let many = format!("[{}]", vec!["{}"; 1001].join(","));
    assert_eq!(house.ask("POST /api/v1/notifications/batch", &many).await.problem(), (400, "validation-failed"));
}

#[tokio::test]
async fn f5_a_batch_of_lines_is_answered_in_lines_in_order() {
    let house = house().await;
    let headers = [("x-api-key", ADMIN), ("content-type", "application/x-ndjson")];
    let line = |no: usize| {
        let contact = format!(r#"{{"contact":{{"email":"guest-{}@example.com"}}}}"#, no % 40);
        REMINDER.replace("r-1", &format!("n{no}")).replace(r#"{"ref":"ana"}"#, &contact).replace('\n', " ")
    };
    let lines: Vec<String> = (0..600).map(line).collect();
    let body = format!("{}\n{{bad\n", lines.join("\n"));
    let answer = house.send("POST /api/v1/notifications/batch", &headers, &body).await;
    let results: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(results.len(), 601);
    let right = |(no, result): (usize, &Value)| result["status"] == 202 && result["external_ref"] == format!("n{no}");
    assert!(results[..600].iter().enumerate().all(right), "{}", results[0]);
    assert_eq!(results[600]["problem"]["code"], "malformed-json");
    assert_eq!(house.ask("GET /api/v1/agents?limit=1", "").await.json["total"], 42, "each address is one person");
    let again = house.send("POST /api/v1/notifications/batch", &headers, &body).await;
    assert_eq!(again.text.lines().filter(|line| line.contains(r#""status":200"#)).count(), 600);
}

#[tokio::test]
async fn t14_what_ended_long_ago_is_removed_with_its_line_and_what_waits_is_kept() {
    let house = house().await;
    let over = house.ask("POST /api/v1/notifications", &REMINDER.replace("r-1", "over")).await.json;
    let waits = house.ask("POST /api/v1/notifications", REMINDER).await.json;
    assert_eq!(house.ask(&format!("POST {}", path(&over, "/cancel")), "").await.status, 200);
    let ages = Ages {
        closed_jobs_of: None,
        closed_jobs: None,
        notifications: Some(90 * DAY),
        tokens: DAY,
        inbox: DAY,
        events: None,
        deliveries: None,
    };
    let (engine, now) = (&house.door.engine, house.door.clock.now());
    assert_eq!(sweep(engine.house(), ages, now + 89 * DAY).await.unwrap().notifications, 0);
    let never = Ages { notifications: None, ..ages };
    assert_eq!(sweep(engine.house(), never, now + 900 * DAY).await.unwrap().notifications, 0);
    assert_eq!(sweep(engine.house(), ages, now + 91 * DAY).await.unwrap().notifications, 1);
    assert_eq!(house.ask(&format!("GET {}", path(&over, "")), "").await.problem(), (404, "notification-not-found"));
    assert_eq!(house.ask(&format!("GET {}", path(&waits, "")), "").await.status, 200);
    let list = house.ask("GET /api/v1/notifications", "").await;
    assert_eq!(list.json["items"].as_array().unwrap().len(), 1);
}
