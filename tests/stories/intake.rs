//! Section 1: jobs, agents, approval.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::desk::{Job, order};
use super::door::send;
use super::town::{PUBLIC_URL, Town, person, town, town_with};

#[tokio::test]
async fn a1_health_answers_whoever_asks_while_every_provider_is_down() {
    let down = [("CHANNELS__TELEGRAM__BASE_URL", "http://127.0.0.1:1"), ("CHANNELS__EMAIL__SMTP__PORT", "1")];
    let town = town_with(&down).await;
    assert_eq!(town.stranger().get("/health").await.is(200)["status"], "ok");
    assert_eq!(town.stranger().get("/ready").await.status, 200);
}

#[tokio::test]
async fn a2_the_version_has_a_name() {
    let town = town().await;
    let version = town.stranger().get("/version").await.is(200);
    assert!(version["name"].is_string() && version["version"].is_string(), "{version}");
}

#[tokio::test]
async fn a3_a_synced_list_is_stored_and_stored_again() {
    let town = town().await;
    let two = |name: &str| vec![json!({ "ref": "d1", "name": name, "phone": "+447700900001" }), person("d2", 2)];
    assert_eq!(town.knows(two("Driver One")).await, json!({ "inserted": 2, "updated": 0, "total": 2 }));
    assert_eq!(town.knows(two("Another Name")).await, json!({ "inserted": 0, "updated": 2, "total": 2 }));
    assert_eq!(town.door.get("/api/v1/agents/d1").await.is(200)["name"], "Another Name");
}

#[tokio::test]
async fn a4_a_wrong_row_refuses_the_whole_list() {
    let town = town().await;
    let agents = json!({ "agents": [person("d1", 1), { "ref": "d2" }] });
    let refused = town.door.post("/api/v1/agents/sync", agents).await.refuses(400, "validation-failed");
    assert_eq!(refused["errors"][0]["field"], "agents[1].phone", "{refused}");
    assert_eq!(town.door.get("/api/v1/agents").await.is(200)["total"], 0);
}

#[tokio::test]
async fn a5_wrong_values_are_refused_one_by_one() {
    let town = town().await;
    for (field, wrong) in [("phone", json!("not-a-phone")), ("priority", json!("abc")), ("active", json!("false"))] {
        let mut agent = person("d1", 1);
        agent[field] = wrong;
        let refused = town.door.post("/api/v1/agents/sync", json!({ "agents": [agent] })).await;
        let refused = refused.refuses(400, "validation-failed");
        assert_eq!(refused["errors"][0]["field"], format!("agents[0].{field}"));
    }
}

#[tokio::test]
async fn a6_a_job_waits_for_its_approval() {
    let town = town().await;
    let created = town.desk().posts(&order("VC8Y-3").needing_approval()).await.is(201);
    assert_eq!(created["status"], "needs_approval");
    let link = created["approve_url"].as_str().unwrap();
    assert!(link.starts_with(&format!("{PUBLIC_URL}/public/approve/")), "{link}");
}

#[tokio::test]
async fn a7_a_repeated_create_gives_the_same_job() {
    let town = town().await;
    let order = order("VC8Y-3").needing_approval();
    let created = town.desk().posts(&order).await.is(201);
    let repeated = town.desk().posts(&order).await.is(200);
    assert_eq!(repeated["message"], "already_exists");
    assert_eq!((&created["id"], &created["approve_url"]), (&repeated["id"], &repeated["approve_url"]));
    let other = order.clone().with("brief", json!({ "from": "Hull" }));
    town.desk().posts(&other).await.refuses(409, "external-ref-conflict");
}

#[tokio::test]
async fn a7_a_hundred_creates_at_once_are_one_job() {
    let town = town().await;
    let order = order("VC8Y-4").needing_approval();
    let answers = join_all((0..100).map(|_| {
        let (desk, order) = (town.desk(), order.clone());
        async move { desk.posts(&order).await }
    }))
    .await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    let ids: std::collections::BTreeSet<String> =
        answers.iter().map(|answer| answer.json()["id"].to_string()).collect();
    assert!(created == 1 && ids.len() == 1 && answers.iter().all(|answer| answer.status < 300), "{created}, {ids:?}");
    assert_eq!(town.door.get("/api/v1/jobs?status=needs_approval").await.is(200)["total"], 1);
}

