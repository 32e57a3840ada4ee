//! A finished lead as the crew layer hands it on: bare, under `data`, or in an event.

use serde_json::{Map, Value, json};

use crate::http::shapes::lead::is_known;

/// The lead as our own door reads it. What has no place of its own there stays with it, where nothing for crews is read from.
pub fn lead_of(mut body: Map<String, Value>) -> Value {
    let event = body.get("event").cloned();
    if let Some(Value::Object(payload)) = body.remove("payload") {
        let id = body.remove("lead_id");
        body = payload;
        for (name, value) in [("event", event), ("lead_id", id)] {
            if let Some(value) = value {
                body.entry(name).or_insert(value);
            }
        }
    }
    if let Some(lead @ Value::Object(_)) = body.remove("lead") {
        body.entry("data").or_insert(lead);
    }
    match body.get_mut("data") {
        Some(Value::Object(lead)) => {
            put_aside(lead);
            // What stands around the lead is its queue's.
            body.retain(|name, _| is_known(name));
        }
        Some(_) | None => put_aside(&mut body),
    }
    Value::Object(body)
}

fn put_aside(lead: &mut Map<String, Value>) {
    let unknown: Vec<String> = lead.keys().filter(|name| !is_known(name)).cloned().collect();
    if unknown.is_empty() {
        return;
    }
    let aside: Map<String, Value> =
        unknown.into_iter().filter_map(|name| lead.remove(&name).map(|value| (name, value))).collect();
    if let Value::Object(custom) = lead.entry("custom").or_insert_with(|| json!({})) {
        custom.insert("other".to_owned(), Value::Object(aside));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: Value) -> Value {
        let Value::Object(body) = body else { unreachable!("an object") };
        lead_of(body)
    }

    #[test]
    fn c1_a_lead_comes_bare_wrapped_or_in_an_event() {
        let lead = json!({ "lead_id": "lead-1", "floor_from": 3 });
        assert_eq!(read(lead.clone()), lead);
        let wrapped = json!({ "data": lead });
        assert_eq!(read(wrapped.clone()), wrapped);
        assert_eq!(read(json!({ "lead_id": "lead-1", "lead": lead })), json!({ "lead_id": "lead-1", "data": lead }));
        let event = json!({ "event": "LeadFinalized", "tenant_id": "t", "payload": { "data": lead } });
        assert_eq!(read(event), json!({ "event": "LeadFinalized", "data": lead }));
        let event = json!({ "event": "LeadFinalized", "lead_id": "lead-1", "payload": { "floor_from": 3 } });
        assert_eq!(read(event), json!({ "event": "LeadFinalized", "lead_id": "lead-1", "floor_from": 3 }));
    }

    #[test]
    fn c3_what_has_no_place_is_kept_where_no_crew_reads() {
        let lead = read(
            json!({ "lead_id": "lead-1", "estimate_min": 1, "zone": "x", "custom": { "move_date": "2027-02-23" } }),
        );
        let expected = json!({ "lead_id": "lead-1",
            "custom": { "move_date": "2027-02-23", "other": { "estimate_min": 1, "zone": "x" } } });
        assert_eq!(lead, expected);
    }
}
