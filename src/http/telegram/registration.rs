//! `GET /api/v1/telegram/registration/{ref}`: the link by which an agent registers with the bot, also as a QR code.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use baton_actors::records::Registration;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::channels::registration::{link, new_token, qr_png_data_uri, qr_svg, token_hash};
use crate::config::drop_in::System;
use crate::http::agents::store;
use crate::http::caller::{Caller, Visitor, Write};
use crate::http::door::Door;
use crate::http::drop_in::fleet;
use crate::http::form::Form;
use crate::http::given::Given;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::shown::Shown;

/// How an agent registers.
#[derive(Serialize, ToSchema)]
pub struct RegistrationView {
    /// Opens the bot; works once, and until its time is over.
    link: String,
    /// The link as an image, to stand in a page or a mail.
    qr_png: String,
    /// The link as a drawing.
    qr_svg: String,
    /// It works until then.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Shown<Timestamp>,
    /// Whether the agent has a chat already: a link does not replace it, `PATCH /api/v1/agents/{ref}` with `"telegram_chat_id": null` frees it.
    already_registered: bool,
}

/// Makes a link by which an agent registers with the bot.
#[utoipa::path(get, path = "/api/v1/telegram/registration/{ref}", tag = "agents",
    params(("ref" = String, Path, description = "the tenant's own name for them")),
    responses(
        (status = 200, body = RegistrationView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`agent-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 503, description = "`telegram-not-configured`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Write>,
    Path(reference): Path<String>,
    visitor: Visitor,
    headers: HeaderMap,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    // Where a fleet's drivers register by their ids, crews do by their names all the same.
    let tenant = caller.tenant();
    let is_crew = || {
        fleet::registration::driver(&door, tenant, &reference).is_err()
            && store::known(&door, tenant, &reference).is_ok()
    };
    if door.settings.drop_in.has(System::Fleet) && !is_crew() {
        let answer = fleet::registration::answer(&door, caller.tenant(), &reference).await;
        return Ok(fleet::on_our_route(&headers, &visitor, answer));
    }
    let reference = Form::read(|form| form.field("ref", Given::Is(reference)).line(100)).map_err(Problem::of_fields)?;
    let not_set_up =
        || Problem::new(Code::TelegramNotConfigured, "no Telegram bot is set up, or its name is not known");
    let desk = door.telegram.as_ref().ok_or_else(not_set_up)?;
    let bot = desk.bot.as_ref().ok_or_else(not_set_up)?;
    let agent = store::known(&door, caller.tenant(), &reference)?;
    let token = new_token();
    let expires_at = door.clock.now() + desk.registration_ttl;
    let registration = Registration { agent: agent.id, expires_at, used_by: None };
    door.engine.new_registration(token_hash(&token), registration).await?;
    let link = link(&desk.link_base, bot, &token);
    let view = RegistrationView {
        qr_png: qr_png_data_uri(&link).map_err(|error| Problem::internal(&error))?,
        qr_svg: qr_svg(&link).map_err(|error| Problem::internal(&error))?,
        link,
        expires_at: Shown(expires_at),
        already_registered: agent.telegram.is_some(),
    };
    Ok(axum::Json(view).into_response())
}
