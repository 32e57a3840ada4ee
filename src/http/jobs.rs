//! `/api/v1/jobs`: work to be done by someone.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod acknowledge;
pub mod approve;
pub mod asked;
pub mod batch;
pub mod cancel;
pub mod complete;
pub mod confirm;
pub mod create;
pub mod crew_text;
pub mod explain;
pub mod extend;
pub mod fail;
pub mod find;
pub mod gates;
pub mod intake;
pub mod invoice;
pub mod ledger;
pub mod list;
pub mod operator;
pub mod paid;
pub mod pause;
pub mod publish;
pub mod reassign;
pub mod refuse;
pub mod reject;
pub mod release;
pub mod restart;
pub mod resume;
pub mod revoke;
pub mod send_again;
pub mod show;
pub mod skip_wave;
pub mod start;
pub mod start_work;
pub mod timeline;
pub mod withdraw;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(create::post, list::get))
        .routes(routes!(batch::post))
        .routes(routes!(show::get))
        .routes(routes!(timeline::get))
        .routes(routes!(explain::get))
        .routes(routes!(ledger::get))
        .routes(routes!(crew_text::get))
        .routes(routes!(approve::post))
        .routes(routes!(reject::post))
        .routes(routes!(start::post))
        .routes(routes!(withdraw::post))
        .routes(routes!(cancel::post))
        .routes(routes!(pause::post))
        .routes(routes!(resume::post))
        .routes(routes!(extend::post))
        .routes(routes!(skip_wave::post))
        .routes(routes!(restart::post))
        .routes(routes!(reassign::post))
        .routes(routes!(acknowledge::post))
        .routes(routes!(complete::post))
        .routes(routes!(fail::post))
        .routes(routes!(publish::post))
        .routes(routes!(send_again::post))
        .routes(routes!(confirm::post))
        .routes(routes!(refuse::post))
        .routes(routes!(invoice::post))
        .routes(routes!(paid::post))
        .routes(routes!(release::post))
        .routes(routes!(revoke::post))
        .routes(routes!(start_work::post))
        .routes(routes!(gates::post))
}

#[cfg(test)]
mod tests;
