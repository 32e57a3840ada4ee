//! Baton below a path: as a part of another program, and by itself behind a proxy that passes the path on.

use std::collections::BTreeMap;

use baton::config::Config;
use baton::config::layers::{Flags, Sources};
use baton::simulator::mailbox::Mailbox;
use baton::simulator::telegram::{Bot, Server};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::desk::{Desk, order};
use super::door::Door;
use super::embedded;
use super::phone::Phone;
use super::process::DEV_KEY;
use super::town::{DESK, PUBLIC_URL, TOKEN, environment, person, phone_number, town_with};

const BASE: &str = "/dispatch";

/// The path of a link as a door below the base path knows it.
#[track_caller]
fn below(link: &str) -> String {
    let path = link.strip_prefix(PUBLIC_URL).and_then(|path| path.strip_prefix(BASE));
    path.unwrap_or_else(|| panic!("{link} starts elsewhere")).to_owned()
}

/// The first link in a text.
#[track_caller]
fn link_in(text: &str) -> String {
    let at = text.find("https://").unwrap_or_else(|| panic!("there is no link in {text}"));
    text[at..].split_whitespace().next().unwrap().to_owned()
}

/// A job is created, approved on its page, declined in Telegram and claimed on the page of a mail: every step by the links that
/// people got. `door` leads below the base path.
async fn a_cascade_by_its_links(door: &Door, bot: &Bot, mailbox: &Mailbox) {
    let desk = Desk { door: door.clone() };
    let stranger = door.with_key(None);
    let bo = json!({ "ref": "bo", "name": "bo", "phone": phone_number(2), "email": "bo@example.com", "priority": 2 });
    door.post("/api/v1/agents/sync", json!({ "agents": [person("ana", 1), bo] })).await.is(200);
    let ana = Phone::new(bot.chat(1001));

    let created = desk.posts(&order("M-1").needing_approval().one_by_one("30m")).await;
    assert_eq!(
        created.headers["location"].to_str().unwrap(),
        format!("{BASE}/api/v1/jobs/{}", created.json()["id"].as_str().unwrap())
    );
    let job = super::desk::Job::of(&created.is(201));
    let approve = below(job.approve_url.as_str().unwrap());
    assert_eq!(stranger.get(&approve).await.status, 200);
    assert_eq!(stranger.submits(&approve, "action=approve").await.status, 200);

    ana.presses_no(&job).await;
    let mails = mailbox.wait_for(|mails| !mails.is_empty()).await.unwrap();
    let mail = mail_parser::MessageParser::default().parse(&mails[0].text).unwrap();
    let offer = below(&link_in(&mail.body_text(0).unwrap()));
    let page = stranger.get(&offer).await;
    assert!(page.status == 200 && !page.text.contains("=\"/"), "{}", page.text);
    assert_eq!(stranger.submits(&offer, "answer=yes").await.status, 200);
    let seen = desk.sees_it(&job, "claimed").await;
    assert_eq!(seen["claim"]["agent"]["ref"], "bo");

    // Problems, pages and the document lead below the base path as well.
    let problem = door.get("/api/v1/jobs/nonsense").await.json();
    let explained = below(problem["type"].as_str().unwrap());
    assert!(stranger.get(&explained).await.text.contains(&format!("href=\"{BASE}/problems\"")));
    let landing = stranger.get("").await;
    assert!(landing.text.contains(&format!("href=\"{BASE}/docs/\"")), "{}", landing.text);
    assert_eq!(stranger.get("/docs").await.status, 200, "redirects lead there too");
    let document = stranger.get("/openapi.json").await.json();
    assert_eq!(document["servers"][0]["url"], BASE);
    assert!(document["paths"]["/api/v1/jobs"].is_object());
    let initializer = stranger.get("/docs/swagger-initializer.js").await.text;
    assert!(initializer.contains(&format!("{BASE}/openapi.json")), "{initializer}");
    let event: Value = door.get("/api/v1/events").await.is(200)["items"][0].clone();
    assert_eq!(event["source"], format!("{PUBLIC_URL}{BASE}/tenants/default"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn show_3_the_embedded_example_below_dispatch_serves_a_whole_cascade() {
    let folder = tempfile::tempdir().unwrap();
    let telegram = Server::start().await.unwrap();
    let bot = telegram.bot(TOKEN, "baton_bot");
    bot.chat(DESK);
    let mailbox = Mailbox::start().await.unwrap();
    let mut environment: BTreeMap<String, String> =
        environment(&telegram.url(), mailbox.address().port()).into_iter().collect();
    environment.insert("BATON_DEV_KEY".to_owned(), DEV_KEY.to_owned());
    environment.insert("BATON__SERVER__BASE_PATH".to_owned(), BASE.to_owned());
    let flags = Flags { dev: true, data: Some(folder.path().join("store")), ..Flags::default() };
    let sources = Sources { file: None, environment, flags };

    // Twice in one process, on one store: the first has let go of it.
    for round in ["first", "second"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let config = Config::load(&sources).unwrap();
        let program = tokio::spawn(async move {
            embedded::serve(config, listener, async {
                let _ = stopped.await;
            })
            .await
            .map_err(|error| error.to_string())
        });
        let outside = Door::new(DEV_KEY);
        outside.moves_to(format!("http://{address}"));
        let door = Door::new(DEV_KEY);
        door.moves_to(format!("http://{address}{BASE}"));
        assert_eq!(outside.get("/").await.text, "the shop's own page");
        assert_eq!(outside.get("/api/v1/jobs").await.status, 404, "Baton is below its path alone");
        if round == "first" {
            a_cascade_by_its_links(&door, &bot, &mailbox).await;
        }
        let jobs = door.get("/api/v1/jobs").await.is(200);
        assert_eq!(jobs["items"][0]["status"], "claimed", "{round}");
        // Whoever listens does not hold the program.
        let stream = door.request(Method::GET, "/api/v1/events/stream").send().await.unwrap();
        stop.send(()).unwrap();
        assert_eq!(program.await.unwrap(), Ok(()), "{round}");
        drop(stream);
    }
}

#[tokio::test]
async fn t12_a_server_with_a_base_path_answers_and_links_below_it() {
    let town = town_with(&[("SERVER__BASE_PATH", BASE)]).await;
    let root = town.door.url("");
    let outside = town.door.clone().with_key(None);
    let beside = outside.get("/health").await.refuses(404, "not-found");
    assert!(beside["detail"].as_str().unwrap().ends_with("below /dispatch"), "{beside}");
    town.door.moves_to(format!("{root}{BASE}"));
    a_cascade_by_its_links(&town.door, &town.bot, &town.mailbox).await;
    // Metrics name the routes as everywhere.
    assert!(town.metric("baton_http_requests_total", "route=\"/api/v1/jobs\"").await > 0.5);
    assert!(town.metric("baton_http_requests_total", "route=\"/dispatch").await < 0.5);
}
