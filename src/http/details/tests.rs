use serde_json::json;

use crate::http::sample::{House, OTHER};

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
async fn what_is_to_be_erased_is_said_in_one_way_and_with_a_reason() {
    let house = House::open().await;
    for body in
        [json!({ "reason": "x" }), json!({ "job": "1", "agent": "d1", "reason": "x" }), json!({ "agent": "d1" })]
    {
        let answer = house.ask("POST /api/v1/details/erase", &body.to_string()).await;
        assert_eq!(answer.problem(), (400, "validation-failed"), "{body}");
    }
}
