//! A payload on its way to a job: mapped, and read as `POST /api/v1/jobs` reads its body.

use std::sync::Arc;

use baton_actors::records::Source;
use baton_actors::tenants::TenantView;
use baton_core::ids::TenantId;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::http::door::Door;
use crate::http::json;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::shapes::job::{JobRead, JobShape};
use crate::sources::apply::{Mapped, apply};
use crate::sources::mapping::Mapping;

/// The source of a name.
pub fn source<'a>(view: &'a TenantView, name: &str) -> Result<&'a Arc<Source>, Problem> {
    view.sources.get(name).ok_or_else(|| Problem::new(Code::SourceNotFound, "there is no such source"))
}

/// Its mapping.
pub fn mapping(source: &Source) -> Result<Mapping, Problem> {
    serde_json::from_str(&source.mapping).map_err(|error| Problem::internal(&error))
}

/// The job that was read and the fingerprint of what it was read from, or everything that is wrong.
pub type Read = Result<(JobRead, [u8; 16]), Vec<FieldError>>;

/// What a mapping makes of a payload, and the job that is read of it with its fingerprint, or everything that is wrong.
pub fn read(
    door: &Door,
    tenant: TenantId,
    view: &TenantView,
    mapping: &Mapping,
    payload: &Value,
) -> Result<(Mapped, Read), Problem> {
    let zone = TimeZone::get(&view.settings.time_zone).unwrap_or(TimeZone::UTC);
    let mapped = apply(mapping, payload, &zone);
    let shape = json::parse::<JobShape>(mapped.job.to_string().as_bytes())?;
    let fingerprint = door.fingerprints.of(&shape);
    let read = shape.into_core(tenant, door.clock.now());
    let mut errors: Vec<FieldError> = mapped
        .faults
        .iter()
        .map(|fault| FieldError { field: fault.field.clone(), message: fault.message.into(), cure: fault.cure.into() })
        .collect();
    let read = match read {
        Ok(read) => Some(read),
        Err(wrong) => {
            errors
                .extend(wrong.into_iter().filter(|error| mapped.faults.iter().all(|fault| fault.field != error.field)));
            None
        }
    };
    for error in &mut errors {
        if let Some(pointer) = mapped.origin(&error.field) {
            error.message = format!("{} (read from {pointer})", error.message).into();
        }
    }
    let read = match read {
        Some(mut read) if errors.is_empty() => {
            // As a lead is: what the sender said stays with what only the winner learns.
            read.details.get_or_insert_default().original = Some(payload.to_string());
            Ok((read, fingerprint))
        }
        _ => Err(errors),
    };
    Ok((mapped, read))
}
