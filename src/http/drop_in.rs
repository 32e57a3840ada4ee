//! The routes of the systems Baton replaces, for clients that cannot change: a file for each, which translates to the same commands
//! and back, and has no rule of its own. Off unless named in `[drop_in] enabled`; docs/migrating/ says what differs.

use axum::Router;
use axum::extract::{FromRequest, Request};
use serde_json::{Map, Value};

use crate::config::drop_in::System;
use crate::http::door::Door;
use crate::http::given::Wanted;
use crate::http::json;
use crate::http::problem::{Code, FieldError, Problem};

mod crew;
pub mod dashboard;
mod envelope;
pub mod fleet;
pub mod notifier;
pub mod router;

/// The old routes that are switched on.
pub fn routes(enabled: &[System]) -> Router<Door> {
    enabled.iter().fold(Router::new(), |routes, system| match system {
        System::Router => routes.merge(router::routes()),
        System::Crew => routes.merge(crew::routes()),
        System::Notifier => routes.merge(notifier::routes()),
        System::Fleet => routes.merge(fleet::routes()),
        System::Dashboard => routes.merge(dashboard::routes()),
    })
}

/// A body as an old client sends it: an object, of which what is not known here is passed over, as it always was.
pub struct Old(pub Map<String, Value>);

/// The same for a list, which may be as large as a batch.
pub struct OldList(pub Map<String, Value>);

impl FromRequest<Door> for Old {
    type Rejection = Problem;

    async fn from_request(request: Request, door: &Door) -> Result<Self, Problem> {
        read(request, door.settings.body_limit).await.map(Self)
    }
}

impl FromRequest<Door> for OldList {
    type Rejection = Problem;

    async fn from_request(request: Request, door: &Door) -> Result<Self, Problem> {
        read(request, door.settings.batch_limit).await.map(Self)
    }
}

async fn read(request: Request, limit: usize) -> Result<Map<String, Value>, Problem> {
    json::must_be_json(request.headers())?;
    match serde_json::from_slice::<Value>(&json::collect(request, limit).await?) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Problem::of_fields(vec![FieldError {
            field: String::new(),
            message: "is no object".into(),
            cure: "give an object".into(),
        }])),
        Err(fault) => Err(json::malformed(&fault)),
    }
}

/// Takes a field out; null and an empty text count as left out.
pub fn take(fields: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let is_given = |value: &Value| !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty());
    fields.remove(name).filter(is_given)
}

/// A problem whose fields have the names that the client knows. `names`: ours and theirs; the beginning of ours is enough.
pub fn renamed(problem: Problem, names: &[(&str, &str)]) -> Problem {
    let rename = |mut error: FieldError| {
        if let Some((ours, theirs)) = names.iter().find(|(ours, _)| error.field.ends_with(ours)) {
            let kept = error.field.len() - ours.len();
            error.field.replace_range(kept.., theirs);
        }
        error
    };
    let errors: Vec<FieldError> = problem.errors.into_iter().map(rename).collect();
    // Only there does the detail name a field.
    match problem.code {
        Code::ValidationFailed if !errors.is_empty() => Problem::of_fields(errors),
        _ => Problem { errors, ..problem },
    }
}

/// An object of the fields that are given.
pub fn given<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

/// What was given, as our own door reads it.
pub fn shape<T: for<'de> Wanted<'de>>(given: &Value) -> Result<T, Problem> {
    json::parse(given.to_string().as_bytes())
}
