//! A change of a tenant's settings: of those the caller has seen, or of whatever they are.

use baton_actors::tenants::roster::ChangeFailure;
use baton_core::ids::TenantId;
use baton_core::tenant::Settings;

use crate::http::door::Door;
use crate::http::etag::IfMatch;
use crate::http::problem::Problem;

/// Changes them, and gives them as they are then. Where the caller has named no version, a change of somebody else's in the meantime is
/// built upon: both hold.
pub async fn change_settings(
    door: &Door,
    tenant: TenantId,
    seen: IfMatch,
    by: &str,
    change: impl Fn(&mut Settings),
) -> Result<Settings, Problem> {
    loop {
        let view = door.engine.tenants().view(tenant);
        let mut settings = view.settings.clone();
        change(&mut settings);
        let expects = seen.0.unwrap_or(view.version);
        match door.engine.put_settings(tenant, settings.clone(), Some(expects), by.to_owned()).await {
            Ok(_) => return Ok(settings),
            // Each turn of this loop is a change that somebody else has made.
            Err(ChangeFailure::VersionChanged { .. }) if seen.0.is_none() => {}
            Err(failure) => return Err(failure.into()),
        }
    }
}
