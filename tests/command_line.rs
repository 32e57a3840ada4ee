//! The binary itself, against servers that speak HTTP: what it sends, what it says, how it exits.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is missing")]

use std::fmt::Write as _;
use std::process::Output;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use baton::simulator::telegram::Server as Telegram;
use baton::store::{SledOptions, SledStore};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const KEY: &str = "test-key-test-key-test-key-test-key-0001";

/// Runs the binary, with only these variables of its own.
async fn baton(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    command.output().await.unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A server that notes what arrives and answers as Baton does.
#[derive(Clone, Default)]
struct Fake {
    arrived: Arc<Mutex<Vec<Value>>>,
    busy_for: Arc<Mutex<u32>>,
}

impl Fake {
    async fn start(&self) -> String {
        let router = Router::new()
            .route("/health", get(|| async { "{}" }))
            .route("/ready", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
            .route("/api/v1/agents/sync", post(sync))
            .route("/api/v1/jobs/batch", post(batch))
            .route("/api/v1/jobs", get(list))
            .route("/api/v1/jobs/{id}", get(no_job))
            .route("/api/v1/jobs/{id}/explain", get(no_job))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address.to_string()
    }
}

fn problem(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/problem+json")], body.to_string()).into_response()
}

fn is_let_in(headers: &HeaderMap) -> bool {
    headers.get("authorization").is_some_and(|value| value.as_bytes() == format!("Bearer {KEY}").as_bytes())
}

async fn sync(State(fake): State<Fake>, headers: HeaderMap, body: String) -> Response {
    if !is_let_in(&headers) {
        return problem(StatusCode::UNAUTHORIZED, &json!({"code": "unauthorized", "detail": "there is no key"}));
    }
    let body: Value = serde_json::from_str(&body).unwrap();
    let total = body["agents"].as_array().unwrap().len();
    fake.arrived.lock().push(body);
    axum::Json(json!({"inserted": total, "updated": 0, "total": total})).into_response()
}

/// Creates every job but those whose reference begins with `bad`; those that begin with `old` exist.
async fn batch(State(fake): State<Fake>, headers: HeaderMap, body: String) -> Response {
    assert_eq!(headers["content-type"], "application/x-ndjson");
    assert!(headers["idempotency-key"].as_bytes().starts_with(b"import-"));
    {
        let mut busy_for = fake.busy_for.lock();
        if *busy_for > 0 {
            *busy_for -= 1;
            return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")], "").into_response();
        }
    }
    let mut answer = String::new();
    for (index, line) in body.lines().enumerate() {
        let job: Value = serde_json::from_str(line).unwrap();
        let result = match job["external_ref"].as_str().unwrap_or_default() {
            reference if reference.starts_with("bad") => json!({
                "index": index, "status": 400,
                "problem": {"code": "validation-failed", "detail": "one field needs mending", "status": 400,
                    "errors": [{"field": "brief.date", "message": "is in the past", "cure": "give a day to come"}]},
            }),
            reference if reference.starts_with("old") => json!({"index": index, "status": 200, "id": "x"}),
            _ => json!({"index": index, "status": 201, "id": "x"}),
        };
        fake.arrived.lock().push(job);
        let _ = writeln!(answer, "{result}");
    }
    ([("content-type", "application/x-ndjson")], answer).into_response()
}

async fn no_job() -> Response {
    problem(StatusCode::NOT_FOUND, &json!({"code": "job-not-found", "detail": "there is no such job"}))
}

async fn list(uri: axum::http::Uri) -> Response {
    let job =
        |n: u32| json!({"code": format!("0000000{n}"), "status": "offering", "brief": {"from": "Leeds"}, "id": "x"});
    let query = uri.query().unwrap_or_default();
    if query.contains("status=bogus") {
        let error = json!({"field": "status", "message": "is not valid", "cure": "give one or more of offering"});
        let body = json!({"code": "validation-failed", "detail": "status is not valid", "errors": [error]});
        return problem(StatusCode::BAD_REQUEST, &body);
    }
    let page = if query.contains("cursor=next") {
        json!({"items": [job(3)], "next_cursor": null})
    } else {
        json!({"items": [job(1), job(2)], "next_cursor": "next"})
    };
    axum::Json(page).into_response()
}

struct File(tempfile::TempDir);

impl File {
    fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rows.csv"), text).unwrap();
        Self(folder)
    }

    fn path(&self) -> String {
        self.0.path().join("rows.csv").display().to_string()
    }
}

#[tokio::test]
async fn s12_check_lists_every_mistake_and_exits_with_1() {
    let output = baton(&["check"], &[("BATON__SERVER__LISTN", "x"), ("BATON__ENGINE__SHARDS", "many")]).await;
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    for part in ["4 mistakes", "did you mean BATON__SERVER__LISTEN?", "engine.shards", "sealing.key", "links.secret"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(baton(&["check", "--dev"], &[]).await.status.code(), Some(0));
    assert_eq!(baton(&["chekc"], &[]).await.status.code(), Some(2));
}

#[tokio::test]
async fn of_a_file_that_cannot_be_read_only_that_is_told() {
    let broken = File::of("[server\n");
    for (file, why) in [("/nowhere/nope.toml", "cannot be read"), (broken.path().as_str(), "this is not TOML")] {
        for command in [&["check"][..], &["config", "print"], &["verify"]] {
            let output = baton(&[command, &["--config", file]].concat(), &[]).await;
            let text = said(&output);
            assert_eq!(output.status.code(), Some(1), "{text}");
            assert!(text.contains("1 mistake in") && text.contains(why), "{text}");
        }
    }
}

#[tokio::test]
async fn what_is_missing_keeps_nobody_from_looking_at_what_is_there() {
    let output = baton(&["config", "print"], &[("BATON__ENGINE__SHARDS", "7")]).await;
    let (shown, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && shown.contains("shards = \"7\"  # BATON__ENGINE__SHARDS"), "{shown}");
    assert!(told.contains("links.secret") && !shown.contains("mistake"), "{told}");
}

#[tokio::test]
async fn a_key_is_made_before_the_first_start_and_the_store_needs_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (data, file, copy) = (path("store"), path("one.bak"), path("copy"));
    let made = baton(&["keys", "create", "shop", "--scope", "jobs:read", "--data", &data], &[]).await;
    assert!(made.status.success(), "{}", said(&made));
    for command in [
        &["keys", "list", "--data", &data][..],
        &["backup", &file, "--data", &data],
        &["verify", &file],
        &["restore", &file, "--data", &copy],
        &["release-quarantine", "--data", &copy],
        &["release-quarantine", "--yes", "--data", &copy],
        &["verify", "--data", &copy],
    ] {
        let output = baton(command, &[]).await;
        assert!(output.status.success(), "{command:?}: {}", said(&output));
    }
    assert!(said(&baton(&["keys", "list", "--data", &copy], &[]).await).contains("shop"));
    let nowhere = baton(&["keys", "list", "--data", &path("nowhere")], &[]).await;
    assert_eq!(nowhere.status.code(), Some(3), "only a key that is made makes a store");
}

#[tokio::test]
async fn while_a_store_is_in_use_the_way_over_the_api_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let _server = SledStore::open(folder.path(), SledOptions::default()).unwrap();
    let data = folder.path().display().to_string();
    let output = baton(&["keys", "create", "shop", "--scope", "jobs:read", "--data", &data], &[]).await;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("stop it, or use its API: POST /api/v1/keys"), "{text}");
}

