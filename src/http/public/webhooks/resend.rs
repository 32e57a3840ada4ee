//! `POST /public/webhooks/resend/{account}`: where Resend calls, by way of Svix.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use super::hooks::{BODY_MAX, account, header, is_signed, take};
use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::webhooks::read;
use crate::webhooks::verify::standard::Signed;

const ID: &str = "svix-id";
const TIMESTAMP: &str = "svix-timestamp";
const SIGNATURE: &str = "svix-signature";

/// Takes in what is told.
pub async fn post(Path(name): Path<String>, State(door): State<Door>, request: Request) -> Result<StatusCode, Problem> {
    let (hooks, key) = account(&door, &name, |accounts| accounts.resend.as_ref())?;
    is_signed(&request, &[ID, TIMESTAMP, SIGNATURE])?;
    let call = hooks.bodies.collect(request, BODY_MAX).await?;
    let signed = Signed {
        id: header(&call.head.headers, ID),
        timestamp: header(&call.head.headers, TIMESTAMP),
        signature: header(&call.head.headers, SIGNATURE),
    };
    let now = u64::try_from(door.clock.now().0 / 1000).unwrap_or(0);
    let id = key.verify(signed, &call.body, now)?;
    take(hooks, "resend", read::resend::read(&call.body, id).map(|told| told.into_iter().collect())).await?;
    Ok(StatusCode::OK)
}
