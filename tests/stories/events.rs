//! Following what happens: the event log by pages, by waiting, and as a stream.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Order, order};
use super::door::Door;
use super::town::{Town, town, town_with};

/// Everything that the log holds after an event.
async fn follows(door: &Door, mut after: u64) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let page = door.get(&format!("/api/v1/events?limit=7&after={after}")).await.is(200);
        let items = page["items"].as_array().unwrap();
        all.extend(items.iter().cloned());
        after = page["next"].as_u64().unwrap();
        if items.is_empty() {
            assert_eq!(page["newest"], after);
            return all;
        }
    }
}

fn of_job<'a>(events: &'a [Value], reference: &str) -> Vec<&'a str> {
    let ours = events.iter().filter(|event| event["data"]["job"]["external_ref"] == reference);
    ours.map(|event| event["type"].as_str().unwrap().strip_prefix("job.").unwrap()).collect()
}

fn order_with_secrets(reference: &str) -> Order {
    order(reference).everybody()
}

/// Somebody who listens.
struct Stream {
    body: reqwest::Response,
    read: String,
}

impl Stream {
    async fn of(town: &Town, path: &str, last: Option<u64>) -> Self {
        let mut request = town.door.request(Method::GET, path).timeout(Duration::from_mins(2));
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"text/event-stream".parse().unwrap())
        );
        Self { body: answer, read: String::new() }
    }

    /// The next event: its number, and itself; none where the stream has ended.
    async fn next(&mut self) -> Option<(u64, Value)> {
        loop {
            while let Some(end) = self.read.find("\n\n") {
                let told: String = self.read.drain(..end + 2).collect();
                let line = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                if let (Some(id), Some(data)) = (line("id:"), line("data:")) {
                    let event: Value = serde_json::from_str(data).unwrap();
                    assert_eq!(line("event:"), event["type"].as_str());
                    return Some((id.parse().unwrap(), event));
                }
            }
            let more = self.body.chunk().await.ok()??;
            self.read.push_str(std::str::from_utf8(&more).unwrap());
        }
    }
}

#[tokio::test]
async fn h4_the_log_tells_everything_once_and_in_order_also_after_a_kill() {
    let mut town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let first = town.desk().publishes(order_with_secrets("e1")).await;
    ana.presses_yes(&first).await;
    ana.shows_victory(&first).await;
    bo.shows_withdrawal(&first).await;
    town.kill_9().await;
    town.starts_again().await;
    let events = follows(&town.door, 0).await;
    let told = of_job(&events, "e1");
    let timeline = town.desk().timeline(&first).await;
    let lived: Vec<&str> = timeline.iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(told, lived);
    // In the envelope of CloudEvents, with numbers that grow and ids that are each event's own.
    let numbers: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    for event in &events {
        assert_eq!((&event["specversion"], &event["dataversion"]), (&json!("1.0"), &json!(1)));
        assert_eq!(event["id"], format!("default-{}", event["sequence"]));
        assert_eq!(event["source"], "https://baton.example.com/tenants/default");
        assert_eq!(event["subject"], format!("jobs/{}", first.id));
        assert!(event["time"].is_string());
    }
    // What comes later has later numbers.
    let last = *numbers.last().unwrap();
    let second = town.desk().publishes(order_with_secrets("e2")).await;
    town.desk().tells(&second, "cancel", json!({ "reason": "call +447700900001, 1 Example Street" })).await.is(200);
    let later = follows(&town.door, last).await;
    assert!(of_job(&later, "e1").is_empty() && of_job(&later, "e2").contains(&"cancelled"), "{later:?}");
    // Nothing private: no names, numbers, addresses, nor what somebody wrote.
    let all = json!([events, later]).to_string();
    for private in ["447700900", "Example Street", "Test Person", "\"ana\"", "\"bo\"", "ring twice"] {
        assert!(!all.contains(private), "{private} in {all}");
    }
}

