//! A vehicle, as it comes in and goes out.

use baton_actors::records::Vehicle;
use baton_core::ids::VehicleId;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::shown::Shown;
use crate::http::strangers::Strangers;

/// What routes are driven with.
#[derive(Default, ToSchema)]
#[schema(as = Vehicle)]
pub struct VehicleShape {
    /// What it is called.
    #[schema(value_type = Option<String>, max_length = 100, example = "Van 7")]
    name: Given<String>,
    /// Its number plate.
    #[schema(value_type = Option<String>, max_length = 20, example = "AB12 CDE")]
    plate: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    VehicleShape { name, plate }
}

impl VehicleShape {
    /// The vehicle, or everything that is wrong.
    pub fn into_core(self, now: Timestamp) -> Result<Vehicle, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let name = form.field("name", shape.name).line(100);
            let plate = form.field("plate", shape.plate).line(20);
            Some(Vehicle { name, plate, at: now })
        })
    }
}

/// A vehicle.
#[derive(Serialize, ToSchema)]
pub struct VehicleView<'a> {
    /// Your own id of it.
    #[schema(value_type = String, format = "uuid")]
    id: Shown<VehicleId>,
    /// What it is called.
    name: Option<&'a str>,
    /// Its number plate.
    plate: Option<&'a str>,
    /// When it was last stored.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Shown<Timestamp>,
}

impl<'a> VehicleView<'a> {
    /// Shows a vehicle.
    pub fn of(id: VehicleId, vehicle: &'a Vehicle) -> Self {
        Self {
            id: Shown(id),
            name: vehicle.name.as_deref(),
            plate: vehicle.plate.as_deref(),
            updated_at: Shown(vehicle.at),
        }
    }
}
