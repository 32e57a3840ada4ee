//! Section 4, its rules: by which channel, what follows a failure, what has a moment, who registers, and who may look.

use std::time::Duration;

use baton::simulator::telegram::Fault;
use baton_actors::clock::{Clock, SystemClock};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::fleet::{driver, fleet, route, sheet, uuid};
use super::town::{Town, town_with};
use super::wait::until;

/// The channels of the attempts, and how each ended.
fn attempts(seen: &Value) -> Vec<(&str, &str)> {
    let word = |value: &'_ Value| -> &'static str { Box::leak(value.as_str().unwrap().to_owned().into_boxed_str()) };
    let attempts = seen["channel_dispatches"].as_array().unwrap();
    attempts.iter().map(|attempt| (word(&attempt["channel"]), word(&attempt["status"]))).collect()
}

/// By the clock that the server lives by.
fn now() -> Timestamp {
    SystemClock.now().to_jiff()
}

/// So long from now.
fn ahead(span: Duration) -> String {
    (now() + jiff::SignedDuration::try_from(span).unwrap()).to_string()
}

/// Every call for this chat fails, as often as anybody tries.
fn breaks(town: &Town, no: u16) {
    for _ in 0..4 {
        town.phone(no).next_call_meets(Fault::Broken);
    }
}

#[tokio::test]
async fn e6_e8_the_channels_are_those_asked_for_then_all_then_the_preferred_then_telegram() {
    let town = fleet(&[]).await;
    let route = town.plans(1, 1).await;
    let both =
        json!({ "name": "Both", "telegram_chat_id": "1001", "email": "d1@example.com", "preferred_channel": "email" });
    let both = town.drives_as(1, both).await;
    let mail =
        json!({ "name": "Mail", "telegram_chat_id": "  ", "email": "d2@example.com", "preferred_channel": "telegram" });
    let mail = town.drives_as(2, mail).await;
    let chat = town.drives_as(3, json!({ "name": "Chat", "telegram_chat_id": 1003, "email": " " })).await;
    let none = town.drives_as(4, json!({ "name": "None" })).await;
    for (driver, extra, channels) in [
        (&both, json!({ "channels": ["telegram"] }), json!(["telegram"])),
        (&both, json!({ "channels": ["telegram"], "multi_channel": true }), json!(["telegram"])),
        (&both, json!({ "multi_channel": true }), json!(["telegram", "email"])),
        (&both, json!({}), json!(["email"])),
        (&both, json!({ "channels": [] }), json!(["email"])),
        (&both, json!({ "channels": ["push", "sms"] }), json!(["email"])),
        (&mail, json!({}), json!(["email"])),
        (&mail, json!({ "channels": ["telegram"] }), json!(["email"])),
        (&mail, json!({ "multi_channel": true }), json!(["email"])),
        (&chat, json!({}), json!(["telegram"])),
        (&none, json!({}), json!([])),
    ] {
        let mut body = json!({ "route_id": route, "driver_id": driver });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let taken = town.dispatches(body.clone()).await.is(202);
        assert_eq!(taken["requested_channels"], channels, "{body}");
        let id = taken["dispatch_id"].as_str().unwrap();
        if driver == &none {
            let seen = town.dispatch_is(id, "failed").await;
            assert_eq!((attempts(&seen), seen["error_message"].is_string()), (Vec::new(), true), "{seen}");
            let job = town.door.get(&format!("/api/v1/jobs/{id}")).await.is(200);
            assert_eq!(job["status"], "unfilled");
            town.desk_phone().shows(job["code"].as_str().unwrap()).await;
        } else {
            let seen = town.dispatch_is(id, "delivered").await;
            assert_eq!(seen["requested_channels"], channels, "{seen}");
            assert_eq!(attempts(&seen).len(), channels.as_array().unwrap().len());
        }
    }
}

