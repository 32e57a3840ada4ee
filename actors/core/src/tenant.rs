//! A tenant's settings: changed at run time through the API, every change audited.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// What a tenant can set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The plan of jobs that bring none; a named plan replaces it where `default_plan_name` is set.
    pub default_plan: Plan,
    /// The named plan to use instead.
    pub default_plan_name: Option<String>,
    /// IANA zone of dates and windows.
    pub time_zone: String,
    /// Language of messages and pages where a person has none.
    pub locale: String,
    /// How long an approval link works.
    pub approval_link_ttl: Duration,
    /// How long a job occupies an agent where it does not say.
    pub job_duration: Duration,
    /// How many open offers an agent may have at once; none: any number.
    pub max_open_offers: Option<u32>,
    /// Whether an agent with tags must carry the job's vehicle as one.
    pub match_vehicle: bool,
    /// Whom to call.
    pub desk: Desk,
    /// Outages shorter than this change nothing; over longer ones, open offers are extended by the outage.
    pub outage_grace: Duration,
}

/// The desk's contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// Where notices and approval requests go.
    pub email: Option<String>,
    /// The desk's Telegram chat.
    pub telegram: Option<i64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_plan: Plan::default(),
            default_plan_name: None,
            time_zone: "UTC".to_owned(),
            locale: "en".to_owned(),
            approval_link_ttl: Duration::from_hours(7 * 24),
            job_duration: Duration::from_hours(2),
            max_open_offers: None,
            match_vehicle: true,
            desk: Desk::default(),
            outage_grace: Duration::from_mins(1),
        }
    }
}
