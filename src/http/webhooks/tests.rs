//! What providers told, as an operator sees it, and how it is replayed.

use baton_actors::records::Told as Record;
use baton_actors::store::keys::Key;
use baton_actors::store::{StepWrites, Write, codec};
use baton_core::ids::TenantId;
use baton_core::time::Timestamp;

use crate::http::sample::{House, OTHER};
use crate::webhooks::news::{Channel, News, Wrote};

/// A text that came in and was not acted upon, or was.
async fn kept(house: &House, id: &str, at: i64, done: bool) {
    let (digits, text) = ("447700900001".to_owned(), "help".to_owned());
    let news = News::Wrote(Wrote { channel: Channel::Sms, digits, text, about: None });
    let record = Record::News { at: Timestamp(at), done, news: serde_json::to_vec(&news).unwrap() };
    let key = Key::Inbox { tenant: TenantId::DEFAULT, account: "twilio".to_owned(), id: id.to_owned() }.bytes();
    let value = Some(codec::seal(&record, 1, 1).unwrap());
    let writes = StepWrites { check: None, writes: vec![Write { key, value }] };
    house.door.engine.house().committer.store_rows(writes).await.unwrap();
}

#[tokio::test]
async fn what_was_told_is_listed_without_what_people_wrote() {
    let house = House::with_people().await;
    kept(&house, "SM1", 1_000, false).await;
    kept(&house, "SM2", 2_000, true).await;
    let all = house.ask("GET /api/v1/webhooks", "").await;
    let ids = |answer: &serde_json::Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&all.json), ["SM1", "SM2"], "{}", all.text);
    let first = &all.json["items"][0];
    assert_eq!(
        (&first["account"], &first["channel"], &first["what"]),
        (&"twilio".into(), &"sms".into(), &"text".into())
    );
    assert!(!all.text.contains("7700900001") && !all.text.contains("help"), "{}", all.text);
    for (query, found) in [
        ("?done=false", vec!["SM1"]),
        ("?done=true", vec!["SM2"]),
        ("?since=1970-01-01T00:00:02Z", vec!["SM2"]),
        ("?id=SM1", vec!["SM1"]),
        ("?account=meta", vec![]),
        ("?limit=1", vec!["SM1"]),
    ] {
        assert_eq!(ids(&house.ask(&format!("GET /api/v1/webhooks{query}"), "").await.json), found, "{query}");
    }
    let page = house.ask("GET /api/v1/webhooks?limit=1", "").await.json;
    let next = format!("GET /api/v1/webhooks?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    let next = house.ask(&next, "").await.json;
    assert_eq!((ids(&next), next["next_cursor"].is_null()), (vec!["SM2".to_owned()], true));
    let theirs = house.send("GET /api/v1/webhooks", &[("x-api-key", OTHER)], "").await;
    assert_eq!(ids(&theirs.json), Vec::<String>::new(), "another tenant's accounts are none of theirs");
    for wrong in ["?done=maybe", "?since=yesterday", "?limit=0", "?what=x"] {
        assert_eq!(house.ask(&format!("GET /api/v1/webhooks{wrong}"), "").await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn what_was_left_undone_is_replayed_once_and_what_was_done_never() {
    let house = House::with_people().await;
    kept(&house, "SM1", 1_000, false).await;
    kept(&house, "SM2", 2_000, true).await;
    let replayed = house.ask("POST /api/v1/webhooks/replay", r#"{"account":"twilio"}"#).await;
    assert_eq!((replayed.status, &replayed.json["replayed"], &replayed.json["done"]), (200, &1.into(), &1.into()));
    house.has_acted("twilio", "SM1").await;
    let again = house.ask("POST /api/v1/webhooks/replay", "{}").await.json;
    assert_eq!((&again["replayed"], &again["done"], &again["more"]), (&0.into(), &2.into(), &false.into()));
    let wrong = house.ask("POST /api/v1/webhooks/replay", r#"{"since":"yesterday","every":true}"#).await;
    assert_eq!(wrong.problem(), (400, "validation-failed"), "{}", wrong.text);
}