#[tokio::test]
async fn e7_d11_a_failed_channel_is_followed_by_the_next_and_both_are_told() {
    let town = fleet(&[]).await;
    let (driver, route) = (town.drives(1).await, town.plans(1, 2).await);
    breaks(&town, 1);
    let id = town.hands(&route, &driver).await;
    let seen = town.dispatch_is(&id, "partial").await;
    assert_eq!(attempts(&seen), [("telegram", "failed"), ("email", "delivered")], "{seen}");
    assert_eq!(seen["requested_channels"], json!(["telegram"]));
    assert!(
        seen["channel_dispatches"][0]["error_message"].is_string()
            && seen["channel_dispatches"][1]["sent_at"].is_string()
    );
    let mails = town.mailbox.wait_for(|mails| mails.len() == 1).await.unwrap();
    assert!(mails[0].text.contains("Route assignment: Route 1"), "{}", mails[0].text);
    // By both, of which one fails: nothing is left to follow.
    breaks(&town, 1);
    let body = json!({ "route_id": route, "driver_id": driver, "multi_channel": true });
    let id = town.dispatches(body).await.is(202)["dispatch_id"].as_str().unwrap().to_owned();
    let seen = town.dispatch_is(&id, "partial").await;
    assert_eq!(attempts(&seen), [("telegram", "failed"), ("email", "delivered")], "{seen}");
    // Whoever wants no other channel is written to by none; the desk hears of it.
    town.drives_as(1, json!({ "fallback_enabled": false })).await;
    breaks(&town, 1);
    let id = town.hands(&route, &driver).await;
    let seen = town.dispatch_is(&id, "failed").await;
    assert_eq!(attempts(&seen), [("telegram", "failed")], "{seen}");
    let code = town.door.get(&format!("/api/v1/jobs/{id}")).await.is(200)["code"].as_str().unwrap().to_owned();
    town.desk_phone().shows(&code).await;
    // From mail to chat as well, and never to the one that failed.
    town.drives_as(1, json!({ "fallback_enabled": true, "preferred_channel": "email", "email": "gone@example.com" }))
        .await;
    town.mailbox.every_mail_to(
        "gone@example.com",
        baton::simulator::mailbox::Twist::Refuse("550 5.1.1 no such user".to_owned()),
    );
    let id = town.hands(&route, &driver).await;
    let seen = town.dispatch_is(&id, "partial").await;
    assert_eq!(attempts(&seen), [("email", "failed"), ("telegram", "delivered")], "{seen}");
}

