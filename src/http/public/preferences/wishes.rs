//! What somebody changed on the page of their preferences. Every field comes with what it was when the page was shown, and the page
//! with that moment: only what is another is a wish, and no yes of an old page ends a STOP that was said after it was shown.

use std::cmp::Ordering;

use baton_core::agent::{Agent, QuietHours};
use baton_core::consent::{Choice, Purpose};
use baton_core::delivery::ChannelKind;
use baton_core::time::Timestamp;

use crate::http::problem::{FieldError, Problem};
use crate::http::public::fields::Fields;
use crate::http::shapes::brief::read_time;
use crate::http::shapes::change::Change;
use crate::wording::Words;

/// No zone of the database has a longer name.
const ZONE: usize = 64;

/// The field with the moment at which the page was shown.
const SHOWN_AT: &str = "shown_at";

/// What of somebody stands on the page.
pub struct Shown {
    /// The channels on which they have an address, best first.
    pub channels: Vec<ChannelKind>,
    /// Those of them that have a place in their order.
    pub ordered: Vec<ChannelKind>,
    purposes: Vec<Purpose>,
}

/// What is to be another.
#[derive(Default)]
pub struct Wishes {
    shown_at: Timestamp,
    choices: Vec<Choice>,
    order: Option<Vec<ChannelKind>>,
    locale: Change<String>,
    time_zone: Change<String>,
    quiet_hours: Change<QuietHours>,
}

impl Shown {
    /// What stands on the page of an agent, where these channels are configured. Where they said something of another one, it is
    /// shown as well: it still holds.
    pub fn of(agent: &Agent, configured: &[ChannelKind]) -> Self {
        let is_theirs = |kind: &ChannelKind| *kind != ChannelKind::Console && agent.has_address(*kind);
        let ordered: Vec<ChannelKind> = agent.in_order(configured).into_iter().filter(is_theirs).collect();
        let spoken = |kind: &ChannelKind| agent.consents.iter().any(|consent| consent.channel == *kind);
        let others = ChannelKind::ALL.into_iter().filter(is_theirs);
        let others = others.filter(|kind| !ordered.contains(kind) && (configured.contains(kind) || spoken(kind)));
        Self { channels: ordered.iter().copied().chain(others).collect(), purposes: agent.purposes(), ordered }
    }
}

impl Wishes {
    /// Reads a form. What a person can get wrong is told in their words; what the page cannot have sent is a problem.
    pub fn read(fields: &Fields, shown: &Shown, words: &Words) -> Result<Result<Self, Vec<String>>, Problem> {
        if fields.get("everything").is_some() {
            return Ok(Ok(Self::nothing_more()));
        }
        let mut strange = Vec::new();
        let choices = choices(fields, shown, &mut strange);
        let order = order(fields, shown, &mut strange);
        let locale = line(fields, "locale");
        if let Change::Set(locale) = &locale
            && words.languages().iter().all(|(known, _)| known != locale)
        {
            strange.push(wrong("locale", "give one of those on the page"));
        }
        if !strange.is_empty() {
            return Err(Problem::of_fields(strange));
        }
        let mut mistakes = Vec::new();
        let time_zone = line(fields, "time_zone");
        if let Change::Set(zone) = &time_zone
            && (zone.len() > ZONE || jiff::tz::TimeZone::get(zone).is_err())
        {
            let shortened: String = zone.chars().take(ZONE).collect();
            mistakes.push(words.fill("preferences.wrong_time_zone", &[("given", &shortened)]));
        }
        let quiet_hours = quiet_hours(fields).unwrap_or_else(|HalfARest| {
            mistakes.push(words.say("preferences.wrong_quiet"));
            Change::Keep
        });
        let wishes = Self { shown_at: shown_at(fields), choices, order, locale, time_zone, quiet_hours };
        Ok(if mistakes.is_empty() { Ok(wishes) } else { Err(mistakes) })
    }

