//! The simulated Telegram is held to what the real one does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use baton_actors::clock::ManualClock;
use baton_core::time::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::*;

const TOKEN: &str = "123456:TEST-TOKEN";

async fn call(server: &Server, method: &str, body: Value) -> (u16, Value) {
    let http = reqwest::Client::builder().no_proxy().build().expect("set up");
    let url = format!("{}/bot{TOKEN}/{method}", server.url());
    let answer = http.post(url).json(&body).send().await.expect("answered");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn updates_are_posted_with_the_secret_in_order_and_again_until_they_are_taken() {
    let server = Server::start().await.expect("loopback");
    let bot = server.bot(TOKEN, "baton_bot");
    let (tell, mut told) = mpsc::channel(16);
    let refused = Arc::new(AtomicBool::new(false));
    let webhook = Router::new().route(
        "/webhooks/telegram",
        post(move |headers: HeaderMap, body: Bytes| async move {
            let secret = headers["x-telegram-bot-api-secret-token"].to_str().expect("text").to_owned();
            let update: Value = serde_json::from_slice(&body).expect("JSON");
            let first = !refused.swap(true, Ordering::Relaxed);
            tell.send((secret, update["update_id"].as_i64())).await.expect("heard");
            if first { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let url = format!("http://{}/webhooks/telegram", listener.local_addr().expect("bound"));
    let serving = tokio::spawn(async move { axum::serve(listener, webhook).await });
    bot.chat(1001).types("yes");
    bot.chat(1002).types("no");
    let (status, _) = call(&server, "setWebhook", json!({ "url": url, "secret_token": "s3cret" })).await;
    assert_eq!(status, 200);
    let mut heard = Vec::new();
    while heard.len() < 3 {
        let next = tokio::time::timeout(Duration::from_secs(20), told.recv()).await;
        heard.extend(next.expect("an update that was not taken comes again"));
    }
    let update = |no| ("s3cret".to_owned(), Some(no));
    assert_eq!(heard, [update(1), update(1), update(2)]);
    bot.wait_for_calls(|_| bot.pending_updates() == 0).await.expect("all are taken");
    let (status, refused) = call(&server, "getUpdates", json!({})).await;
    assert_eq!((status, refused["error_code"].as_i64()), (409, Some(409)));
    serving.abort();
}

#[tokio::test]
async fn whoever_writes_too_much_is_told_how_long_to_wait() {
    let clock = ManualClock::at(Timestamp(0));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::start_at(address, Arc::new(clock.clone())).await.expect("loopback");
    let bot = server.bot(TOKEN, "baton_bot");
    bot.limited_to(Some(Limits { chat: (1, Duration::from_secs(3)), ..Limits::REAL }));
    bot.chat(1001);
    let message = json!({ "chat_id": 1001, "text": "hello" });
    assert_eq!(call(&server, "sendMessage", message.clone()).await.0, 200);
    let (status, refused) = call(&server, "sendMessage", message.clone()).await;
    assert_eq!((status, refused["parameters"]["retry_after"].as_i64()), (429, Some(3)));
    clock.pass(Duration::from_secs(3));
    assert_eq!(call(&server, "sendMessage", message).await.0, 200);
    assert_eq!(bot.chat(1001).messages().len(), 2);
    assert_eq!(bot.calls().iter().map(|call| call.at.0).collect::<Vec<_>>(), [0, 0, 3_000]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_in_telegrams_words() {
    let server = Server::start().await.expect("loopback");
    let bot = server.bot(TOKEN, "baton_bot");
    bot.chat(1001);
    let button = |data: &str| json!({ "inline_keyboard": [[{ "text": "YES", "callback_data": data }]] });
    let long = "x".repeat(4097);
    for (body, said) in [
        (json!({ "chat_id": 7, "text": "x" }), "Bad Request: chat not found"),
        (json!({ "chat_id": 1001, "text": " " }), "Bad Request: message text is empty"),
        (json!({ "chat_id": 1001, "text": long }), "Bad Request: message is too long"),
        (
            json!({ "chat_id": 1001, "text": "<x>", "parse_mode": "HTML" }),
            "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0",
        ),
        (
            json!({ "chat_id": 1001, "text": "x", "reply_markup": button(&"y".repeat(65)) }),
            "Bad Request: BUTTON_DATA_INVALID",
        ),
    ] {
        let (status, refused) = call(&server, "sendMessage", body).await;
        assert_eq!((status, refused["description"].as_str()), (400, Some(said)));
    }
    assert_eq!(call(&server, "banChatMember", json!({})).await.1["description"], "Not Found: method not found");
    assert_eq!(bot.chat(1001).messages(), []);
}
