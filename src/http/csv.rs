//! Tables for spreadsheets.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::http::form::Form;
use crate::http::problem::Problem;
use crate::http::query::Query;

/// A table with a head.
pub struct Csv(Result<Vec<u8>, csv::Error>);

impl Csv {
    /// Reads `format`: whether a table is wanted rather than JSON.
    pub fn wanted(form: &mut Form, query: &mut Query) -> Option<bool> {
        let formats = [("json", false), ("csv", true)];
        Some(form.field("format", query.take("format")).one_of(&formats).unwrap_or(false))
    }

    /// A table of these rows.
    pub fn of(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Self {
        let mut table = csv::Writer::from_writer(Vec::new());
        let written = table.write_record(head).and_then(|()| {
            let mut rows = rows.map(|row| row.into_iter().map(harmless).collect::<Vec<_>>());
            rows.try_for_each(|row| table.write_record(&row))
        });
        Self(written.and_then(|()| table.into_inner().map_err(|error| error.into_error().into())))
    }
}

/// A cell that a spreadsheet would take for a formula is written as text.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

impl IntoResponse for Csv {
    fn into_response(self) -> Response {
        match self.0 {
            Ok(table) => ([(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"))], table).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_formula() {
        let rows = [vec!["=1+1".to_owned(), "a,b".to_owned()], vec!["plain".to_owned(), String::new()]];
        let table = Csv::of(&["name", "x"], rows.into_iter()).0.unwrap();
        assert_eq!(String::from_utf8(table).unwrap(), "name,x\n'=1+1,\"a,b\"\nplain,\n");
    }
}
