//! A change of a tenant's settings, as it goes out: only what became different.

use baton_actors::records::SettingsChange;
use baton_core::roster::Roster;
use baton_core::tenant::Settings;
use baton_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::http::shapes::shown::Shown;
use crate::http::shapes::tenant_view::SettingsView;

/// A change of settings.
#[derive(Serialize, ToSchema)]
pub struct AuditView<'a> {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// Who: the name of their key.
    by: &'a str,
    /// What became different: `{"<setting>": {"before": …, "after": …}}`. `before` is null where the tenant was made.
    #[schema(value_type = Object)]
    changed: Map<String, Value>,
}

impl<'a> AuditView<'a> {
    /// Shows a change.
    pub fn of(change: &'a SettingsChange, roster: &Roster) -> Self {
        let before = change.before.as_ref().map(|before| fields(before, roster)).unwrap_or_default();
        let differs = |(name, after): (String, Value)| {
            let was = before.get(&name).cloned().unwrap_or_default();
            (was != after).then(|| (name, json!({ "before": was, "after": after })))
        };
        let changed = fields(&change.after, roster).into_iter().filter_map(differs).collect();
        Self { at: Shown(change.at), by: &change.by, changed }
    }
}

fn fields(settings: &Settings, roster: &Roster) -> Map<String, Value> {
    match serde_json::to_value(SettingsView::of(settings, roster)) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}
