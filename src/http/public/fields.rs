//! The fields of a form that a person sent. A body that is no form has none.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::extract::{Form, FromRequest, Request};

/// What the form said, by name.
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// One field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        Ok(Self(form.map(|Form(fields)| fields.into_iter().collect()).unwrap_or_default()))
    }
}