#[tokio::test]
async fn the_doctor_finds_the_disk_of_a_folder_that_is_still_to_be_made() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    let fresh = tempfile::tempdir().unwrap();
    let output = command.args(["doctor", "--dev"]).env_clear().current_dir(fresh.path()).output().await.unwrap();
    let text = said(&output);
    let disk = text.lines().find(|line| line.contains("disk: ")).unwrap();
    assert!(disk.starts_with("ok") && disk.contains("iB free for "), "{text}");
}

#[tokio::test]
async fn s1_a_short_key_keeps_the_server_from_starting() {
    let output = baton(&["serve", "--dev", "--listen", "127.0.0.1:0"], &[("BATON_DEV_KEY", "short")]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("at least 32 characters"));
}

#[tokio::test]
async fn health_says_whether_the_server_lives_and_whether_it_is_ready() {
    let address = Fake::default().start().await;
    assert_eq!(baton(&["health", "--listen", &address], &[]).await.status.code(), Some(0));
    let sick = baton(&["health", "--ready", "--listen", &address], &[]).await;
    assert_eq!(sick.status.code(), Some(4));
    assert!(said(&sick).contains("503"));
    let nobody = baton(&["health", "--listen", "127.0.0.1:1"], &[]).await;
    assert!(nobody.status.code() == Some(4) && said(&nobody).contains("no server"), "{}", said(&nobody));
}

