//! `POST /public/webhooks/sendgrid/{account}`: where SendGrid tells its events.

pub mod inbound;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use super::hooks::{account, collect, header, take};
use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::webhooks::read;
use crate::webhooks::verify::sendgrid::{SIGNATURE, TIMESTAMP};

/// Takes in what is told.
pub async fn post(Path(name): Path<String>, State(door): State<Door>, request: Request) -> Result<StatusCode, Problem> {
    let (hooks, key) = account(&door, &name, |accounts| accounts.sendgrid.as_ref())?;
    let (head, body) = collect(request).await?;
    key.verify(header(&head.headers, SIGNATURE), header(&head.headers, TIMESTAMP), &body)?;
    take(hooks, "sendgrid", read::sendgrid::read(&body)).await?;
    Ok(StatusCode::OK)
}
