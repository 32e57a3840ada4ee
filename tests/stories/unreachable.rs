//! Nobody answers because nobody could be reached: that is not silence, and the desk is told so.

use baton::simulator::telegram::Fault;
use serde_json::json;

use super::desk::order;
use super::phone::Phone;
use super::town::{person, town};
use super::wait::until;

#[tokio::test]
async fn c11_when_every_channel_to_everybody_of_a_wave_fails_the_desk_is_told_until_somebody_is_reached() {
    let town = town().await;
    let tagged = |name: &str, no: u16, tag: &str| {
        let mut known = person(name, no);
        known["tags"] = json!([tag, "van"]);
        known
    };
    town.knows(vec![tagged("ana", 1, "first"), tagged("bo", 2, "first"), tagged("cy", 3, "second")]).await;
    // As often as it is tried.
    let fails = |phone: &Phone| (0..4).for_each(|_| phone.next_call_meets(Fault::Broken));
    let phones = [1, 2, 3].map(|no| town.phone(no));
    let waves =
        |tags: [&str; 2]| tags.map(|tag| json!({ "mode": "everybody", "claim_within": "30m", "tags": [tag] })).to_vec();
    for phone in &phones[..2] {
        fails(phone);
    }
    let job = town.desk().publishes(order("unreachable").asking(json!(waves(["first", "second"])))).await;
    phones[2].shows_offer(&job).await;
    let desk = town.desk_phone();
    let told = until("the desk is told, and that it is over", async || {
        let all = desk.chat.messages().into_iter();
        all.filter(|message| message.text.contains(&job.code)).find(|message| message.text.contains('✔'))
    })
    .await;
    assert!(told.buttons.is_empty(), "{told:?}");
    let said = |message: &baton::simulator::telegram::Message| message.text.contains("every channel to them failed");

    // Nobody else is left to ask: it stands, with its buttons.
    for phone in &phones[..2] {
        fails(phone);
    }
    let lost = town.desk().publishes(order("lost").asking(json!(waves(["first", "nobody"])))).await;
    let standing = until("the desk is told", async || {
        let all = desk.chat.messages().into_iter().filter(|message| message.text.contains(&lost.code));
        all.filter(said).find(|message| message.has_button("Cancel job"))
    })
    .await;
    town.desk().sees_it(&lost, "unfilled").await;
    // Silence is another thing: who was reached and says nothing is not unreachable.
    let silent = town
        .desk()
        .publishes(order("silent").one_by_one("1s").asking(json!([
            { "mode": "everybody", "claim_within": "1s", "tags": ["first"] }
        ])))
        .await;
    town.desk().sees_it(&silent, "unfilled").await;
    town.sends_all_it_owes().await;
    let about = |message: &baton::simulator::telegram::Message| message.text.contains(&silent.code) && said(message);
    assert!(!desk.chat.messages().iter().any(about));
    // It resolves with the job.
    town.desk().tells(&lost, "cancel", json!({})).await.is(200);
    until("its buttons are gone", async || {
        let message = desk.chat.messages().into_iter().find(|message| message.id == standing.id);
        message.filter(|message| message.buttons.is_empty())
    })
    .await;
}
