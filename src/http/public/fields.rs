//! The fields of a form that a person sent. A form that did not arrive whole, or is none, says nothing: least of all yes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::http::json::collect;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::settings::Settings;

/// What the form said, by name; nothing where there was no body at all.
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// As a form would have said it.
    #[cfg(test)]
    pub fn of(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// One field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<S> FromRequest<S> for Fields
where
    S: Send + Sync,
    Arc<Settings>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.uri().query().is_some() {
            return Err(wrong("", "stand in the address", "send them in the body, as the page does"));
        }
        let is_form = is_form(request.headers());
        let body = collect(request, Arc::<Settings>::from_ref(state).body_limit).await.map_err(|problem| {
            let cut = problem.code == Code::MalformedJson;
            if cut { wrong("", "did not arrive whole", "send the form again") } else { problem }
        })?;
        if body.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        if !is_form {
            let message = "the answer must come as a form (application/x-www-form-urlencoded)";
            return Err(Problem::new(Code::UnsupportedMediaType, message));
        }
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(&body) {
            if fields.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(wrong(&name, "is given twice", "give it once"));
            }
        }
        Ok(Self(fields))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn wrong(field: &str, message: &'static str, cure: &'static str) -> Problem {
    Problem::of_fields(vec![FieldError { field: field.to_owned(), message: message.into(), cure: cure.into() }])
}