    /// No more messages, also where there may be an address one day.
    fn nothing_more() -> Self {
        let channels = ChannelKind::ALL.into_iter().filter(|kind| *kind != ChannelKind::Console);
        let choices = channels.map(|channel| Choice { channel, purpose: Purpose::EVERY, wanted: false });
        Self { choices: choices.collect(), ..Self::default() }
    }

    /// The agent as they want it; whether all of it was still theirs to want. A page cannot have been shown in the future: one that
    /// says so counts as older than everything.
    pub fn onto(
        self,
        agent: &mut Agent,
        configured: &[ChannelKind],
        source: &str,
        wording: &str,
        at: Timestamp,
    ) -> bool {
        let shown = if self.shown_at > at { Timestamp(0) } else { self.shown_at };
        let asked = self.choices.len();
        let choices: Vec<Choice> =
            self.choices.into_iter().filter(|choice| !agent.has_refused_since(choice, shown)).collect();
        let is_whole = choices.len() == asked;
        agent.chooses(&choices, source, Some(wording), at);
        if let Some(order) = self.order {
            // Channels that have no address yet keep their places behind.
            let known =
                if agent.channels.is_empty() { configured.to_vec() } else { std::mem::take(&mut agent.channels) };
            let behind = known.into_iter().filter(|kind| !order.contains(kind)).collect::<Vec<_>>();
            agent.channels = order.into_iter().chain(behind).collect();
        }
        self.locale.onto(&mut agent.locale);
        self.time_zone.onto(&mut agent.time_zone);
        self.quiet_hours.onto(&mut agent.quiet_hours);
        is_whole
    }
}

/// When the page was shown; the beginning of time where it does not tell.
fn shown_at(fields: &Fields) -> Timestamp {
    Timestamp(fields.get(SHOWN_AT).and_then(|millis| millis.parse().ok()).unwrap_or_default())
}

fn choices(fields: &Fields, shown: &Shown, strange: &mut Vec<FieldError>) -> Vec<Choice> {
    let mut choices = Vec::new();
    for channel in &shown.channels {
        for purpose in std::iter::once(&Purpose::EVERY).chain(&shown.purposes) {
            let name = format!("{channel}.{purpose}");
            let wanted = match changed(fields, &name) {
                None => continue,
                Some("yes") => true,
                Some("no") => false,
                Some(_) => {
                    strange.push(wrong(&name, "give yes or no"));
                    continue;
                }
            };
            choices.push(Choice { channel: *channel, purpose: *purpose, wanted });
        }
    }
    choices
}

/// The order they want. Whoever moved a channel to a place means it to be there, before or behind what was there.
fn order(fields: &Fields, shown: &Shown, strange: &mut Vec<FieldError>) -> Option<Vec<ChannelKind>> {
    let mut is_changed = false;
    let mut places = Vec::new();
    for (at, channel) in (1..).zip(&shown.ordered) {
        let name = format!("{channel}.place");
        let wanted = match changed(fields, &name) {
            None => at,
            Some(place) => match place.parse::<usize>() {
                Ok(place) if (1..=shown.ordered.len()).contains(&place) => {
                    is_changed = true;
                    place
                }
                Ok(_) | Err(_) => {
                    strange.push(wrong(&name, "give one of the places on the page"));
                    at
                }
            },
        };
        let among_equals = match wanted.cmp(&at) {
            Ordering::Less => 0,
            Ordering::Equal => 1,
            Ordering::Greater => 2,
        };
        places.push((wanted, among_equals, *channel));
    }
    places.sort_by_key(|(wanted, among_equals, _)| (*wanted, *among_equals));
    is_changed.then(|| places.into_iter().map(|(_, _, channel)| channel).collect())
}

/// One of the two times of a rest is none.
struct HalfARest;

