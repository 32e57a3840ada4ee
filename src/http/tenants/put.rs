//! `PUT /api/v1/tenants/{tenant}`: a new tenant.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::ids::TenantId;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Code, FieldError, Problem};
use crate::http::shapes::tenant::SettingsShape;
use crate::http::shapes::tenant_view::TenantShown;
use crate::http::tenants::own::{own, shown};

/// Makes a tenant, which begins with the configured settings of the default one, its desk apart, under those given here. Only
/// an `admin` key of the default tenant can; what is inside is then seen with keys of its own.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}", tag = "administration", request_body = Option<SettingsShape>,
    params(("tenant" = String, Path, description = "1 to 16 of a-z, 0-9 and -")),
    responses(
        (status = 201, description = "made", body = TenantShown),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`tenant-not-found`: the key is not of the default tenant", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`tenant-exists`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Administer>,
    Path(named): Path<String>,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<SettingsShape>,
) -> Result<Response, Problem> {
    if caller.tenant() != TenantId::DEFAULT {
        own(caller.tenant(), &named)?;
    }
    let tenant = TenantId::new(&named).map_err(|wrong| {
        let (message, cure) = ("is no tenant's name".into(), wrong.to_string().into());
        Problem::of_fields(vec![FieldError { field: "tenant".to_owned(), message, cure }])
    })?;
    let change = shape.into_core(tenant).map_err(Problem::of_fields)?;
    let exists = || Problem::new(Code::TenantExists, "there is a tenant of this name");
    let mut settings = door.engine.tenants().view(tenant).settings.clone();
    change.onto(&mut settings);
    // From no version at all: of two who make it at once, one is told.
    let stored = door.engine.put_settings(tenant, settings, Some(0), caller.name().to_owned()).await;
    match stored {
        Ok(_) => Ok(shown(&door, tenant, StatusCode::CREATED)),
        Err(baton_actors::tenants::roster::ChangeFailure::VersionChanged { .. }) => Err(exists()),
        Err(failure) => Ok(Problem::from(failure).into_response()),
    }
}
