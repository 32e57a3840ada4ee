//! What a route says: clients, addresses, instructions. It is sealed at the door, and opened for its driver and for whoever stored
//! it.
//!
//! There is no `Debug` and no `Display`: it cannot be logged by accident.

use baton_core::details::SealedPayload;
use baton_core::ids::RouteId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::sealing::{Keyring, SealingError};

/// A route has no more stops.
pub const STOPS_MAX: usize = 100;

/// What a route says.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RouteSheet)]
pub struct Sheet {
    /// What it is called.
    pub name: Option<String>,
    /// Its short name.
    pub code: Option<String>,
    /// The day.
    #[schema(value_type = Option<String>, format = Date)]
    pub date: Option<String>,
    /// When it begins, on the driver's clock.
    pub start_time: Option<String>,
    /// When it ends.
    pub end_time: Option<String>,
    /// How far it is.
    pub distance_km: Option<f64>,
    /// How long it takes.
    pub duration_minutes: Option<f64>,
    /// Its line on a map, encoded.
    pub polyline: Option<String>,
    /// Where it begins.
    pub start: Option<Point>,
    /// Where it ends.
    pub end: Option<Point>,
    /// Its stops, in their sequence.
    pub stops: Vec<Stop>,
}

/// A place on a map.
#[derive(Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RoutePoint)]
pub struct Point {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
}

/// A stop.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RouteStop)]
pub struct Stop {
    /// Its place in the route.
    pub sequence: u32,
    /// At whose.
    pub client: Option<String>,
    /// Where.
    pub address: Option<String>,
    /// The same on a map.
    pub point: Option<Point>,
    /// When.
    pub time: Option<String>,
    /// What is to be done.
    pub service: Option<String>,
    /// How long that takes.
    pub duration_minutes: Option<f64>,
    /// What else there is to know.
    pub instructions: Option<String>,
}

impl Sheet {
    /// Seals it.
    pub fn seal(&self, keyring: &Keyring, id: RouteId) -> Result<SealedPayload, SealingError> {
        // A struct of plain values is always JSON.
        let text = serde_json::to_vec(self).map_err(|_| SealingError::Unreadable)?;
        keyring.seal_route(id, &secrecy::zeroize::Zeroizing::new(text))
    }

    /// Opens it.
    pub fn open(keyring: &Keyring, id: RouteId, sealed: &SealedPayload) -> Result<Self, SealingError> {
        let text = keyring.open_route(id, sealed)?;
        serde_json::from_slice(&text).map_err(|_| SealingError::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::{Debug, Display};

    use baton_core::ids::TenantId;
    use secrecy::SecretSlice;
    use static_assertions::assert_not_impl_any;
    use uuid::Uuid;

    use super::*;

    assert_not_impl_any!(Sheet: Debug, Display);
    assert_not_impl_any!(Stop: Debug, Display);

    #[test]
    fn a_route_opens_under_its_own_id_alone() {
        let keyring = Keyring::new(Some(SecretSlice::from(vec![7; 32])), BTreeMap::new()).unwrap();
        let stop = Stop { client: Some("Test Person".to_owned()), ..Stop::default() };
        let sheet = Sheet { stops: vec![stop], ..Sheet::default() };
        let id = |local| RouteId { tenant: TenantId::DEFAULT, local: Uuid::from_u128(local) };
        let sealed = sheet.seal(&keyring, id(1)).unwrap();
        assert!(!sealed.sealed.windows(4).any(|part| part == b"Test"));
        assert!(Sheet::open(&keyring, id(1), &sealed).is_ok_and(|opened| opened == sheet));
        assert!(Sheet::open(&keyring, id(2), &sealed).is_err());
        let other = RouteId { tenant: TenantId::new("other").unwrap(), ..id(1) };
        assert!(Sheet::open(&keyring, other, &sealed).is_err());
    }
}
