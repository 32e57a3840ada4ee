//! Being told what happens, by signed webhooks: whatever the receiver does.
//!
//! `STORIES_EVENTS=10000` sets how many events wait for a receiver that is dead.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::desk::order;

use super::receiver::{Behaves, Receiver, Told};
use super::shows::number;
use super::town::{Town, town_with};
use super::wait::{a_moment, until};

/// Retries in a few moments, to this machine, without TLS.
const QUICK: [(&str, &str); 5] = [
    ("ENDPOINTS__ALLOWED_NETWORKS", "127.0.0.1/32"),
    ("ENDPOINTS__PLAIN_HTTP", "true"),
    ("ENDPOINTS__RETRIES", "50ms,50ms,100ms,100ms,150ms"),
    ("ENDPOINTS__JITTER", "0.0"),
    ("ENDPOINTS__TIMEOUT", "300ms"),
];

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    QUICK.iter().filter(|(key, _)| more.iter().all(|(other, _)| other != key)).chain(more).copied().collect()
}

async fn endpoint(town: &Town, receiver: &Receiver) -> Value {
    town.door.post("/api/v1/endpoints", json!({ "url": receiver.url() })).await.is(201)
}

fn path(endpoint: &Value) -> String {
    format!("/api/v1/endpoints/{}", endpoint["id"].as_str().unwrap())
}

/// The events of each job, in the order in which they were taken, and each once.
fn in_order(taken: &[Told]) -> BTreeMap<String, Vec<u64>> {
    let mut jobs = BTreeMap::<String, Vec<u64>>::new();
    for told in taken {
        jobs.entry(told.job().to_owned()).or_default().push(told.sequence());
    }
    for (job, numbers) in &jobs {
        assert!(numbers.is_sorted_by(|a, b| a < b), "{job}: {numbers:?}");
    }
    jobs
}

/// How many events the log holds.
async fn events(town: &Town) -> usize {
    let (mut count, mut after) = (0, 0);
    loop {
        let page = town.door.get(&format!("/api/v1/events?limit=1000&after={after}")).await.is(200);
        let items = page["items"].as_array().unwrap().len();
        if items == 0 {
            return count;
        }
        (count, after) = (count + items, page["next"].as_u64().unwrap());
    }
}

