//! Section 4: routes handed to drivers, by the fleet service's own routes.

use baton::simulator::telegram::Fault;
use baton_actors::clock::Stopwatch;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::door::Answer;
use super::town::{Town, phone_number, town_with};
use super::wait::until;

/// An id as a fleet gives it.
pub fn uuid(kind: u16, no: u16) -> String {
    format!("{kind:08x}-0000-4000-8000-{no:012x}")
}

/// The driver of number `no`.
pub fn driver(no: u16) -> String {
    uuid(1, no)
}

/// The route of number `no`.
pub fn route(no: u16) -> String {
    uuid(2, no)
}

/// A town whose old routes answer.
pub async fn fleet(settings: &[(&str, &str)]) -> Town {
    town_with(&[&[("DROP_IN__ENABLED", "fleet")], settings].concat()).await
}

/// A route with so many stops.
pub fn sheet(name: &str, stops: usize) -> Value {
    let stop = |at: usize| {
        json!({
            "sequence": stops - at, "client": format!("Client {}", stops - at), "address": format!("{} Example Street", stops - at),
            "lat": 53.8, "lng": -1.5, "time": "09:30", "service": "Deep clean", "duration_minutes": 0,
            "instructions": "ring twice",
        })
    };
    json!({
        "name": name, "code": "N-7", "date": "2030-01-30", "start_time": "08:00", "distance_km": 12.5,
        "polyline": "abc", "start": { "lat": 53.7, "lng": -1.4 }, "stops": (0..stops).map(stop).collect::<Vec<_>>(),
    })
}

impl Answer {
    /// A refusal in the fleet service's envelope; gives back its details.
    #[track_caller]
    pub fn no(&self, status: u16, code: &str) -> Value {
        let body = self.is(status);
        assert_eq!(body["error"]["code"], code, "{body}");
        assert!(body["requestId"].as_str().is_some_and(|id| !id.is_empty()), "{body}");
        assert!(body["error"]["message"].is_string(), "{body}");
        assert_eq!(self.header("content-type"), "application/json");
        body["error"]["details"].clone()
    }
}

impl Town {
    /// A driver with a chat and a mailbox.
    pub async fn drives(&self, no: u16) -> String {
        let body = json!({ "name": format!("Driver {no}"), "telegram_chat_id": 1000 + i64::from(no), "email": format!("d{no}@example.com") });
        self.drives_as(no, body).await
    }

    /// A driver of whom this is known.
    pub async fn drives_as(&self, no: u16, body: Value) -> String {
        self.phone(no);
        let made = self.door.put(&format!("/api/v1/drivers/{}", driver(no)), body).await;
        assert!(matches!(made.status, 200 | 201), "{}", made.text);
        driver(no)
    }

    /// A route of this many stops.
    pub async fn plans(&self, no: u16, stops: usize) -> String {
        let path = format!("/api/v1/routes/{}", route(no));
        let made = self.door.put(&path, sheet(&format!("Route {no}"), stops)).await;
        assert!(matches!(made.status, 200 | 201), "{}", made.text);
        route(no)
    }

    pub async fn dispatches(&self, body: Value) -> Answer {
        self.door.post("/api/v1/dispatch", body).await
    }

    /// One that is taken; gives back its id.
    pub async fn hands(&self, route: &str, driver: &str) -> String {
        let taken = self.dispatches(json!({ "route_id": route, "driver_id": driver })).await.is(202);
        taken["dispatch_id"].as_str().unwrap().to_owned()
    }

    pub async fn dispatch(&self, id: &str) -> Value {
        self.door.get(&format!("/api/v1/dispatch/{id}")).await.is(200)
    }

    /// Waits until a dispatch stands so; gives it back.
    pub async fn dispatch_is(&self, id: &str, status: &str) -> Value {
        until(&format!("the dispatch is {status}"), async || {
            let seen = self.dispatch(id).await;
            (seen["status"] == status).then_some(seen)
        })
        .await
    }
}

