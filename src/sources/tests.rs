//! Mappings of payloads.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::apply::{Mapped, apply};
use super::mapping::Mapping;
use super::pointer;

fn mapped(fields: &Value, payload: &Value) -> Mapped {
    let mapping =
        Mapping::read(&json!({"fields": fields}), "").map_err(|wrong| format!("{wrong:?}")).expect("a mapping");
    apply(&mapping, payload, &TimeZone::UTC)
}

fn wrong(mapping: &Value) -> Vec<String> {
    let wrong = Mapping::read(mapping, "").map(|_| ()).expect_err("mistakes");
    wrong.into_iter().map(|error| error.field).collect()
}

#[test]
fn values_are_read_as_their_rules_say() {
    for (rule, value, expected) in [
        (json!({"type": "date", "format": "day-first"}), json!("3/2/2027"), json!("2027-02-03")),
        (json!({"type": "date", "format": "month-first"}), json!("3/2/2027"), json!("2027-03-02")),
        (json!({"type": "date", "format": "%d %b %Y"}), json!("03 Feb 2027"), json!("2027-02-03")),
        (json!({"type": "date"}), json!("2027-02-03"), json!("2027-02-03")),
        (json!({"type": "time", "format": "%I:%M %p"}), json!("02:30 PM"), json!("14:30")),
        (json!({"type": "datetime", "format": "unix"}), json!(1_800_000_000), json!("2027-01-15T08:00:00Z")),
        (
            json!({"type": "datetime", "format": "%d.%m.%Y %H:%M"}),
            json!("15.01.2027 08:00"),
            json!("2027-01-15T08:00:00Z"),
        ),
        (json!({"type": "money"}), json!("£1,250.00"), json!(1250)),
        (json!({"type": "money"}), json!(850.0), json!(850)),
        (json!({"type": "integer"}), json!(" 3 "), json!(3)),
        (json!({"type": "string"}), json!(17), json!("17")),
        (json!({"type": "list", "format": ";"}), json!("packing; lift ;"), json!(["packing", "lift"])),
        (json!({"values": {"LWB": "van", "7": "truck"}}), json!(7), json!("truck")),
    ] {
        let mut rule = rule;
        rule["pointer"] = "/x".into();
        let mapped = mapped(&json!({"brief.window": rule.clone()}), &json!({"x": value}));
        assert!(mapped.faults.is_empty(), "{rule}");
        assert_eq!(mapped.job["brief"]["window"], expected, "{rule}");
    }
}

#[test]
fn what_cannot_be_read_is_told_and_not_guessed() {
    for (rule, value) in [
        (json!({"type": "date", "format": "day-first"}), json!("3/2/27")),
        (json!({"type": "date", "format": "day-first"}), json!("31/2/2027")),
        (json!({"type": "date"}), json!("3/2/2027")),
        (json!({"type": "money"}), json!("849.50")),
        (json!({"type": "money"}), json!("1,25")),
        (json!({"type": "money"}), json!("-5")),
        (json!({"type": "integer"}), json!("three")),
        (json!({"type": "string"}), json!(["x"])),
        (json!({"type": "list"}), json!([{"a": 1}])),
        (json!({"values": {"LWB": "van"}}), json!("SWB")),
    ] {
        let mut rule = rule;
        rule["pointer"] = "/x".into();
        let mapped = mapped(&json!({"brief.window": rule.clone()}), &json!({"x": value}));
        assert_eq!(mapped.faults.len(), 1, "{rule} {value}");
        assert!(mapped.job["brief"].get("window").is_none(), "{rule}");
    }
}

#[test]
fn the_first_pointer_that_leads_to_something_is_taken_and_else_the_default() {
    let fields = json!({
        "brief.from": {"pointer": ["/a", "/b"], "default": "Leeds"},
        "brief.to": {"pointer": "/c", "required": true},
    });
    let from = |payload: Value| mapped(&fields, &payload).job["brief"]["from"].clone();
    assert_eq!(from(json!({"a": "York", "b": "Hull"})), "York");
    assert_eq!(from(json!({"a": " ", "b": "Hull"})), "Hull");
    assert_eq!(from(json!({"a": null})), "Leeds");
    assert_eq!(mapped(&fields, &json!({"a": "York"})).faults[0].field, "brief.to");
}

