//! `POST /public/webhooks/sendgrid/{account}/inbound/{secret}`: where SendGrid hands over the mails that come in. By itself it does
//! not sign them, so its address is the secret; with a security policy it signs them as well.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::http::public::webhooks::hooks::{MAIL_MAX, account, header, is_signed, take};
use crate::webhooks::read;
use crate::webhooks::verify::NotGenuine;
use crate::webhooks::verify::sendgrid::{SIGNATURE, TIMESTAMP};

/// Takes a mail in.
pub async fn post(
    Path((name, secret)): Path<(String, String)>,
    State(door): State<Door>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (hooks, inbound) = account(&door, &name, |accounts| accounts.inbound.as_ref())?;
    // Before the body, which may be large.
    if !bool::from(secret.as_bytes().ct_eq(inbound.secret.expose_secret().as_bytes())) {
        return Err(NotGenuine::Wrong.into());
    }
    if inbound.key.is_some() {
        is_signed(&request, &[SIGNATURE, TIMESTAMP])?;
    }
    let call = hooks.bodies.collect(request, MAIL_MAX).await?;
    if let Some(key) = &inbound.key {
        key.verify(header(&call.head.headers, SIGNATURE), header(&call.head.headers, TIMESTAMP), &call.body)?;
    }
    let kind = header(&call.head.headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let told = read::sendgrid::inbound::read(kind, call.body.clone()).await;
    take(hooks, "sendgrid", told.map(|told| vec![told])).await?;
    Ok(StatusCode::OK)
}
