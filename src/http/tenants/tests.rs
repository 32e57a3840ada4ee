//! Tenants, plans, the desk, keys and reports over HTTP.

use baton_core::tenant::Settings;

use crate::http::sample::{ADMIN, House, OTHER};

#[tokio::test]
async fn settings_change_at_run_time_and_every_change_is_audited() {
    let house = House::open().await;
    let changed =
        house.ask("PATCH /api/v1/tenants/default", r#"{"time_zone":"Europe/London","max_open_offers":3}"#).await;
    assert_eq!(
        (changed.status, &changed.json["settings"]["time_zone"]),
        (200, &"Europe/London".into()),
        "{}",
        changed.text
    );
    assert_eq!(
        house.ask("PATCH /api/v1/desk", r#"{"email":"desk@example.com"}"#).await.json["email"],
        "desk@example.com"
    );
    assert_eq!(
        house.ask("PATCH /api/v1/tenants/default", r#"{"default_plan_name":"none"}"#).await.problem(),
        (404, "plan-not-found")
    );
    let stale = [("x-api-key", ADMIN), ("content-type", "application/json"), ("if-match", "\"1\"")];
    assert_eq!(house.send("PATCH /api/v1/tenants/default", &stale, "{}").await.problem(), (412, "version-changed"));
    let audit = house.ask("GET /api/v1/tenants/default/audit", "").await;
    let items = audit.json["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[1]["changed"]["desk"]["after"]["email"], "desk@example.com");
    assert_eq!((&items[1]["by"], items[1]["changed"].as_object().unwrap().len()), (&"desk".into(), 1));
    assert_eq!(house.ask("GET /api/v1/tenants/other", "").await.problem(), (404, "tenant-not-found"));
}

#[tokio::test]
async fn a_new_tenant_begins_with_the_configured_settings() {
    let house = House::open().await;
    let configured = Settings { time_zone: "Europe/London".into(), max_open_offers: Some(3), ..Settings::default() };
    house.door.engine.tenants().begin_with(configured);
    let made = house.ask("PUT /api/v1/tenants/north", r#"{"time_zone":"Europe/Oslo"}"#).await;
    let settings = &made.json["settings"];
    assert_eq!(
        (&settings["time_zone"], &settings["max_open_offers"]),
        (&"Europe/Oslo".into(), &3.into()),
        "{}",
        made.text
    );
    // Of one that has only agents so far, nothing else is known either.
    let own = [("x-api-key", OTHER), ("content-type", "application/json")];
    let agents = r#"{"agents":[{"ref":"cy","name":"Cy","phone":"+447700900003"}]}"#;
    assert_eq!(house.send("POST /api/v1/agents/sync", &own, agents).await.status, 200);
    let changed = house.send("PATCH /api/v1/tenants/other", &own, r#"{"locale":"de"}"#).await;
    assert_eq!(changed.json["settings"]["max_open_offers"], 3, "{}", changed.text);
}

#[tokio::test]
async fn a_tenant_and_its_first_key_are_made_by_the_default_tenants_admin_only() {
    let house = House::open().await;
    let made = house.ask("PUT /api/v1/tenants/north", r#"{"time_zone":"Europe/Oslo"}"#).await;
    assert_eq!((made.status, &made.json["tenant"]), (201, &"north".into()), "{}", made.text);
    assert_eq!(house.ask("PUT /api/v1/tenants/north", "").await.problem(), (409, "tenant-exists"));
    assert_eq!(house.ask("PUT /api/v1/tenants/No-Way", "").await.problem(), (400, "validation-failed"));
    let theirs = [("x-api-key", OTHER), ("content-type", "application/json")];
    assert_eq!(house.send("PUT /api/v1/tenants/south", &theirs, "").await.problem(), (404, "tenant-not-found"));
    let key = r#"{"name":"first","scopes":["jobs:read"],"tenant":"north"}"#;
    assert_eq!(house.send("POST /api/v1/keys", &theirs, key).await.problem(), (404, "tenant-not-found"));
    let key = house.ask("POST /api/v1/keys", key).await.json;
    let secret = key["key"].as_str().unwrap();
    let list = house.send("GET /api/v1/jobs", &[("authorization", &format!("Bearer {secret}"))], "").await;
    assert_eq!((list.status, list.json["items"].as_array().map(Vec::len)), (200, Some(0)));
    let refused = house.send("POST /api/v1/jobs", &[("x-api-key", secret)], "").await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    let id = key["id"].as_str().unwrap();
    assert_eq!(house.ask(&format!("DELETE /api/v1/keys/{id}"), "").await.problem(), (404, "key-not-found"));
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_at_once() {
    let house = House::open().await;
    let key = house.ask("POST /api/v1/keys", r#"{"name":"shop","scopes":["jobs:read"]}"#).await.json;
    let secret = key["key"].as_str().unwrap();
    assert_eq!(house.send("GET /api/v1/jobs", &[("x-api-key", secret)], "").await.status, 200);
    assert_eq!(house.ask(&format!("DELETE /api/v1/keys/{}", key["id"].as_str().unwrap()), "").await.status, 204);
    assert_eq!(house.send("GET /api/v1/jobs", &[("x-api-key", secret)], "").await.problem(), (401, "unauthorized"));
    let wrong = house.ask("POST /api/v1/keys", r#"{"name":"x","scopes":["everything"]}"#).await;
    assert_eq!(wrong.json["errors"][0]["field"], "scopes[0]");
}

#[tokio::test]
async fn x7_plans_are_versioned_linted_and_foretold() {
    let house = House::with_people().await;
    let first = house.ask("PUT /api/v1/plans/van", r#"{"waves":[{"mode":"one_by_one","claim_within":"10m"}]}"#).await;
    assert_eq!((first.status, &first.json["version"]), (201, &1.into()), "{}", first.text);
    let body = r#"{"waves":[{"mode":"everybody"},{"mode":"one_by_one"}]}"#;
    let second = house.ask("PUT /api/v1/plans/van", body).await;
    assert_eq!((second.status, &second.json["version"]), (200, &2.into()));
    assert_eq!(second.json["findings"][0]["code"], "wave-unreachable");
    assert_eq!(house.ask("PUT /api/v1/plans/van", body).await.json["version"], 2);
    let unknown = house.ask("PUT /api/v1/plans/x", r#"{"waves":[{"mode":"direct","agent":"nobody"}]}"#).await;
    assert_eq!(
        (unknown.problem(), &unknown.json["errors"][0]["field"]),
        ((400, "validation-failed"), &"waves[0]".into())
    );
    assert_eq!(
        house.ask("POST /api/v1/plans/lint", r#"{"waves":[{"mode":"direct","agent":"nobody"}]}"#).await.json["sound"],
        false
    );
    let foretold = house
        .ask("POST /api/v1/plans/dry-run", r#"{"plan":{"waves":[{"mode":"one_by_one","claim_within":"10m"}]}}"#)
        .await;
    let groups = foretold.json["waves"][0]["groups"].as_array().unwrap().clone();
    assert_eq!((groups.len(), &groups[1]["asked"][0]["agent"]["ref"]), (2, &"bo".into()), "{}", foretold.text);
    assert_eq!(foretold.json["ends"]["how"], "unfilled");
    let job = house.ask("POST /api/v1/jobs", r#"{"brief":{},"plan":"van"}"#).await;
    assert_eq!((&job.json["plan_name"], &job.json["plan_version"]), (&"van".into(), &2.into()));
    assert_eq!(
        house.ask("POST /api/v1/jobs", r#"{"brief":{},"plan":"none"}"#).await.problem(),
        (404, "plan-not-found")
    );
    assert_eq!(house.ask("GET /api/v1/plans", "").await.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn reports_count_all_rounds_of_a_long_job() {
    let house = House::with_people().await;
    let job = house.ask("POST /api/v1/jobs", r#"{"external_ref":"long","brief":{}}"#).await.json;
    let job = job["id"].as_str().unwrap();
    for round in 0..6 {
        for no in [2 * round + 1, 2 * round + 2] {
            let answer = house.ask(&format!("POST /api/v1/offers/{job}-{no}/decline"), "").await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        assert_eq!(house.ask(&format!("POST /api/v1/jobs/{job}/restart"), "").await.status, 200);
    }
    assert_eq!(house.ask(&format!("POST /api/v1/offers/{job}-13/claim"), "").await.status, 200);
    let timeline = house.ask(&format!("GET /api/v1/jobs/{job}/timeline"), "").await.json;
    assert!(timeline["items"].as_array().unwrap().len() > 64, "long enough to leave the record");
    let funnel = house.ask("GET /api/v1/reports/offers", "").await.json["funnel"].clone();
    let count = |what: &str| funnel[what].as_u64().unwrap();
    assert_eq!([count("offers"), count("declined"), count("claimed"), count("open")], [13, 12, 1, 0], "{funnel}");
    let agents = house.ask("GET /api/v1/reports/agents", "").await.json["items"].clone();
    assert_eq!((&agents[0]["agent"]["ref"], &agents[0]["offers"]), (&"ana".into(), &7.into()), "{agents}");
    assert_eq!((&agents[1]["declined"], &agents[1]["acceptance"]), (&6.into(), &0.0.into()), "{agents}");
    assert_eq!(house.ask("GET /api/v1/reports/time-to-fill", "").await.json["filled"], 1);
}

#[tokio::test]
async fn reports_count_what_happened() {
    let house = House::with_people().await;
    for (reference, answers) in [("a", vec!["yes"]), ("b", vec!["no", "yes"]), ("c", vec!["no", "no"])] {
        let job =
            house.ask("POST /api/v1/jobs", &format!(r#"{{"external_ref":"{reference}","brief":{{}}}}"#)).await.json;
        for (no, answer) in answers.iter().enumerate() {
            let verb = if *answer == "yes" { "claim" } else { "decline" };
            let line = format!("POST /api/v1/offers/{}-{}/{verb}", job["id"].as_str().unwrap(), no + 1);
            assert_eq!(house.ask(&line, "").await.status, 200);
        }
    }
    let funnel = house.ask("GET /api/v1/reports/offers", "").await.json["funnel"].clone();
    assert_eq!(
        (&funnel["jobs"], &funnel["offers"], &funnel["claimed"], &funnel["declined"]),
        (&3.into(), &5.into(), &2.into(), &3.into())
    );
    assert_eq!(funnel["claimed_jobs"], 2);
    let fill = house.ask("GET /api/v1/reports/time-to-fill", "").await.json;
    assert_eq!(fill["filled"], 2);
    assert!(fill["p50"].as_f64().unwrap() < 60.0);
    let agents = house.ask("GET /api/v1/reports/agents", "").await.json;
    assert_eq!((&agents["items"][0]["agent"]["ref"], &agents["items"][0]["offers"]), (&"ana".into(), &3.into()));
    let unfilled = house.ask("GET /api/v1/reports/unfilled?format=csv", "").await;
    assert_eq!(unfilled.text, "reason,jobs\nexhausted,1\n");
    assert_eq!(house.ask("GET /api/v1/reports/offers?to=2020-01-01", "").await.json["funnel"]["jobs"], 0);
    assert_eq!(house.ask("GET /api/v1/reports/offers?from=2030-01-01", "").await.problem(), (400, "validation-failed"));
    let gone = house.ask("GET /api/v1/reports/unfilled", "").await;
    assert_eq!(gone.json["items"][0]["reason"], "exhausted");
}

#[tokio::test]
async fn changes_that_name_no_version_all_hold() {
    let house = House::open().await;
    let zones = ["Europe/Oslo", "Europe/Rome", "Asia/Tokyo"];
    let bodies = zones.iter().map(|zone| format!(r#"{{"time_zone":"{zone}"}}"#));
    let bodies = bodies.chain((1..=9).map(|most| format!(r#"{{"max_open_offers":{most}}}"#)));
    let answers = futures_util::future::join_all(bodies.map(|body| {
        let house = &house;
        async move { house.ask("PATCH /api/v1/tenants/default", &body).await }
    }))
    .await;
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    let settings = house.ask("GET /api/v1/tenants/default", "").await.json["settings"].clone();
    assert!(
        zones.contains(&settings["time_zone"].as_str().unwrap()) && settings["max_open_offers"].is_u64(),
        "{settings}"
    );
}

#[tokio::test]
async fn c7_a_group_of_one_tenant_is_no_other_s() {
    let house = House::open().await;
    let theirs = |line: &'static str, body: &'static str| {
        let house = &house;
        async move { house.send(line, &[("x-api-key", OTHER), ("content-type", "application/json")], body).await }
    };
    let groups = r#"{"crew":{"groups":[{"name":"movers","telegram_chat_id":-500}]}}"#;
    assert_eq!(house.ask("PATCH /api/v1/tenants/default", groups).await.status, 200);
    assert_eq!(house.ask("PATCH /api/v1/desk", r#"{"telegram_chat_id":-900}"#).await.status, 200);
    let line = "PATCH /api/v1/tenants/other";
    assert_eq!(theirs(line, groups).await.problem(), (409, "group-taken"));
    assert_eq!(
        theirs(line, r#"{"crew":{"groups":[{"name":"x","telegram_chat_id":-900}]}}"#).await.problem(),
        (409, "group-taken")
    );
    assert_eq!(theirs("PATCH /api/v1/desk", r#"{"telegram_chat_id":-500}"#).await.problem(), (409, "group-taken"));
    // Two desks may be one, and what is one's own stays so.
    assert_eq!(theirs("PATCH /api/v1/desk", r#"{"telegram_chat_id":-900}"#).await.status, 200);
    assert_eq!(house.ask("PATCH /api/v1/tenants/default", groups).await.status, 200);
}