#[tokio::test]
async fn e1_e2_e20_a_route_comes_to_its_driver_and_is_told_to_have() {
    let town = fleet(&[("CHANNELS__TELEGRAM__REQUEST_TIMEOUT", "8s")]).await;
    let vehicle = uuid(3, 1);
    town.door
        .put(&format!("/api/v1/vehicles/{vehicle}"), json!({ "name": "Van 7", "plate": "AB12 CDE" }))
        .await
        .is(201);
    let driver = town.drives(1).await;
    let mut body = sheet("North", 3);
    body["vehicle_id"] = json!(vehicle);
    let stored = town.door.put(&format!("/api/v1/routes/{}", route(1)), body).await.is(201);
    assert_eq!(stored["stops"][0]["client"], "Client 1", "{stored}");
    // The answer does not wait for the provider.
    town.phone(1).next_call_meets(Fault::DoneAndHang(std::time::Duration::from_secs(5)));
    let begun = Stopwatch::start();
    let taken = town
        .dispatches(json!({ "route_id": route(1), "driver_id": driver, "metadata": { "by": "planner" } }))
        .await
        .is(202);
    assert!(begun.elapsed().as_millis() < 200, "{:?}", begun.elapsed());
    assert_eq!((&taken["status"], &taken["requested_channels"]), (&json!("pending"), &json!(["telegram"])), "{taken}");
    let message = town.phone(1).shows("Route assignment").await;
    let at = |text: &str| message.text.find(text).unwrap_or_else(|| panic!("{text} in {}", message.text));
    assert!(at("Client 1") < at("Client 2") && at("Client 2") < at("Client 3"), "in their sequence");
    for part in [
        "Driver 1",
        "North",
        "Wed 30 Jan 2030",
        "08:00",
        "3 stops",
        "Van 7 (AB12 CDE)",
        "1 Example Street",
        "ring twice",
        "0 min",
    ] {
        at(part);
    }
    assert!(message.has_button("✅ Acknowledge receipt"), "{message:?}");
    let id = taken["dispatch_id"].as_str().unwrap();
    let seen = town.dispatch_is(id, "delivered").await;
    let attempt = &seen["channel_dispatches"][0];
    assert_eq!((&attempt["channel"], &attempt["status"]), (&json!("telegram"), &json!("delivered")), "{seen}");
    assert!(attempt["provider_message_id"].is_string() && attempt["error_message"].is_null(), "{seen}");
    for moment in [&attempt["sent_at"], &attempt["delivered_at"], &seen["created_at"], &seen["updated_at"]] {
        assert!(moment.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{seen}");
    }
    assert_eq!((&seen["route_id"], &seen["driver_id"]), (&json!(route(1)), &json!(driver)), "{seen}");
    // It is a job like any other, and nothing of the route stands in it.
    let job = town.door.get(&format!("/api/v1/jobs/{id}")).await.is(200);
    assert_eq!(job["status"], "claimed", "{job}");
    let timeline = town.door.get(&format!("/api/v1/jobs/{id}/timeline")).await;
    assert!(
        timeline.text.contains("assignment_sent") && !timeline.text.contains("Example Street"),
        "{}",
        timeline.text
    );
    // Deleted things are not there.
    for (path, entity, body) in [
        (format!("/api/v1/routes/{}", route(1)), "route", json!({ "route_id": route(1), "driver_id": driver })),
        (
            format!("/api/v1/drivers/{driver}"),
            "driver",
            json!({ "route_id": town.plans(2, 1).await, "driver_id": driver }),
        ),
    ] {
        assert_eq!(town.door.delete(&path).await.status, 204);
        town.door.get(&path).await.refuses(404, &format!("{entity}-not-found"));
        let details = town.dispatches(body).await.no(404, &format!("{}_NOT_FOUND", entity.to_uppercase()));
        assert_eq!(details["entityType"], entity, "{details}");
    }
    let off = town.drives_as(2, json!({ "name": "Off", "status": "on_leave", "telegram_chat_id": 1002 })).await;
    town.dispatches(json!({ "route_id": route(2), "driver_id": off })).await.no(409, "DRIVER_INACTIVE");
}

#[tokio::test]
async fn e3_e4_s1_s2_what_is_wrong_is_told_in_its_envelope_and_stores_nothing() {
    let town = fleet(&[]).await;
    let (driver, route) = (town.drives(1).await, town.plans(1, 1).await);
    let good = json!({ "route_id": route, "driver_id": driver });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (body, field) in [
        (with("route_id", json!("r-1")), "route_id"),
        (with("driver_id", json!(7)), "driver_id"),
        (json!({ "driver_id": driver }), "route_id"),
        (with("channels", json!("telegram")), "channels"),
        (with("channels", json!(["telegram", "fax"])), "channels[1]"),
        (with("multi_channel", json!("x")), "multi_channel"),
        (with("metadata", json!([1])), "metadata"),
        (with("scheduled_at", json!("soon")), "scheduled_at"),
        (with("zebra", json!(1)), "zebra"),
        (json!([good]), ""),
    ] {
        let details = town.dispatches(body.clone()).await.no(400, "VALIDATION_ERROR");
        let fields: Vec<_> =
            details["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert!(fields.contains(&field), "{field} of {body} in {fields:?}");
    }
    let both = town.dispatches(json!({})).await.no(400, "VALIDATION_ERROR");
    assert_eq!(both["errors"].as_array().unwrap().len(), 2);
    assert_eq!(town.door.get("/api/v1/dispatch").await.is(200)["total"], 0);
    let unknown = uuid(9, 9);
    let details = town.dispatches(with("route_id", json!(unknown))).await.no(404, "ROUTE_NOT_FOUND");
    assert_eq!((&details["entityType"], &details["entityId"]), (&json!("route"), &json!(unknown)));
    town.dispatches(with("driver_id", json!(unknown))).await.no(404, "DRIVER_NOT_FOUND");
    town.door.get(&format!("/api/v1/dispatch/{unknown}")).await.no(404, "DISPATCH_NOT_FOUND");
    town.door.get("/api/v1/dispatch/nonsense").await.no(400, "VALIDATION_ERROR");
    // Nobody without a key, whatever they send; and the id that they send comes back.
    let wrong = town.door.with_key(Some("a-key-that-nobody-has-0123456789abcdef"));
    for door in [town.stranger(), wrong] {
        for path in
            ["/api/v1/dispatch", "/api/v1/dispatch/batch", "/api/v1/route-tokens", "/api/v1/telegram/send-registration"]
        {
            door.post(path, json!([])).await.no(401, "UNAUTHORIZED");
        }
        for path in ["/api/v1/dispatch", "/api/v1/dispatch/stats", "/api/v1/dispatch/nonsense"] {
            door.get(path).await.no(401, "UNAUTHORIZED");
        }
    }
    let call =
        town.door.request(reqwest::Method::GET, "/api/v1/dispatch/nonsense").header("X-Correlation-ID", "mine-7");
    let answer = super::door::send(call).await;
    assert_eq!((answer.header("x-correlation-id"), &answer.json()["requestId"]), ("mine-7", &json!("mine-7")));
    let plain = super::town::town().await;
    plain.dispatches(good).await.refuses(404, "not-found");
}

#[tokio::test]
async fn e5_x6_a_batch_has_a_result_for_every_item_in_their_order() {
    let town = fleet(&[]).await;
    let (driver, route) = (town.drives(1).await, town.plans(1, 1).await);
    let item = json!({ "route_id": route, "driver_id": driver });
    let batch =
        async |items: Vec<Value>| town.door.post("/api/v1/dispatch/batch", json!({ "dispatches": items })).await;
    batch(Vec::new()).await.no(400, "EMPTY_BATCH");
    batch(vec![item.clone(); 101]).await.no(400, "BATCH_TOO_LARGE");
    let mut bad = vec![item.clone(); 3];
    bad[1]["channels"] = json!(["fax"]);
    let details = batch(bad).await.no(400, "VALIDATION_ERROR");
    assert_eq!(details["errors"][0]["field"], "dispatches[1].channels[0]");
    for body in [json!({}), json!({ "dispatches": {} }), json!([])] {
        town.door.post("/api/v1/dispatch/batch", body).await.no(400, "VALIDATION_ERROR");
    }
    assert_eq!(town.door.get("/api/v1/dispatch").await.is(200)["total"], 0, "nothing of them is taken");
    let mut total = 0;
    for count in [1, 99, 100] {
        let mut items = vec![item.clone(); count];
        if count > 1 {
            items[7]["driver_id"] = json!(uuid(9, 9));
        }
        let answer = batch(items).await.is(202);
        let results = answer["results"].as_array().unwrap();
        let lost = usize::from(count > 1);
        assert_eq!(answer["summary"], json!({ "total": count, "successful": count - lost, "failed": lost }));
        for (at, result) in results.iter().enumerate() {
            assert_eq!((&result["index"], &result["success"]), (&json!(at), &json!(count == 1 || at != 7)), "{result}");
            assert_eq!(result["dispatch_id"].is_string(), result["success"] == true, "{result}");
            assert_eq!(result["error"].is_string(), result["success"] == false, "{result}");
        }
        let first = results[0]["dispatch_id"].as_str().unwrap();
        town.dispatch_is(first, "delivered").await;
        total += count - lost;
    }
    assert_eq!(town.door.get("/api/v1/dispatch").await.is(200)["total"], total, "what was told is what is stored");
}

#[tokio::test]
async fn e16_the_same_key_is_the_same_dispatch_and_one_message() {
    let town = fleet(&[]).await;
    let (driver, route) = (town.drives(1).await, town.plans(1, 1).await);
    let body = json!({ "route_id": route, "driver_id": driver });
    let post = async |body: &Value| {
        let call =
            town.door.request(reqwest::Method::POST, "/api/v1/dispatch").header("Idempotency-Key", "double-click");
        super::door::send(call.json(body)).await
    };
    let answers = join_all((0..10).map(|_| post(&body))).await;
    let ids: Vec<_> = answers.iter().map(|answer| answer.is(202)["dispatch_id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    town.dispatch_is(ids[0].as_str().unwrap(), "delivered").await;
    assert_eq!(town.phone(1).chat.messages().len(), 1);
    let other = json!({ "route_id": route, "driver_id": driver, "multi_channel": true });
    post(&other).await.no(422, "IDEMPOTENCY_KEY_REUSED");
    // Also after the route is gone.
    assert_eq!(town.door.delete(&format!("/api/v1/routes/{route}")).await.status, 204);
    assert_eq!(post(&body).await.is(202)["dispatch_id"], ids[0]);
}

#[tokio::test]
async fn e10_only_from_the_drivers_own_chat_is_a_route_acknowledged() {
    let town = fleet(&[]).await;
    let (driver, route) = (town.drives(1).await, town.plans(1, 1).await);
    let (mine, known, stranger) = (town.phone(1), town.phone(2), town.phone(66));
    town.drives(2).await;
    let id = town.hands(&route, &driver).await;
    let message = mine.shows("Route assignment").await;
    town.dispatch_is(&id, "delivered").await;
    for other in [&known, &stranger] {
        let press = other.chat.presses_data(other.chat.id(), 1, &format!("ack:{id}"));
        let said = until("the press is answered", async || town.bot.callback_answer(&press)).await;
        assert!(!said.contains("noted"), "{said}");
    }
    assert_eq!(town.dispatch(&id).await["status"], "delivered");
    let press = mine.chat.presses(message.id, "✅ Acknowledge receipt").unwrap();
    let seen = town.dispatch_is(&id, "acknowledged").await;
    assert!(seen["acknowledged_at"].is_string(), "{seen}");
    let said = until("the press is answered", async || town.bot.callback_answer(&press)).await;
    assert!(said.contains("noted"), "{said}");
    let data = &message.buttons[0].data;
    assert_eq!(*data, format!("ack:{id}"));
    let answered = town.bot.calls().iter().filter(|call| call.method == "answerCallbackQuery").count();
    assert_eq!(answered, 3);
    let timeline = town.door.get(&format!("/api/v1/jobs/{id}/timeline")).await.is(200);
    let by = timeline["items"].as_array().unwrap().iter().find(|entry| entry["event"] == "acknowledged").unwrap();
    assert_eq!((&by["actor"]["kind"], &by["cause"]), (&json!("agent"), &json!("reply")), "{by}");
    assert_eq!(phone_number(1), "+447700900001");
}