#[tokio::test]
async fn the_log_is_asked_for_what_is_wanted_and_refuses_what_is_no_question() {
    let town = town().await;
    let [ana, _] = town.people(["ana", "bo"]).await;
    let [first, second] = [town.desk().publishes(order("f1")).await, town.desk().publishes(order("f2")).await];
    ana.presses_yes(&first).await;
    town.desk().sees_it(&first, "claimed").await;
    let get = async |query: &str| town.door.get(&format!("/api/v1/events?{query}")).await;
    let page = get("type=job.claimed,job.created").await.is(200);
    let types: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["job.created", "job.created", "job.claimed"]);
    // What was not wanted is not looked at again.
    assert_eq!(page["next"], page["newest"]);
    let page = get(&format!("job={}&limit=1000", second.id)).await.is(200);
    assert!(
        page["items"].as_array().unwrap().iter().all(|event| event["data"]["job"]["external_ref"] == "f2"),
        "{page}"
    );
    for (query, field) in [
        ("after=x", "after"),
        ("after=99999", "after"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("wait=1h", "wait"),
        ("wait=7", "wait"),
        ("type=claimed", "type"),
        ("job=nothing", "job"),
        ("sort=up", "sort"),
    ] {
        let errors = get(query).await.refuses(400, "validation-failed")["errors"].clone();
        assert_eq!(errors[0]["field"], field, "{errors}");
    }
    town.stranger().get("/api/v1/events").await.refuses(401, "unauthorized");
    town.stranger().get("/api/v1/events/stream").await.refuses(401, "unauthorized");
}

#[tokio::test]
async fn whoever_waits_is_told_at_once_and_a_stream_goes_on_where_it_was_cut() {
    let mut town = town_with(&[("EVENTS__LISTENERS_MAX", "4")]).await;
    let [ana] = town.people(["ana"]).await;
    // Without anything new the wait ends by itself.
    let quiet = town.door.get("/api/v1/events?wait=50ms").await.is(200);
    assert_eq!((&quiet["items"], &quiet["next"], &quiet["oldest"]), (&json!([]), &json!(0), &Value::Null));
    let waits = {
        let door = town.door.clone();
        tokio::spawn(async move { door.get("/api/v1/events?type=job.claimed&wait=20s").await.is(200) })
    };
    let mut stream = Stream::of(&town, "/api/v1/events/stream", None).await;
    let job = town.desk().publishes(order("s1")).await;
    let (_, created) = stream.next().await.unwrap();
    assert_eq!((&created["type"], &created["data"]["job"]["external_ref"]), (&json!("job.created"), &json!("s1")));
    ana.presses_yes(&job).await;
    assert_eq!(waits.await.unwrap()["items"][0]["type"], "job.claimed");
    let mut last = 0;
    let mut told = Vec::new();
    while told.last() != Some(&json!("job.claimed")) {
        let (no, event) = stream.next().await.unwrap();
        (last, told) = (no, [told, vec![event["type"].clone()]].concat());
    }
    // A third of the tenant has no place; when one goes, there is one.
    let second = Stream::of(&town, "/api/v1/events/stream?after=0&type=job.created", None).await;
    let third = town.door.get("/api/v1/events?wait=1s").await;
    let detail = &third.refuses(503, "overloaded")["detail"];
    assert!(detail.as_str().is_some_and(|detail| detail.contains("its share")), "{detail}");
    assert_eq!(third.header("retry-after"), "5");
    drop(second);
    // The server stops in good order though somebody listens, and the stream goes on behind the last event they have.
    let (stopped, ended) = tokio::join!(town.told_to_stop(), async { while stream.next().await.is_some() {} });
    assert!(stopped.success(), "{stopped} {ended:?}");
    town.starts_again().await;
    town.desk().tells(&job, "complete", json!({})).await.is(200);
    let mut stream = Stream::of(&town, "/api/v1/events/stream", Some(last)).await;
    let mut types = Vec::new();
    while types.last() != Some(&json!("job.completed")) {
        let (no, event) = stream.next().await.unwrap();
        assert!(no > last, "{no} after {last}");
        last = no;
        types.push(event["type"].clone());
    }
    assert!(!types.contains(&json!("job.created")) && !types.contains(&json!("job.claimed")), "{types:?}");
    drop(stream);
    let ahead = town.door.get("/api/v1/events/stream?after=99999").await;
    assert_eq!(ahead.refuses(400, "validation-failed")["errors"][0]["field"], "after");
}
