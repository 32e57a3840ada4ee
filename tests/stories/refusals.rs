//! What a provider's answer to a call tells of the person it was for: they have said no, or their address is dead.

use baton::simulator::provider::{Fault, Provider, twilio};
use serde_json::{Value, json};

use super::callbacks::{caller, events, shown, texts, twilio_tells, twilio_town, twilio_town_with};
use super::desk::order;
use super::town::{Town, person, phone_number};
use super::wait::until;

fn no(code: u32) -> Fault {
    Fault::Refused(twilio::error(400, code, "not to them"))
}

async fn agent(town: &Town, who: &str) -> Value {
    town.door.get(&format!("/api/v1/agents/{who}")).await.is(200)
}

/// A note to ana by SMS, which ends as failed.
async fn fails(town: &Town, reference: &str) -> Value {
    let yes = json!([{ "channel": "sms", "status": "opted_in" }]);
    let ana = json!({ "contact": { "ref": "ana", "name": "Ana", "phone": phone_number(1), "consents": yes } });
    let note = json!({ "external_ref": reference, "event_type": "parcel.ready", "channel": "sms", "template": "note",
        "payload": { "subject": "Parcel", "message": "Your parcel is ready." }, "recipient": ana });
    town.door.post("/api/v1/notifications", note).await.is(202);
    until(reference, async || {
        let seen = town.door.get(&format!("/api/v1/notifications/by-ref/{reference}")).await.is(200);
        (seen["status"] == "failed").then_some(seen)
    })
    .await
}

fn texts_to(provider: &Provider, no: u16) -> usize {
    provider.taken().iter().filter(|taken| taken.to == phone_number(no)).count()
}

#[tokio::test]
async fn d12_a_call_refused_because_they_said_stop_is_the_last() {
    let (mut town, provider) = twilio_town().await;
    town.knows(vec![caller("ana", 1), caller("bo", 2)]).await;
    provider.next_call_meets(no(21_610));
    let job = town.desk().publishes(order("d12-refused").one_by_one("30m")).await;
    shown(&provider, "bo's offer", |taken| taken.to == phone_number(2)).await;
    town.desk().sees_offer(&job, "ana", "failed").await;
    // It was stored before the job heard of it: a fall right then changes nothing.
    town.kill_9().await;
    town.starts_again().await;
    let said = town.door.get("/api/v1/agents/ana/consents").await.is(200);
    let all = said["consents"].as_array().unwrap();
    let no = all.iter().find(|one| one["status"] == "opted_out").unwrap_or_else(|| panic!("a no: {said}"));
    assert_eq!((&no["channel"], &no["purpose"], &no["source"]), (&json!("sms"), &json!("all"), &json!("provider")));
    assert!(no["at"].is_string(), "{no}");
    let next = town.desk().publishes(order("d12-after").one_by_one("30m")).await;
    // The first may have been on its way during the fall, and come again.
    shown(&provider, "bo's second offer", |taken| taken.to == phone_number(2) && taken.text.contains(&next.code)).await;
    let explained = town.desk().explains(&next).await.to_string();
    assert!(explained.contains("opted-out"), "{explained}");
    assert_eq!(texts_to(&provider, 1), 0);
    assert_eq!(agent(&town, "ana").await["reach"], json!([]), "a no is no dead address");
}

#[tokio::test]
async fn f5_an_address_that_refuses_three_messages_is_paused_and_the_desk_hears_of_it_once() {
    let (town, provider) = twilio_town().await;
    let desk = town.desk_phone();
    for round in 1..=3 {
        assert!(desk.is_silent(), "before the third: {round}");
        provider.next_call_meets(no(21_211));
        let seen = fails(&town, &format!("dead-{round}")).await;
        assert!(seen["deliveries"][0]["reason"].as_str().unwrap().starts_with("21211"), "{seen}");
        let reach = &agent(&town, "ana").await["reach"][0];
        assert_eq!((&reach["channel"], &reach["failures"]), (&json!("sms"), &json!(round)), "{reach}");
    }
    let told = desk.shows("Nothing arrives any more").await;
    assert!(told.text.contains("Ana (ana) by sms (+***01)"), "{}", told.text);
    assert!(!told.text.contains(&phone_number(1)), "{}", told.text);
    // Nothing goes there any more, and nobody is told again.
    let seen = fails(&town, "dead-4").await;
    assert!(seen.to_string().contains("address-paused"), "{seen}");
    town.sends_all_it_owes().await;
    assert_eq!((texts_to(&provider, 1), desk.chat.messages().len()), (0, 1));
}

#[tokio::test]
async fn f5_a_victory_that_did_not_arrive_goes_by_the_next_channel() {
    let (town, provider) = twilio_town_with(&[("TENANTS__DEFAULT__FALLBACK_AFTER", "10m")]).await;
    let mut ana = person("ana", 1);
    ana["channels"] = json!(["sms", "telegram"]);
    town.knows(vec![ana]).await;
    let telegram = town.phone(1);
    let job = town.desk().publishes(order("f5-victory").one_by_one("30m")).await;
    shown(&provider, "ana's offer", |taken| taken.text.contains("ACCEPT")).await;
    texts(&town, &phone_number(1), "YES", "SM1").await;
    let won = shown(&provider, "ana is told", |taken| taken.text.contains("is yours")).await;
    assert!(telegram.is_silent());
    twilio_tells(&town, &won, "undelivered", "30005").await;
    telegram.shows_victory(&job).await;
    // Told twice it goes on once, and the address is known to have failed.
    twilio_tells(&town, &won, "failed", "30005").await;
    let agent = agent(&town, "ana").await;
    assert_eq!((&agent["reach"][0]["channel"], &agent["reach"][0]["failures"]), (&json!("sms"), &json!(1)), "{agent}");
    let events = events(&town, &job).await;
    assert_eq!(events.iter().filter(|event| *event == "message_rerouted").count(), 1, "{events:?}");
    assert!(!events.contains(&"message_failed".to_owned()), "{events:?}");
}
