//! Private details as they were before each had a key of its own.

use baton_core::details::SealedDetails;
use serde::Deserialize;

/// The first schema: sealed with the tenant's key.
#[derive(Deserialize)]
pub(super) struct DetailsV1 {
    key: u32,
    sealed: Vec<u8>,
}

impl From<DetailsV1> for SealedDetails {
    fn from(old: DetailsV1) -> Self {
        let DetailsV1 { key, sealed } = old;
        Self { key, salt: 0, wrapped: Vec::new(), sealed }
    }
}
