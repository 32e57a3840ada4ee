//! A route, as it goes out to whoever keeps it.

use baton_actors::records::Route;
use baton_core::ids::RouteId;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fleet::sheet::Sheet;
use crate::http::shapes::shown::Shown;

/// A route.
#[derive(Serialize, ToSchema)]
pub struct RouteView {
    /// Your own id of it.
    #[schema(value_type = String, format = "uuid")]
    id: Shown<RouteId>,
    /// The vehicle it is driven with.
    #[schema(value_type = Option<String>, format = "uuid")]
    vehicle_id: Option<Shown<Uuid>>,
    /// What it says.
    #[serde(flatten)]
    sheet: Sheet,
    /// When it was last stored.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Shown<Timestamp>,
}

impl RouteView {
    /// Shows a route.
    pub fn of(id: RouteId, route: &Route, sheet: Sheet) -> Self {
        Self { id: Shown(id), vehicle_id: route.vehicle.map(Shown), sheet, updated_at: Shown(route.at) }
    }
}
