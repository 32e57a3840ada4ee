//! What every endpoint can reach, and the router of all of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use baton_actors::clock::Clock;
use baton_actors::engine::Engine;

use crate::http::limits::Limits;
use crate::http::porch::Porch;
use crate::http::problem::{Code, Problem};
use crate::http::settings::Settings;
use crate::keys::Keys;
use crate::links::Links;
use crate::sealing::Keyring;
use crate::telegram_desk::TelegramDesk;
use crate::telemetry::metrics::Exposition;

/// What every endpoint can reach.
#[derive(Clone)]
pub struct Door {
    /// What the operator set.
    pub settings: Arc<Settings>,
    /// The keys that open it.
    pub keys: Arc<Keys>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The engine behind it.
    pub engine: Engine,
    /// What signs links to people.
    pub links: Arc<Links>,
    /// What seals private details.
    pub keyring: Arc<Keyring>,
    /// The bot, where there is one.
    pub telegram: Option<Arc<TelegramDesk>>,
    /// The metrics.
    pub exposition: Exposition,
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
