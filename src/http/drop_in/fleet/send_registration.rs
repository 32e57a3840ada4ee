//! `POST /api/v1/telegram/send-registration`: the link by e-mail, with its image inside the mail.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::channel::{Address, Answer, Errand, Invitation, Say};
use baton_core::delivery::ChannelKind;
use serde_json::json;

use super::registration::{driver, new_link};
use super::words::No;
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::json::Json;
use crate::http::problem::Problem;
use crate::http::strangers::Strangers;

/// Whom to write to.
#[derive(Default)]
pub struct Shape {
    driver_id: Given<String>,
    custom_message: Given<String>,
    strangers: Strangers,
}

object! {
    Shape { driver_id = "driverId", custom_message = "customMessage" }
}

/// Sends it.
pub async fn post(caller: Caller<Write>, State(door): State<Door>, Json(shape): Json<Shape>) -> Result<Response, No> {
    let read = Form::body(shape, |form, shape| {
        let id = form.field("driverId", shape.driver_id).required().value();
        let message = form.field("customMessage", shape.custom_message).prose(500);
        Some((id?, message))
    });
    let (id, message) = read.map_err(Problem::of_fields)?;
    let tenant = caller.tenant();
    let agent = driver(&door, tenant, &id)?;
    let Some(mailbox) = agent.email.clone() else {
        return Err(No::new(StatusCode::BAD_REQUEST, "NO_EMAIL", "the driver has no e-mail address"));
    };
    let unavailable = |code, message| No::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
    if !door.engine.house().channels.contains(&ChannelKind::Email) {
        return Err(unavailable("EMAIL_NOT_CONFIGURED", "no e-mail channel is set up"));
    }
    let link = new_link(&door, &agent).await?;
    let view = door.engine.tenants().view(tenant);
    let errand = Errand {
        key: uuid::Uuid::new_v4().to_string(),
        tenant,
        agent: Some(agent.id),
        to: Address::Email(mailbox.clone()),
        name: agent.name.clone(),
        locale: agent.locale.clone().unwrap_or_else(|| view.settings.locale.clone()),
        time_zone: agent.time_zone.clone().unwrap_or_else(|| view.settings.time_zone.clone()),
        say: Say::Answer(Answer::Invited(Box::new(Invitation { link, message }))),
        replaces: None,
        possible_repeat: false,
        lifetime: None,
    };
    if !door.engine.answer(ChannelKind::Email, errand) {
        return Err(unavailable("EMAIL_NOT_CONFIGURED", "no e-mail channel is set up"));
    }
    let shown = json!({ "success": true, "message": "Registration email sent", "driverId": id, "email": mailbox });
    Ok(axum::Json(shown).into_response())
}
