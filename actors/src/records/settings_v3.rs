//! A tenant's settings as they were stored before anybody worked at the desk in chat.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::delivery::{ChannelKind, Provider};
use baton_core::plan::Plan;
use baton_core::tenant::{Desk, Messages, Settings};
use baton_core::time::Timestamp;
use serde::Deserialize;

use super::settings_v5::SettlementV5;
use super::{SettingsChange, TenantRecord};

/// Schema 3; frozen.
#[derive(Deserialize)]
pub(super) struct TenantRecordV3 {
    version: u64,
    settings: SettingsV3,
    created_at: Timestamp,
}

/// Schema 3; frozen.
#[derive(Deserialize)]
pub(super) struct SettingsChangeV3 {
    at: Timestamp,
    by: String,
    before: Option<SettingsV3>,
    after: SettingsV3,
}

#[derive(Deserialize)]
struct SettingsV3 {
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
    settlement: SettlementV5,
}

/// A desk as it was until then; frozen.
#[derive(Deserialize)]
pub(super) struct DeskV2 {
    email: Option<String>,
    telegram: Option<i64>,
    telegram_topic: Option<i64>,
}

impl From<DeskV2> for Desk {
    fn from(old: DeskV2) -> Self {
        Self { email: old.email, telegram: old.telegram, telegram_topic: old.telegram_topic, ..Self::default() }
    }
}

impl From<TenantRecordV3> for TenantRecord {
    fn from(old: TenantRecordV3) -> Self {
        Self { version: old.version, settings: old.settings.into(), created_at: old.created_at }
    }
}

impl From<SettingsChangeV3> for SettingsChange {
    fn from(old: SettingsChangeV3) -> Self {
        Self { at: old.at, by: old.by, before: old.before.map(Settings::from), after: old.after.into() }
    }
}

impl From<SettingsV3> for Settings {
    fn from(old: SettingsV3) -> Self {
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
            settlement: old.settlement.into(),
            ..Self::default()
        }
    }
}
