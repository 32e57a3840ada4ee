//! `/public/webhooks/meta/{account}`: where WhatsApp calls. `GET` sets the webhook up, `POST` tells.

use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::hooks::{account, header, is_signed, take};
use crate::http::door::Door;
use crate::http::problem::{Code, Problem};
use crate::webhooks::read;
use crate::webhooks::verify::NotGenuine;
use crate::webhooks::verify::meta::{SIGNATURE, handshake, verify};

/// Meta gathers up to 3 MB into one call.
const BODY_MAX: usize = 3 * 1024 * 1024;

/// What a set-up asks.
#[derive(Deserialize)]
pub struct SetUp {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.verify_token")]
    token: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
}

/// Answers a set-up with its challenge.
pub async fn get(
    Path(name): Path<String>,
    State(door): State<Door>,
    Query(asked): Query<SetUp>,
) -> Result<String, Problem> {
    let (_, meta) = account(&door, &name, |accounts| accounts.meta.as_ref())?;
    let ours = meta.verify_token.as_ref().map_or("", |token| token.expose_secret());
    let genuine = handshake(ours, asked.mode.as_deref(), asked.token.as_deref(), asked.challenge.as_deref());
    // Without a token of ours nobody can know it.
    let genuine = genuine.ok().filter(|_| !ours.is_empty());
    genuine.map(str::to_owned).ok_or_else(|| Problem::new(Code::Forbidden, "this set-up does not carry our token"))
}

/// Takes in what is told.
pub async fn post(Path(name): Path<String>, State(door): State<Door>, request: Request) -> Result<StatusCode, Problem> {
    let (hooks, meta) = account(&door, &name, |accounts| accounts.meta.as_ref())?;
    let forged = |reason: NotGenuine| Problem::new(Code::Forbidden, reason.to_string());
    is_signed(&request, &[SIGNATURE]).map_err(forged)?;
    let call = hooks.bodies.collect(request, BODY_MAX).await?;
    verify(meta.app_secret.expose_secret(), header(&call.head.headers, SIGNATURE), &call.body).map_err(forged)?;
    take(hooks, "meta", read::meta::read(&call.body, &meta.phone_number_id)).await?;
    Ok(StatusCode::OK)
}
