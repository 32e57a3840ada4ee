//! `GET /api/v1/events/stream`: what happens, as it happens, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use baton_actors::event_log::Logged;
use baton_core::ids::TenantId;
use futures_util::stream;
use tokio::sync::watch;

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::events::places::Place;
use crate::http::events::{Wanted, ahead, place, wanted};
use crate::http::given::Given;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::shapes::event_view::{EventView, kind};

/// Whoever listens hears something at least so often.
const ALIVE: Duration = Duration::from_secs(15);

/// Whoever is cut off comes back after this long.
const RETRY: Duration = Duration::from_secs(3);

/// So many events are fetched at once.
const PAGE: usize = 100;

/// Streams what happens from now on, or after the event of `Last-Event-ID`.
#[utoipa::path(get, path = "/api/v1/events/stream", tag = "events",
    params(
        ("Last-Event-ID" = Option<u64>, Header, description = "the number of the last event you have; browsers send it by themselves"),
        ("after" = Option<u64>, Query, description = "the same, for the first time; from now on where both are left out"),
        ("type" = Option<String>, Query, description = "only these types, such as `job.claimed,job.unfilled`"),
        ("job" = Option<String>, Query, description = "only of this job: its id, or its code while it is live"),
    ),
    responses(
        (status = 200, description = "each with its number as `id`, its type as `event`, and the event as `data`",
            body = EventView, content_type = "text/event-stream"),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 503, description = "`overloaded`: as many listen as can, or as many of this tenant's", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    query: Query,
    headers: HeaderMap,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (seen, filter) = query.read(|form, query| {
        let asked = query.take("after");
        let number = |text: String| text.parse::<u64>().map_err(|_| "give the number of an event");
        let seen = match seen {
            Some(seen) => form.field("Last-Event-ID", Given::Is(seen)).parsed(number),
            None => form.field("after", asked).parsed(number),
        };
        Some((seen, Wanted::read(form, query, &door, tenant)))
    })?;
    let newest = door.engine.events(tenant, u64::MAX, 0)?.newest;
    if seen.is_some_and(|seen| seen > newest) {
        return Err(ahead("after", newest));
    }
    let listener = Listener {
        rings: door.engine.index().events.rings(),
        leaving: door.leaving.clone(),
        _place: place(&door, tenant)?,
        from: seen.unwrap_or(newest),
        waiting: VecDeque::new(),
        tenant,
        filter,
        door,
    };
    let events = stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
}

/// Somebody who listens.
struct Listener {
    door: Door,
    tenant: TenantId,
    filter: Wanted,
    /// The last event that was looked at.
    from: u64,
    /// Found, and not told yet.
    waiting: VecDeque<Logged>,
    rings: watch::Receiver<u64>,
    leaving: watch::Receiver<bool>,
    _place: Place,
}

impl Listener {
    /// The next event; none where the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(logged) = self.waiting.pop_front() {
                return self.told(&logged);
            }
            self.rings.mark_unchanged();
            // Whoever is cut off here comes back with the last number they have.
            let (stretch, looked) = wanted(&self.door, self.tenant, self.from, PAGE, &self.filter).ok()?;
            let moved = looked > self.from;
            self.from = looked;
            self.waiting.extend(stretch.events);
            if moved {
                continue;
            }
            tokio::select! {
                changed = self.rings.changed() => changed.ok()?,
                _ = self.leaving.wait_for(|leaving| *leaving) => return None,
            }
        }
    }

    fn told(&self, logged: &Logged) -> Option<Event> {
        let view = EventView::of(logged, self.tenant, &self.door.settings.public_url);
        let event = Event::default().id(logged.no.to_string()).event(kind(&logged.entry.event)).retry(RETRY);
        event.json_data(view).ok()
    }
}
