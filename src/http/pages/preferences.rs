//! The page where a person says what they want to hear.

use askama::Template;
use baton_core::agent::{Agent, QuietHours};
use baton_core::consent::{Chosen, Purpose};
use baton_core::delivery::ChannelKind;
use baton_core::time::Timestamp;
use jiff::civil::Time;

use crate::telemetry::redact::{mask_email, mask_phone};
use crate::wording::Words;

/// The page. It names nobody, and shows addresses masked: a mail may have been passed on.
#[derive(Template)]
#[template(path = "preferences.html")]
pub struct PreferencesPage {
    shown_at: i64,
    words: Words,
    told: Told,
    channels: Vec<Channel>,
    places: Vec<Place>,
    locale: String,
    languages: Vec<(String, String)>,
    time_zone: String,
    quiet_from: String,
    quiet_to: String,
}

/// What the page says of what was sent before.
pub enum Told {
    /// Nothing was sent.
    Nothing,
    /// It was stored.
    Saved,
    /// A yes on it was older than the no that holds; the rest was stored.
    TooOld,
    /// It was not stored, for this.
    Mistakes(Vec<String>),
}

/// A channel with what can be said of it.
struct Channel {
    name: String,
    address: Option<String>,
    note: Option<String>,
    rows: Vec<Row>,
}

/// A yes or a no.
struct Row {
    field: String,
    label: String,
    /// What is known: `yes`, `no` or nothing.
    was: &'static str,
    is_all: bool,
}

/// The place of a channel in the order.
struct Place {
    field: String,
    label: String,
    at: usize,
}

impl PreferencesPage {
    /// Shows what is known of an agent: of these channels, of which the ordered ones have a place.
    pub fn of(
        agent: &Agent,
        channels: &[ChannelKind],
        ordered: &[ChannelKind],
        words: Words,
        told: Told,
        at: Timestamp,
    ) -> Self {
        let purposes = agent.purposes();
        let places = (1..).zip(ordered).map(|(at, kind)| {
            let label = words.fill("preferences.place", &[("channel", &name(*kind, &words))]);
            Place { field: format!("{kind}.place"), label, at }
        });
        let QuietShown { from, to } = QuietShown::of(agent.quiet_hours);
        let locale = agent.locale.as_deref().map(|locale| words.nearest(locale).to_owned());
        Self {
            shown_at: at.0,
            told,
            channels: channels.iter().map(|kind| Channel::of(agent, *kind, &purposes, &words)).collect(),
            places: if ordered.len() > 1 { places.collect() } else { Vec::new() },
            locale: locale.unwrap_or_default(),
            languages: words.languages(),
            time_zone: agent.time_zone.clone().unwrap_or_default(),
            quiet_from: from,
            quiet_to: to,
            words,
        }
    }

    fn is_locale(&self, code: &str) -> bool {
        self.locale == code
    }
}

impl Channel {
    fn of(agent: &Agent, kind: ChannelKind, purposes: &[Purpose], words: &Words) -> Self {
        let note = if agent.unreachable.contains(&kind) {
            Some(words.say("preferences.blocked"))
        } else {
            agent.is_paused(kind).then(|| words.say("preferences.paused"))
        };
        let row = |purpose: &Purpose| {
            let is_all = *purpose == Purpose::EVERY;
            let label = if is_all { words.say("preferences.everything") } else { words.purpose(purpose.as_str()) };
            let was = match agent.chosen(kind, *purpose) {
                Chosen::Yes => "yes",
                Chosen::No => "no",
                Chosen::Neither => "",
            };
            Row { field: format!("{kind}.{purpose}"), label, was, is_all }
        };
        let rows = std::iter::once(&Purpose::EVERY).chain(purposes).map(row).collect();
        Self { name: name(kind, words), address: masked(agent, kind), note, rows }
    }

    fn is_shut(&self) -> bool {
        self.rows.iter().any(|row| row.is_all && row.was == "no")
    }
}

/// A rest as a field for a time of day has it.
struct QuietShown {
    from: String,
    to: String,
}

impl QuietShown {
    fn of(rest: Option<QuietHours>) -> Self {
        let at = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        let (from, to) = rest.map(|rest| (at(rest.from), at(rest.to))).unwrap_or_default();
        Self { from, to }
    }
}

fn name(kind: ChannelKind, words: &Words) -> String {
    words.say(&format!("channel.{kind}"))
}

/// An address of which its owner knows which it is, and nobody else learns it.
fn masked(agent: &Agent, kind: ChannelKind) -> Option<String> {
    match kind {
        ChannelKind::Email => agent.email.as_deref().map(mask_email),
        ChannelKind::Whatsapp | ChannelKind::Sms => agent.phone.as_ref().map(|phone| mask_phone(phone.as_str())),
        ChannelKind::Telegram | ChannelKind::Console => None,
    }
}
