//! The request's id: the caller's own where it is sane, a drawn one otherwise. It is echoed, and stands in every log line
//! and problem of the request.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use baton_core::time::Timestamp;

/// The header.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 128;

/// 1 to 128 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's, or a drawn one.
    pub fn of(headers: &HeaderMap) -> Self {
        let sane =
            |id: &&HeaderValue| (1..=LONGEST).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic);
        headers.get(X_REQUEST_ID).filter(sane).map_or_else(Self::drawn, |id| Self(id.clone()))
    }

    fn drawn() -> Self {
        // From this thread's generator: the operating system is not asked each time.
        let id = format!("{:032x}", rand::random::<u128>());
        // Hexadecimal digits are always a header value.
        Self(HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none")))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// As a header.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// A time-ordered id for something that has nothing behind it. Random bits come from this thread's generator.
pub fn drawn_uuid(now: Timestamp) -> uuid::Uuid {
    let millis = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t8_a_sane_id_is_kept_and_any_other_replaced() {
        let id = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(text.as_bytes()).unwrap());
            RequestId::of(&headers).as_str().to_owned()
        };
        assert_eq!(id("order-7/a"), "order-7/a");
        assert_eq!(id(&"x".repeat(128)), "x".repeat(128));
        for bad in ["", "with space", "grün", &"x".repeat(129)] {
            let drawn = id(bad);
            assert!(drawn != bad && drawn.len() == 32, "{bad:?} -> {drawn:?}");
        }
        assert_ne!(RequestId::of(&HeaderMap::new()), RequestId::of(&HeaderMap::new()));
    }
}
