//! A crew without a group: WhatsApp has none for this, so the same wave becomes a message to each, under one claim.

use baton::simulator::provider::{Provider, Taken};
use serde_json::{Value, json};

use super::callbacks::{caller, meta_calls, meta_town, shown};
use super::crew::{PRIVATE, pairs, verdicts};
use super::desk::{Job, offer_of, open_offers};
use super::group::for_the_group;
use super::town::{Town, phone_number};

fn digits(no: u16) -> String {
    phone_number(no).trim_start_matches('+').to_owned()
}

async fn has_offer(provider: &Provider, no: u16, job: &Job) -> Taken {
    let theirs = |taken: &Taken| taken.to == digits(no) && taken.text.contains(&format!("Job offer {}", job.code));
    shown(provider, &format!("the offer to {no}"), theirs).await
}

async fn is_told(provider: &Provider, no: u16, words: &str) {
    shown(provider, &format!("{no} is told {words:?}"), |taken| taken.to == digits(no) && taken.text.contains(words))
        .await;
}

/// Person `no` answers with what WhatsApp makes of it.
async fn answers(town: &Town, id: &str, no: u16, more: Value) {
    let mut message = json!({ "id": id, "from": digits(no), "timestamp": "1" });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(meta_calls(town, json!({ "messages": [message] })).await.status, 200);
}

fn tap(offer: &Taken, button: usize) -> Value {
    let (id, title) = &offer.buttons[button];
    json!({ "type": "interactive", "interactive": { "type": "button_reply", "button_reply": { "id": id, "title": title } } })
}

fn text(said: &str) -> Value {
    json!({ "type": "text", "text": { "body": said } })
}

#[tokio::test]
async fn c7_without_a_group_each_is_asked_in_whatsapp_and_one_has_it() {
    let (town, provider) = meta_town(true, &[]).await;
    town.knows(vec![caller("ana", 1), caller("bo", 2), caller("cy", 3), caller("di", 4)]).await;
    let job = town.desk().publishes(for_the_group("c7-whatsapp")).await;
    let mut offers = Vec::new();
    for no in 1..=4 {
        offers.push(has_offer(&provider, no, &job).await);
    }
    let seen = town.desk().sees(&job).await;
    assert_eq!((open_offers(&seen), seen["publications"].is_null()), (4, true), "{seen}");
    assert!(offers.iter().all(|offer| PRIVATE.iter().all(|said| !offer.body.contains(said))));

    // One says no; two say yes in the same moment, one by the button and one in a word.
    answers(&town, "wamid.di", 4, tap(&offers[3], 1)).await;
    town.desk().sees_offer(&job, "di", "declined").await;
    let ((), ()) = tokio::join!(
        answers(&town, "wamid.bo", 2, tap(&offers[1], 0)),
        answers(&town, "wamid.ana", 1, text(&format!("YES {}", job.code))),
    );
    let claimed = town.desk().waits(&job, "one has it and one is in line", |job| job["standby"][0].is_object()).await;
    let bo_won = claimed["claim"]["agent"]["ref"] == "bo";
    let ((first, winner), (second, waiting)) = if bo_won { (("bo", 2), ("ana", 1)) } else { (("ana", 1), ("bo", 2)) };
    assert_eq!((&claimed["claim"]["agent"]["ref"], &claimed["standby"][0]["ref"]), (&json!(first), &json!(second)));
    is_told(&provider, winner, "is yours").await;
    is_told(&provider, waiting, "You are number 1 in line").await;
    is_told(&provider, 3, "somebody else").await;
    assert_eq!(open_offers(&town.desk().sees(&job).await), 0);
    assert_eq!(offer_of(&claimed, "cy").unwrap()["status"], "taken");

    // Back from the winner, it goes to who stands in line.
    answers(&town, "wamid.back", winner, text("withdraw")).await;
    is_told(&provider, waiting, "is yours").await;
    town.sends_all_it_owes().await;
    assert_eq!(verdicts(&town, &job).await, pairs(&[(first, "claimed"), (second, "job-already-claimed")]));
    let ledger = town.door.get(&job.path("/ledger")).await.is(200);
    assert!(ledger["items"].as_array().unwrap().iter().all(|attempt| attempt["channel"] == "whatsapp"), "{ledger}");
    let offered = provider.taken().into_iter().filter(|taken| taken.text.contains("Job offer")).count();
    assert_eq!(offered, 4, "each was asked once");
}