#[tokio::test]
async fn a7_an_idempotency_key_stands_for_one_body() {
    let town = town().await;
    let post = async |body: Value| {
        send(town.door.request(reqwest::Method::POST, "/api/v1/jobs").header("Idempotency-Key", "k-1").json(&body))
            .await
    };
    let body = json!({ "brief": { "from": "Leeds" }, "approval": "link" });
    let first = post(body.clone()).await.is(201);
    assert_eq!(post(body).await.is(200)["id"], first["id"]);
    post(json!({ "brief": { "from": "Hull" }, "approval": "link" })).await.refuses(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a8_bad_input_is_named_and_never_a_fall() {
    let town = town().await;
    let post = async |kind: &str, body: Vec<u8>| {
        let request = town.door.request(reqwest::Method::POST, "/api/v1/jobs");
        send(request.header("content-type", kind).body(body)).await
    };
    post("application/json", b"{bad".to_vec()).await.refuses(400, "malformed-json");
    post("text/plain", b"{}".to_vec()).await.refuses(415, "unsupported-media-type");
    post("application/json", b"{}".to_vec()).await.refuses(400, "validation-failed");
    post("application/json", vec![b' '; 100_000]).await.refuses(413, "body-too-large");
    for wrong in [json!(""), json!(7), json!(["x"]), json!("a\u{0}b")] {
        let refused = town.desk().posts(&order("x").with("external_ref", wrong.clone())).await;
        assert!(
            refused.status == 400 && refused.json()["errors"][0]["field"] == "external_ref",
            "{wrong}: {refused:?}"
        );
    }
    town.door.get("/api/v1/nothing").await.refuses(404, "not-found");
    town.door.delete("/api/v1/jobs").await.refuses(405, "method-not-allowed");
}

#[tokio::test]
async fn a9_a_job_is_shown_without_what_is_private() {
    let town = town().await;
    let job = town.desk().publishes(order("a9").needing_approval()).await;
    let shown = town.door.get(&job.path("")).await;
    let seen = shown.is(200);
    assert!(seen["approve_url"].is_null() && seen["has_details"] == true, "{seen}");
    for private in ["Test Person", "447700900123", "Example Street", "ring twice", "/public/"] {
        assert!(!shown.text.contains(private), "{private}");
    }
    assert_eq!(town.door.get(&format!("/api/v1/jobs/{}", job.code)).await.is(200)["id"], job.id);
    town.door.get("/api/v1/jobs/00000000-0000-4000-8000-000000000000").await.refuses(404, "job-not-found");
    town.door.get("/api/v1/jobs/nonsense").await.refuses(404, "job-not-found");
}

#[tokio::test]
async fn a10_the_link_shows_the_job_and_only_a_press_approves_it() {
    let town = town().await;
    let job = town.desk().publishes(order("VC8Y-3").needing_approval()).await;
    let link = Town::path_of(&job.approve_url);
    let page = town.stranger().get(&link).await;
    assert!(page.status == 200 && page.text.contains("VC8Y-3"), "{}", page.text);
    assert!(page.header("content-type").starts_with("text/html"));
    let looked = send(town.stranger().request(reqwest::Method::HEAD, &link)).await;
    assert_eq!(looked.status, 200);
    assert_eq!(town.desk().sees(&job).await["status"], "needs_approval");
    assert_eq!(town.stranger().submits(&link, "action=approve").await.status, 200);
    let approved = town.desk().sees(&job).await;
    assert!(approved["approved_at"].is_string() && approved["status"] != "needs_approval", "{approved}");
    // A second press changes nothing and is no fall.
    assert!(town.stranger().submits(&link, "action=approve").await.status < 500);
    assert_eq!(town.desk().sees(&job).await["approved_at"], approved["approved_at"]);
}

#[tokio::test]
async fn a11_a_broken_link_approves_nothing() {
    let town = town_with(&[("LINKS__APPROVAL_TTL", "3s")]).await;
    let [ana] = town.people(["ana"]).await;
    assert_eq!(town.stranger().get("/public/approve").await.status, 400);
    assert_eq!(town.stranger().get("/public/approve/nonsense").await.status, 404);
    let job = town.desk().publishes(order("a11").needing_approval()).await;
    let link = Town::path_of(&job.approve_url);
    let tampered = format!("{}{}", &link[..link.len() - 2], if link.ends_with("AA") { "BB" } else { "AA" });
    assert_eq!(town.stranger().submits(&tampered, "action=approve").await.status, 404);
    assert_eq!(town.stranger().submits(&link, "action=approve").await.status, 200);
    ana.presses_yes(&job).await;
    let claimed = town.desk().sees_it(&job, "claimed").await;
    let page = town.stranger().submits(&link, "action=reject").await;
    assert!(page.header("content-type").starts_with("text/html") && page.status < 500, "{page:?}");
    assert_eq!(town.desk().sees(&job).await["claim"], claimed["claim"]);
    let expired = async || town.stranger().get(&link).await.status == 410;
    super::wait::until("the link expires", async || expired().await.then_some(())).await;
    assert_eq!(town.stranger().submits(&link, "action=reject").await.status, 410);
}

#[tokio::test]
async fn a12_what_a_client_wrote_cannot_act_on_the_page() {
    let town = town().await;
    let nasty = "<script>alert(1)</script>";
    let brief = json!({ "from": nasty, "to": "\"><img src=x onerror=alert(1)>" });
    let job = town.desk().publishes(order(nasty).needing_approval().with("brief", brief)).await;
    let page = town.stranger().get(&Town::path_of(&job.approve_url)).await;
    assert!(page.status == 200 && page.text.contains("&#60;script&#62;"), "{}", page.text);
    assert!(!page.text.contains("<script>alert") && !page.text.contains("<img"), "{}", page.text);
}

#[tokio::test]
async fn a13_nothing_starts_before_its_approval_and_nothing_twice() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("a13").needing_approval()).await;
    town.desk().tells(&job, "start", json!({})).await.refuses(409, "job-not-approved");
    assert_eq!(town.door.post("/api/v1/jobs/00000000/start", json!({})).await.status, 404);
    town.desk().tells(&job, "approve", json!({})).await.is(200);
    ana.shows_offer(&job).await;
    let again = town.desk().tells(&job, "start", json!({})).await;
    assert!(matches!(again.status, 200 | 409), "{}", again.text);
    assert_eq!(town.desk().sees(&job).await["offers"].as_array().unwrap().len(), 1);
    assert_eq!(ana.offers(&job), 1);
}

