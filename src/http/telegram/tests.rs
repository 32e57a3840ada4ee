//! Telegram's calls, and how an agent comes to the bot.

use crate::http::public::webhooks::telegram::PATH;
use crate::http::sample::{Answered, HOOK, House};

async fn call(house: &House, secret: &str, body: &str) -> Answered {
    let headers = [("content-type", "application/json"), ("x-telegram-bot-api-secret-token", secret)];
    let answer = house.send(&format!("POST {PATH}"), &headers, body).await;
    let update: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    if let (200, Some(update)) = (answer.status, update["update_id"].as_i64()) {
        house.has_acted("telegram", &format!("{update:012}")).await;
    }
    answer
}

async fn start(house: &House, update: u32, chat: i64, kind: &str, token: &str) -> u16 {
    let message = serde_json::json!({
        "message_id": 1, "date": 1, "chat": { "id": chat, "type": kind }, "from": { "id": 7, "is_bot": false, "first_name": "x" },
        "text": format!("/start {token}"),
    });
    let update = serde_json::json!({ "update_id": update, "message": message });
    call(house, HOOK, &update.to_string()).await.status
}

async fn chat_of(house: &House, agent: &str) -> serde_json::Value {
    house.ask(&format!("GET /api/v1/agents/{agent}"), "").await.json["telegram_chat_id"].clone()
}

