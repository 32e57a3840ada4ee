mod erasing;

use serde_json::json;

use crate::http::sample::{ADMIN, House, OTHER};

async fn job(house: &House, reference: &str) -> String {
    let body = json!({
        "external_ref": reference, "brief": { "from": "Leeds", "to": "York" }, "approval": "link",
        "details": { "contact_name": "Test Person", "phone": "+447700900123", "notes": "ring twice" },
    });
    house.ask("POST /api/v1/jobs", &body.to_string()).await.json["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn s11_details_are_erased_by_an_admin_of_their_tenant_and_only_of_jobs_that_are_over() {
    let house = House::open().await;
    let id = job(&house, "x1").await;
    let as_other = [("x-api-key", OTHER), ("content-type", "application/json")];
    let by_job = json!({ "job": id, "reason": "asked for" });
    let of_another = house.send("POST /api/v1/details/erase", &as_other, &by_job.to_string()).await;
    assert_eq!(of_another.problem(), (404, "job-not-found"));
    let erase = async |body: &serde_json::Value| house.ask("POST /api/v1/details/erase", &body.to_string()).await;
    assert_eq!(erase(&by_job).await.problem(), (409, "job-open"));
    let dry = erase(&json!({ "job": id, "reason": "asked for", "dry_run": true })).await.json;
    assert_eq!((&dry["erased"], &dry["open"]), (&json!(0), &json!(1)));
    house.ask(&format!("POST /api/v1/jobs/{id}/reject"), "").await;
    let before = json!({ "before": "2200-01-01T00:00:00Z", "reason": "old", "dry_run": true });
    assert_eq!(erase(&before).await.json["erased"], 1);
    assert_eq!(erase(&by_job).await.json["erased"], 1);
    assert_eq!(erase(&by_job).await.json["erased"], 0, "harmless to repeat");
    let timeline = house.ask(&format!("GET /api/v1/jobs/{id}/timeline"), "").await.json;
    let last = timeline["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["event"], &last["facts"]["reason"]), (&json!("details_erased"), &json!("asked for")));
}

#[tokio::test]
async fn s11_what_is_held_about_a_client_is_for_their_tenant_and_for_keys_of_both_scopes() {
    let house = House::open().await;
    let id = job(&house, "x1").await;
    let by_phone = json!({ "phone": "+44 7700 900123" }).to_string();
    let export = async |key: &str| {
        let headers = [("x-api-key", key), ("content-type", "application/json")];
        house.send("POST /api/v1/details/export", &headers, &by_phone).await
    };
    let theirs = export(ADMIN).await;
    let item = &theirs.json["items"][0];
    assert_eq!((&item["id"], &item["named_in"]), (&json!(id), &json!(["phone"])), "{}", theirs.text);
    assert_eq!(item["details"]["contact_name"], "Test Person");
    assert_eq!(theirs.headers["cache-control"], "no-store");
    let of_another = export(OTHER).await;
    assert_eq!((&of_another.json["items"], &of_another.json["looked_at"]), (&json!([]), &json!(0)));
    for (scopes, status) in [("operator", 403), ("details", 403), ("operator\",\"details", 200)] {
        let body = format!(r#"{{"name":"k","scopes":["{scopes}"]}}"#);
        let key = house.ask("POST /api/v1/keys", &body).await.json["key"].as_str().unwrap().to_owned();
        assert_eq!(export(&key).await.status, status, "{scopes}");
    }
    let timeline = house.ask(&format!("GET /api/v1/jobs/{id}/timeline"), "").await.json;
    let exported: Vec<&serde_json::Value> =
        timeline["items"].as_array().unwrap().iter().filter(|entry| entry["event"] == "details_exported").collect();
    assert_eq!(exported.len(), 2, "{timeline}");
    assert_eq!(exported[1]["actor"], json!({ "kind": "operator", "name": "k" }));
}

#[tokio::test]
async fn whoever_is_meant_is_named_in_one_way() {
    let house = House::open().await;
    for body in [
        json!({}),
        json!({ "phone": "+447700900123", "email": "client@example.com" }),
        json!({ "phone": "07700 900123" }),
        json!({ "email": "client" }),
        json!({ "email": "client@example.com", "cursor": "AAAA" }),
    ] {
        let answer = house.ask("POST /api/v1/details/export", &body.to_string()).await;
        assert_eq!(answer.problem(), (400, "validation-failed"), "{body}");
    }
}

#[tokio::test]
async fn what_is_to_be_erased_is_said_in_one_way_and_with_a_reason() {
    let house = House::open().await;
    for body in
        [json!({ "reason": "x" }), json!({ "job": "1", "agent": "d1", "reason": "x" }), json!({ "agent": "d1" })]
    {
        let answer = house.ask("POST /api/v1/details/erase", &body.to_string()).await;
        assert_eq!(answer.problem(), (400, "validation-failed"), "{body}");
    }
}
