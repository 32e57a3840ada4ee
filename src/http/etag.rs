//! Versions on the wire: `ETag` shows the one that was read, `If-Match` names the one a change was made from.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;

use crate::http::problem::{FieldError, Problem};

/// The version the caller has seen; none: they do not care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<u64>);

/// The tag of a version.
pub fn etag(version: u64) -> HeaderValue {
    // Digits in quotes are always a header value.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut said = parts.headers.get_all(IF_MATCH).iter();
        let version = match (said.next(), said.next()) {
            (None, _) => Some(Self(None)),
            (Some(one), None) => one.to_str().ok().and_then(Self::read),
            (Some(_), Some(_)) => None,
        };
        version.ok_or_else(|| {
            Problem::of_fields(vec![FieldError {
                field: "If-Match".to_owned(),
                message: "is not a version of ours".into(),
                cure: "send the ETag of the answer the change was made from, such as \"7\" with its quotes".into(),
            }])
        })
    }
}

impl IfMatch {
    /// `*` is any version. Ours are strong: the weak mark that some proxies add is overlooked.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "*" {
            return Some(Self(None));
        }
        let text = text.strip_prefix("W/").unwrap_or(text);
        let digits = text.strip_prefix('"')?.strip_suffix('"')?;
        digits.parse().ok().map(|version| Self(Some(version)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_back() {
        assert_eq!(IfMatch::read(etag(7).to_str().unwrap()), Some(IfMatch(Some(7))));
        assert_eq!(IfMatch::read("W/\"7\""), Some(IfMatch(Some(7))));
        assert_eq!(IfMatch::read("*"), Some(IfMatch(None)));
        for bad in ["7", "\"x\"", "\"7", "\"7\", \"8\"", ""] {
            assert_eq!(IfMatch::read(bad), None, "{bad}");
        }
    }
}
