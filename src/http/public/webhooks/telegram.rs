//! `POST /public/webhooks/telegram/{account}`: where Telegram calls. What is answered with 200 does not come again, so it
//! is answered only once the update is stored; nothing here waits for Telegram itself.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode};
use secrecy::ExposeSecret;

use super::hooks::take;
use crate::channels::telegram::Inbound;
use crate::http::door::Door;
use crate::http::problem::{Code, Problem};
use crate::webhooks::read::{self, Unreadable};
use crate::webhooks::verify::telegram::{SECRET, verify};

/// The path of the bot's webhook, below the public address.
pub const PATH: &str = "/public/webhooks/telegram/default";

/// A message with its answer, entities and keyboard is far over what other requests may be.
const BODY_MAX: usize = 1024 * 1024;

const ACCOUNT: &str = "default";

/// Takes an update in.
pub async fn post(
    Path(account): Path<String>,
    State(door): State<Door>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let there = door.telegram.as_ref().zip(door.hooks.as_deref()).filter(|_| account == ACCOUNT);
    let there = there.filter(|(desk, _)| desk.is_called);
    let (desk, hooks) = there.ok_or_else(|| Problem::new(Code::ChannelNotFound, "there is no such bot"))?;
    if let Some(secret) = &desk.secret {
        let said = request.headers().get(SECRET).map(HeaderValue::as_bytes);
        verify(secret.expose_secret(), said)
            .map_err(|_| Problem::new(Code::Unauthorized, "the call does not carry the bot's secret"))?;
    }
    let call = hooks.bodies.collect(request, BODY_MAX).await?;
    let update = Inbound::parse(&call.body, desk.bot.as_deref()).map_err(|_| Unreadable);
    // With another status than 200 it comes again, after a while.
    take(hooks, "telegram", update.map(|update| read::telegram::read(update).into_iter().collect())).await?;
    Ok(StatusCode::OK)
}