#[tokio::test]
async fn h1_every_event_is_posted_once_signed_so_that_another_library_agrees() {
    let town = town_with(&QUICK).await;
    let [ana] = town.people(["ana"]).await;
    let receiver = Receiver::start().await;
    let made = endpoint(&town, &receiver).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let job = town.desk().publishes(order("w1")).await;
    ana.presses_yes(&job).await;
    town.desk().sees_it(&job, "claimed").await;
    town.sends_all_it_owes().await;
    // What is told is what the log holds.
    let taken = until("all is told", async || {
        let page = town.door.get("/api/v1/events?limit=1000").await.is(200);
        let logged: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|event| &event["id"]).collect();
        let taken = receiver.taken();
        (taken.iter().map(|told| &told.json["id"]).collect::<Vec<_>>() == logged).then_some(taken)
    })
    .await;
    let webhook = Webhook::new(&secret).unwrap();
    for told in &taken {
        webhook.verify(&told.body, &told.headers).unwrap();
        let mut forged = told.body.to_vec();
        forged[20] ^= 1;
        assert!(webhook.verify(&forged, &told.headers).is_err(), "a changed body does not fit");
        assert_eq!(told.id(), told.json["id"].as_str().unwrap());
        assert!(told.json["timestamp"].is_string() && told.json["data"].is_object());
        assert_eq!(told.header("content-type"), "application/json");
    }
    assert_eq!(in_order(&taken).len(), 1);
    // The secret is shown once, and stands nowhere.
    let shown = town.door.get(&path(&made)).await.is(200);
    assert!(!shown.to_string().contains(&secret) && shown["progress"]["waiting"] == 0, "{shown}");
    assert!(!town.log().contains(secret.strip_prefix("whsec_").unwrap()));
    until("the metric tells it", async || {
        let counted = town.metric("baton_event_deliveries_total", r#"result="delivered""#).await;
        (counted as usize == receiver.taken().len()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_public_key_signs_too_and_a_changed_secret_signs_along_for_a_while() {
    let town = town_with(&QUICK).await;
    let receiver = Receiver::start().await;
    let wanted = json!({ "url": receiver.url(), "signature": "v1a", "types": ["job.created"] });
    let made = town.door.post("/api/v1/endpoints", wanted).await.is(201);
    town.desk().publishes(order("k1")).await;
    let [told] = &receiver.takes(1).await[..] else { panic!("one event is wanted") };
    let fits = |told: &Told, key: &Value| {
        let key = BASE64_STANDARD.decode(key.as_str().unwrap().strip_prefix("whpk_").unwrap()).unwrap();
        let signed = [told.id(), ".", told.header("webhook-timestamp"), "."].concat().into_bytes();
        let signed = [&signed[..], &told.body].concat();
        told.header("webhook-signature").split(' ').any(|signature| {
            let signature = BASE64_STANDARD.decode(signature.strip_prefix("v1a,").unwrap()).unwrap();
            UnparsedPublicKey::new(&ED25519, &key).verify(&signed, &signature).is_ok()
        })
    };
    assert!(fits(told, &made["secret"]) && made["public_keys"] == json!([made["secret"]]));
    let next = town.door.post(&format!("{}/secret", path(&made)), json!({})).await.is(200);
    town.desk().publishes(order("k2")).await;
    let both = &receiver.takes(2).await[1];
    assert!(fits(both, &made["secret"]) && fits(both, &next["secret"]));
    let last = town.door.post(&format!("{}/secret", path(&made)), json!({ "overlap": "0s" })).await.is(200);
    town.desk().publishes(order("k3")).await;
    let alone = &receiver.takes(3).await[2];
    assert!(fits(alone, &last["secret"]) && !fits(alone, &next["secret"]) && !fits(alone, &made["secret"]));
}

#[tokio::test]
async fn h2_h4_a_dead_receiver_delays_nothing_and_gets_all_once_it_is_back_also_over_a_kill() {
    let mut town = town_with(&with(&[(
        "ENDPOINTS__RETRIES",
        "50ms,100ms,200ms,400ms,800ms,1s,1s,2s,2s,4s,8s,8s,8s,8s,8s,8s,8s,8s,8s",
    )]))
    .await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let gone = Receiver::start().await;
    let made = endpoint(&town, &gone).await;
    let address = gone.goes_away();
    for no in 0..5 {
        let job = town.desk().publishes(order(&format!("d{no}")).everybody()).await;
        ana.presses_yes(&job).await;
        bo.shows_withdrawal(&job).await;
    }
    let (wanted, desk, mut jobs) = (number("STORIES_EVENTS", 200), town.desk(), 5);
    while events(&town).await < wanted {
        join_all((jobs..jobs + 25).map(|no| desk.publishes(order(&format!("d{no}")).everybody()))).await;
        jobs += 25;
    }
    until("the receiver is found away", async || {
        let shown = town.door.get(&path(&made)).await.is(200);
        (shown["progress"]["away"] == true).then_some(())
    })
    .await;
    town.metric_is("baton_endpoints", r#"state="away""#, 1.0).await;
    town.kill_9().await;
    let back = Receiver::at(&address.to_string()).await;
    town.starts_again().await;
    let mut taken = back.takes(1).await;
    let mut count = events(&town).await;
    while taken.len() < count {
        taken = back.takes(count.min(taken.len() + 500)).await;
        // What was owed to people is told of as well, once it has left.
        count = events(&town).await;
    }
    let ids: std::collections::BTreeSet<&str> = taken.iter().map(Told::id).collect();
    assert_eq!(ids.len(), count, "none is missing");
    assert_eq!(in_order(&taken).len(), jobs);
    until("nothing waits", async || {
        let shown = town.door.get(&path(&made)).await.is(200);
        (shown["progress"]["waiting"] == 0 && shown["progress"]["away"] == false).then_some(())
    })
    .await;
    assert_eq!(back.taken().len(), count, "each came once");
}

#[tokio::test]
async fn an_event_that_is_refused_for_ever_is_given_up_and_can_be_told_again() {
    let town = town_with(&QUICK).await;
    town.people(["ana"]).await;
    let receiver = Receiver::start().await;
    receiver.behaves(Behaves::RefusesType("job.wave_opened"));
    let made = endpoint(&town, &receiver).await;
    let desk = town.desk();
    let job = desk.publishes(order("r1")).await;
    let deliveries = async |query: &str| {
        let page = town.door.get(&format!("{}/deliveries?{query}", path(&made))).await.is(200);
        page["items"].as_array().unwrap().clone()
    };
    // Others arrive meanwhile, so that it is the event and not the endpoint that is given up.
    let failed = until("it is given up", async || {
        desk.publishes(order(&format!("other-{}", receiver.told().len()))).await;
        deliveries("state=failed").await.into_iter().find(|delivery| delivery["job"] == job.id.as_str())
    })
    .await;
    assert_eq!((&failed["type"], &failed["attempts"]), (&json!("job.wave_opened"), &json!(6)), "{failed}");
    assert!(failed["tries"].as_array().unwrap().iter().all(|tried| tried["status"] == 422), "{failed}");
    // What came behind it waited for that, and came in its order.
    let of_job = |taken: &[Told]| {
        taken.iter().filter(|told| told.job() == "r1").map(|told| told.kind().to_owned()).collect::<Vec<_>>()
    };
    let before = until("the rest of the job is told", async || {
        let taken = receiver.taken();
        (of_job(&taken).len() > 1).then_some(taken)
    })
    .await;
    assert_eq!(of_job(&before)[0], "job.created");
    in_order(&before);
    receiver.behaves(Behaves::Takes);
    let again = json!({ "since": 0, "failed_only": true });
    town.door.post(&format!("{}/replay", path(&made)), again).await.is(202);
    until("what was given up is told", async || deliveries("state=failed").await.is_empty().then_some(())).await;
    assert!(of_job(&receiver.taken()).contains(&"job.wave_opened".to_owned()));
    // One, and all.
    let one = json!({ "event": failed["sequence"] });
    town.door.post(&format!("{}/replay", path(&made)), one).await.is(202);
    until("it is told once more", async || {
        (receiver.taken().iter().filter(|told| told.id() == failed["id"]).count() == 2).then_some(())
    })
    .await;
    let (count, so_far) = (events(&town).await, receiver.taken().len());
    town.door.post(&format!("{}/replay", path(&made)), json!({ "since": 0 })).await.is(202);
    receiver.takes(so_far + count).await;
    town.door.post(&format!("{}/replay", path(&made)), json!({ "event": 0 })).await.refuses(400, "validation-failed");
    town.door.post(&format!("{}/replay", path(&made)), json!({})).await.refuses(400, "validation-failed");
}

#[tokio::test]
async fn a_receiver_that_stays_away_is_switched_off_the_desk_hears_of_it_and_nothing_is_lost() {
    let town = town_with(&with(&[("ENDPOINTS__RETRIES", "30ms,30ms")])).await;
    let receiver = Receiver::start().await;
    receiver.behaves(Behaves::Answers(500, &[]));
    let made = endpoint(&town, &receiver).await;
    let desk = town.desk();
    for no in 0..5 {
        desk.publishes(order(&format!("o{no}"))).await;
    }
    let off = until("it is switched off", async || {
        let shown = town.door.get(&path(&made)).await.is(200);
        (shown["enabled"] == false).then_some(shown)
    })
    .await;
    assert_eq!(off["off"], "failing");
    let host = receiver.address.ip().to_string();
    town.desk_phone().shows(&format!("Events are no longer sent to an endpoint ({host}")).await;
    let told = receiver.told().len();
    desk.publishes(order("o5")).await;
    receiver.behaves(Behaves::Takes);
    assert_eq!(receiver.told().len(), told, "nothing is sent");
    town.door.patch(&path(&made), json!({ "enabled": true })).await.is(200);
    let count = events(&town).await;
    assert_eq!(in_order(&receiver.takes(count).await).len(), 6);
    // Gone for good is gone at once.
    receiver.behaves(Behaves::Answers(410, &[]));
    desk.publishes(order("o6")).await;
    until("it is switched off", async || {
        let shown = town.door.get(&path(&made)).await.is(200);
        (shown["off"] == "gone").then_some(())
    })
    .await;
    town.metric_is("baton_endpoints_switched_off_total", "", 2.0).await;
}

#[tokio::test]
async fn what_waits_for_its_next_attempt_goes_at_once_when_a_test_was_taken_or_the_address_is_another() {
    let town = town_with(&with(&[("ENDPOINTS__RETRIES", "1h,1h")])).await;
    let receiver = Receiver::start().await;
    let made = endpoint(&town, &receiver).await;
    let waits = async |job: &str| {
        receiver.behaves(Behaves::Answers(500, &[]));
        town.desk().publishes(order(job)).await;
        until("it waits", async || {
            let page = town.door.get(&format!("{}/deliveries?state=waiting", path(&made))).await.is(200);
            page["items"].as_array().is_some_and(|waiting| !waiting.is_empty()).then_some(())
        })
        .await;
        receiver.behaves(Behaves::Takes);
    };
    let tests = async || town.door.post(&format!("{}/test", path(&made)), json!({})).await.is(200)["result"].clone();
    waits("w1").await;
    assert_eq!(tests().await, "taken");
    let count = events(&town).await;
    let mut taken = receiver.takes(count + 1).await;
    taken.retain(|told| told.kind() != "baton.test");
    assert_eq!(in_order(&taken)["w1"].len(), count);
    waits("w2").await;
    let other = Receiver::start().await;
    town.door.patch(&path(&made), json!({ "url": other.url() })).await.is(200);
    let count = events(&town).await - count;
    assert_eq!(in_order(&other.takes(count).await)["w2"].len(), count);
}

#[tokio::test]
async fn a_slow_receiver_is_given_its_time_and_one_that_asks_for_rest_gets_it() {
    let town = town_with(&with(&[("ENDPOINTS__RETRIES", "20ms,20ms,20ms,20ms,20ms,20ms,20ms,20ms")])).await;
    let receiver = Receiver::start().await;
    receiver.behaves(Behaves::TakesAfter(Duration::from_secs(2)));
    let made = endpoint(&town, &receiver).await;
    town.desk().publishes(order("s1")).await;
    let timed_out = until("it takes too long", async || {
        let page = town.door.get(&format!("{}/deliveries", path(&made))).await.is(200);
        page["items"][0]["tries"].as_array().is_some_and(|tries| tries[0]["result"] == "timed_out").then_some(page)
    })
    .await;
    assert_eq!(timed_out["items"][0]["state"], "waiting");
    receiver.behaves(Behaves::Answers(429, &[]));
    let busy: &'static [(&'static str, String)] = Box::leak(Box::new([("retry-after", "1".to_owned())]));
    receiver.behaves(Behaves::Answers(429, busy));
    let asked = until("it is asked to rest", async || {
        receiver.told().iter().any(|told| !told.taken).then(|| receiver.told().len())
    })
    .await;
    a_moment(Duration::from_millis(400)).await;
    // What was under way when it first asked may still have come.
    assert!(receiver.told().len() <= asked + 1, "it rests");
    receiver.behaves(Behaves::Takes);
    until("all is told", async || {
        let shown = town.door.get(&path(&made)).await.is(200);
        (shown["progress"]["waiting"] == 0).then_some(())
    })
    .await;
    assert!(receiver.taken().iter().all(|told| told.job() == "s1"));
}

#[tokio::test]
async fn what_is_not_public_is_never_reached_by_address_name_or_redirect() {
    let town =
        town_with(&with(&[("ENDPOINTS__ALLOWED_NETWORKS", "127.0.0.2/32"), ("ENDPOINTS__RETRIES", "50ms")])).await;
    let trap = Receiver::at("127.0.0.1:0").await;
    let sly = Receiver::at("127.0.0.2:0").await;
    sly.behaves(Behaves::Redirects(format!("http://{}", trap.address)));
    let port = trap.address.port();
    let mut tried = Vec::new();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        let made = town.door.post("/api/v1/endpoints", json!({ "url": url })).await.is(201);
        let test = town.door.post(&format!("{}/test", path(&made)), json!({})).await.is(200);
        assert_eq!(test["result"], "forbidden", "{url}: {test}");
        tried.push(made);
    }
    let made = town.door.post("/api/v1/endpoints", json!({ "url": sly.url() })).await.is(201);
    let test = town.door.post(&format!("{}/test", path(&made)), json!({})).await.is(200);
    assert_eq!((&test["result"], &test["status"]), (&json!("refused"), &json!(307)));
    town.desk().publishes(order("x1")).await;
    tried.push(made);
    for made in &tried {
        until("it is given up", async || {
            let shown = town.door.get(&path(made)).await.is(200);
            (shown["off"] == "failing").then_some(())
        })
        .await;
    }
    assert!(trap.told().is_empty(), "nothing reached it");
    assert!(!sly.told().is_empty());
}

#[tokio::test]
async fn endpoints_are_the_administrators_of_a_tenant_and_what_is_no_endpoint_is_refused() {
    let town = town_with(&with(&[("ENDPOINTS__MOST", "2"), ("ENDPOINTS__PLAIN_HTTP", "false")])).await;
    let post = async |body: Value| town.door.post("/api/v1/endpoints", body).await;
    for body in [
        json!({}),
        json!({ "url": "http://hooks.example.com/" }),
        json!({ "url": "https://user:pass@hooks.example.com/" }),
        json!({ "url": "ftp://hooks.example.com/" }),
        json!({ "url": "https://hooks.example.com/", "types": ["job.danced"] }),
        json!({ "url": "https://hooks.example.com/", "signature": "v2" }),
        json!({ "url": "https://hooks.example.com/", "secret": "mine" }),
    ] {
        post(body).await.refuses(400, "validation-failed");
    }
    let made = post(json!({ "url": "https://hooks.example.com/", "description": "the shop" })).await.is(201);
    let name = path(&made);
    town.door.patch(&name, json!({ "types": ["job.claimed"], "description": null })).await.is(200);
    let shown = town.door.get(&name).await.is(200);
    assert_eq!(
        (&shown["types"], &shown["description"], &shown["version"]),
        (&json!(["job.claimed"]), &json!(""), &json!(2))
    );
    post(json!({ "url": "https://hooks.example.com/2" })).await.is(201);
    post(json!({ "url": "https://hooks.example.com/3" })).await.refuses(409, "endpoints-full");
    // Another tenant's key does not see it, and one that only works with jobs may not.
    town.door.put("/api/v1/tenants/north", json!({ "time_zone": "Europe/Oslo" })).await.is(201);
    let key = |scopes: Value, tenant: &str| json!({ "name": "k", "scopes": scopes, "tenant": tenant });
    let admin = town.door.post("/api/v1/keys", key(json!(["admin"]), "north")).await.is(201);
    let work = town.door.post("/api/v1/keys", key(json!(["jobs:read", "jobs:write"]), "default")).await.is(201);
    let as_key = |made: &Value| town.door.with_key(made["key"].as_str());
    as_key(&admin).get(&name).await.refuses(404, "endpoint-not-found");
    assert_eq!(as_key(&admin).get("/api/v1/endpoints").await.is(200)["items"], json!([]));
    as_key(&work).get("/api/v1/endpoints").await.refuses(403, "forbidden");
    assert_eq!(town.door.delete(&name).await.status, 204);
    town.door.get(&name).await.refuses(404, "endpoint-not-found");
}
