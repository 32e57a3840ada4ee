//! `POST /public/webhooks/resend/{account}`: where Resend calls, by way of Svix.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use super::hooks::{account, collect, header, take};
use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::webhooks::read;
use crate::webhooks::verify::standard::Signed;

/// Takes in what is told.
pub async fn post(Path(name): Path<String>, State(door): State<Door>, request: Request) -> Result<StatusCode, Problem> {
    let (hooks, key) = account(&door, &name, |accounts| accounts.resend.as_ref())?;
    let (head, body) = collect(request).await?;
    let signed = Signed {
        id: header(&head.headers, "svix-id"),
        timestamp: header(&head.headers, "svix-timestamp"),
        signature: header(&head.headers, "svix-signature"),
    };
    let now = u64::try_from(door.clock.now().0 / 1000).unwrap_or(0);
    let id = key.verify(signed, &body, now)?;
    take(hooks, "resend", read::resend::read(&body, id).map(|told| told.into_iter().collect())).await?;
    Ok(StatusCode::OK)
}
