//! The time a report is about, and the form it is wanted in.

use std::time::Duration;

use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::csv::Csv;
use crate::http::form::{Field, Form};
use crate::http::query::Query;
use crate::http::shapes::shown::Shown;

/// So far back a report looks where nobody says otherwise.
const USUAL: Duration = Duration::from_hours(30 * 24);

/// Jobs that came in from `from` on and before `to`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Period {
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    pub from: Shown<Timestamp>,
    /// The first moment after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Shown<Timestamp>,
}

impl Period {
    /// Reads `from`, `to` and `format`: the time, and whether a table is wanted.
    pub fn read(form: &mut Form, query: &mut Query, now: Timestamp) -> Option<(Self, bool)> {
        let to = moment(form.field("to", query.take("to"))).unwrap_or(now);
        let from = moment(form.field("from", query.take("from"))).unwrap_or(to - USUAL);
        if from >= to {
            form.blame("from", "is not before to", "give an earlier moment");
        }
        let csv = Csv::wanted(form, query)?;
        Some((Self { from: Shown(from), to: Shown(to) }, csv))
    }

    /// Whether a moment lies in it.
    pub fn contains(self, at: Timestamp) -> bool {
        self.from.0 <= at && at < self.to.0
    }
}

fn moment(field: Field<'_, String>) -> Option<Timestamp> {
    field.parsed(|text| {
        let day = || Timestamp::parse(&format!("{text}T00:00:00Z"));
        Timestamp::parse(&text).or_else(day).ok_or("give a moment in RFC 3339, or a day such as 2027-01-30 (UTC)")
    })
}
