use std::time::Duration;

use baton_core::delivery::ChannelKind;
use serde_json::{Value, json};

use crate::http::sample::{Answered, House, agent};
use crate::replies::consent::given;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// A person who has said something of mails and of SMS.
async fn ana(house: &House, more: Value) -> String {
    let mut body = json!({ "phone": "+447700900001", "email": "ana@example.com" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(house.ask("PUT /api/v1/agents/ana", &body.to_string()).await.status, 200);
    let said = |channel: &str, purpose: &str, status: &str| json!({ "channel": channel, "purpose": purpose, "status": status, "source": "form", "at": "2026-01-02T00:00:00Z" });
    let consents = [said("email", "all", "opted_in"), said("sms", "news", "opted_out")];
    let put = house.ask("PUT /api/v1/agents/ana/consents", &json!({ "consents": consents }).to_string()).await;
    assert_eq!(put.status, 200, "{}", put.text);
    let link = house.ask("POST /api/v1/agents/ana/preferences-link", "").await;
    assert_eq!(link.status, 200, "{}", link.text);
    let url = link.json["url"].as_str().unwrap();
    url[url.find("/public/").unwrap()..].to_owned()
}

async fn shows(house: &House, path: &str) -> String {
    let page = house.send(&format!("GET {path}"), &[], "").await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

/// Sends the page as a browser would: every field as it stands, but for these.
async fn sends(house: &House, path: &str, page: &str, instead: &[(&str, &str)]) -> Answered {
    let mut fields = fields(page);
    for (name, value) in instead {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    house.send(&format!("POST {path}"), &FORM, &body).await
}

/// The fields that a browser sends of a page.
fn fields(page: &str) -> Vec<(String, String)> {
    let value = |tag: &str, name: &str| {
        let after = tag.split_once(&format!(" {name}=\""))?.1;
        after.split_once('"').map(|(value, _)| value.to_owned())
    };
    let mut fields = Vec::new();
    for tag in page.split('<').skip(1) {
        let is_sent = !tag.contains("type=\"radio\"") || tag.contains(" checked");
        if let (true, true, Some(name)) = (tag.starts_with("input "), is_sent, value(tag, "name")) {
            fields.push((name, value(tag, "value").unwrap_or_default()));
        } else if let (true, Some(name)) = (tag.starts_with("select "), value(tag, "name")) {
            fields.push((name, String::new()));
        } else if tag.starts_with("option ") && tag.contains(" selected") {
            fields.last_mut().unwrap().1 = value(tag, "value").unwrap();
        }
    }
    assert!(fields.iter().any(|(name, _)| name == "was.locale"), "{page}");
    fields
}

async fn seen(house: &House) -> Value {
    house.ask("GET /api/v1/agents/ana", "").await.json
}

async fn standing(house: &House, channel: &str, purpose: &str) -> Value {
    let consents = seen(house).await["consents"].as_array().unwrap().clone();
    let is = |consent: &&Value| consent["channel"] == channel && consent["purpose"] == purpose;
    consents.iter().find(is).cloned().unwrap_or_default()
}

#[tokio::test]
async fn f3_looking_changes_nothing_and_neither_does_sending_the_page_as_it_is() {
    let house = House::with_people().await;
    let path =
        ana(&house, json!({ "quiet_hours": { "from": "22:00", "to": "07:00" }, "time_zone": "Europe/London" })).await;
    let before = seen(&house).await;
    for method in ["GET", "HEAD"] {
        assert_eq!(house.send(&format!("{method} {path}"), &[], "").await.status, 200);
    }
    let page = shows(&house, &path).await;
    assert_eq!(sends(&house, &path, &page, &[]).await.status, 200);
    assert_eq!(house.send(&format!("POST {path}"), &FORM, "").await.status, 200, "a scanner that posts");
    assert_eq!(seen(&house).await, before);
    for masked in ["a***@example.com", "+***01"] {
        assert!(page.contains(masked), "no {masked} in {page}");
    }
    for private in ["ana@", "447700900001", "<script", "Ana"] {
        assert!(!page.contains(private), "{private} in {page}");
    }
}

#[tokio::test]
async fn f3_a_choice_is_kept_with_its_source_and_the_version_of_the_words() {
    let house = House::with_people().await;
    let path = ana(&house, json!({})).await;
    let page = shows(&house, &path).await;
    let saved = sends(&house, &path, &page, &[("email.notifications", "no"), ("sms.dispatch", "yes")]).await;
    assert_eq!(saved.status, 200);
    assert!(saved.text.contains("It is noted."), "{}", saved.text);
    let no = standing(&house, "email", "notifications").await;
    assert_eq!((&no["status"], &no["source"]), (&"opted_out".into(), &"preferences".into()));
    assert!(no["wording"].as_str().unwrap().starts_with("preferences.en."), "{no}");
    assert_eq!(standing(&house, "sms", "dispatch").await["status"], "opted_in");
    assert_eq!(standing(&house, "email", "all").await["source"], "form", "what was not touched stays");
    assert_eq!(seen(&house).await["consents"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn d12_an_old_page_ends_no_opt_out_that_came_after_it() {
    let house = House::with_people().await;
    let path = ana(&house, json!({})).await;
    let old = shows(&house, &path).await;
    let stop =
        json!({ "consents": [{ "channel": "email", "purpose": "all", "status": "opted_out", "source": "reply" }] });
    assert_eq!(house.ask("PUT /api/v1/agents/ana/consents", &stop.to_string()).await.status, 200);
    assert_eq!(sends(&house, &path, &old, &[("email.dispatch", "yes"), ("locale", "ru")]).await.status, 200);
    assert_eq!(standing(&house, "email", "all").await["status"], "opted_out");
    let new = shows(&house, &path).await;
    assert_eq!(sends(&house, &path, &new, &[("email.all", "yes")]).await.status, 200);
    assert_eq!(standing(&house, "email", "all").await["status"], "opted_in");
}

#[tokio::test]
async fn d12_the_same_page_sent_again_ends_no_opt_out_that_came_after_it() {
    let house = House::with_people().await;
    let path = ana(&house, json!({})).await;
    let page = shows(&house, &path).await;
    let yes = [("sms.all", "yes")];
    assert_eq!(sends(&house, &path, &page, &yes).await.status, 200);
    assert_eq!(standing(&house, "sms", "all").await["status"], "opted_in");
    let clock = &house.door.clock;
    clock.sleep_until(clock.now() + Duration::from_millis(2)).await;
    given(&house.door.engine, agent("ana"), Some(ChannelKind::Sms), false, "STOP").await.unwrap();
    let no = standing(&house, "sms", "all").await;
    assert_eq!(no["status"], "opted_out");
    let again = sends(&house, &path, &page, &yes).await;
    assert_eq!((again.status, standing(&house, "sms", "all").await), (200, no.clone()));
    assert!(again.text.contains("You said No after that page was shown"), "{}", again.text);
    let (later, none) = ((house.door.clock.now() + Duration::from_hours(1)).0.to_string(), String::new());
    for moment in [later, none] {
        assert_eq!(sends(&house, &path, &page, &[yes[0], ("shown_at", &moment)]).await.status, 200);
        assert_eq!(standing(&house, "sms", "all").await, no, "{moment:?} is no moment at which it was shown");
    }
    assert!(sends(&house, &path, &again.text, &yes).await.text.contains("It is noted."));
    assert_eq!(
        standing(&house, "sms", "all").await["status"],
        "opted_in",
        "they have seen their no, and think otherwise"
    );
}

#[tokio::test]
async fn f3_everything_ends_by_one_button_also_where_there_is_no_address_yet() {
    let house = House::with_people().await;
    let path = ana(&house, json!({})).await;
    let page = shows(&house, &path).await;
    assert_eq!(sends(&house, &path, &page, &[("everything", "no"), ("sms.all", "yes")]).await.status, 200);
    for channel in ["telegram", "whatsapp", "sms", "email"] {
        assert_eq!(standing(&house, channel, "all").await["status"], "opted_out", "{channel}");
    }
}

#[tokio::test]
async fn f1_language_zone_and_rest_are_theirs_to_choose() {
    let house = House::with_people().await;
    let path = ana(&house, json!({})).await;
    let page = shows(&house, &path).await;
    let chosen = [("locale", "he"), ("time_zone", "Asia/Jerusalem"), ("quiet_from", "21:30"), ("quiet_to", "07:15")];
    let saved = sends(&house, &path, &page, &chosen).await;
    assert!(saved.text.contains(r#"<html lang="he" dir="rtl">"#) && saved.text.contains("נרשם"), "{}", saved.text);
    let ana = seen(&house).await;
    assert_eq!((&ana["locale"], &ana["time_zone"]), (&"he".into(), &"Asia/Jerusalem".into()));
    assert_eq!(ana["quiet_hours"], json!({ "from": "21:30", "to": "07:15" }));
    let page = shows(&house, &path).await;
    for wrong in [[("time_zone", "Mars/<b>Base</b>")], [("quiet_to", "")], [("quiet_from", "99:99")]] {
        let told = sends(&house, &path, &page, &wrong).await;
        assert_eq!(told.status, 400, "{wrong:?}");
        assert!(told.text.contains("role=\"alert\"") && !told.text.contains("<b>"), "{}", told.text);
    }
    for strange in [("locale", "xx"), ("email.all", "perhaps")] {
        assert_eq!(sends(&house, &path, &page, &[strange]).await.status, 400, "{strange:?}");
    }
    assert_eq!(seen(&house).await["version"], ana["version"]);
    let empty = [("locale", ""), ("time_zone", ""), ("quiet_from", ""), ("quiet_to", "")];
    assert_eq!(sends(&house, &path, &page, &empty).await.status, 200);
    let ana = seen(&house).await;
    assert!(ana["locale"].is_null() && ana["time_zone"].is_null() && ana["quiet_hours"].is_null(), "{ana}");
}

#[tokio::test]
async fn a_link_for_something_else_chooses_nothing_and_another_tenants_key_gets_none() {
    let house = House::with_people().await;
    let path = ana(&house, json!({})).await;
    let unsubscribe = format!("/public/preferences/{}", house.door.links.unsubscribe(agent("ana")));
    let gone = format!("/public/preferences/{}", house.door.links.preferences(agent("nobody")));
    for wrong in [unsubscribe.as_str(), &gone, &format!("{path}x"), "/public/preferences/AAAA"] {
        for method in ["GET", "POST"] {
            let answer = house.send(&format!("{method} {wrong}"), &FORM, "everything=no").await;
            assert_eq!(answer.status, 404, "{method} {wrong}");
        }
    }
    assert_eq!(house.send("GET /public/preferences", &[], "").await.status, 400);
    assert_eq!(standing(&house, "sms", "all").await, Value::Null);
    let other = [("x-api-key", crate::http::sample::OTHER)];
    let link = house.send("POST /api/v1/agents/ana/preferences-link", &other, "").await;
    assert_eq!(link.problem(), (404, "agent-not-found"));
}
