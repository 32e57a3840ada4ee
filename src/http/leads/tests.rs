use baton_core::crew_sheet::CrewSheet;
use baton_core::crew_view::CrewView;
use baton_core::ids::{JobId, TenantId};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::http::json;
use crate::http::sample::House;
use crate::http::shapes::job::JobRead;
use crate::http::shapes::lead::LeadShape;
use crate::wording::{Wording, samples};

fn lead() -> Value {
    json!({
        "lead_id": "0952ef82-3f0e-4c57-9b60-6a2f8f1f0a11", "sender_name": "Dana Levi", "phone": "+447700900017",
        "addr_from": "12 Herzl Street, Haifa", "addr_to": "2 Example Road", "cargo_description": "mum's sofa",
        "details_free": "ring twice please", "chat_id": "@dana_levi", "photos": ["https://example.com/x"],
        "floor_from": 3, "floor_to": "2, no elevator", "elevator_from": false, "time_window": "morning",
        "extras": ["Fridge", "washing machine"],
        "custom": {
            "lead_number": 17, "route_classification": {"from_locality": "Haifa", "to_locality": "Kiryat Ata"},
            "geo_points": {"from": {"name": "Haifa", "address": "12 Herzl Street", "lat": 32.8, "lon": 35.0}},
            "move_date": "2027-02-23", "volume_category": "1br", "cargo_items": [{"key": "box", "qty": 10}],
            "estimate_min": 850, "estimate_max": 950,
        },
    })
}

/// What a client says that no crew may hear, and the parts by which it is recognised.
const PRIVATE: [(&str, &[&str]); 7] = [
    ("+447700900017", &["447700", "900017"]),
    ("Herzl Street 12", &["Herzl"]),
    ("flat 7, code 0000", &["flat", "0000"]),
    ("Dana Levi", &["Dana", "Levi"]),
    ("@dana_levi", &["@", "dana_levi"]),
    ("https://example.com/x", &["http", "example.com"]),
    ("ring twice please", &["ring", "twice"]),
];

fn read(lead: &Value) -> JobRead {
    let shape = json::parse::<LeadShape>(lead.to_string().as_bytes()).expect("an object");
    shape.into_core().expect("a lead")
}

/// All that crews and desks can copy of a lead, in every language, and what a brief holds besides.
fn crew_texts(wording: &Wording, lead: &Value) -> String {
    let (job, brief) = (JobId::of_reference(TenantId::DEFAULT, "a"), read(lead).brief);
    let mut said = format!("{brief:?}\n");
    let sheet = CrewSheet::of(&CrewView { job, code: job.code(), brief });
    for locale in ["en", "ru", "he"] {
        said.push_str(&wording.crew_text(&sheet, locale).expect("a text"));
    }
    said
}

/// Plants private things in every value but the id, as the choices say: in its place, or behind it.
fn planted(name: &str, value: &Value, choices: &mut dyn Iterator<Item = usize>) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), planted(name, value, choices))).collect()
        }
        Value::Array(values) => values.iter().map(|value| planted(name, value, choices)).collect(),
        _ if name == "lead_id" => value.clone(),
        _ => {
            let choice = choices.next().unwrap_or_default();
            let (private, _) = PRIVATE[choice / 3 % PRIVATE.len()];
            let was = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match choice % 3 {
                0 => value.clone(),
                // A name is known for one where it stands as the client's.
                1 if name != "sender_name" => private.into(),
                _ => format!("{was} {private}").into(),
            }
        }
    }
}

