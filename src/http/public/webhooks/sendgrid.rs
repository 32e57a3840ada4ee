//! `POST /public/webhooks/sendgrid/{account}`: where SendGrid tells its events.

pub mod inbound;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use super::hooks::{BODY_MAX, account, header, is_signed, take};
use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::webhooks::read;
use crate::webhooks::verify::sendgrid::{SIGNATURE, TIMESTAMP};

/// Takes in what is told.
pub async fn post(Path(name): Path<String>, State(door): State<Door>, request: Request) -> Result<StatusCode, Problem> {
    let (hooks, key) = account(&door, &name, |accounts| accounts.sendgrid.as_ref())?;
    is_signed(&request, &[SIGNATURE, TIMESTAMP])?;
    let call = hooks.bodies.collect(request, BODY_MAX).await?;
    key.verify(header(&call.head.headers, SIGNATURE), header(&call.head.headers, TIMESTAMP), &call.body)?;
    take(hooks, "sendgrid", read::sendgrid::read(&call.body)).await?;
    Ok(StatusCode::OK)
}