#[tokio::test]
async fn agents_come_in_from_a_csv_all_or_none() {
    let fake = Fake::default();
    let server = format!("http://{}", fake.start().await);
    let variables = [("BATON_SERVER", server.as_str()), ("BATON_KEY", KEY)];
    let rows =
        File::of("Driver;Mobile;priority;Colour\nDriver One;+44 7700 900001;1;red\nDriver Two;+447700900002;2;\n");
    let path = rows.path();
    let mapped = ["agents", "import", &path, "--map", "name=Driver", "--map", "phone=Mobile", "--set", "active=yes"];

    let tried = baton(&[&mapped[..], &["--dry-run"]].concat(), &variables).await;
    assert!(tried.status.success() && fake.arrived.lock().is_empty(), "{}", said(&tried));
    let output = baton(&mapped, &variables).await;
    let text = said(&output);
    assert!(output.status.success() && text.contains("2 new, 0 updated, 2 in all"), "{text}");
    assert!(text.contains("columns not used: Colour"), "{text}");
    let sent = fake.arrived.lock()[0]["agents"][0].clone();
    assert_eq!(sent, json!({"name": "Driver One", "phone": "+447700900001", "priority": 1, "active": true}));

    let broken = File::of("name,phone,priority\nDriver One,+447700900001,1\nDriver Two,nobody,first\n");
    let output = baton(&["agents", "import", &broken.path()], &variables).await;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(65));
    assert!(text.contains("nothing was changed") && !text.contains("nobody"), "{text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with('3')).collect();
    assert!(lines.len() == 2 && lines[0].contains("phone") && lines[1].contains("priority"), "{text}");
    assert_eq!(fake.arrived.lock().len(), 1);
}

#[tokio::test]
async fn a_trial_run_finds_what_the_server_would_refuse_of_the_file_itself() {
    let twice = File::of(
        "ref,phone,telegram_chat_id\na,+447700900001,1001\nb,+44 7700 900001,\nc,+447700900003,1001\na,+447700900004,\n",
    );
    let output = baton(&["agents", "import", &twice.path(), "--dry-run"], &[]).await;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(65), "{text}");
    for (line, column, what) in
        [("3", "phone", "line 2 has the same"), ("4", "telegram_chat_id", "line 2"), ("5", "ref", "stands in the list")]
    {
        let told = text.lines().find(|told| told.trim_start().starts_with(line)).unwrap_or_else(|| panic!("{text}"));
        assert!(told.contains(column) && told.contains(what), "{text}");
    }
    assert!(text.contains("3 mistakes"), "{text}");
    for kind in ["agents", "jobs"] {
        let empty = File::of("ref,from,phone\n");
        let output = baton(&[kind, "import", &empty.path(), "--dry-run"], &[]).await;
        assert_eq!(output.status.code(), Some(65));
        assert!(said(&output).contains("has no row below"), "{}", said(&output));
    }
}

#[tokio::test]
async fn every_mistake_of_a_row_is_told_at_once() {
    let rows = File::of("from,date,phone,approval\nLeeds,soon,nobody,maybe\n,soon,,\n");
    let output = baton(&["jobs", "import", &rows.path(), "--dry-run"], &[]).await;
    let text = said(&output);
    for column in ["date", "phone", "approval"] {
        assert!(text.lines().any(|line| line.trim_start().starts_with("2 ") && line.contains(column)), "{text}");
    }
    // That the second row has no brief only follows from its date.
    assert!(text.contains("4 mistakes"), "{text}");
}

#[tokio::test]
async fn a_missing_key_is_told_with_its_cure() {
    let server = format!("http://{}", Fake::default().start().await);
    let rows = File::of("phone\n+447700900001\n");
    let output = baton(&["agents", "import", &rows.path(), "--server", &server], &[]).await;
    assert_eq!(output.status.code(), Some(4));
    assert!(said(&output).contains("BATON_KEY"), "{}", said(&output));
}

