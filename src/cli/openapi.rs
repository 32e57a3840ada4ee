//! `baton openapi`: the HTTP API's document.

use clap::Args;

use super::exit::{Exit, Failure};
use super::output::print;

/// Prints the OpenAPI document of the HTTP API.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  baton openapi > openapi.json\n\nA running server gives the same at /openapi.json, and a page at /docs."
)]
pub struct Openapi {}

impl Openapi {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        let document = crate::http::door::document();
        print(
            &document
                .map_err(|error| Failure::new(Exit::Internal, format!("the document cannot be written: {error}")))?,
        )
    }
}
