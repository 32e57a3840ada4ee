//! Section 4: registration with the Telegram bot.

use super::desk::order;
use super::town::{Town, phone_number, town, town_with};
use serde_json::{Value, json};

/// An agent without a chat, and what the desk is given to register them.
async fn registering(town: &Town, name: &str, no: u16) -> Value {
    town.knows(vec![json!({ "ref": name, "name": name, "phone": phone_number(no) })]).await;
    town.door.get(&format!("/api/v1/telegram/registration/{name}")).await.is(200)
}

fn token(view: &Value) -> String {
    view["link"].as_str().unwrap().split_once("start=").unwrap().1.to_owned()
}

#[tokio::test]
async fn e11_a_registration_is_a_link_and_a_picture_of_it() {
    let town = town().await;
    let view = registering(&town, "ana", 1).await;
    assert!(view["link"].as_str().unwrap().starts_with("https://t.me/baton_bot?start="), "{view}");
    assert!(view["qr_png"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert!(view["qr_svg"].as_str().unwrap().contains("<svg"));
    assert_eq!(view["already_registered"], false);
    town.door.get("/api/v1/telegram/registration/nobody").await.refuses(404, "agent-not-found");
    let long = "x".repeat(200);
    town.door.get(&format!("/api/v1/telegram/registration/{long}")).await.refuses(400, "validation-failed");
    let without = town_with(&[("CHANNELS__TELEGRAM__ENABLED", "off")]).await;
    without.knows(vec![json!({ "ref": "ana", "phone": phone_number(1) })]).await;
    without.door.get("/api/v1/telegram/registration/ana").await.refuses(503, "telegram-not-configured");
}

#[tokio::test]
async fn e13_who_comes_by_the_link_is_welcome_once() {
    let town = town_with(&[("LINKS__REGISTRATION_TTL", "2s")]).await;
    let view = registering(&town, "ana", 1).await;
    let ana = town.phone(1);
    town.bot.chat(-500).types_as(1001, &format!("/start {}", token(&view)));
    ana.chat.starts(&token(&view));
    ana.shows("Welcome, ana").await;
    ana.chat.starts(&token(&view));
    ana.shows("already registered").await;
    let again = town.door.get("/api/v1/telegram/registration/ana").await.is(200);
    assert_eq!(again["already_registered"], true);
    let agent = town.door.get("/api/v1/agents/ana").await.is(200);
    assert_eq!(agent["telegram_chat_id"], 1001);
    let job = town.desk().publishes(order("e13")).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    let bo = town.phone(2);
    bo.chat.starts("nonsense");
    bo.shows("used up, expired or not ours").await;
    let late = registering(&town, "cy", 3).await;
    super::wait::a_moment(std::time::Duration::from_millis(2100)).await;
    let cy = town.phone(3);
    cy.chat.starts(&token(&late));
    cy.shows("used up, expired or not ours").await;
    assert!(town.door.get("/api/v1/agents/cy").await.is(200)["telegram_chat_id"].is_null());
    assert!(town.bot.chat(-500).messages().iter().all(|message| message.from.is_some()), "a group is not answered");
}

#[tokio::test]
async fn e14_nobody_takes_over_a_registration() {
    let town = town().await;
    let view = registering(&town, "ana", 1).await;
    let (ana, thief) = (town.phone(1), town.phone(66));
    ana.chat.starts(&token(&view));
    ana.shows("Welcome, ana").await;
    thief.chat.starts(&token(&view));
    thief.shows("used up, expired or not ours").await;
    let job = town.desk().publishes(order("e14")).await;
    ana.shows_offer(&job).await;
    assert_eq!(
        (town.door.get("/api/v1/agents/ana").await.is(200)["telegram_chat_id"].clone(), thief.offers(&job)),
        (json!(1001), 0)
    );
}
