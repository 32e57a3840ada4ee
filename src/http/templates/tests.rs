//! Templates over HTTP.

use serde_json::{Value, json};

use crate::http::sample::{ADMIN, House, OTHER};

fn sms(more: &Value) -> String {
    let mut body = json!({"key": "pickup", "channel": "sms", "locale": "en",
        "parts": {"text": "Hello {{ agent }}, we come {{ at|moment }}."},
        "variables": [{"name": "at", "sample": "2027-01-30T14:30:00Z"}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

#[tokio::test]
async fn f4_a_template_is_stored_once_a_version_listed_and_shown() {
    let house = House::open().await;
    let made = house.ask("POST /api/v1/templates", &sms(&json!({}))).await;
    assert_eq!(
        (made.status, &made.json["version"], &made.json["state"]),
        (201, &1.into(), &"draft".into()),
        "{}",
        made.text
    );
    assert_eq!(made.json["variables"][0]["sample"], "2027-01-30T14:30:00Z");
    let again = house.ask("POST /api/v1/templates", &sms(&json!({"version": 1}))).await;
    assert_eq!(again.problem(), (409, "template-exists"));
    assert_eq!(house.ask("POST /api/v1/templates", &sms(&json!({"state": "active"}))).await.json["version"], 2);
    assert_eq!(house.ask("POST /api/v1/templates", &sms(&json!({"locale": "ru"}))).await.json["version"], 1);
    let shown = house.ask("GET /api/v1/templates/pickup/sms/en/1", "").await;
    assert_eq!(shown.json["created_by"], "desk", "{}", shown.text);
    for (query, expected) in
        [("", 3), ("?key=pickup&locale=en", 2), ("?state=active", 1), ("?channel=email", 0), ("?key=other", 0)]
    {
        let listed = house.ask(&format!("GET /api/v1/templates{query}"), "").await;
        assert_eq!(listed.json["items"].as_array().unwrap().len(), expected, "{query}: {}", listed.text);
    }
    let first = house.ask("GET /api/v1/templates?limit=2", "").await;
    let next = first.json["next_cursor"].as_str().unwrap();
    let rest = house.ask(&format!("GET /api/v1/templates?limit=2&cursor={next}"), "").await;
    assert_eq!(rest.json["items"][0]["locale"], "ru", "{}", rest.text);
    for bad in ["?channel=pigeon", "?state=new", "?key=a%20b", "?tenant=x", "?cursor=eA"] {
        assert_eq!(house.ask(&format!("GET /api/v1/templates{bad}"), "").await.problem().0, 400, "{bad}");
    }
    let theirs = house.send("GET /api/v1/templates/pickup/sms/en/1", &[("x-api-key", OTHER)], "").await;
    assert_eq!(theirs.problem(), (404, "template-not-found"));
}

#[tokio::test]
async fn f4_one_version_is_active_and_only_drafts_are_deleted() {
    let house = House::open().await;
    let at = |version: u32, action: &str| format!("POST /api/v1/templates/pickup/sms/en/{version}{action}");
    for _ in 0..3 {
        assert_eq!(house.ask("POST /api/v1/templates", &sms(&json!({}))).await.status, 201);
    }
    assert_eq!(house.ask(&at(1, "/activate"), "").await.json["state"], "active");
    assert_eq!(house.ask(&at(2, "/activate"), "").await.json["state"], "active");
    assert_eq!(house.ask("GET /api/v1/templates/pickup/sms/en/1", "").await.json["state"], "disabled");
    assert_eq!(house.ask(&at(2, "/disable"), "").await.json["state"], "disabled");
    assert_eq!(house.ask(&at(9, "/disable"), "").await.problem(), (404, "template-not-found"));
    assert_eq!(house.ask("DELETE /api/v1/templates/pickup/sms/en/3", "").await.status, 204);
    assert_eq!(house.ask("DELETE /api/v1/templates/pickup/sms/en/3", "").await.problem(), (404, "template-not-found"));
    assert_eq!(house.ask("DELETE /api/v1/templates/pickup/sms/en/2", "").await.problem(), (409, "template-in-use"));
    for bad in ["pickup/pigeon/en/1", "pickup/sms/e/1", "pickup/sms/en/0", "pickup/sms/en/x", "a%20b/sms/en/1"] {
        assert_eq!(house.ask(&format!("GET /api/v1/templates/{bad}"), "").await.problem(), (400, "validation-failed"));
    }
}

#[tokio::test]
async fn f4_a_wrong_template_is_refused_with_everything_that_is_wrong() {
    let house = House::open().await;
    let wrong = json!({"key": "a b", "channel": "pigeon", "state": "disabled", "parts": {"body": "x"},
        "variables": [{"name": "1st"}, {"name": "agent"}], "providers": [{"provider": "meta", "content_sid": "x"}]});
    let answer = house.ask("POST /api/v1/templates", &wrong.to_string()).await;
    let fields: Vec<_> =
        answer.json["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    for field in [
        "key",
        "channel",
        "locale",
        "state",
        "parts.body",
        "variables[0].name",
        "variables[1].name",
        "providers[0].name",
        "providers[0].language",
        "providers[0].content_sid",
    ] {
        assert!(fields.contains(&field), "{field} in {}", answer.text);
    }
    let text = json!({"parts": {"text": "{{ at }}\n{{ adress }} {{ floor }}"}});
    let answer = house.ask("POST /api/v1/templates", &sms(&text)).await;
    let told: Vec<_> =
        answer.json["errors"].as_array().unwrap().iter().map(|error| error["message"].as_str().unwrap()).collect();
    assert_eq!(told, ["line 2: adress is used and not declared", "line 2: floor is used and not declared"]);
    let twice = json!({"variables": [{"name": "at"}, {"name": "at"}]});
    assert_eq!(house.ask("POST /api/v1/templates", &sms(&twice)).await.json["errors"][0]["field"], "variables");
    assert_eq!(house.ask("GET /api/v1/templates", "").await.json["total"], 0);
}

#[tokio::test]
async fn f4_a_preview_shows_what_the_channel_gets() {
    let house = House::open().await;
    let preview = |template: String, more: Value| {
        let mut body = json!({"template": serde_json::from_str::<Value>(&template).unwrap(), "name": "Ana"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.to_string()
    };
    let shown = house
        .ask("POST /api/v1/templates/preview", &preview(sms(&json!({})), json!({"time_zone": "Europe/Vienna"})))
        .await;
    assert_eq!(shown.json["parts"]["text"], "Hello Ana, we come Sat 30 Jan, 15:30 CET.", "{}", shown.text);
    assert_eq!(shown.json["sms"], json!({"encoding": "gsm7", "segments": 1, "characters": 41}));
    let russian = sms(&json!({"locale": "ru", "parts": {"text": "{{ agent }}, приедем {{ at|moment }}."}}));
    let shown = house
        .ask("POST /api/v1/templates/preview", &preview(russian, json!({"values": {"at": "2027-01-30T14:30:00Z"}})))
        .await;
    assert_eq!(shown.json["sms"]["encoding"], "ucs2", "{}", shown.text);
    let wrong = house
        .ask("POST /api/v1/templates/preview", &preview(sms(&json!({})), json!({"values": {"at": null, "x": 1.5}})))
        .await;
    let told: Vec<_> =
        wrong.json["mistakes"].as_array().unwrap().iter().map(|m| (&m["kind"], &m["variable"])).collect();
    assert_eq!(told, [(&json!("missing"), &json!("at")), (&json!("unknown"), &json!("x"))], "{}", wrong.text);
    assert_eq!(wrong.json["parts"], json!({}));

    let mail = json!({"key": "pickup", "channel": "email", "locale": "he", "state": "active",
        "parts": {"subject": "{{ n|plural(one='קופסה', other='# קופסאות') }}", "text": "{{ price|money('ILS') }}"},
        "variables": [{"name": "n", "sample": 3}, {"name": "price", "sample": 1250.5}]});
    assert_eq!(house.ask("POST /api/v1/templates", &mail.to_string()).await.status, 201);
    let shown = house.ask("POST /api/v1/templates/pickup/email/he/1/preview", "").await;
    assert_eq!(shown.json["parts"]["subject"], "3 קופסאות", "{}", shown.text);
    assert!(shown.json["parts"]["html"].as_str().unwrap().contains("dir=\"rtl\""), "{}", shown.text);
    assert_eq!(
        house.ask("POST /api/v1/templates/pickup/email/he/2/preview", "").await.problem(),
        (404, "template-not-found")
    );
}

#[tokio::test]
async fn g6_a_template_says_what_providers_are_given() {
    let house = House::open().await;
    let whatsapp = sms(&json!({"channel": "whatsapp", "providers": [
        {"provider": "meta", "name": "pickup", "language": "en_GB", "parameters": ["agent", "at|date"]},
        {"provider": "twilio", "content_sid": "HX00000000000000000000000000000000", "variables": {"1": "at|time"}}]}));
    let made = house.ask("POST /api/v1/templates", &whatsapp).await;
    assert_eq!((made.status, &made.json["providers"][1]["variables"]["1"]), (201, &json!("at|time")), "{}", made.text);
    let shown = house.ask("POST /api/v1/templates/pickup/whatsapp/en/1/preview", r#"{"name":"Ana"}"#).await;
    assert_eq!(shown.json["providers"][0]["parameters"], json!(["Ana", "Sat 30 Jan 2027"]), "{}", shown.text);
    assert_eq!(shown.json["providers"][1]["variables"], json!({"1": "14:30"}), "{}", shown.text);
}

#[tokio::test]
async fn f4_who_may_only_read_changes_no_template() {
    let house = House::open().await;
    let made = house.ask("POST /api/v1/keys", r#"{"name":"reader","scopes":["jobs:read"]}"#).await;
    let key = made.json["key"].as_str().unwrap_or(ADMIN).to_owned();
    let headers = [("x-api-key", key.as_str()), ("content-type", "application/json")];
    assert_eq!(house.send("POST /api/v1/templates", &headers, &sms(&json!({}))).await.problem(), (403, "forbidden"));
    assert_eq!(house.send("GET /api/v1/templates", &headers, "").await.status, 200);
}

#[tokio::test]
async fn f4_a_template_that_would_bring_the_server_down_is_refused_with_its_field() {
    let house = House::open().await;
    for text in [
        "{% set ns=namespace(x=[]) %}{% for i in range(9000) %}{% set ns.x=[ns.x] %}{% endfor %}{{ ns.x|string }}"
            .to_owned(),
        format!("{{{{ {}1 }}}}", "-".repeat(9000)),
        format!("{{{{ 1{} }}}}", "+1".repeat(9000)),
        "{{ range(99999)|join('x'*10000)|length }}".to_owned(),
    ] {
        let template = sms(&json!({"parts": {"text": text}}));
        let refused = house.ask("POST /api/v1/templates", &template).await;
        assert_eq!(
            (refused.status, &refused.json["errors"][0]["field"]),
            (400, &json!("parts.text")),
            "{}",
            refused.text
        );
        let preview = json!({"template": serde_json::from_str::<Value>(&template).unwrap()}).to_string();
        let shown = house.ask("POST /api/v1/templates/preview", &preview).await;
        assert_eq!(shown.json["mistakes"][0]["place"], "parts.text", "{}", shown.text);
        assert_eq!(shown.json["mistakes"][0]["line"], 1, "{}", shown.text);
    }
}
