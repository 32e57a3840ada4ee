//! `GET /api/v1/templates`: the templates of a tenant.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::records::{Template, TemplateId, TemplateState};
use baton_core::delivery::ChannelKind;

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::page::{List, Page};
use crate::http::problem::{Body, Code, Problem};
use crate::http::query::Query;
use crate::http::shapes::agent::locale;
use crate::http::shapes::template::{STATES, channel, key};
use crate::http::shapes::template_view::TemplateView;

/// Which templates are wanted.
struct Filter {
    page: Page,
    key: Option<String>,
    channel: Option<ChannelKind>,
    locale: Option<String>,
    state: Option<TemplateState>,
}

/// Lists templates, by key, channel, language and version.
#[utoipa::path(get, path = "/api/v1/templates", tag = "templates",
    params(
        ("key" = Option<String>, Query, description = "only of this key"),
        ("channel" = Option<String>, Query, description = "only for this channel"),
        ("locale" = Option<String>, Query, description = "only in this language"),
        ("state" = Option<String>, Query, description = "only `draft`, `active` or `disabled` ones"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 where it is left out"),
        ("cursor" = Option<String>, Query, description = "the `next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = List<TemplateView>),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let filter = query.read(Filter::read)?;
    let view = door.engine.tenants().view(caller.tenant());
    let wanted: Vec<&Template> =
        view.templates.iter().map(AsRef::as_ref).filter(|template| filter.wants(template)).collect();
    let from = match &filter.page.after {
        None => 0,
        Some(after) => {
            let after: TemplateId = serde_json::from_slice(after)
                .map_err(|_| Problem::new(Code::ValidationFailed, "cursor is not one of ours"))?;
            wanted.partition_point(|template| template.id <= after)
        }
    };
    let page = &wanted[from..wanted.len().min(from + filter.page.limit)];
    let last = page.last().filter(|_| from + page.len() < wanted.len());
    let last = last.and_then(|template| serde_json::to_vec(&template.id).ok());
    let items: Vec<TemplateView<'_>> = page.iter().map(|template| TemplateView::of(template)).collect();
    Ok(axum::Json(List::new(items, Some(wanted.len() as u64), last.as_deref())).into_response())
}

impl Filter {
    fn read(form: &mut Form, query: &mut Query) -> Option<Self> {
        let page = Page::read(form, query);
        let key = key(form.field("key", query.take("key")));
        let channel = channel(form.field("channel", query.take("channel")));
        let locale = locale(form.field("locale", query.take("locale")));
        let state = form.field("state", query.take("state")).one_of(&STATES);
        Some(Self { page: page?, key, channel, locale, state })
    }

    fn wants(&self, template: &Template) -> bool {
        let Template { id, state, .. } = template;
        self.key.as_ref().is_none_or(|key| *key == id.key)
            && self.channel.is_none_or(|channel| channel == id.channel)
            && self.locale.as_ref().is_none_or(|locale| locale.eq_ignore_ascii_case(&id.locale))
            && self.state.is_none_or(|wanted| wanted == *state)
    }
}
