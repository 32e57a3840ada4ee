//! How the engine is bounded and how tenants begin.

use baton_actors::engine::Engine;
use baton_actors::house::{Limits, Retry};
use baton_core::ids::TenantId;
use baton_core::tenant::{Desk, Settings};

use serde_json::Value;

use super::channels::needs_stub;
use crate::config::Config;

pub(super) fn limits(config: &Config) -> Limits {
    Limits {
        role: config.server.role,
        console_by_route: needs_stub(config),
        shards: config.engine.shards,
        awake_max: config.engine.awake_max,
        idle_after: config.engine.idle_after,
        waiting_max: config.engine.waiting_max,
        admission_max: config.engine.admission_max,
        outbox_max: config.engine.outbox_max,
        timer_page: config.timers.page,
        catch_up_per_second: config.timers.catch_up_per_second,
        outage_grace: config.timers.outage_grace,
        events: config.events.enabled,
        retry: Retry {
            first: config.retry.first,
            max: config.retry.max,
            factor: config.retry.factor,
            jitter: config.retry.jitter,
            attempts: config.retry.attempts,
            sender_pause: config.retry.sender_pause,
        },
    }
}

/// How tenants begin of which the configuration says nothing: as the default one does. Its desk is nobody else's.
pub(super) fn unset_settings(config: &Config) -> Settings {
    let default = config.tenants.iter().find(|seed| seed.tenant == TenantId::DEFAULT);
    let settings = default.map(|seed| seed.settings.clone()).unwrap_or_default();
    Settings { desk: Desk::default(), ..settings }
}

/// Tenants of the configuration begin with their seeds; what was changed at run time stays.
pub(super) async fn seed_tenants(engine: &Engine, config: &Config) {
    for seed in &config.tenants {
        if let Some(view) = engine.tenants().get(seed.tenant).filter(|view| view.version > 0) {
            say_what_differs(seed.tenant, &seed.settings, &view.settings);
            continue;
        }
        let stored =
            engine.put_settings(seed.tenant, Settings::clone(&seed.settings), None, "configuration".to_owned()).await;
        if let Err(error) = stored {
            tracing::error!(tenant = %seed.tenant, %error, "a tenant of the configuration was not stored");
        }
    }
}

/// Whoever changes the configuration of a tenant that is stored waits in vain, unless they are told.
fn say_what_differs(tenant: TenantId, configured: &Settings, stored: &Settings) {
    let differing = differing(configured, stored);
    if !differing.is_empty() {
        tracing::info!(
            %tenant,
            differing = differing.join(", "),
            "the tenant goes by its stored settings, not by those of the configuration; PATCH /api/v1/tenants/{{tenant}} changes them"
        );
    }
}

/// The names of the settings that differ.
fn differing(one: &Settings, other: &Settings) -> Vec<String> {
    let fields = |settings: &Settings| match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let other = fields(other);
    fields(one).into_iter().filter(|(name, value)| other.get(name) != Some(value)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_without_its_value() {
        let one = Settings::default();
        assert!(differing(&one, &one).is_empty());
        let other =
            Settings { time_zone: "Europe/London".to_owned(), match_vehicle: !one.match_vehicle, ..one.clone() };
        assert_eq!(differing(&one, &other), ["match_vehicle", "time_zone"]);
    }
}
