//! Which vehicle a path names.

use baton_core::ids::{TenantId, VehicleId};

use crate::http::problem::{Code, FieldError, Problem};

/// The vehicle of a tenant under this id.
pub fn id(tenant: TenantId, text: &str) -> Result<VehicleId, Problem> {
    VehicleId::parse(tenant, text).map_err(|error| {
        Problem::of_fields(vec![FieldError {
            field: "vehicle".to_owned(),
            message: "is not a UUID".into(),
            cure: error.to_string().into(),
        }])
    })
}

/// There is none.
pub fn not_found() -> Problem {
    Problem::new(Code::VehicleNotFound, "there is no such vehicle")
}
