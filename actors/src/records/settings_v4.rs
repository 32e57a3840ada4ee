//! A tenant's settings as they were stored before jobs were published in groups.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::delivery::{ChannelKind, Provider};
use baton_core::plan::Plan;
use baton_core::tenant::{Desk, Messages, Settings};
use baton_core::time::Timestamp;
use serde::Deserialize;

use super::settings_v5::SettlementV5;
use super::{SettingsChange, TenantRecord};

/// Schema 4; frozen.
#[derive(Deserialize)]
pub(super) struct TenantRecordV4 {
    version: u64,
    settings: SettingsV4,
    created_at: Timestamp,
}

/// Schema 4; frozen.
#[derive(Deserialize)]
pub(super) struct SettingsChangeV4 {
    at: Timestamp,
    by: String,
    before: Option<SettingsV4>,
    after: SettingsV4,
}

#[derive(Deserialize)]
struct SettingsV4 {
    default_plan: Plan,
    default_plan_name: Option<String>,
    time_zone: String,
    locale: String,
    approval_link_ttl: Duration,
    job_duration: Duration,
    max_open_offers: Option<u32>,
    match_vehicle: bool,
    desk: Desk,
    outage_grace: Duration,
    routes: BTreeMap<ChannelKind, Vec<Provider>>,
    fallback_after: Option<Duration>,
    messages: Messages,
    settlement: SettlementV5,
    show_price: bool,
}

impl From<TenantRecordV4> for TenantRecord {
    fn from(old: TenantRecordV4) -> Self {
        Self { version: old.version, settings: old.settings.into(), created_at: old.created_at }
    }
}

impl From<SettingsChangeV4> for SettingsChange {
    fn from(old: SettingsChangeV4) -> Self {
        Self { at: old.at, by: old.by, before: old.before.map(Settings::from), after: old.after.into() }
    }
}

impl From<SettingsV4> for Settings {
    fn from(old: SettingsV4) -> Self {
        Self {
            default_plan: old.default_plan,
            default_plan_name: old.default_plan_name,
            time_zone: old.time_zone,
            locale: old.locale,
            approval_link_ttl: old.approval_link_ttl,
            job_duration: old.job_duration,
            max_open_offers: old.max_open_offers,
            match_vehicle: old.match_vehicle,
            desk: old.desk,
            outage_grace: old.outage_grace,
            routes: old.routes,
            fallback_after: old.fallback_after,
            messages: old.messages,
            settlement: old.settlement.into(),
            show_price: old.show_price,
            ..Self::default()
        }
    }
}
