//! `GET /api/v1/telegram/registration/{driverId}`, where our own route of the same path is asked for a driver.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::records::Registration;
use baton_core::agent::Agent;
use baton_core::ids::{DriverId, TenantId};
use serde_json::json;

use super::words::No;
use crate::channels::registration::{link, new_token, qr_png_data_uri, token_hash};
use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::http::shapes::driver::agent_of;

/// The driver of an id, as an agent.
pub fn driver(door: &Door, tenant: TenantId, text: &str) -> Result<Arc<Agent>, No> {
    let id = DriverId::parse(tenant, text).map_err(|_| {
        No::new(StatusCode::BAD_REQUEST, "INVALID_DRIVER_ID", "the driver's id must be a valid UUID")
            .with(json!({ "errors": [{ "field": "driverId", "message": "must be a valid UUID" }] }))
    })?;
    let view = door.engine.tenants().view(tenant);
    let agent = door.engine.driver(id)?.and_then(|driver| agent_of(&view, &driver));
    agent.ok_or_else(|| No::not_found("driver", text))
}

/// A new link by which a driver registers: it works once, and until its time is over.
pub async fn new_link(door: &Door, agent: &Agent) -> Result<String, No> {
    let not_set_up =
        || No::new(StatusCode::SERVICE_UNAVAILABLE, "TELEGRAM_NOT_CONFIGURED", "no Telegram bot is set up");
    let desk = door.telegram.as_ref().ok_or_else(not_set_up)?;
    let bot = desk.bot.as_ref().ok_or_else(not_set_up)?;
    let token = new_token();
    let expires_at = door.clock.now() + desk.registration_ttl;
    let registration = Registration { agent: agent.id, expires_at, used_by: None };
    door.engine.new_registration(token_hash(&token), registration).await?;
    Ok(link(&desk.link_base, bot, &token))
}

/// Its answer: the link, and the link as an image.
pub async fn answer(door: &Door, tenant: TenantId, id: &str) -> Result<Response, No> {
    let agent = driver(door, tenant, id)?;
    let link = new_link(door, &agent).await?;
    let picture =
        qr_png_data_uri(&link).map_err(|error| No::from(Problem::internal(&error)).called("QR_CODE_ERROR"))?;
    let shown = json!({
        "driverId": id, "driverName": agent.name, "registrationLink": link, "qrCodeUrl": picture,
        "alreadyRegistered": agent.telegram.is_some(),
    });
    Ok(axum::Json(shown).into_response())
}
