//! Lists come a page at a time. A cursor says where the last page ended, so that a list that changes in the meantime
//! neither repeats nor leaves out what stood still.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::http::form::Form;
use crate::http::query::Query;

/// So many entries where nobody says otherwise.
pub const LIMIT: u32 = 50;

/// No page has more entries than this.
pub const LIMIT_MAX: u32 = 100;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most so many entries.
    pub limit: usize,
    /// After the entry with this key; none: from the beginning.
    pub after: Option<Vec<u8>>,
}

impl Page {
    /// Reads `limit` and `cursor`.
    pub fn read(form: &mut Form, query: &mut Query) -> Option<Self> {
        let limit = form.field("limit", query.take("limit")).parsed(|text| match text.parse() {
            Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
            Ok(_) | Err(_) => Err(format!("give a whole number from 1 to {LIMIT_MAX}")),
        });
        let after = form.field("cursor", query.take("cursor")).parsed(|text| {
            let after = BASE64_URL_SAFE_NO_PAD.decode(text);
            after.map_err(|_| "give the next_cursor of the page before, unchanged")
        });
        Some(Self { limit: limit.unwrap_or(LIMIT) as usize, after })
    }
}

/// A page of a list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct List<T> {
    /// The entries, in a stable order.
    pub items: Vec<T>,
    /// How many there are in all, where that is known without counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Where the next page begins; `null`: this is the last.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A page; `last` is the key of its last entry where more follow.
    pub fn new(items: Vec<T>, total: Option<u64>, last: Option<&[u8]>) -> Self {
        Self { items, total, next_cursor: last.map(|key| BASE64_URL_SAFE_NO_PAD.encode(key)) }
    }
}

/// A list that is always whole.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Items<T> {
    /// The entries, in a stable order.
    pub items: Vec<T>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::Problem;

    fn read(fields: &[(&str, &str)]) -> Result<Page, Problem> {
        Query::of(fields).read(Page::read)
    }

    #[test]
    fn a14_a_page_has_1_to_100_entries() {
        assert_eq!(read(&[]), Ok(Page { limit: 50, after: None }));
        assert_eq!(read(&[("limit", "100")]).unwrap().limit, 100);
        for bad in ["0", "101", "-1", "ten", "1.5"] {
            assert_eq!(read(&[("limit", bad)]).unwrap_err().errors[0].field, "limit", "{bad}");
        }
    }

    #[test]
    fn a_cursor_leads_to_the_next_page_and_a_changed_one_nowhere() {
        let cursor = List::new(vec![1], None, Some(b"key")).next_cursor.unwrap();
        assert_eq!(read(&[("cursor", &cursor)]).unwrap().after.as_deref(), Some(b"key".as_slice()));
        assert!(read(&[("cursor", "not a cursor!")]).is_err());
    }
}
