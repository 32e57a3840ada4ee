//! `GET`, `PUT /api/v1/agents/{ref}/consents`: what somebody agreed to and what they refused.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use baton_core::agent::Agent;
use baton_core::ids::AgentId;
use baton_core::time::Timestamp;

use crate::http::agents::store;
use crate::http::caller::{Caller, Read, Write};
use crate::http::door::Door;
use crate::http::etag::{IfMatch, etag};
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::consent::ConsentsShape;
use crate::http::shapes::consent_view::{ConsentView, ConsentsView};

/// What somebody agreed to and what they refused.
#[utoipa::path(get, path = "/api/v1/agents/{ref}/consents", tag = "agents",
    params(("ref" = String, Path, description = "the tenant's own name for them")),
    responses(
        (status = 200, body = ConsentsView),
        (status = 404, description = "`agent-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(reference): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    shown(&door, AgentId::of_reference(caller.tenant(), &reference))
}

/// Notes what somebody said, by channel and purpose. What is older than what is known changes nothing, and at the same moment a
/// no holds over a yes.
#[utoipa::path(put, path = "/api/v1/agents/{ref}/consents", tag = "agents", request_body = ConsentsShape,
    params(
        ("ref" = String, Path, description = "the tenant's own name for them"),
        ("If-Match" = Option<String>, Header, description = "the version the change was made from"),
    ),
    responses(
        (status = 200, description = "what holds now", body = ConsentsView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`agent-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Write>,
    Path(reference): Path<String>,
    seen: IfMatch,
    State(door): State<Door>,
    Json(shape): Json<ConsentsShape>,
) -> Result<Response, Problem> {
    let id = AgentId::of_reference(caller.tenant(), &reference);
    note(&door, id, seen, shape).await?;
    shown(&door, id)
}

/// Notes it.
pub async fn note(door: &Door, id: AgentId, seen: IfMatch, shape: ConsentsShape) -> Result<(), Problem> {
    let said = shape.into_core(door.clock.now()).map_err(Problem::of_fields)?;
    let change = move |before: Option<&Agent>, now: Timestamp| {
        let mut agent = Agent { updated_at: now, ..before?.clone() };
        for consent in said {
            agent.says(consent);
        }
        Some(agent)
    };
    store::one(door, id, seen, change).await.map(drop)
}

fn shown(door: &Door, id: AgentId) -> Result<Response, Problem> {
    let view = door.engine.tenants().view(id.tenant);
    let agent = view.roster.get(&id).ok_or_else(store::not_found)?;
    let consents = agent.consents.iter().map(ConsentView::of).collect();
    Ok(([(axum::http::header::ETAG, etag(agent.version))], axum::Json(ConsentsView { consents })).into_response())
}

#[cfg(test)]
mod tests {
    use crate::http::sample::{House, OTHER};

    const JSON: (&str, &str) = ("content-type", "application/json");

    #[tokio::test]
    async fn f2_consents_are_kept_by_channel_and_purpose_and_no_wins() {
        let house = House::with_people().await;
        let put = async |consents: &str| {
            house.ask("PUT /api/v1/agents/ana/consents", &format!(r#"{{"consents":[{consents}]}}"#)).await
        };
        let yes = r#"{"channel":"email","purpose":"notifications","status":"opted_in","source":"form","wording":"v1","at":"2026-01-02T00:00:00Z"}"#;
        let sms =
            r#"{"channel":"sms","purpose":"all","status":"opted_out","source":"call","at":"2026-01-02T00:00:00Z"}"#;
        let put_both = put(&format!("{yes},{sms}")).await;
        assert_eq!((put_both.status, put_both.json["consents"].as_array().map(Vec::len)), (200, Some(2)));
        let again = put(&yes.replace("opted_in", "opted_out")).await;
        assert_eq!(again.json["consents"][0]["status"], "opted_out", "no wins at the same moment: {}", again.text);
        let older = put(&yes.replace("2026-01-02", "2026-01-01")).await;
        assert_eq!(older.json["consents"][0]["status"], "opted_out");
        let newer = put(&yes.replace("2026-01-02", "2026-01-03").replace("v1", "v2")).await;
        let consent = &newer.json["consents"][0];
        assert_eq!((&consent["status"], &consent["wording"]), (&"opted_in".into(), &"v2".into()));
        let shown = house.ask("GET /api/v1/agents/ana/consents", "").await;
        assert_eq!(shown.json, newer.json);
        assert_eq!(house.ask("GET /api/v1/agents/ana", "").await.json["consents"], newer.json["consents"]);
        assert_eq!(put(r#"{"channel":"fax"}"#).await.problem(), (400, "validation-failed"));
    }

    #[tokio::test]
    async fn f2_the_agents_of_another_tenant_are_not_there() {
        let house = House::with_people().await;
        let body = r#"{"consents":[{"channel":"sms","purpose":"all","status":"opted_in","source":"x"}]}"#;
        for line in ["GET /api/v1/agents/ana/consents", "PUT /api/v1/agents/ana/consents"] {
            let answer = house.send(line, &[("x-api-key", OTHER), JSON], body).await;
            assert_eq!(answer.problem(), (404, "agent-not-found"), "{line}");
            let unknown = line.replace("ana", "nobody");
            assert_eq!(house.ask(&unknown, body).await.problem(), (404, "agent-not-found"), "{unknown}");
        }
        assert_eq!(house.ask("GET /api/v1/agents/ana/consents", "").await.json["consents"], serde_json::json!([]));
    }

    #[tokio::test]
    async fn f1_what_an_upsert_leaves_out_stays() {
        let house = House::open().await;
        let whole = r#"{"phone":"+447700900001","email":"d1@example.com","locale":"ru","time_zone":"Europe/London","takes_jobs":false}"#;
        let first = house.ask("PUT /api/v1/agents/d1", whole).await;
        assert_eq!((first.status, &first.json["takes_jobs"]), (201, &false.into()));
        let said = r#"{"consents":[{"channel":"email","purpose":"all","status":"opted_in","source":"form"}]}"#;
        house.ask("PUT /api/v1/agents/d1/consents", said).await;
        let again = house.ask("PUT /api/v1/agents/d1", r#"{"phone":"+447700900001","name":"One"}"#).await;
        assert_eq!((again.status, &again.json["id"]), (200, &first.json["id"]));
        for field in ["email", "locale", "time_zone", "takes_jobs"] {
            assert_eq!(again.json[field], first.json[field], "{field}");
        }
        assert_eq!(again.json["consents"][0]["status"], "opted_in");
        let synced =
            house.ask("POST /api/v1/agents/sync", r#"{"agents":[{"ref":"d1","phone":"+447700900001"}]}"#).await;
        assert_eq!(synced.status, 200);
        let after = house.ask("GET /api/v1/agents/d1", "").await.json;
        assert_eq!((&after["consents"], &after["email"]), (&again.json["consents"], &first.json["email"]));
    }
}
