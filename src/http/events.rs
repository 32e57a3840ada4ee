//! `/api/v1/events`: what happens, for those who follow it: a page at a time, or as a stream. What they must do again after a break
//! is one number: the last event they have.

use std::time::Duration;

use baton_actors::event_log::{Logged, Stretch};
use baton_core::ids::{JobId, TenantId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;
use crate::http::events::places::{Full, Place};
use crate::http::form::Form;
use crate::http::jobs::find;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::query::Query;
use crate::http::shapes::event_view::{is_kind, kind};

pub mod list;
pub mod places;
pub mod stream;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(list::get)).routes(routes!(stream::get))
}

/// So many events are looked at for one answer, however few of them are wanted.
const LOOKED_AT: usize = 1_000;

/// A stranger to whom there is no place comes back after this long.
const NO_PLACE: Duration = Duration::from_secs(5);

/// Which events are wanted.
pub struct Wanted {
    types: Option<Vec<String>>,
    job: Option<JobId>,
}

impl Wanted {
    /// Reads `type` and `job`.
    fn read(form: &mut Form, query: &mut Query, door: &Door, tenant: TenantId) -> Self {
        let types = form.field("type", query.take("type")).parsed(|text| {
            let types: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
            if types.iter().all(|word| is_kind(word)) {
                return Ok(types);
            }
            Err("give types of the event log such as job.claimed, joined by commas")
        });
        let job = form.field("job", query.take("job")).parsed(|name| {
            find::id(door, tenant, &name).map_err(|_| "give the id of a job, or the code of one that is live")
        });
        Self { types, job }
    }

    fn is(&self, event: &Logged) -> bool {
        self.job.is_none_or(|job| job == event.job)
            && self.types.as_ref().is_none_or(|types| types.contains(&kind(&event.entry.event)))
    }
}

/// The wanted events behind a number, and how far that was looked for.
fn wanted(door: &Door, tenant: TenantId, after: u64, most: usize, wanted: &Wanted) -> Result<(Stretch, u64), Problem> {
    let mut stretch = door.engine.events(tenant, after, LOOKED_AT)?;
    let mut looked = stretch.events.last().map_or(after, |last| last.no);
    stretch.events.retain(|event| wanted.is(event));
    if stretch.events.len() > most {
        stretch.events.truncate(most);
        looked = stretch.events.last().map_or(after, |last| last.no);
    }
    Ok((stretch, looked))
}

/// A place among those who listen.
fn place(door: &Door, tenant: TenantId) -> Result<Place, Problem> {
    door.listeners.take(tenant).map_err(|full| {
        let detail = match full {
            Full::All => "as many listen as can; events.listeners_max is the bound".to_owned(),
            Full::Share(share) => {
                format!("{share} of this tenant listen already, its share: half of events.listeners_max")
            }
        };
        Problem::new(Code::Overloaded, detail).retry_after(NO_PLACE)
    })
}

/// A number that is none of the log's: somebody else's cursor, or one of a store that is gone.
fn ahead(field: &str, newest: u64) -> Problem {
    Problem::of_fields(vec![FieldError {
        field: field.to_owned(),
        message: format!("is ahead of the log, whose last event is {newest}").into(),
        cure: "begin anew without it".into(),
    }])
}