#[test]
fn each_element_of_a_list_has_its_own_pointers() {
    let fields = json!({"brief.items": {"pointer": "/rows",
        "each": {"kind": {"pointer": "/what", "required": true}, "quantity": {"pointer": "/n", "type": "integer"}}}});
    let payload = json!({"rows": [{"what": "fridge", "n": "2", "colour": "red"}, {"n": "x"}], "secret": {"a": 1}});
    let mapped = mapped(&fields, &payload);
    assert_eq!(mapped.job["brief"]["items"], json!([{"kind": "fridge", "quantity": 2}, {}]));
    let faults: Vec<&str> = mapped.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(faults, ["brief.items[1].kind", "brief.items[1].quantity"]);
    assert_eq!(mapped.origin("brief.items[1].quantity"), Some("/rows/1/n"));
    assert_eq!(pointer::unused(&payload, &mapped.used), ["/rows/0/colour", "/secret"]);
}

#[test]
fn every_mistake_in_a_mapping_is_named_at_once() {
    let mapping = json!({"fields": {
        "brief.from": {"pointer": "town"},
        "brief.to": {},
        "brief.via": {"pointer": "/address", "type": "list"},
        "brief.form": {"pointer": "/x"},
        "details.notes": {"pointer": "/a~2", "type": "words", "zebra": 1},
        "details.extra.colour": {"pointer": "/colour", "each": {}},
    }, "zebra": 1});
    let mut found = wrong(&mapping);
    found.sort();
    let expected = [
        "fields.brief.form",
        "fields.brief.from.pointer",
        "fields.brief.to",
        "fields.brief.via.type",
        "fields.details.extra.colour.each",
        "fields.details.notes.pointer",
        "fields.details.notes.type",
        "fields.details.notes.zebra",
        "zebra",
    ];
    // A pointer that is wrong is none: then there is neither one nor a default.
    found.retain(|field| expected.contains(&field.as_str()));
    found.dedup();
    assert_eq!(found, expected);
}

#[test]
fn a_mapping_is_stored_as_it_was_read() {
    let given = json!({"fields": {"brief.from": {"pointer": ["/a"], "required": true}, "plan": {"default": "usual"}},
        "idempotency_key": {"pointer": ["/id"]}});
    let read = Mapping::read(&given, "").map_err(|_| "mistakes").expect("a mapping");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), given);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9/.:, £-]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-d~/]{1,2}", inner, 0..5).prop_map(|all| all.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_fells_a_mapping_or_is_one_by_chance(payload in any_json(), odd in any_json()) {
        let _ = Mapping::read(&odd, "");
        for kind in ["string", "integer", "money", "date", "time", "datetime", "phone", "list"] {
            for format in [None, Some("day-first"), Some("unix"), Some("%d%%%Q%Y"), Some("%")] {
                let rule = json!({"pointer": ["/a", "/b/0", ""], "type": kind, "format": format});
                let _ = mapped(&json!({"brief.from": rule, "brief.items": {"pointer": ["/c", ""], "each": {"kind": {"pointer": "/a"}}}}), &payload);
            }
        }
    }

    #[test]
    fn what_is_not_mapped_never_reaches_the_job(payload in any_json(), town in "[A-Z][a-z]{2,8}") {
        let whole = json!({"town": town.clone(), "rest": {"private": "PRIVATE-VALUE", "more": payload}});
        let mapped = mapped(&json!({"brief.from": {"pointer": "/town"}}), &whole);
        prop_assert_eq!(mapped.job, json!({"brief": {"from": town}}));
        prop_assert_eq!(pointer::unused(&whole, &mapped.used), vec!["/rest".to_owned()]);
    }
}
