//! What every endpoint can reach, and the router of all of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use baton_actors::clock::Clock;

use crate::http::limits::Limits;
use crate::http::porch::Porch;
use crate::http::problem::{Code, Problem};
use crate::http::settings::Settings;
use crate::keys::Keys;

/// What every endpoint can reach.
#[derive(Clone)]
pub struct Door {
    /// What the operator set.
    pub settings: Arc<Settings>,
    /// The keys that open it.
    pub keys: Arc<Keys>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl FromRef<Door> for Arc<Settings> {
    fn from_ref(door: &Door) -> Self {
        door.settings.clone()
    }
}

impl Door {
    /// Every endpoint, behind the porch.
    pub fn router(self) -> Router {
        let limits = Limits::new(&self.settings);
        let porch = Porch::new(self.settings.clone(), self.keys.clone(), limits);
        Router::new().fallback(nothing_here).layer(porch).with_state(self)
    }
}

async fn nothing_here() -> Problem {
    Problem::new(Code::NotFound, "nothing is served under this path")
}
