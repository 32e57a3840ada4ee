//! `GET /api/v1/webhooks`: what providers told, without what people wrote.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::page::{List, Page};
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::shapes::shown::Shown;
use crate::webhooks::inbox::kept::{Filter, Kept};

/// Something a provider told. What people wrote, and from where, is not shown.
#[derive(Serialize, ToSchema)]
pub struct ToldView {
    /// Told by which account.
    account: String,
    /// The provider's name for it.
    id: String,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// By which channel.
    channel: &'static str,
    /// What it is: `reached`, `text`, `pressed`, `mail`, `start` …
    what: &'static str,
    /// Whether it was acted upon.
    done: bool,
}

/// Which news is wanted.
struct Wanted {
    page: Page,
    filter: Filter,
}

/// Lists what providers told, by account and name, as long as it is kept.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "operations",
    params(
        ("account" = Option<String>, Query, description = "only of this account: `telegram`, `meta`, `twilio`, `resend`, `sendgrid`"),
        ("id" = Option<String>, Query, description = "only what the provider calls so"),
        ("since" = Option<String>, Query, description = "only what came then or later, in RFC 3339"),
        ("done" = Option<bool>, Query, description = "only what was acted upon, or was not"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 where it is left out"),
        ("cursor" = Option<String>, Query, description = "the `next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = List<ToldView>),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Operate>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let Wanted { page, filter } = query.read(Wanted::read)?;
    let Some(hooks) = door.hooks.clone() else {
        return Ok(axum::Json(List::<ToldView>::new(Vec::new(), None, None)).into_response());
    };
    let (tenant, limit) = (caller.tenant(), page.limit);
    let kept = tokio::task::spawn_blocking(move || hooks.inbox.kept(tenant, &filter, page.after.as_deref(), limit + 1));
    let mut kept = kept.await.map_err(|error| Problem::internal(&error))?.map_err(|error| Problem::internal(&error))?;
    let more = kept.len() > limit;
    kept.truncate(limit);
    let last = kept.last().filter(|_| more).map(|kept| kept.key.clone());
    let items = kept.into_iter().map(ToldView::of).collect();
    Ok(axum::Json(List::new(items, None, last.as_deref())).into_response())
}

impl Wanted {
    fn read(form: &mut Form, query: &mut Query) -> Option<Self> {
        let page = Page::read(form, query);
        let filter = Filter {
            account: form.field("account", query.take("account")).line(64),
            id: form.field("id", query.take("id")).line(256),
            since: form.field("since", query.take("since")).parsed(moment),
            done: form.field("done", query.take("done")).parsed(|text| match text.as_str() {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err("give true or false"),
            }),
        };
        Some(Self { page: page?, filter })
    }
}

/// A moment in RFC 3339.
pub fn moment(text: String) -> Result<Timestamp, &'static str> {
    Timestamp::parse(&text).ok_or("give a moment in RFC 3339, such as 2027-01-29T08:00:00Z")
}

impl ToldView {
    fn of(kept: Kept) -> Self {
        let (channel, what) = (kept.news.channel().kind().as_str(), kept.news.word());
        Self { account: kept.account, id: kept.id, at: Shown(kept.at), channel, what, done: kept.done }
    }
}
