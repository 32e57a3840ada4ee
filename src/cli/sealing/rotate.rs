//! `baton sealing rotate`: everything under the keys that seal now.
//!
//! On a stopped store: a new key is a new configuration, and so a restart anyway; and with nobody else writing, nothing can come in
//! between. Until then the server runs with both keys.

use baton_actors::store::keys::Prefix;
use baton_actors::store::{Store, StoreError};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::backup::open;
use super::super::exit::{Exit, Failure};
use super::super::output::print;
use super::super::settings::Settings;
use super::tell;
use crate::sealing::rotate::{self, SEALED};
use crate::service::{ServeError, opened_keyring};

/// Seals everything anew that a key of before sealed.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  [sealing]\n  key_file = \"/run/secrets/sealing-2027\"\n  [sealing.older_files]\n  \
    from-2026 = \"/run/secrets/sealing-2026\"\n\n  baton sealing rotate --config /etc/baton.toml\n\n\
    The store has one process at a time: stop the server first. An interrupted run is repeated; what is\n\
    done is not done again. At the end it says which keys may be removed from the configuration."
)]
pub struct Rotate {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl Rotate {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.settings.read()?;
        let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Store, error.to_string());
        let store = open(&self.settings, "let it run with both keys until then")?;
        let keyring = opened_keyring(&config, &store).map_err(|error| match error {
            ServeError::Sealing(error) => Failure::new(Exit::Configuration, error.to_string()),
            error => failed(&error),
        })?;
        let bar = ProgressBar::new(count(&store).map_err(|error| failed(&error))?);
        // A template that is not valid leaves the built-in one.
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        let rotated = rotate::rotate(&store, &keyring, &mut |done| bar.set_position(done));
        bar.finish_and_clear();
        let rotated = rotated.map_err(|error| failed(&error))?;
        print(&format!("sealed anew: {}; as they should be already: {}", rotated.renewed, rotated.fresh))?;
        let used = rotate::in_use(&store).map_err(|error| failed(&error))?;
        tell(&config, &used)?;
        match (rotated.locked, rotated.unreadable, rotated.broken) {
            (0, 0, 0) => Ok(()),
            (locked, unreadable, broken) => Err(Failure::new(
                Exit::Data,
                format!(
                    "{locked} are sealed with a key that is not configured: add it as sealing.older.<name> and rotate again; \
                     {unreadable} cannot be read: was a newer baton here?; {broken} are damaged and open with nothing"
                ),
            )),
        }
    }
}

/// How many rows are sealed.
fn count(store: &dyn Store) -> Result<u64, StoreError> {
    let mut rows = 0;
    for space in SEALED {
        store.scan(&Prefix::space(space), None, &mut |_, _| {
            rows += 1;
            std::ops::ControlFlow::Continue(())
        })?;
    }
    Ok(rows)
}