fn holds_nothing_private(said: &str) -> Result<(), TestCaseError> {
    for (private, parts) in PRIVATE {
        for part in parts {
            prop_assert!(!said.contains(part), "{private:?} shows as {part:?} in {said}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn c3_a_thousand_leads_with_private_things_in_every_field_say_none_of_them(
        choices in prop::collection::vec(0..3 * PRIVATE.len(), 40),
    ) {
        thread_local!(static WORDING: Wording = Wording::builtin(samples::links()).expect("a wording"));
        let lead = planted("", &lead(), &mut choices.into_iter());
        let said = WORDING.with(|wording| crew_texts(wording, &lead));
        holds_nothing_private(&said)?;
    }
}

#[test]
fn c3_each_private_thing_in_every_field_at_once_is_said_nowhere_and_sealed() {
    let wording = Wording::builtin(samples::links()).expect("a wording");
    for choice in (0..3 * PRIVATE.len()).filter(|choice| choice % 3 > 0) {
        let lead = planted("", &lead(), &mut std::iter::repeat(choice));
        holds_nothing_private(&crew_texts(&wording, &lead)).expect("nothing");
        let details = read(&lead).details.expect("details");
        assert_eq!(serde_json::from_str::<Value>(&details.original.expect("the lead")).expect("JSON"), lead);
    }
}

#[test]
fn c2_a_whole_lead_fills_the_brief() {
    let job = read(&lead());
    assert_eq!(job.brief.from.as_deref(), Some("Haifa"));
    assert_eq!(
        job.brief.services,
        ["pickup 1 floor 3 no lift", "delivery floor 2 no lift", "fridge", "washing_machine"]
    );
    let details = job.details.expect("details");
    assert_eq!(details.phone.expect("a phone").as_str(), "+447700900017");
    assert_eq!(details.notes.as_deref(), Some("mum's sofa\nring twice please"));
}

#[test]
fn c3_a_bare_street_is_no_locality_where_the_lead_has_it_in_an_address() {
    for (street, address) in [("Herzl", "Herzl Street 12, flat 7"), ("Ленина", "ул. Ленина"), ("הרצל", "רחוב הרצל 12")]
    {
        let mut lead = lead();
        lead["addr_to"] = address.into();
        lead["custom"]["route_classification"]["to_locality"] = street.into();
        let brief = read(&lead).brief;
        assert_eq!((brief.from.as_deref(), brief.to), (Some("Haifa"), None), "{street}");
    }
}

#[test]
fn c4_a_suppressed_estimate_has_no_sign() {
    let wording = Wording::builtin(samples::links()).expect("a wording");
    assert!(crew_texts(&wording, &lead()).contains('₪'));
    for field in ["estimate_suppressed", "estimate_display_disabled"] {
        let mut lead = lead();
        lead["custom"][field] = true.into();
        assert!(!crew_texts(&wording, &lead).contains('₪'), "{field}");
    }
}

#[test]
fn c5_pickups_come_with_their_own_localities() {
    let mut lead = lead();
    lead["custom"]["pickups"] = json!([
        {"addr": "12 Herzl Street", "floor": 3}, {"addr": "5 Allenby", "floor": 1}, {"addr": "Lod", "floor": "Dana"},
    ]);
    lead["custom"]["geo_points"] = json!({"from_2": {"name": "Tel Aviv"}, "from_3": {"name": "Allenby"}});
    let brief = read(&lead).brief;
    // "Allenby" stands beside a number: it is a street.
    assert_eq!(brief.via, ["Tel Aviv"]);
    assert_eq!(brief.services[..3], ["pickup 1 floor 3", "pickup 2 floor 1", "pickup 3"]);
}

#[tokio::test]
async fn c1_a_lead_is_taken_once_bare_or_wrapped() {
    let house = House::open().await;
    let first = house.ask("POST /api/v1/leads/finalized", &lead().to_string()).await;
    assert_eq!(first.status, 202, "{}", first.text);
    let again = house.ask("POST /api/v1/leads/finalized", &lead().to_string()).await;
    assert_eq!((again.status, &again.json["id"], &again.json["code"]), (202, &first.json["id"], &first.json["code"]));
    let mut other = lead();
    other["floor_to"] = 7.into();
    let other = house.ask("POST /api/v1/leads/finalized", &other.to_string()).await;
    assert_eq!(other.problem(), (409, "external-ref-conflict"));

    let mut inner = lead();
    inner["lead_id"] = "lead-2".into();
    let wrapped = house.ask("POST /api/v1/leads/finalized", &json!({ "data": inner }).to_string()).await;
    assert_eq!(wrapped.status, 202, "{}", wrapped.text);
    let path = format!("GET /api/v1/jobs/{}/crew-text?locale=en", wrapped.json["id"].as_str().expect("an id"));
    let text = house.ask(&path, "").await;
    let text = text.json["text"].as_str().expect("a text");
    assert!(text.contains("Route: Haifa → Kiryat Ata\n") && text.contains("(Morning)"), "{text}");
}

#[tokio::test]
async fn c3_an_id_that_says_something_is_refused_and_not_repeated() {
    let house = House::open().await;
    for (private, _) in PRIVATE {
        let mut lead = lead();
        lead["lead_id"] = private.into();
        let refused = house.ask("POST /api/v1/leads/finalized", &lead.to_string()).await;
        assert_eq!(
            (refused.problem(), refused.json["errors"][0]["field"].as_str()),
            ((400, "validation-failed"), Some("lead_id"))
        );
        assert!(!refused.text.contains(private), "{}", refused.text);
    }
}

#[tokio::test]
async fn the_example_in_the_api_s_document_is_a_lead_of_which_nothing_is_left_out() {
    let house = House::open().await;
    let document = serde_json::to_value(crate::http::door::openapi()).unwrap();
    let body = &document["paths"]["/api/v1/leads/finalized"]["post"]["requestBody"]["content"]["application/json"];
    let taken = house.ask("POST /api/v1/leads/finalized", &body["example"].to_string()).await;
    assert_eq!((taken.status, &taken.json["not_specified"]), (202, &json!([])), "{}", taken.text);
    let bare = house.ask("POST /api/v1/leads/finalized", r#"{"lead_id":"bare-1","addr_from":"Haifa"}"#).await;
    let all = json!(["from", "to", "date", "window", "volume", "items", "price"]);
    assert_eq!((bare.status, &bare.json["not_specified"]), (202, &all), "{}", bare.text);
}
