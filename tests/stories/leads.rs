//! Finished leads: from what a client said in a chat to what a crew may read.

use serde_json::{Value, json};

use super::town::town;

/// What a client says that no crew and no log may hold.
const PRIVATE: [&str; 8] =
    ["+447700900017", "447700900017", "Herzl", "flat 7", "Dana", "@dana_levi", "example.com/x", "ring twice"];

fn lead(id: &str, planted: &str) -> Value {
    json!({ "data": {
        "lead_id": id, "sender_name": "Dana Levi", "phone": "+447700900017", "chat_id": "@dana_levi",
        "addr_from": "Herzl Street 12, flat 7", "addr_to": planted, "details_free": "ring twice", "photos": ["https://example.com/x"],
        "floor_from": planted, "floor_to": 2, "time_window": planted, "extras": ["fridge", planted],
        "custom": {
            "route_classification": { "from_locality": "Haifa", "to_locality": planted }, "move_date": planted,
            "volume_category": planted, "cargo_items": [{ "key": "box", "qty": 10 }, { "key": planted, "qty": 1 }],
            "estimate_min": 850, "estimate_max": 950,
        },
    }})
}

#[tokio::test]
async fn c1_c3_a_lead_becomes_a_job_and_neither_crew_nor_log_reads_what_is_private() {
    let town = town().await;
    for (no, planted) in PRIVATE.iter().enumerate() {
        let lead = lead(&format!("lead-{no}"), planted);
        let taken = town.door.post("/api/v1/leads/finalized", lead.clone()).await.is(202);
        let again = town.door.post("/api/v1/leads/finalized", lead).await.is(202);
        assert_eq!((&taken["id"], &taken["code"]), (&again["id"], &again["code"]));

        let path = format!("/api/v1/jobs/{}", taken["id"].as_str().unwrap());
        let shown = town.door.get(&path).await;
        assert_eq!(shown.is(200)["has_details"], true);
        for locale in ["en", "ru", "he"] {
            let text = town.door.get(&format!("{path}/crew-text?locale={locale}")).await;
            let crew = text.is(200)["text"].as_str().unwrap().to_owned();
            assert!(crew.contains("Haifa") && crew.contains("×10") && crew.contains("₪850–₪950"), "{crew}");
            for private in PRIVATE {
                assert!(!text.text.contains(private) && !shown.text.contains(private), "{private} in {crew}");
            }
        }
    }
    let log = town.log();
    assert!(!log.is_empty());
    for private in PRIVATE {
        assert!(!log.contains(private), "the log says {private}");
    }
}