async fn new_token(house: &House, agent: &str) -> (String, bool) {
    let answer = house.ask(&format!("GET /api/v1/telegram/registration/{agent}"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.json["qr_png"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert!(answer.json["qr_svg"].as_str().unwrap().contains("<svg"));
    let token = answer.json["link"].as_str().unwrap().strip_prefix("https://t.me/baton_bot?start=").unwrap().to_owned();
    (token, answer.json["already_registered"].as_bool().unwrap())
}

#[tokio::test]
async fn s3_only_telegram_itself_is_believed() {
    let house = House::open().await;
    let nothing = r#"{"update_id":1}"#;
    assert_eq!(call(&house, HOOK, nothing).await.status, 200);
    assert_eq!(call(&house, "wrong", nothing).await.problem(), (401, "unauthorized"));
    assert_eq!(call(&house, "", nothing).await.problem(), (401, "unauthorized"));
    assert_eq!(house.send(&format!("POST {PATH}"), &[], nothing).await.problem(), (401, "unauthorized"));
    assert_eq!(call(&house, HOOK, "{bad").await.status, 200, "refused, it would come again for ever");
    assert_eq!(
        house.send("POST /public/webhooks/telegram/other", &[], nothing).await.problem(),
        (404, "channel-not-found")
    );
    assert_eq!(house.send(&format!("GET {PATH}"), &[], "").await.problem(), (405, "method-not-allowed"));
}

#[tokio::test]
async fn e11_e13_an_agent_registers_by_a_link_that_works_once() {
    let house = House::with_people().await;
    assert_eq!(house.ask("GET /api/v1/telegram/registration/nobody", "").await.problem(), (404, "agent-not-found"));
    let wrong = format!("GET /api/v1/telegram/registration/{}", "x".repeat(101));
    assert_eq!(house.ask(&wrong, "").await.problem(), (400, "validation-failed"));
    let (token, already) = new_token(&house, "ana").await;
    assert!(!already);
    assert_eq!(start(&house, 1, -55, "group", &token).await, 200);
    assert!(chat_of(&house, "ana").await.is_null(), "a group is nobody's chat");
    assert_eq!(start(&house, 2, 1001, "private", "not-a-token").await, 200);
    assert!(chat_of(&house, "ana").await.is_null());
    assert_eq!(start(&house, 3, 1001, "private", &token).await, 200);
    assert_eq!(chat_of(&house, "ana").await, 1001);
    assert!(new_token(&house, "ana").await.1);
}

async fn says(house: &House, update: u32, chat: i64, text: &str) -> u16 {
    let message = serde_json::json!({
        "message_id": 1, "date": 1, "chat": { "id": chat, "type": "private" },
        "from": { "id": chat, "is_bot": false, "first_name": "x" }, "text": text,
    });
    call(house, HOOK, &serde_json::json!({ "update_id": update, "message": message }).to_string()).await.status
}

async fn offer_status(house: &House, reference: &str) -> serde_json::Value {
    let jobs = house.ask(&format!("GET /api/v1/jobs?external_ref={reference}"), "").await;
    jobs.json["items"][0]["offers"][0]["status"].clone()
}

#[tokio::test]
async fn an_update_that_is_repeated_changes_nothing() {
    let house = House::open().await;
    let ana = r#"{"agents":[{"ref":"ana","name":"Ana","phone":"+447700900001","telegram_chat_id":1001}]}"#;
    assert_eq!(house.ask("POST /api/v1/agents/sync", ana).await.status, 200);
    house.ask("POST /api/v1/jobs", r#"{"external_ref":"first","brief":{}}"#).await;
    assert_eq!(says(&house, 5, 1001, "NO").await, 200);
    assert_eq!(offer_status(&house, "first").await, "declined");
    house.ask("POST /api/v1/jobs", r#"{"external_ref":"second","brief":{}}"#).await;
    assert_eq!(says(&house, 5, 1001, "NO").await, 200);
    assert_eq!(offer_status(&house, "second").await, "open", "the NO to the first was taken for one to the second");
    assert_eq!(says(&house, 4, 1001, "NO").await, 200);
    assert_eq!(offer_status(&house, "second").await, "declined", "numbers need not come in order");
}

async fn member(house: &House, update: u32, chat: i64, status: &str) -> u16 {
    let member = serde_json::json!({
        "chat": { "id": chat, "type": "private" }, "from": { "id": chat, "first_name": "x" }, "date": 1,
        "old_chat_member": { "status": "member" }, "new_chat_member": { "status": status },
    });
    call(house, HOOK, &serde_json::json!({ "update_id": update, "my_chat_member": member }).to_string()).await.status
}

#[tokio::test]
async fn who_blocks_the_bot_is_noted_until_they_come_back() {
    let house = House::open().await;
    let ana = r#"{"agents":[{"ref":"ana","name":"Ana","phone":"+447700900001","telegram_chat_id":1001}]}"#;
    assert_eq!(house.ask("POST /api/v1/agents/sync", ana).await.status, 200);
    let blocked = async || house.ask("GET /api/v1/agents/ana", "").await.json["unreachable"][0] == "telegram";
    assert!(!blocked().await);
    assert_eq!(member(&house, 1, 1001, "kicked").await, 200);
    assert!(blocked().await);
    assert_eq!(member(&house, 2, 1001, "member").await, 200);
    assert!(!blocked().await);
    assert_eq!(member(&house, 3, 1001, "kicked").await, 200);
    assert_eq!(start(&house, 4, 1001, "private", "").await, 200);
    assert!(!blocked().await, "who writes to the bot lets it write");
    assert_eq!(member(&house, 5, 1001, "kicked").await, 200);
    assert_eq!(house.ask("PATCH /api/v1/agents/ana", r#"{"telegram_chat_id":1002}"#).await.status, 200);
    assert!(!blocked().await, "another chat is not blocked");
}

#[tokio::test]
async fn a_chat_that_moves_is_written_to_where_it_is() {
    let house = House::with_people().await;
    assert_eq!(house.ask("PATCH /api/v1/agents/ana", r#"{"telegram_chat_id":-55}"#).await.status, 200);
    assert_eq!(house.ask("PATCH /api/v1/desk", r#"{"telegram_chat_id":-55}"#).await.status, 200);
    let message = serde_json::json!({ "message_id": 1, "date": 1, "chat": { "id": -55, "type": "group" },
        "migrate_to_chat_id": -100_055 });
    let update = serde_json::json!({ "update_id": 1, "message": message });
    assert_eq!(call(&house, HOOK, &update.to_string()).await.status, 200);
    assert_eq!(chat_of(&house, "ana").await, -100_055);
    assert_eq!(house.ask("GET /api/v1/desk", "").await.json["telegram_chat_id"], -100_055);
}

#[tokio::test]
async fn e14_somebody_who_found_the_link_takes_nobodys_place() {
    let house = House::with_people().await;
    let (token, _) = new_token(&house, "ana").await;
    start(&house, 1, 1001, "private", &token).await;
    start(&house, 2, 6666, "private", &token).await;
    assert_eq!(chat_of(&house, "ana").await, 1001);
    let (second, _) = new_token(&house, "ana").await;
    start(&house, 3, 6666, "private", &second).await;
    assert_eq!(chat_of(&house, "ana").await, 1001);
}