/// The rest they want, where it is another.
fn quiet_hours(fields: &Fields) -> Result<Change<QuietHours>, HalfARest> {
    if changed(fields, "quiet_from").is_none() && changed(fields, "quiet_to").is_none() {
        return Ok(Change::Keep);
    }
    let at = |name| fields.get(name).unwrap_or_default().trim();
    match (at("quiet_from"), at("quiet_to")) {
        ("", "") => Ok(Change::Clear),
        (from, to) => match (read_time(from), read_time(to)) {
            (Some(from), Some(to)) => Ok(Change::Set(QuietHours { from, to })),
            (Some(_) | None, None) | (None, Some(_)) => Err(HalfARest),
        },
    }
}

/// What a field says now, where it said something else when the page was shown.
fn changed<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let is = fields.get(name)?;
    (fields.get(&format!("was.{name}")) != Some(is)).then_some(is)
}

/// What becomes of a text; an empty one takes it away.
fn line(fields: &Fields, name: &str) -> Change<String> {
    match changed(fields, name).map(str::trim) {
        None => Change::Keep,
        Some("") => Change::Clear,
        Some(text) => Change::Set(text.to_owned()),
    }
}

fn wrong(field: &str, cure: &'static str) -> FieldError {
    FieldError { field: field.to_owned(), message: "is unknown".into(), cure: cure.into() }
}

#[cfg(test)]
mod tests {
    use baton_core::phone::Phone;

    use super::*;
    use crate::http::sample::{NOW, agent};

    const CONFIGURED: [ChannelKind; 4] =
        [ChannelKind::Telegram, ChannelKind::Whatsapp, ChannelKind::Sms, ChannelKind::Email];

    fn ana() -> Agent {
        Agent {
            phone: Phone::new("+447700900001").ok(),
            email: Some("ana@example.com".to_owned()),
            ..Agent::named(agent("ana"), "Ana", NOW)
        }
    }

    fn order_after(agent: &Agent, places: &[(&str, &str)]) -> Vec<ChannelKind> {
        let shown = Shown::of(agent, &CONFIGURED);
        let mut fields: Vec<(String, String)> = Vec::new();
        for (at, kind) in (1..).zip(&shown.ordered) {
            let is = places.iter().find(|(channel, _)| kind.as_str() == *channel);
            fields.push((format!("was.{kind}.place"), format!("{at}")));
            fields
                .push((format!("{kind}.place"), is.map_or_else(|| format!("{at}"), |(_, place)| (*place).to_owned())));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut strange = Vec::new();
        let order = order(&Fields::of(&fields), &shown, &mut strange);
        assert!(strange.is_empty());
        let mut agent = agent.clone();
        Wishes { order, ..Wishes::default() }.onto(&mut agent, &CONFIGURED, "preferences", "v1", NOW);
        agent.channels
    }

    #[test]
    fn a_channel_goes_to_the_place_it_is_put_and_what_has_no_address_yet_is_not_lost() {
        use ChannelKind::{Email, Sms, Telegram, Whatsapp};
        assert_eq!(order_after(&ana(), &[]), [], "as the tenant has it");
        assert_eq!(order_after(&ana(), &[("email", "1")]), [Email, Whatsapp, Sms, Telegram]);
        assert_eq!(order_after(&ana(), &[("whatsapp", "3")]), [Sms, Email, Whatsapp, Telegram]);
        assert_eq!(order_after(&ana(), &[("whatsapp", "2"), ("sms", "1")]), [Sms, Whatsapp, Email, Telegram]);
        let own = Agent { channels: vec![Email, Telegram, Sms], ..ana() };
        assert_eq!(order_after(&own, &[("sms", "1")]), [Sms, Email, Telegram], "WhatsApp was none of theirs");
    }

    #[test]
    fn a_place_that_there_is_not_is_refused() {
        let shown = Shown::of(&ana(), &CONFIGURED);
        let mut strange = Vec::new();
        order(&Fields::of(&[("sms.place", "4"), ("email.place", "first")]), &shown, &mut strange);
        assert_eq!(strange.len(), 2);
    }
}
