//! Which driver a path names.

use baton_core::ids::{DriverId, TenantId};

use crate::http::problem::{Code, FieldError, Problem};

/// The driver of a tenant under this id.
pub fn id(tenant: TenantId, text: &str) -> Result<DriverId, Problem> {
    DriverId::parse(tenant, text).map_err(|error| {
        Problem::of_fields(vec![FieldError {
            field: "driver".to_owned(),
            message: "is not a UUID".into(),
            cure: error.to_string().into(),
        }])
    })
}

/// There is none.
pub fn not_found() -> Problem {
    Problem::new(Code::DriverNotFound, "there is no such driver")
}
