//! `[tenants]`: how tenants start. What is stored later, through the API, holds over this.

use std::time::Duration;

use baton_core::ids::TenantId;
use baton_core::plan::{ClockStart, Mode, Plan, Stall, WAVE_MAX, Wave};
use baton_core::tenant::{Desk, Settings};

use super::reader::{Reader, Section};

/// How a tenant starts.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Which tenant.
    pub tenant: TenantId,
    /// Its first settings.
    pub settings: Settings,
}

pub(super) fn read(reader: &mut Reader<'_>, outage_grace: Duration, approval_link_ttl: Duration) -> Vec<Seed> {
    let mut seeds = Vec::new();
    for name in reader.names("tenants") {
        let base = "tenants.default";
        let own = format!("tenants.{name}");
        let plan = read_plan(&mut reader.section_over(&format!("{own}.plan"), &format!("{base}.plan")));
        let mut section = reader.section_over(&own, base);
        let settings = read_settings(&mut section, plan, outage_grace, approval_link_ttl);
        match TenantId::new(&name) {
            Ok(tenant) => seeds.push(Seed { tenant, settings }),
            Err(error) => section.fault_of_section(format!("\"{name}\" is no tenant's name"), error.to_string()),
        }
    }
    seeds.sort_by_key(|seed| (seed.tenant != TenantId::DEFAULT, seed.tenant));
    seeds
}

fn read_settings(
    section: &mut Section<'_, '_>,
    plan: Plan,
    outage_grace: Duration,
    approval_link_ttl: Duration,
) -> Settings {
    let time_zone = section.get::<String>("time_zone");
    section.expect("time_zone", jiff::tz::TimeZone::get(&time_zone).is_ok(), || {
        (format!("\"{time_zone}\" is no time zone"), "write its IANA name, such as \"Europe/London\"".to_owned())
    });
    let email = section.get::<String>("desk_email");
    section.expect("desk_email", email.is_empty() || email.parse::<lettre::Address>().is_ok(), || {
        ("this is no mail address".to_owned(), "write one such as \"desk@example.com\"".to_owned())
    });
    Settings {
        default_plan: plan,
        default_plan_name: None,
        time_zone,
        locale: section.some("locale"),
        approval_link_ttl,
        job_duration: section.some("job_duration"),
        max_open_offers: Some(section.within::<u64>("max_open_offers", 0..=1_000_000) as u32).filter(|max| *max > 0),
        match_vehicle: section.get("match_vehicle"),
        desk: Desk {
            email: Some(email).filter(|email| !email.is_empty()),
            telegram: Some(section.get::<i64>("desk_telegram")).filter(|chat| *chat != 0),
            telegram_topic: Some(section.get::<i64>("desk_telegram_topic")).filter(|topic| *topic != 0),
        },
        outage_grace,
        ..Settings::default()
    }
}

fn read_plan(section: &mut Section<'_, '_>) -> Plan {
    #[derive(Clone, Copy)]
    enum Asked {
        OneByOne,
        Several,
        Everybody,
    }
    let together = section.within::<u64>("together", 1..=WAVE_MAX.into()) as u16;
    let words = [("one_by_one", Asked::OneByOne), ("several", Asked::Several), ("everybody", Asked::Everybody)];
    let mode = match section.word("mode", &words) {
        Asked::OneByOne => Mode::OneByOne,
        Asked::Several => Mode::Several(together),
        Asked::Everybody => Mode::Everybody,
    };
    let starts = section.word("starts", &[("offered", ClockStart::Offered), ("delivered", ClockStart::Delivered)]);
    let (remind_after, return_after) =
        (section.get::<Duration>("remind_after"), section.get::<Duration>("return_after"));
    let stall = match (remind_after.is_zero(), return_after.is_zero()) {
        (true, true) => None,
        (false, false) if remind_after < return_after => Some(Stall { remind_after, return_after }),
        (true, false) | (false, _) => {
            let what = "a watch over silent winners needs both times, the reminder first".to_owned();
            section.fault(
                "return_after",
                what,
                "set remind_after shorter than return_after, or both to \"0s\"".to_owned(),
            );
            None
        }
    };
    Plan {
        waves: vec![Wave { starts, ..Wave::new(mode, section.some("claim_within")) }],
        standby: section.within::<u64>("standby", 0..=1_000) as u16,
        search_for: Some(section.get::<Duration>("search_for")).filter(|span| !span.is_zero()),
        stall,
        rounds: section.within::<u64>("rounds", 1..=100) as u16,
    }
}
