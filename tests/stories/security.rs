//! Section 8: who may do what, and what nobody learns.

use std::process::Output;

use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Job, offer_of, order};
use super::door::send;
use super::process::{DEV_KEY, baton};
use super::town::{TOKEN, Town, person, phone_number, town, town_with};

/// Every endpoint of the document: method, path, and whether it needs a key.
async fn endpoints(town: &Town) -> Vec<(Method, String)> {
    let document = town.stranger().get("/openapi.json").await.is(200);
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| ["get", "put", "post", "patch", "delete"].contains(&key.as_str()))
        {
            all.push((method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    assert!(all.len() > 30, "{all:?}");
    all
}

const PUBLIC: [&str; 4] = ["/health", "/ready", "/version", "/metrics"];

#[tokio::test]
async fn s1_only_a_valid_key_opens() {
    let second = "the-second-key-of-the-stories-0123456789";
    let town = town_with(&[("API_KEYS__SHOP__KEY", second), ("API_KEYS__SHOP__SCOPES", "jobs:read")]).await;
    town.stranger().get("/api/v1/jobs").await.refuses(401, "unauthorized");
    let almost = format!("{DEV_KEY}x");
    town.door.with_key(Some(&almost)).get("/api/v1/jobs").await.refuses(401, "unauthorized");
    for key in [DEV_KEY, second] {
        assert_eq!(town.door.with_key(Some(key)).get("/api/v1/jobs").await.status, 200);
        let named = town.stranger().request(Method::GET, "/api/v1/jobs").header("X-API-Key", key);
        assert_eq!(send(named).await.status, 200);
    }
    let shop = town.door.with_key(Some(second));
    shop.post("/api/v1/jobs", order("s1").0).await.refuses(403, "forbidden");
    let made = town.door.post("/api/v1/keys", json!({ "name": "till", "scopes": ["jobs:read"] })).await.is(201);
    let till = town.door.with_key(made["key"].as_str());
    assert_eq!(till.get("/api/v1/jobs").await.status, 200);
    let gone = town.door.delete(&format!("/api/v1/keys/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(gone.status, 204);
    till.get("/api/v1/jobs").await.refuses(401, "unauthorized");
    let weak =
        serve(&[("BATON__API_KEYS__SHOP__KEY", "short"), ("BATON__API_KEYS__SHOP__SCOPES", "jobs:read")], true).await;
    assert!(weak.status.code() == Some(1) && said(&weak).contains("api_keys.shop.key"), "{}", said(&weak));
}

#[tokio::test]
async fn s2_without_a_key_nothing_is_done_and_nothing_is_read() {
    let town = town().await;
    for (method, path) in endpoints(&town).await.into_iter().filter(|(_, path)| !PUBLIC.contains(&path.as_str())) {
        let concrete = path.replace("{id}", "00000000").replace(['{', '}'], "");
        for key in [None, Some("a-key-that-nobody-has-0123456789abcdef")] {
            // A body that is no body: who has no key does not learn even that.
            let request = town.door.with_key(key).request(method.clone(), &concrete).body("{bad");
            let answer = send(request.header("content-type", "application/json")).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn s9_numbers_and_administration_are_for_those_who_may_and_for_our_name_alone() {
    const HOST: &str = "jobs.example.com";
    let settings = [("METRICS__ALLOW", "10.0.0.0/8"), ("SERVER__HOSTS", HOST)];
    let town = town_with(&settings).await;
    let ask = async |method: Method, path: &str, key: Option<&str>, host: &str| {
        let request = town.door.with_key(key).request(method, path).header("host", host).json(&json!({}));
        send(request).await
    };
    let admin = Some(DEV_KEY);
    let scoped = async |scope: &str| {
        let body = json!({ "name": scope, "scopes": [scope] });
        let request = town.door.request(Method::POST, "/api/v1/keys").header("host", HOST).json(&body);
        send(request).await.is(201)["key"].as_str().unwrap().to_owned()
    };
    let (meter, reader) = (scoped("metrics").await, scoped("jobs:read").await);
    // We come from elsewhere than those networks.
    assert_eq!(ask(Method::GET, "/metrics", None, HOST).await.status, 401);
    assert_eq!(ask(Method::GET, "/metrics", Some(&reader), HOST).await.status, 403);
    let shown = ask(Method::GET, "/metrics", Some(&meter), HOST).await;
    assert!(shown.status == 200 && shown.text.contains("baton_jobs"), "{}", shown.text);
    for (method, path) in [
        (Method::GET, "/api/v1/keys"),
        (Method::GET, "/api/v1/tenants/default/audit"),
        (Method::POST, "/api/v1/details/erase"),
        (Method::POST, "/api/v1/keys"),
    ] {
        assert_eq!(ask(method.clone(), path, None, HOST).await.status, 401, "{path}");
        assert_eq!(ask(method.clone(), path, Some(&reader), HOST).await.status, 403, "{path}");
        for key in [None, admin] {
            ask(method.clone(), path, key, "evil.example.com").await.refuses(404, "host-not-allowed");
        }
    }
    ask(Method::GET, "/metrics", Some(&meter), "evil.example.com").await.refuses(404, "host-not-allowed");
    assert_eq!(ask(Method::GET, "/api/v1/tenants", admin, HOST).await.status, 200);
}

/// What Baton is given to keep to itself.
const CREDENTIALS: [(&str, &str); 15] = [
    ("CHANNELS__TELEGRAM__WEBHOOK_SECRET", "credential-of-telegram"),
    ("CHANNELS__WHATSAPP__META__TOKEN", "credential-of-meta"),
    ("CHANNELS__WHATSAPP__META__PHONE_NUMBER_ID", "1234567890"),
    ("CHANNELS__WHATSAPP__META__APP_SECRET", "credential-of-metas-app"),
    ("CHANNELS__WHATSAPP__META__VERIFY_TOKEN", "credential-of-metas-webhook"),
    ("CHANNELS__EMAIL__RESEND__API_KEY", "re_credential-of-resend"),
    ("CHANNELS__EMAIL__RESEND__FROM", "Dispatch <dispatch@example.com>"),
    ("CHANNELS__EMAIL__PROVIDER", "smtp,resend"),
    ("CHANNELS__EMAIL__SMTP__USERNAME", "dispatch"),
    ("CHANNELS__EMAIL__SMTP__PASSWORD", "credential-of-smtp"),
    ("LINKS__SECRET", "credential-of-links-0123456789abcdef"),
    ("SEALING__KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddee0f"),
    ("API_KEYS__SHOP__KEY", "credential-of-the-shop-0123456789abcdef"),
    ("API_KEYS__SHOP__TENANT", "default"),
    ("API_KEYS__SHOP__SCOPES", "jobs:read"),
];

#[tokio::test]
async fn s11_no_route_gives_back_a_credential() {
    let town = town_with(&CREDENTIALS).await;
    town.people(["ana"]).await;
    let made = town.door.post("/api/v1/keys", json!({ "name": "made", "scopes": ["jobs:read"] })).await.is(201);
    let (job, waiting) =
        (town.desk().publishes(order("s11")).await, town.desk().publishes(order("s11-b").needing_approval()).await);
    let offer = offer_of(&town.desk().sees(&job).await, "ana").unwrap()["id"].as_str().unwrap().to_owned();
    let kept = CREDENTIALS.map(|(_, value)| value);
    let secret = |value: &&str| value.contains("credential") || value.len() == 64;
    let kept: Vec<&str> = kept.iter().copied().filter(secret).chain([TOKEN, DEV_KEY]).collect();
    // It is shown once, to whoever made it.
    let hook = json!({ "url": "https://hooks.example.com/" });
    let endpoint = town.door.post("/api/v1/endpoints", hook).await.is(201);
    let kept = [kept, vec![made["key"].as_str().unwrap(), endpoint["secret"].as_str().unwrap()]].concat();
    let ids = [&offer, made["id"].as_str().unwrap(), endpoint["id"].as_str().unwrap()];
    let asked = |path: &str| path != "/api/v1/events/stream";
    let mut answered = 0;
    for (method, path) in endpoints(&town).await.into_iter().filter(|(_, path)| asked(path)) {
        // What changes something is asked for with nothing in it; what reads, for what there is.
        let concrete = concrete(&path, [&job, &waiting], ids);
        for concrete in concrete.iter().map(|path| path.replace("ana-of-default", "ana")) {
            if method == Method::DELETE {
                continue;
            }
            let answer = send(town.door.request(method.clone(), &concrete).json(&json!({}))).await;
            answered += usize::from(answer.status == 200);
            let headers = format!("{:?}", answer.headers);
            for secret in &kept {
                assert!(
                    !answer.text.contains(secret) && !headers.contains(secret),
                    "{method} {concrete} tells {secret}"
                );
            }
        }
    }
    assert!(answered > 30, "{answered} answers are not worth much");
    let log = town.log();
    assert!(kept.iter().all(|secret| !log.contains(secret)), "the log tells one");
}

const SECRET: &str = "a-secret-that-only-telegram-knows";

#[tokio::test]
async fn s3_only_telegram_may_say_what_a_driver_answered() {
    let webhook = [("CHANNELS__TELEGRAM__MODE", "webhook"), ("CHANNELS__TELEGRAM__WEBHOOK_SECRET", SECRET)];
    let town = town_with(&webhook).await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("s3")).await;
    ana.shows_offer(&job).await;
    let update = |no: u64| {
        json!({ "update_id": no, "message": { "message_id": 5, "date": 0, "text": "YES",
            "chat": { "id": 1001, "type": "private" }, "from": { "id": 1001, "is_bot": false, "first_name": "A" } } })
    };
    let tell = async |secret: Option<&str>| {
        let mut call = town.stranger().request(Method::POST, "/public/webhooks/telegram/default").json(&update(1));
        if let Some(secret) = secret {
            call = call.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        send(call).await
    };
    tell(None).await.refuses(401, "unauthorized");
    tell(Some("a-secret-that-only-telegram-knowS")).await.refuses(401, "unauthorized");
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
    assert_eq!(tell(Some(SECRET)).await.status, 200);
    town.desk().sees_it(&job, "claimed").await;
    // The same again is the same: it is theirs already.
    assert_eq!(tell(Some(SECRET)).await.status, 200);
    let open = serve(&[("BATON__CHANNELS__TELEGRAM__TOKEN", "123456:TEST-TOKEN")], false).await;
    assert!(
        open.status.code() == Some(1) && said(&open).contains("channels.telegram.webhook_secret"),
        "{}",
        said(&open)
    );
}

#[tokio::test]
async fn s7_who_asks_too_often_must_wait_whatever_they_say_they_are() {
    let town = town_with(&[("SERVER__RATE_LIMIT__PER_IP", "5/1m"), ("SERVER__RATE_LIMIT__PER_KEY", "20/1m")]).await;
    for no in 0..8 {
        let forged = format!("203.0.113.{no}");
        let request = town.stranger().request(Method::GET, "/version").header("X-Forwarded-For", forged);
        let answer = send(request).await;
        if no < 5 {
            assert_eq!(answer.status, 200);
        } else {
            answer.refuses(429, "rate-limited");
            assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        }
    }
    let mut answers = Vec::new();
    for _ in 0..21 {
        answers.push(town.door.get("/api/v1/jobs").await.status);
    }
    assert_eq!((answers[0], answers[20]), (200, 429));
}

#[tokio::test]
async fn s8_the_log_of_a_whole_run_names_nobody() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    town.knows(vec![json!({ "ref": "cy", "phone": phone_number(3), "email": "cy@example.com", "priority": 9 })]).await;
    bo.chat.blocks();
    let job = town.desk().publishes(order("s8").needing_approval().everybody()).await;
    let link = Town::path_of(&job.approve_url);
    town.stranger().get(&link).await;
    town.stranger().submits(&link, "action=approve").await;
    town.stranger().get("/public/approve/0123456789012345678901234567890123456789").await;
    ana.shows_offer(&job).await;
    town.mailbox.wait_for(|mails| !mails.is_empty()).await.unwrap();
    town.desk().relays(&phone_number(1), "what is +447700900001 about", None).await;
    town.door
        .post(
            "/api/v1/agents/sync",
            json!({ "agents": [{ "ref": "x", "phone": "07700 900999 x", "email": "x@example" }] }),
        )
        .await;
    town.door.get(&format!("/api/v1/telegram/registration/{}", "ana")).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    let log = town.log();
    assert!(log.lines().count() > 10 && log.contains("\"level\":\"DEBUG\""));
    // The search itself is the same after every story: `Town::drop`.
}

#[tokio::test]
async fn s10_answers_are_guarded_and_bodies_bounded() {
    let town = town_with(&[("SERVER__CORS_ORIGINS", "https://desk.example.com")]).await;
    let answer = town.door.get("/api/v1/jobs").await;
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(!answer.header("content-security-policy").is_empty() && !answer.header("x-frame-options").is_empty());
    let from = async |origin: &str| send(town.door.request(Method::GET, "/api/v1/jobs").header("Origin", origin)).await;
    assert_eq!(from("https://evil.example.com").await.header("access-control-allow-origin"), "");
    let allowed = from("https://desk.example.com").await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://desk.example.com");
    let large = order("s10").with("external_ref", json!("x".repeat(2 << 20)));
    town.desk().posts(&large).await.refuses(413, "body-too-large");
}

const NORTH: &str = "the-key-of-the-north-0123456789abcdef";

#[tokio::test]
async fn s11_a_tenant_sees_nothing_of_another() {
    let settings = [
        ("TENANTS__NORTH__TIME_ZONE", "UTC"),
        ("API_KEYS__NORTH__KEY", NORTH),
        ("API_KEYS__NORTH__TENANT", "north"),
        ("API_KEYS__NORTH__SCOPES", "jobs:read,jobs:write,operator,admin"),
    ];
    let town = town_with(&settings).await;
    town.phone(77);
    town.knows(vec![person("ana-of-default", 77)]).await;
    let made = town.door.put("/api/v1/plans/plan-of-default", json!({ "waves": [{ "mode": "everybody" }] })).await;
    assert!(made.status < 300, "{}", made.text);
    for (of, body) in [
        ("drivers", json!({ "name": "driver-of-default" })),
        ("vehicles", json!({ "name": "van-of-default" })),
        ("routes", json!({ "name": "route-of-default", "stops": [{ "client": "client-of-default" }] })),
    ] {
        town.door.put(&format!("/api/v1/{of}/{FLEET}"), body).await.is(201);
    }
    let key =
        town.door.post("/api/v1/keys", json!({ "name": "key-of-default", "scopes": ["jobs:read"] })).await.is(201);
    let job = town.desk().publishes(order("job-of-default")).await;
    let waiting = town.desk().publishes(order("waiting-of-default").needing_approval()).await;
    let seen = town.desk().sees(&job).await;
    let offer = offer_of(&seen, "ana-of-default").unwrap()["id"].as_str().unwrap().to_owned();
    let hook = json!({ "url": "https://hooks.example.com/of-default", "description": "of-default" });
    let endpoint = town.door.post("/api/v1/endpoints", hook).await.is(201);
    let ids = [&offer, key["id"].as_str().unwrap(), endpoint["id"].as_str().unwrap()];
    let before = (seen["version"].clone(), town.desk().sees(&waiting).await);

    let north = town.door.with_key(Some(NORTH));
    // A stream has no end: what it tells is looked at below.
    let has_an_end = |path: &str| path != "/api/v1/events/stream";
    let asked = |path: &str| has_an_end(path) && !PUBLIC.contains(&path);
    for (method, path) in endpoints(&town).await.into_iter().filter(|(_, path)| asked(path)) {
        for concrete in concrete(&path, [&job, &waiting], ids) {
            let request = north.request(method.clone(), &concrete).json(&body(&method, &path));
            let answer = send(request).await;
            let of_default = ["of-default", &job.id, &waiting.id, "447700900077"];
            for private in of_default {
                // What was asked for may be named; nothing else.
                let named = concrete.contains(private) || (private == "of-default" && concrete.contains("of-default"));
                assert!(
                    named || !answer.text.contains(private),
                    "{method} {concrete} tells {private}: {}",
                    answer.text
                );
            }
            let of_one = path.contains("{id}") || path.contains("{tenant}");
            assert!(!of_one || answer.status == 404, "{method} {concrete}: {} {}", answer.status, answer.text);
            if method == Method::GET && path.contains('{') {
                assert_eq!(answer.status, 404, "{method} {concrete}: {}", answer.text);
            }
        }
    }
    let mut stream = north.request(Method::GET, "/api/v1/events/stream?after=0").send().await.unwrap();
    let told = stream.chunk().await.unwrap().unwrap();
    let told = std::str::from_utf8(&told).unwrap();
    assert!(told.contains("/tenants/north") && !told.contains("of-default") && !told.contains(&job.id), "{told}");
    let after = (town.desk().sees(&job).await["offers"].clone(), town.desk().sees(&waiting).await);
    assert_eq!((&after.0[0]["status"], &after.1), (&json!("open"), &before.1));
    assert_eq!(town.door.get("/api/v1/agents/ana-of-default").await.is(200)["name"], "ana-of-default");
    assert_eq!(town.door.with_key(key["key"].as_str()).get("/api/v1/jobs").await.status, 200);
}

/// An id that a fleet has given something.
const FLEET: &str = "00000001-0000-4000-8000-000000000001";

/// A path with the default tenant's own things in it.
fn concrete(path: &str, jobs: [&Job; 2], [offer, key, endpoint]: [&str; 3]) -> Vec<String> {
    let id = match path {
        path if path.starts_with("/api/v1/offers/") => vec![offer.to_owned()],
        path if path.starts_with("/api/v1/keys/") => vec![key.to_owned()],
        // A notification has no code.
        path if path.starts_with("/api/v1/notifications/") => vec![jobs[0].id.clone()],
        path if path.starts_with("/api/v1/endpoints/") => vec![endpoint.to_owned()],
        _ => vec![jobs[0].id.clone(), jobs[0].code.clone(), jobs[1].id.clone()],
    };
    let fill = |id: String| {
        let path = path.replace("{id}", &id).replace("{ref}", "ana-of-default");
        let path = path.replace("{name}", "plan-of-default").replace("{tenant}", "default");
        // A version of a template that is nobody's: that of the default tenant is not to be told from it.
        // What a fleet keeps is stored under ids of its own.
        let path = path.replace("{driver}", FLEET).replace("{vehicle}", FLEET).replace("{route}", FLEET);
        path.replace("{key}", "of-default")
            .replace("{source}", "of-default")
            .replace("{channel}", "sms")
            .replace("{locale}", "en")
            .replace("{version}", "1")
    };
    let mut all: Vec<String> = id.into_iter().map(fill).collect();
    all.dedup();
    all
}

/// A body that would do something, so that nothing but the tenant stands in the way.
fn body(method: &Method, path: &str) -> Value {
    match path.rsplit('/').next().unwrap() {
        "jobs" if *method == Method::POST => order("s11").0,
        "batch" => json!([order("s11-batch").0]),
        "extend" => json!({ "by": "30m" }),
        "endpoints" => json!({ "url": "https://hooks.example.com/" }),
        "events" => json!({ "event": "customer.seen", "data": { "telegram_chat_id": 7 } }),
        "replay" => json!({ "since": 0 }),
        "send_again" => json!({ "what": "lead" }),
        "reassign" => json!({ "agent": "ana-of-default" }),
        "replies" => json!({ "from": phone_number(77), "text": "YES" }),
        "availability" => json!({ "available": false }),
        _ if path.starts_with("/api/v1/drivers/") => json!({ "name": "Somebody Else" }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn s12_a_start_without_what_it_needs_names_everything_at_once() {
    let wrong = [
        ("BATON__CHANNELS__TELEGRAM__TOKEN", "nonsense"),
        ("BATON__RETRY__FIRST", "soon"),
        ("BATON__SERVER__LISTNE", "127.0.0.1:0"),
    ];
    let refused = serve(&wrong, false).await;
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    for key in ["sealing.key", "links.secret", "channels.telegram.token", "retry.first", "BATON__SERVER__LISTEN"] {
        assert!(said(&refused).contains(key), "{key} is not named: {}", said(&refused));
    }
}

/// Starts a server that must refuse to start.
async fn serve(environment: &[(&str, &str)], dev: bool) -> Output {
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut command = baton(&environment);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    if dev {
        command.arg("--dev");
    }
    tokio::time::timeout(super::wait::PATIENCE, command.output()).await.expect("it ends").unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn s5_while_telegram_is_asked_nobody_who_calls_is_telegram() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("s5-forged").everybody()).await;
    ana.shows_offer(&job).await;
    let forged = json!({ "update_id": 999_002, "message": { "message_id": 1, "date": 1, "text": "YES",
        "chat": { "id": 1001, "type": "private" }, "from": { "id": 1001, "is_bot": false, "first_name": "A" } } });
    let answer = town.stranger().post("/public/webhooks/telegram/default", forged).await;
    answer.refuses(404, "channel-not-found");
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
}
