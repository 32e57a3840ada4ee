//! Agents over HTTP.

use crate::http::sample::{ADMIN, House};

#[tokio::test]
async fn a3_a4_a_sync_is_all_or_nothing() {
    let house = House::with_people().await;
    let list = |name: &str| {
        format!(
            r#"{{"agents":[{{"ref":"ana","name":"{name}","phone":"+447700900001"}},{{"ref":"bo","name":"{name}","phone":"+447700900002"}}]}}"#
        )
    };
    let synced = house.ask("POST /api/v1/agents/sync", &list("New")).await;
    assert_eq!(synced.text, r#"{"inserted":0,"updated":2,"total":2}"#);
    assert_eq!(house.ask("GET /api/v1/agents/ana", "").await.json["name"], "New");
    let broken = list("Newer").replace(r#""phone":"+447700900002""#, r#""priority":1"#);
    let refused = house.ask("POST /api/v1/agents/sync", &broken).await;
    assert_eq!(
        (refused.problem(), &refused.json["errors"][0]["field"]),
        ((400, "validation-failed"), &"agents[1].phone".into())
    );
    assert_eq!(house.ask("GET /api/v1/agents/ana", "").await.json["name"], "New");
}

#[tokio::test]
async fn an_agent_is_made_changed_and_deleted() {
    let house = House::open().await;
    let made = house.ask("PUT /api/v1/agents/d1", r#"{"phone":"+44 7700 900001","priority":3}"#).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        (made.status, &made.json["phone"], &made.headers["etag"]),
        (201, &"+447700900001".into(), &"\"1\"".parse().unwrap())
    );
    let send = async |line: &str, etag: &str, body: &str| {
        let headers = [("x-api-key", ADMIN), ("content-type", "application/json"), ("if-match", etag)];
        house.send(line, &headers, body).await
    };
    let stale = send("PATCH /api/v1/agents/d1", "\"7\"", r#"{"active":false}"#).await;
    assert_eq!((stale.problem(), &stale.json["version"]), ((412, "version-changed"), &1.into()));
    let changed = send("PATCH /api/v1/agents/d1", "\"1\"", r#"{"active":false}"#).await;
    assert_eq!(
        (&changed.json["active"], &changed.json["priority"], &changed.json["version"]),
        (&false.into(), &3.into(), &2.into())
    );
    let away =
        house.ask("PUT /api/v1/agents/d1/availability", r#"{"available":false,"until":"2027-01-30T08:00:00Z"}"#).await;
    assert_eq!(away.json["availability"]["until"], "2027-01-30T08:00:00.000Z");
    assert_eq!(
        house.ask("PUT /api/v1/agents/none/availability", r#"{"available":true}"#).await.problem(),
        (404, "agent-not-found")
    );
    let taken = house.ask("PUT /api/v1/agents/d2", r#"{"phone":"+447700900001"}"#).await;
    assert_eq!((taken.problem(), &taken.json["agent"]), ((409, "address-taken"), &"d2".into()));
    assert_eq!(send("DELETE /api/v1/agents/d1", "\"1\"", "").await.problem(), (412, "version-changed"));
    assert_eq!(house.ask("DELETE /api/v1/agents/d1", "").await.status, 204);
    assert_eq!(house.ask("GET /api/v1/agents/d1", "").await.problem(), (404, "agent-not-found"));
}

#[tokio::test]
async fn agents_are_listed_a_page_at_a_time_in_the_order_of_asking() {
    let house = House::open().await;
    let agent = |n: u32| format!(r#"{{"ref":"a{n}","phone":"+44770090000{n}","priority":{}}}"#, 9 - n);
    let agents: Vec<String> = (1..=5).map(agent).collect();
    house.ask("POST /api/v1/agents/sync", &format!(r#"{{"agents":[{}]}}"#, agents.join(","))).await;
    let mut seen = Vec::new();
    let mut line = "GET /api/v1/agents?limit=2".to_owned();
    loop {
        let page = house.ask(&line, "").await;
        assert_eq!(page.json["total"], 5, "{}", page.text);
        seen.extend(page.json["items"].as_array().unwrap().iter().map(|a| a["ref"].as_str().unwrap().to_owned()));
        match page.json["next_cursor"].as_str() {
            Some(next) => line = format!("GET /api/v1/agents?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["a5", "a4", "a3", "a2", "a1"]);
    assert_eq!(house.ask("GET /api/v1/agents?active=false", "").await.json["total"], 0);
    assert_eq!(house.ask("GET /api/v1/agents?activ=false", "").await.problem(), (400, "validation-failed"));
}