#[tokio::test]
async fn jobs_come_in_batch_by_batch_with_a_result_for_every_line() {
    let fake = Fake::default();
    *fake.busy_for.lock() = 2;
    let server = format!("http://{}", fake.start().await);
    let variables = [("BATON_SERVER", server.as_str()), ("BATON_KEY", KEY)];
    let mut text = "No,Pickup town,date,items\n".to_owned();
    for n in 0..7 {
        let _ = writeln!(text, "job-{n},Leeds,2030-01-30,fridge;box x{n}0");
    }
    text.push_str("old-1,Leeds,2030-01-30,\nbad-1,Leeds,2030-01-30,\n");
    let rows = File::of(&text.replace("x00", "x1"));
    let path = rows.path();
    let mapped = [
        "jobs",
        "import",
        &path,
        "--batch",
        "4",
        "--map",
        "external_ref=No",
        "--map",
        "from=Pickup town",
        "--set",
        "approval=link",
    ];
    let output = baton(&mapped, &variables).await;
    let text = said(&output);
    assert_eq!(output.status.code(), Some(65), "{text}");
    assert!(text.contains("7 created, 1 were there already"), "{text}");
    assert!(text.lines().any(|line| line.trim_start().starts_with("10 ") && line.contains("date")), "{text}");
    let sent = fake.arrived.lock()[1].clone();
    let expected = json!({
        "external_ref": "job-1", "approval": "link",
        "brief": {"from": "Leeds", "date": "2030-01-30",
            "items": [{"kind": "fridge", "quantity": 1}, {"kind": "box", "quantity": 10}]},
    });
    assert_eq!(sent, expected);
    assert_eq!(fake.arrived.lock().len(), 9);
}

#[tokio::test]
async fn a_file_with_mistakes_is_not_sent_unless_that_is_asked_for() {
    let fake = Fake::default();
    let server = format!("http://{}", fake.start().await);
    let variables = [("BATON_SERVER", server.as_str()), ("BATON_KEY", KEY)];
    let rows = File::of(
        "external_ref,from,date\na,Leeds,2030-01-30\nb,Leeds,tomorrow\na,York,2030-01-31\nc,York,2030-02-01\n",
    );
    let path = rows.path();
    let output = baton(&["jobs", "import", &path], &variables).await;
    let text = said(&output);
    assert_eq!((output.status.code(), fake.arrived.lock().len()), (Some(65), 0), "{text}");
    assert!(text.contains("2 mistakes; nothing was sent") && text.contains("line 2 has the same reference"), "{text}");
    let output = baton(&["jobs", "import", &path, "--skip-faulty"], &variables).await;
    assert!(said(&output).contains("2 created"), "{}", said(&output));
    assert_eq!((output.status.code(), fake.arrived.lock().len()), (Some(65), 2));
}

#[tokio::test]
async fn lists_follow_their_cursor_up_to_the_limit() {
    let server = format!("http://{}", Fake::default().start().await);
    let all = baton(&["jobs", "list", "--server", &server, "--json"], &[]).await;
    let jobs: Value = serde_json::from_slice(&all.stdout).unwrap();
    assert_eq!(jobs.as_array().unwrap().len(), 3);
    let two = baton(&["jobs", "list", "--server", &server, "--limit", "2"], &[]).await;
    let text = said(&two);
    assert!(text.contains("00000002") && !text.contains("00000003") && text.contains("there are more"), "{text}");
}

