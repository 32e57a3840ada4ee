//! What stands behind the `?`: read field by field like a body. A name nobody knows is a mistake, because a misspelt filter
//! that is passed over would list everything.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Query as Pairs};
use axum::http::request::Parts;

use crate::http::form::Form;
use crate::http::given::Given;
use crate::http::problem::{FieldError, Problem};

/// The fields of a query that were not read yet.
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// Takes a field out; an empty one counts as left out.
    pub fn take(&mut self, name: &str) -> Given<String> {
        self.0.remove(name).filter(|value| !value.is_empty()).map_or(Given::Absent, Given::Is)
    }

    /// Says a field's value in other words.
    pub fn translate(&mut self, name: &str, words: impl FnOnce(String) -> String) {
        if let Some(value) = self.0.remove(name) {
            self.0.insert(name.to_owned(), words(value));
        }
    }

    /// Passes over every field but these.
    pub fn only(&mut self, names: &[&str]) {
        self.0.retain(|name, _| names.contains(&name.as_str()));
    }

    /// The value of a field where none is given.
    pub fn or(&mut self, name: &str, value: &str) {
        self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }

    /// Reads the fields an endpoint knows, and blames every other.
    pub fn read<T>(mut self, read: impl FnOnce(&mut Form, &mut Self) -> Option<T>) -> Result<T, Problem> {
        let mut unknown = Vec::new();
        let result = Form::read(|form| {
            let value = read(form, &mut self);
            unknown = self.0.into_keys().map(unknown_field).collect();
            value
        });
        match result {
            Ok(value) if unknown.is_empty() => Ok(value),
            Ok(_) => Err(Problem::of_fields(unknown)),
            Err(mut errors) => {
                errors.append(&mut unknown);
                Err(Problem::of_fields(errors))
            }
        }
    }
}

fn unknown_field(name: String) -> FieldError {
    let field: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    FieldError {
        field,
        message: "is not known here".into(),
        cure: "leave it out, or compare its name with /docs, or that of a system it took over from with docs/migrating"
            .into(),
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = Pairs::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let pairs = pairs.map_err(|_| Problem::of_fields(vec![unknown_field("?".to_owned())]))?;
        Ok(Self(pairs.0.into_iter().collect()))
    }
}

#[cfg(test)]
impl Query {
    /// A query of these fields.
    pub fn of(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_filter_is_a_mistake() {
        let query = Query::of(&[("status", "offering"), ("stauts", "claimed"), ("limit", "")]);
        let problem = query.read(|form, query| form.field("status", query.take("status")).line(20)).unwrap_err();
        let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["limit", "stauts"]);
    }
}
