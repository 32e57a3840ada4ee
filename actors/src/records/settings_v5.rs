//! A tenant's settings as they were stored before released details could go as text.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::crew::Crew;
use baton_core::delivery::{ChannelKind, Provider};
use baton_core::gates::Gates;
use baton_core::plan::Plan;
use baton_core::tenant::{Desk, LateWinner, Messages, Patience, Settings, Settlement};
use baton_core::time::Timestamp;
use serde::Deserialize;

use super::{SettingsChange, TenantRecord};

/// Schema 5; frozen.
#[derive(Deserialize)]
pub(super) struct TenantRecordV5 {
    version: u64,
    settings: SettingsV5,
    created_at: Timestamp,
}

/// Schema 5; frozen.
#[derive(Deserialize)]
pub(super) struct SettingsChangeV5 {
    at: Timestamp,
    by: String,
    before: Option<SettingsV5>,
    after: SettingsV5,
}

#[derive(Deserialize)]
struct SettingsV5 {
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
    crew: Crew,
}

/// What stands between a claim and the work, as it was until then; frozen.
#[derive(Deserialize)]
pub(super) struct SettlementV5 {
    gates: Gates,
    details_for: Duration,
    patience: Patience,
    late_winner: LateWinner,
}

impl From<SettlementV5> for Settlement {
    fn from(old: SettlementV5) -> Self {
        let SettlementV5 { gates, details_for, patience, late_winner } = old;
        Self { gates, details_for, patience, late_winner, ..Self::default() }
    }
}

impl From<TenantRecordV5> for TenantRecord {
    fn from(old: TenantRecordV5) -> Self {
        Self { version: old.version, settings: old.settings.into(), created_at: old.created_at }
    }
}

impl From<SettingsChangeV5> for SettingsChange {
    fn from(old: SettingsChangeV5) -> Self {
        Self { at: old.at, by: old.by, before: old.before.map(Settings::from), after: old.after.into() }
    }
}

impl From<SettingsV5> for Settings {
    fn from(old: SettingsV5) -> Self {
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
            crew: old.crew,
        }
    }
}
