//! `[tenants]`: how tenants start. What is stored later, through the API, holds over this.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::agent::QuietHours;
use baton_core::delivery::{ChannelKind, Provider};
use baton_core::gates::{Dial, Gates};
use baton_core::ids::TenantId;
use baton_core::plan::{ClockStart, Mode, Plan, Stall, WAVE_MAX, Wave};
use baton_core::tenant::{
    Cap, Desk, DetailsAs, LateWinner, Messages, Patience, Quiet, Settings, Settlement, WhenQuiet,
};

use super::crew;
use super::duration::parse_duration;
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
        let messages = read_messages(&mut reader.section_over(&format!("{own}.messages"), &format!("{base}.messages")));
        let routes = read_routes(&mut reader.section_over(&format!("{own}.routes"), &format!("{base}.routes")));
        let settlement =
            read_settlement(&mut reader.section_over(&format!("{own}.settlement"), &format!("{base}.settlement")));
        let crew = crew::read(&mut reader.section_over(&format!("{own}.crew"), &format!("{base}.crew")));
        let mut section = reader.section_over(&own, base);
        let settings = read_settings(&mut section, plan, outage_grace, approval_link_ttl);
        let settings = Settings { messages, routes, settlement, crew, ..settings };
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
            ..Desk::default()
        },
        outage_grace,
        show_price: section.get("show_price"),
        fallback_after: Some(section.get::<Duration>("fallback_after")).filter(|span| !span.is_zero()),
        ..Settings::default()
    }
}

fn read_messages(section: &mut Section<'_, '_>) -> Messages {
    let words = [("defer", WhenQuiet::Defer), ("skip", WhenQuiet::Skip)];
    let mut caps = Vec::new();
    for text in section.get::<Vec<String>>("caps") {
        let cap = text.split_once(" per ").and_then(|(count, per)| {
            let (count, per) = (count.trim().parse().ok()?, parse_duration(per.trim()).ok()?);
            (count > 0 && !per.is_zero()).then_some(Cap { count, per })
        });
        section.expect("caps", cap.is_some(), || {
            (format!("\"{text}\" is no cap"), "write how many in which time, such as \"5 per 24h\"".to_owned())
        });
        caps.extend(cap);
    }
    let text = section.get::<String>("quiet_hours");
    let quiet_hours = text
        .split_once('-')
        .and_then(|(from, to)| Some(QuietHours { from: from.trim().parse().ok()?, to: to.trim().parse().ok()? }));
    section.expect("quiet_hours", text.is_empty() || quiet_hours.is_some(), || {
        (format!("\"{text}\" are no quiet hours"), "write when they begin and end, such as \"22:00-07:00\"".to_owned())
    });
    Messages {
        dispatch_needs_opt_in: section.get("dispatch_needs_opt_in"),
        exempt_events: section.get::<Vec<String>>("exempt_events").into_iter().collect(),
        caps,
        quiet: Quiet {
            bulk: section.word("quiet_bulk", &words),
            normal: section.word("quiet_normal", &words),
            high: section.word("quiet_high", &words),
        },
        quiet_hours,
        poll_after: Some(section.get::<Duration>("poll_after")).filter(|span| !span.is_zero()),
    }
}

fn read_settlement(section: &mut Section<'_, '_>) -> Settlement {
    let dials = [("off", Dial::Off), ("person", Dial::Person), ("engine", Dial::Engine)];
    let gates = Gates {
        confirm: section.word("confirm", &dials),
        invoice: section.word("invoice", &dials),
        payment: section.word("payment", &dials),
        release: section.word("release", &dials),
    };
    let mut within = |name| Some(section.get::<Duration>(name)).filter(|span| !span.is_zero());
    let patience = Patience {
        confirm: within("confirm_within"),
        invoice: within("invoice_within"),
        payment: within("pay_within"),
        release: within("release_within"),
        start: within("start_within"),
        finish: within("finish_within"),
    };
    let late_winner = section.word("late_winner", &[("keeps", LateWinner::Keeps), ("returns", LateWinner::Returns)]);
    let details_as = section.word("details_as", &[("page", DetailsAs::Page), ("text", DetailsAs::Text)]);
    Settlement { gates, details_for: section.some("details_for"), patience, late_winner, details_as }
}

fn read_routes(section: &mut Section<'_, '_>) -> BTreeMap<ChannelKind, Vec<Provider>> {
    let mut routes = BTreeMap::new();
    for kind in ChannelKind::ALL {
        let mut providers = Vec::new();
        for word in section.get::<Vec<String>>(kind.as_str()) {
            let known = word.parse::<Provider>().ok().filter(|provider| provider.channel() == kind);
            let known = known.filter(|provider| !providers.contains(provider));
            section.expect(kind.as_str(), known.is_some(), || {
                let those = Provider::ALL.iter().filter(|provider| provider.channel() == kind);
                let those: Vec<_> = those.map(|provider| format!("\"{provider}\"")).collect();
                (
                    format!("\"{word}\" is no provider of {kind}, or named twice"),
                    format!("name some of {}", those.join(", ")),
                )
            });
            providers.extend(known);
        }
        if !providers.is_empty() {
            routes.insert(kind, providers);
        }
    }
    routes
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