#[tokio::test]
async fn a_job_that_there_is_not_is_told_with_how_one_is_named() {
    let server = format!("http://{}", Fake::default().start().await);
    for command in ["show", "explain"] {
        let output = baton(&["jobs", command, "xyz", "--server", &server], &[]).await;
        let text = said(&output);
        assert_eq!(output.status.code(), Some(4), "{text}");
        assert!(text.contains("code of 8 digits") && text.contains("baton jobs list"), "{text}");
    }
    let bogus = said(&baton(&["jobs", "list", "--status", "bogus", "--server", &server], &[]).await);
    assert_eq!(bogus.matches("is not valid").count(), 1, "{bogus}");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_told_with_the_reason() {
    let listen = Fake::default().start().await;
    let https = format!("https://{listen}");
    for (address, exit, told) in [
        (listen.as_str(), 2, "write http://127.0.0.1"),
        ("localhost:8080", 2, "write http://localhost:8080"),
        ("ftp://127.0.0.1", 2, "such as http://127.0.0.1:8080"),
        (https.as_str(), 4, "TLS with https://127.0.0.1"),
        ("https://127.0.0.1:1", 4, "there is no server at"),
        ("http://127.0.0.1:1", 4, "there is no server at"),
    ] {
        let output = baton(&["jobs", "list"], &[("BATON_SERVER", address)]).await;
        let text = said(&output);
        assert!(output.status.code() == Some(exit) && text.contains(told), "{address}: {text}");
    }
    let health = said(&baton(&["health", "--listen", "127.0.0.1:1"], &[]).await);
    assert!(health.contains("there is no server at http://127.0.0.1:1/health; is `baton serve` running"), "{health}");
}

#[tokio::test]
async fn a_demo_listens_on_loopback_and_speaks_of_nothing_that_was_not_typed() {
    let output = baton(&["demo", "--listen", "0.0.0.0:0"], &[]).await;
    let text = said(&output);
    assert!(output.status.code() == Some(2) && text.contains("loopback") && !text.contains("--dev"), "{text}");
}

#[tokio::test]
async fn a_path_that_is_no_folder_is_named() {
    let file = File::of("");
    let data = file.0.path().join("data").display().to_string();
    let nowhere = format!("{data}/missing/x.bak");
    let backup = baton(&["backup", &nowhere, "--dev", "--data", &data], &[]).await;
    let text = said(&backup);
    assert!(backup.status.code() == Some(3) && text.contains(&format!("{data}/missing;")), "{text}");
    let serve = baton(&["serve", "--dev", "--listen", "127.0.0.1:0", "--data", &file.path()], &[]).await;
    let text = said(&serve);
    assert!(serve.status.code() == Some(3) && text.contains(&file.path()) && text.contains("--data"), "{text}");
}

#[tokio::test]
async fn keys_are_listed_as_they_are_and_a_tenant_nobody_knows_is_remarked_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let create = async |name: &str, tenant: &str| {
        let arguments = ["keys", "create", name, "--tenant", tenant, "--scope", "jobs:read", "--scope", "jobs:write"];
        said(&baton(&[&arguments[..], &["--dev", "--data", &data]].concat(), &[]).await)
    };
    assert!(!create("shop", "default").await.contains("nothing is known"));
    assert!(create("shop", "defualt").await.contains("nothing is known of the tenant defualt"));
    let listed = baton(&["keys", "list", "--json", "--dev", "--data", &data], &[]).await;
    let keys: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(keys[0]["scopes"], json!(["jobs:read", "jobs:write"]));
    assert!(keys[0]["revoked_at"].is_null() && keys[0]["created_at"].is_string(), "{keys}");
}

#[tokio::test]
async fn a_server_without_a_key_says_that_nobody_can_call_it_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path()).env_clear();
    let mut server = command.stderr(std::process::Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        said.push_str(&line);
        if line.contains("serving at") {
            break;
        }
    }
    assert!(said.contains("there is no API key") && said.contains("401") && said.contains("BATON_DEV_KEY"), "{said}");
}

#[tokio::test]
async fn t15_set_webhook_sets_and_verifies_and_shows_no_token() {
    let telegram = Telegram::start().await.unwrap();
    let bot = telegram.bot("123456:TEST-TOKEN", "example_bot");
    let url = telegram.url();
    let variables = [
        ("BATON__CHANNELS__TELEGRAM__TOKEN", "123456:TEST-TOKEN"),
        ("BATON__CHANNELS__TELEGRAM__BASE_URL", url.as_str()),
        ("BATON__CHANNELS__TELEGRAM__WEBHOOK_SECRET", "a-webhook-secret"),
        ("BATON__SERVER__PUBLIC_URL", "https://jobs.example.com"),
    ];
    let output = baton(&["telegram", "set-webhook", "--dev"], &variables).await;
    let text = said(&output);
    assert!(output.status.success() && text.contains("@example_bot (bot 123456:***)"), "{text}");
    assert!(!text.contains("TEST-TOKEN") && !text.contains("a-webhook-secret"), "{text}");
    let calls = bot.calls();
    let set = calls.iter().find(|call| call.method.eq_ignore_ascii_case("setWebhook")).unwrap();
    assert_eq!(set.body["secret_token"], "a-webhook-secret");
    assert!(set.body["url"].as_str().unwrap().starts_with("https://jobs.example.com/"));
    assert!(calls.iter().any(|call| call.method.eq_ignore_ascii_case("getWebhookInfo")));

    let nowhere = baton(&["telegram", "set-webhook", "--dev"], &variables[..3]).await;
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(said(&nowhere).contains("server.public_url"));
}