#[tokio::test]
async fn e9_dispatches_are_listed_by_what_they_are_and_counted() {
    let town = fleet(&[]).await;
    let (ana, bo) = (town.drives(1).await, town.drives_as(2, json!({ "name": "Bo" })).await);
    let (north, south) = (town.plans(1, 1).await, town.plans(2, 1).await);
    let first = town.hands(&north, &ana).await;
    let second = town.hands(&south, &ana).await;
    let third = town.hands(&south, &bo).await;
    for id in [&first, &second] {
        town.dispatch_is(id, "delivered").await;
    }
    town.dispatch_is(&third, "failed").await;
    let list = async |query: &str| town.door.get(&format!("/api/v1/dispatch{query}")).await.is(200);
    let ids = |page: &Value| -> Vec<String> {
        page["dispatches"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = list("").await;
    assert_eq!(
        (ids(&all), &all["total"]),
        (vec![third.clone(), second.clone(), first.clone()], &json!(3)),
        "newest first"
    );
    assert_eq!((&all["limit"], &all["offset"]), (&json!(50), &json!(0)));
    let row = &all["dispatches"][0];
    assert_eq!(
        (&row["driver_name"], &row["route_name"], &row["driver_id"]),
        (&json!("Bo"), &json!("Route 2"), &json!(bo))
    );
    for (query, expected) in [
        ("?status=delivered".to_owned(), vec![&second, &first]),
        ("?status=failed".to_owned(), vec![&third]),
        ("?status=acknowledged".to_owned(), vec![]),
        (format!("?driver_id={ana}"), vec![&second, &first]),
        (format!("?route_id={south}&status=delivered"), vec![&second]),
        (format!("?driver_id={}", uuid(9, 9)), vec![]),
        ("?limit=1&offset=1".to_owned(), vec![&second]),
        ("?status=delivered&limit=1&offset=1".to_owned(), vec![&first]),
    ] {
        let page = list(&query).await;
        assert_eq!(ids(&page).iter().collect::<Vec<_>>(), expected, "{query}: {page}");
    }
    for query in ["?limit=101", "?limit=0", "?offset=-1", "?status=done", "?driver_id=x", "?zebra=1"] {
        town.door.get(&format!("/api/v1/dispatch{query}")).await.no(400, "VALIDATION_ERROR");
    }
    let stats = town.door.get("/api/v1/dispatch/stats").await.is(200);
    assert_eq!(stats, json!({ "total": 3, "stats": { "active": 0, "success": 2, "failed": 1, "pending": 0 } }));
}

#[tokio::test]
async fn e15_b15_what_has_a_moment_is_sent_once_then_and_is_its_drivers_only_one() {
    let mut town = fleet(&[]).await;
    let (driver, route) = (town.drives(1).await, town.plans(1, 1).await);
    let later = |span| json!({ "route_id": route, "driver_id": driver, "scheduled_at": ahead(span) });
    let far =
        town.dispatches(later(Duration::from_secs(3600))).await.is(202)["dispatch_id"].as_str().unwrap().to_owned();
    assert_eq!(town.dispatch(&far).await["status"], "pending");
    // Another one at a time is refused, and the first is named; also of many that come at once.
    let posts =
        futures_util::future::join_all((0..20).map(|_| town.dispatches(later(Duration::from_secs(7200))))).await;
    for refused in posts {
        assert_eq!(refused.no(409, "DRIVER_ASSIGNED")["job"], far);
    }
    // What goes at once is no matter of this.
    let now = town.hands(&route, &driver).await;
    town.dispatch_is(&now, "delivered").await;
    let cancelled = town.door.post(&format!("/api/v1/dispatch/{far}/cancel"), json!({})).await.is(200);
    assert_eq!(cancelled["status"], "cancelled");
    // Of many at once exactly one is taken.
    let posts = futures_util::future::join_all((0..20).map(|_| town.dispatches(later(Duration::from_secs(2))))).await;
    let taken: Vec<_> = posts.iter().filter(|post| post.status == 202).collect();
    assert_eq!((taken.len(), posts.iter().filter(|post| post.status == 409).count()), (1, 19));
    let due = taken[0].is(202)["dispatch_id"].as_str().unwrap().to_owned();
    let before = town.phone(1).chat.messages().len();
    town.kill_9().await;
    town.starts_again().await;
    town.dispatches(later(Duration::from_secs(3600))).await.no(409, "DRIVER_ASSIGNED");
    town.dispatch_is(&due, "delivered").await;
    town.door.post(&format!("/api/v1/dispatch/{due}/cancel"), json!({})).await.no(409, "DISPATCH_NOT_PENDING");
    super::wait::a_moment(Duration::from_millis(500)).await;
    assert_eq!(town.phone(1).chat.messages().len(), before + 1, "once");
    // It is out: the next may be planned.
    town.dispatches(later(Duration::from_secs(3600))).await.is(202);
}

#[tokio::test]
async fn x8_what_is_deleted_on_its_way_ends_the_work_cleanly() {
    let town = fleet(&[("DISPATCH__ASSIGNMENT_LASTS", "3s")]).await;
    let (driver, route) = (town.drives(1).await, town.plans(1, 1).await);
    let body = json!({ "route_id": route, "driver_id": driver, "scheduled_at": ahead(Duration::from_millis(600)) });
    let id = town.dispatches(body).await.is(202)["dispatch_id"].as_str().unwrap().to_owned();
    assert_eq!(town.door.delete(&format!("/api/v1/routes/{route}")).await.status, 204);
    let seen = town.dispatch_is(&id, "failed").await;
    assert_eq!(attempts(&seen), [("telegram", "failed"), ("email", "failed")], "{seen}");
    assert!(town.phone(1).is_silent());
    // Its time is over by itself: nobody was told.
    let job = until("the job is over", async || {
        let job = town.door.get(&format!("/api/v1/jobs/{id}")).await.is(200);
        (job["status"] == "failed").then_some(job)
    })
    .await;
    assert_eq!(job["status"], "failed");
    assert_eq!(town.dispatch(&id).await["status"], "failed");
    // One that was told is completed, and stays as it was.
    let other = town.plans(2, 1).await;
    let id = town.hands(&other, &driver).await;
    town.dispatch_is(&id, "delivered").await;
    until("the job is over", async || {
        let job = town.door.get(&format!("/api/v1/jobs/{id}")).await.is(200);
        (job["status"] == "completed").then_some(())
    })
    .await;
    assert_eq!(town.dispatch(&id).await["status"], "delivered");
}

#[tokio::test]
async fn e17_e18_sixty_stops_of_hostile_names_arrive_whole_and_escaped() {
    let town = fleet(&[]).await;
    let driver = town.drives(1).await;
    let hostile = "_*[]()<script>alert(1)</script>";
    let mut body = sheet(hostile, 60);
    for stop in body["stops"].as_array_mut().unwrap() {
        let no = stop["sequence"].clone();
        stop["client"] = json!(format!("{hostile} {no}"));
        stop["instructions"] = json!("x".repeat(120));
        stop["time"] = Value::Null;
    }
    town.door.put(&format!("/api/v1/routes/{}", route(1)), body).await.is(201);
    let asked = json!({ "route_id": route(1), "driver_id": driver, "multi_channel": true });
    let id = town.dispatches(asked).await.is(202)["dispatch_id"].as_str().unwrap().to_owned();
    let seen = town.dispatch_is(&id, "delivered").await;
    let messages = town.phone(1).chat.messages();
    assert!(messages.len() > 3, "{}", messages.len());
    assert!(messages.iter().all(|message| message.text.encode_utf16().count() <= 4096));
    let (last, others) = messages.split_last().unwrap();
    assert!(last.buttons.len() == 1 && others.iter().all(|message| message.buttons.is_empty()));
    let whole: String = messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join("\n");
    for no in 1..=60 {
        assert!(whole.contains(&format!("{hostile} {no}\n")), "{no}");
    }
    for not in ["{{", "undefined", "null", "None"] {
        assert!(!whole.contains(not), "{not}");
    }
    assert_eq!(
        seen["channel_dispatches"][0]["provider_message_id"].as_str().unwrap().split(',').count(),
        messages.len()
    );
    let mails = town.mailbox.wait_for(|mails| mails.len() == 1).await.unwrap();
    let (plain, html) = mails[0].text.split_once("text/html").unwrap();
    assert!(plain.contains("text/plain") && !html.contains("<script") && html.contains("&lt;script"), "{html}");
}

#[tokio::test]
async fn e11_e12_e13_e14_a_driver_registers_by_a_link_of_their_own_once() {
    let town = fleet(&[]).await;
    let ana = town.drives_as(1, json!({ "name": "Ana", "email": "d1@example.com" })).await;
    let nobody = town.drives_as(2, json!({ "name": "Bo" })).await;
    let ask = async |id: &str| town.door.get(&format!("/api/v1/telegram/registration/{id}")).await;
    let shown = ask(&ana).await.is(200);
    assert_eq!(
        (&shown["driverId"], &shown["driverName"], &shown["alreadyRegistered"]),
        (&json!(ana), &json!("Ana"), &json!(false))
    );
    assert!(shown["registrationLink"].as_str().unwrap().starts_with("https://t.me/baton_bot?start="), "{shown}");
    assert!(shown["qrCodeUrl"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert!(!shown["registrationLink"].as_str().unwrap().contains(&ana), "the id is no key");
    ask("nonsense").await.no(400, "INVALID_DRIVER_ID");
    ask(&uuid(9, 9)).await.no(404, "DRIVER_NOT_FOUND");
    // Whoever is of a crew, and no driver, has the native answer.
    town.door.put("/api/v1/agents/cy", json!({ "name": "Cy", "phone": "+447700900177" })).await.is(201);
    assert!(ask("cy").await.is(200)["link"].as_str().unwrap().starts_with("https://t.me/"));
    // By mail, with the image inside.
    let send = async |body: Value| town.door.post("/api/v1/telegram/send-registration", body).await;
    send(json!({ "driverId": nobody })).await.no(400, "NO_EMAIL");
    send(json!({ "driverId": ana, "customMessage": "x".repeat(501) })).await.no(400, "VALIDATION_ERROR");
    send(json!({ "driverId": uuid(9, 9) })).await.no(404, "DRIVER_NOT_FOUND");
    send(json!({})).await.no(400, "VALIDATION_ERROR");
    let sent = send(json!({ "driverId": ana, "customMessage": "Welcome <b>on board</b>" })).await.is(200);
    assert_eq!(
        (&sent["success"], &sent["driverId"], &sent["email"]),
        (&json!(true), &json!(ana), &json!("d1@example.com"))
    );
    let mails = town.mailbox.wait_for(|mails| mails.len() == 1).await.unwrap();
    let mail = mails[0].text.replace("=\r\n", "").replace("=3D", "=");
    let (plain, html) = mail.split_once("text/html").unwrap();
    assert!(
        plain.contains("start=") && html.contains("src=\"cid:picture@baton\"") && html.contains("start="),
        "{mail}"
    );
    // In a part of its own: many readers show no picture that is written into the document.
    let picture = html.split_once("Content-ID: <picture@baton>").unwrap().1;
    assert!(html.contains("Content-Type: image/png") && picture.contains("iVBORw0KGgo"), "{mail}");
    assert!(!mail.contains("data:image"), "{mail}");
    assert!(
        html.contains("&lt;b&gt;on board") && !html.contains("<b>on board") && !mail.contains("qrserver"),
        "{mail}"
    );
    let token = mail.split("start=").nth(1).unwrap().chars().take(43).collect::<String>();
    // Who comes first has it; nobody after them.
    let (mine, thief) = (town.phone(1), town.phone(66));
    town.bot.chat(-500).types_as(1001, &format!("/start {token}"));
    mine.chat.starts(&token);
    mine.shows("Welcome").await;
    mine.chat.starts(&token);
    mine.shows("already registered").await;
    thief.chat.starts(&token);
    thief.shows("used up, expired or not ours").await;
    assert_eq!(town.door.get(&format!("/api/v1/drivers/{ana}")).await.is(200)["telegram_chat_id"], 1001);
    assert_eq!(ask(&ana).await.is(200)["alreadyRegistered"], true);
    // Another link does not replace the chat, either.
    let again =
        ask(&ana).await.is(200)["registrationLink"].as_str().unwrap().split_once("start=").unwrap().1.to_owned();
    thief.chat.starts(&again);
    thief.shows("you are registered from another one").await;
    assert_eq!(town.door.get(&format!("/api/v1/drivers/{ana}")).await.is(200)["telegram_chat_id"], 1001);
    assert!(town.bot.chat(-500).messages().iter().all(|message| message.from.is_some()), "a group is not answered");
    let without = town_with(&[("DROP_IN__ENABLED", "fleet"), ("CHANNELS__TELEGRAM__ENABLED", "off")]).await;
    without.drives_as(1, json!({ "name": "Ana" })).await;
    without.door.get(&format!("/api/v1/telegram/registration/{}", driver(1))).await.no(503, "TELEGRAM_NOT_CONFIGURED");
}

#[tokio::test]
async fn e19_a_link_shows_where_a_route_goes_and_nothing_of_whose_it_is() {
    let town = fleet(&[("DROP_IN__FLEET_APP_URL", "https://fleet.example.com/")]).await;
    let route = town.plans(1, 2).await;
    let make = async |body: Value| town.door.post("/api/v1/route-tokens", body).await;
    for hours in [json!(0), json!(-1), json!(1e9), json!("x")] {
        make(json!({ "route_id": route, "expiration_hours": hours })).await.no(400, "VALIDATION_ERROR");
    }
    make(json!({ "route_id": uuid(9, 9) })).await.no(404, "ROUTE_NOT_FOUND");
    make(json!({ "route_id": "x" })).await.no(400, "VALIDATION_ERROR");
    let made = make(json!({ "route_id": route })).await.is(201);
    let token = made["data"]["token"].as_str().unwrap().to_owned();
    assert_eq!(made["data"]["url"], format!("https://fleet.example.com/driver/route.html?token={token}"));
    let until: Timestamp = made["data"]["expires_at"].as_str().unwrap().parse().unwrap();
    let hours = (until - now()).total(jiff::Unit::Hour).unwrap();
    assert!((23.9..24.1).contains(&hours), "{hours}");
    let look = async |token: &str| town.stranger().get(&format!("/api/v1/public/route/{token}")).await;
    let shown = look(&token).await.is(200);
    let point = |sequence: u32| json!({ "sequence": sequence, "lat": 53.8, "lng": -1.5 });
    let data = json!({
        "polyline": "abc", "stops": [point(1), point(2)], "start": { "lat": 53.7, "lng": -1.4 }, "end": null,
    });
    assert_eq!(shown, json!({ "success": true, "data": data }));
    for other in ["nonsense", &token[1..], &format!("{token}x")] {
        look(other).await.no(404, "NOT_FOUND");
    }
    assert_eq!(town.door.delete(&format!("/api/v1/routes/{route}")).await.status, 204);
    look(&token).await.no(404, "NOT_FOUND");
}

#[tokio::test]
async fn t1_t4_killed_in_the_middle_of_a_batch_every_driver_hears_and_none_is_lost() {
    let mut town = fleet(&[]).await;
    let route = town.plans(1, 1).await;
    for no in 1..=40 {
        town.drives_as(no, json!({ "name": format!("Driver {no}"), "telegram_chat_id": 1000 + i64::from(no) })).await;
    }
    let items: Vec<Value> = (1..=40).map(|no| json!({ "route_id": route, "driver_id": driver(no) })).collect();
    for no in 21..=40 {
        town.phone(no).next_call_meets(Fault::Hang(Duration::from_millis(1500)));
    }
    let answer = town.door.post("/api/v1/dispatch/batch", json!({ "dispatches": items })).await.is(202);
    town.kill_9().await;
    town.starts_again().await;
    for result in answer["results"].as_array().unwrap() {
        let id = result["dispatch_id"].as_str().unwrap();
        let seen = town.dispatch_is(id, "delivered").await;
        assert_eq!(attempts(&seen), [("telegram", "delivered")]);
    }
    for no in 1..=40 {
        let messages = town.phone(no).chat.messages();
        // One that was under way at the kill may have come before, and then its repeat says so.
        assert!(
            messages.len() == 1 || (messages.len() == 2 && messages[1].text.contains("may have had this before")),
            "{messages:?}"
        );
    }
}
