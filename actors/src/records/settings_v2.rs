//! A tenant's settings as they were stored before anything stood between a claim and the work.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::delivery::{ChannelKind, Provider};
use baton_core::plan::Plan;
use baton_core::tenant::{Messages, Settings};
use baton_core::time::Timestamp;
use serde::Deserialize;

use super::settings_v3::DeskV2;
use super::{SettingsChange, TenantRecord};

/// Schema 2; frozen.
#[derive(Deserialize)]
pub(super) struct TenantRecordV2 {
    version: u64,
    settings: SettingsV2,
    created_at: Timestamp,
}

/// Schema 2; frozen.
#[derive(Deserialize)]
pub(super) struct SettingsChangeV2 {
    at: Timestamp,
    by: String,
    before: Option<SettingsV2>,
    after: SettingsV2,
}

#[derive(Deserialize)]
struct SettingsV2 {
    default_plan: Plan,
    default_plan_name: Option<String>,
    time_zone: String,
    locale: String,
    approval_link_ttl: Duration,
    job_duration: Duration,
    max_open_offers: Option<u32>,
    match_vehicle: bool,
    desk: DeskV2,
    outage_grace: Duration,
    routes: BTreeMap<ChannelKind, Vec<Provider>>,
    fallback_after: Option<Duration>,
    messages: Messages,
}

impl From<TenantRecordV2> for TenantRecord {
    fn from(old: TenantRecordV2) -> Self {
        Self { version: old.version, settings: old.settings.into(), created_at: old.created_at }
    }
}

impl From<SettingsChangeV2> for SettingsChange {
    fn from(old: SettingsChangeV2) -> Self {
        Self { at: old.at, by: old.by, before: old.before.map(Settings::from), after: old.after.into() }
    }
}

impl From<SettingsV2> for Settings {
    fn from(old: SettingsV2) -> Self {
        Self {
            default_plan: old.default_plan,
            default_plan_name: old.default_plan_name,
            time_zone: old.time_zone,
            locale: old.locale,
            approval_link_ttl: old.approval_link_ttl,
            job_duration: old.job_duration,
            max_open_offers: old.max_open_offers,
            match_vehicle: old.match_vehicle,
            desk: old.desk.into(),
            outage_grace: old.outage_grace,
            routes: old.routes,
            fallback_after: old.fallback_after,
            messages: old.messages,
            ..Self::default()
        }
    }
}
