//! The offer router's words: of fields, states, days and answers.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::job::{Job, OfferState, Stage};
use baton_core::message::Over;
use baton_core::time::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

/// Our names of fields, and the ones that its clients know.
pub const NAMES: [(&str, &str); 7] = [
    ("external_ref", "sheet_job_id"),
    ("brief.from", "origin"),
    ("brief.to", "destination"),
    ("brief.date", "pickup_date"),
    ("brief.window", "pickup_time"),
    ("brief.vehicle", "vehicle_type"),
    ("].phone", "].phone_e164"),
];

/// Its states that we call otherwise.
pub const STATES: [(&str, &str); 3] = [
    ("approved", "scheduled"),
    ("assigned", "claimed,confirmed,invoiced,paid,released,in_progress"),
    ("exhausted", "unfilled"),
];

/// Where a job stands.
pub fn status(job: &Job) -> &'static str {
    match &job.stage {
        Stage::Scheduled { .. } => "approved",
        Stage::Claimed(_) => "assigned",
        Stage::Unfilled { .. } => "exhausted",
        stage @ (Stage::NeedsApproval | Stage::Offering(_) | Stage::Closed { .. }) => stage.status(),
    }
}

/// What became of an offer.
pub fn word(state: OfferState) -> &'static str {
    match state {
        OfferState::Open { .. } => "sent",
        OfferState::Claimed => "accepted",
        OfferState::Over(Over::TimedOut | Over::Taken | Over::Skipped | Over::Closed)
        | OfferState::Declined
        | OfferState::Failed
        | OfferState::Lost => state.as_str(),
    }
}

/// As it wrote moments: UTC, to the second.
pub fn moment(at: Timestamp) -> String {
    format!("{:.0}", at.to_jiff())
}

/// A day as sheets write it, day first; one without a year is the next of that name.
pub fn day(text: &str, today: Date) -> Option<Date> {
    let text = text.trim_end_matches(['/', '.', '-']).replace(['.', '-'], "/");
    for format in ["%d/%m/%y", "%d/%m/%Y"] {
        if let Ok(day) = Date::strptime(format, &text) {
            return Some(day);
        }
    }
    let this_year = Date::strptime("%d/%m/%Y", format!("{text}/{}", today.year())).ok()?;
    if this_year >= today { Some(this_year) } else { this_year.checked_add(1.year()).ok() }
}

/// A row that is not there.
pub fn not_found() -> Response {
    (StatusCode::NOT_FOUND, axum::Json(json!({ "error": "not_found" }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_day_first_and_without_a_year_is_the_next_of_that_name() {
        let today: Date = "2026-11-28".parse().unwrap();
        for (written, read) in [
            ("30/01/2027", Some("2027-01-30")),
            ("30.01.2027", Some("2027-01-30")),
            ("3/2/27", Some("2027-02-03")),
            ("30/01/", Some("2027-01-30")),
            ("28/11", Some("2026-11-28")),
            ("27/11", Some("2027-11-27")),
            ("2027-01-30", None),
            ("31/02/2027", None),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(day(written, today).map(|day| day.to_string()).as_deref(), read, "{written}");
        }
    }
}