#[tokio::test]
async fn a14_lists_come_in_pages_of_a_stable_order() {
    let town = town().await;
    town.people(["ana"]).await;
    let mut posted = Vec::new();
    for no in 0..5 {
        posted.push(town.desk().publishes(order(&format!("a14-{no}"))).await.id);
    }
    let waiting = town.desk().publishes(order("a14-w").needing_approval()).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = town.door.get(&format!("/api/v1/jobs?status=offering&limit=2{cursor}")).await.is(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2 && page["total"] == 5, "{page}");
        seen.extend(items.iter().map(|job| job["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    posted.reverse();
    assert_eq!(seen, posted);
    assert!(!seen.contains(&waiting.id));
    town.door.get("/api/v1/jobs?limit=101").await.refuses(400, "validation-failed");
}

#[tokio::test]
async fn a15_a_cancelled_job_is_withdrawn_from_everybody() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("a15")).await;
    ana.shows_offer(&job).await;
    let offer = town.desk().sees_offer(&job, "ana", "open").await;
    assert_eq!(town.desk().tells(&job, "cancel", json!({ "reason": "rain" })).await.is(200)["status"], "cancelled");
    ana.shows_withdrawal(&job).await;
    assert!(matches!(town.desk().claims_for(&offer).await.status, 409));
    town.desk().tells(&job, "cancel", json!({})).await.refuses(409, "job-closed");
    let taken: Job = town.desk().publishes(order("a15-2")).await;
    ana.presses_yes(&taken).await;
    town.desk().sees_it(&taken, "claimed").await;
    town.desk().tells(&taken, "cancel", json!({})).await.is(200);
    ana.shows("was cancelled").await;
    assert!(bo.is_silent());
}
