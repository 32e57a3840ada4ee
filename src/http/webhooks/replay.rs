//! `POST /api/v1/webhooks/replay`: what was told and not acted upon is acted upon.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::json::Json;
use crate::http::problem::{Body, FieldError, Problem};
use crate::http::strangers::Strangers;
use crate::http::webhooks::list::moment;
use crate::webhooks::inbox::kept::{Filter, Replayed};

/// Which news is to be acted upon; all that was left where nothing is given.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Replay)]
pub struct ReplayShape {
    /// Only of this account: `telegram`, `meta`, `twilio`, `resend`, `sendgrid`.
    #[schema(value_type = Option<String>, max_length = 64)]
    account: Given<String>,
    /// Only what the provider calls so.
    #[schema(value_type = Option<String>, max_length = 256)]
    id: Given<String>,
    /// Only what came then or later, in RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! { ReplayShape { account, id, since } }

/// What becomes of it.
#[derive(Serialize, ToSchema)]
pub struct ReplayedView {
    /// So much is being acted upon now.
    replayed: usize,
    /// So much was acted upon before and is left alone; counted up to 1,000.
    done: usize,
    /// Whether there is more than one call takes: call again once this is done.
    more: bool,
}

/// Has what providers told acted upon where that was left undone, say because the engine could not. What was acted upon is left
/// alone, so it is harmless to repeat.
#[utoipa::path(post, path = "/api/v1/webhooks/replay", tag = "operations", request_body = ReplayShape,
    responses(
        (status = 200, body = ReplayedView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 503, description = "`restored-copy`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Operate>,
    State(door): State<Door>,
    Json(shape): Json<ReplayShape>,
) -> Result<Response, Problem> {
    let filter = shape.into_core().map_err(Problem::of_fields)?;
    if door.engine.is_restored() {
        return Err(baton_actors::error::Failure::Restored.into());
    }
    let replayed = match &door.hooks {
        Some(hooks) => hooks.inbox.replay(caller.tenant(), filter).await.map_err(|error| Problem::internal(&error))?,
        None => Replayed::default(),
    };
    let Replayed { replayed, done, more } = replayed;
    Ok(axum::Json(ReplayedView { replayed, done, more }).into_response())
}

impl ReplayShape {
    fn into_core(self) -> Result<Filter, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            Some(Filter {
                account: form.field("account", shape.account).line(64),
                id: form.field("id", shape.id).line(256),
                since: form.field("since", shape.since).parsed(moment),
                done: None,
            })
        })
    }
}
