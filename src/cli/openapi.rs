//! `baton openapi`: the HTTP API's document.

use clap::Args;

use super::exit::Failure;

/// Prints the OpenAPI document of the HTTP API.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  baton openapi > openapi.json\n\nA running server gives the same at /openapi.json, and a page at /docs."
)]
pub struct Openapi {}

impl Openapi {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        Err(Failure::not_built("openapi"))
    }
}
