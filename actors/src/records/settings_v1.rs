//! A tenant's settings as they were stored before they said anything about messages.

use std::time::Duration;

use baton_core::plan::Plan;
use baton_core::tenant::{Desk, Settings};
use baton_core::time::Timestamp;
use serde::Deserialize;

use super::{SettingsChange, TenantRecord};

/// Schema 1; frozen.
#[derive(Deserialize)]
pub(super) struct TenantRecordV1 {
    version: u64,
    settings: SettingsV1,
    created_at: Timestamp,
}

/// Schema 1; frozen.
#[derive(Deserialize)]
pub(super) struct SettingsChangeV1 {
    at: Timestamp,
    by: String,
    before: Option<SettingsV1>,
    after: SettingsV1,
}

#[derive(Deserialize)]
struct SettingsV1 {
    default_plan: Plan,
    default_plan_name: Option<String>,
    time_zone: String,
    locale: String,
    approval_link_ttl: Duration,
    job_duration: Duration,
    max_open_offers: Option<u32>,
    match_vehicle: bool,
    desk: DeskV1,
    outage_grace: Duration,
}

#[derive(Deserialize)]
struct DeskV1 {
    email: Option<String>,
    telegram: Option<i64>,
}

impl From<TenantRecordV1> for TenantRecord {
    fn from(old: TenantRecordV1) -> Self {
        Self { version: old.version, settings: old.settings.into(), created_at: old.created_at }
    }
}

impl From<SettingsChangeV1> for SettingsChange {
    fn from(old: SettingsChangeV1) -> Self {
        Self { at: old.at, by: old.by, before: old.before.map(Settings::from), after: old.after.into() }
    }
}

impl From<SettingsV1> for Settings {
    fn from(old: SettingsV1) -> Self {
        Self {
            default_plan: old.default_plan,
            default_plan_name: old.default_plan_name,
            time_zone: old.time_zone,
            locale: old.locale,
            approval_link_ttl: old.approval_link_ttl,
            job_duration: old.job_duration,
            max_open_offers: old.max_open_offers,
            match_vehicle: old.match_vehicle,
            desk: Desk { email: old.desk.email, telegram: old.desk.telegram, ..Desk::default() },
            outage_grace: old.outage_grace,
            ..Self::default()
        }
    }
}
