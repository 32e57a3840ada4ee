//! The values a template can name. Every one is always there, empty ones as `none`: a name that is not here is a mistake.

use baton_actors::channel::{Address, Answer, CrewShown, EndpointOff, Errand, Ordered, PausedAddress, RouteShown, Say};
use baton_core::brief::{Brief, Price};
use baton_core::crew_view::CrewView;
use baton_core::gates::Gate;
use baton_core::job::Wait;
use baton_core::message::{Notice, Topic};
use icu_decimal::input::Decimal;
use serde::Serialize;

use super::Mail;
use super::dates;
use super::language::{self, Direction};
use super::private::Private;
use crate::channels::registration::qr_png;
use crate::telemetry::redact;

/// What a template is filled with.
#[derive(Serialize)]
pub(super) struct Values {
    /// The name of the template: the topic or answer.
    pub(super) name: &'static str,
    /// The language it is worded in.
    pub(super) locale: String,
    /// Which way it is written.
    direction: &'static str,
    /// The zone its times are shown in.
    time_zone: String,
    /// What the person is called.
    agent: Option<String>,
    /// The job in question.
    job: Option<Job>,
    /// The offer in question.
    offer: Option<Offer>,
    /// Why something is over, or what happened.
    reason: Option<&'static str>,
    /// The client's reference, for the desk.
    external_ref: Option<String>,
    /// Whom a notice is about.
    about: Option<String>,
    /// The tenant's own name for whom a notice is about.
    about_ref: Option<String>,
    /// The channel that a notice is about.
    channel: Option<&'static str>,
    /// The address that a notice is about, masked.
    address: Option<String>,
    /// Where the desk approves.
    approve_url: Option<String>,
    /// Where the winner sees the private details.
    details_url: Option<String>,
    /// The private details themselves, where they go as text.
    pub(super) details: Option<Private>,
    /// What the desk can do about it, in the words of its commands.
    deeds: Vec<&'static str>,
    /// What was done about it.
    done: Option<Done>,
    /// The command of the desk that is answered.
    order: Option<&'static str>,
    /// Where the job stands.
    status: Option<&'static str>,
    /// Who waits behind the winner, by name.
    line: Vec<String>,
    /// The gates that are lacking.
    missing: Option<String>,
    /// The place in the standby line.
    place: Option<u16>,
    /// So many minutes more.
    minutes: Option<u64>,
    /// How a job stands in a group.
    standing: Option<&'static str>,
    /// The job as a crew reads it, in typed values alone.
    pub(super) crew: Option<String>,
    /// Where somebody we do not know can ask to be registered.
    register_url: Option<String>,
    /// Where somebody who is invited registers with the bot.
    invite_url: Option<String>,
    /// Where a mail has the same as a picture.
    invite_picture: Option<String>,
    /// The picture.
    #[serde(skip)]
    pub(super) picture: Option<Vec<u8>>,
    /// A word of whoever invites them.
    invite_message: Option<String>,
    /// Where the person says what they want to hear.
    preferences_url: Option<String>,
    /// Jobs to choose from, by number.
    choices: Vec<Choice>,
    /// An earlier attempt may have arrived.
    possible_repeat: bool,
    /// The text of a mail, while its HTML is being laid out.
    pub(super) text: Option<String>,
}

#[derive(Serialize)]
struct Job {
    id: String,
    code: String,
    from: Option<String>,
    to: Option<String>,
    via: Vec<String>,
    date: Option<String>,
    window: Option<String>,
    vehicle: Option<String>,
    volume: Option<String>,
    items: Vec<Item>,
    services: Vec<String>,
    price: Option<String>,
}

#[derive(Serialize)]
struct Item {
    kind: String,
    quantity: u32,
}

#[derive(Serialize)]
struct Offer {
    id: String,
    closes_at: Option<String>,
    link: Option<String>,
}

#[derive(Serialize)]
struct Done {
    what: String,
    by: String,
    at: String,
}

#[derive(Serialize)]
struct Choice {
    no: usize,
    job: Job,
}

impl Values {
    /// The values of an errand, in a language that is worded.
    pub(super) fn of(
        errand: &Errand,
        locale: &str,
        offer_link: Option<String>,
        preferences_url: Option<String>,
    ) -> Self {
        let mut values = Self { preferences_url, ..Self::of_nobody(locale) };
        values.agent = Some(one_line(&errand.name)).filter(|name| !name.is_empty());
        values.time_zone.clone_from(&errand.time_zone);
        values.possible_repeat = errand.possible_repeat;
        match &errand.say {
            Say::Job { topic, job, external_ref, offer, about, approve_url, released, desk } => {
                values.name = topic.template();
                let declined =
                    matches!(topic, Topic::OfferOver(..)) && offer.as_ref().is_some_and(|offer| offer.declined);
                values.reason = if declined { Some("declined") } else { reason(topic) };
                values.job = Some(Job::of(job, locale));
                values.offer = offer.as_ref().map(|offer| Offer {
                    id: offer.id.to_string(),
                    closes_at: offer.closes_at.map(|at| dates::moment(at, &errand.time_zone, locale)),
                    link: offer_link,
                });
                values.external_ref = external_ref.as_deref().map(one_line);
                values.about = about.as_deref().map(one_line);
                values.approve_url.clone_from(approve_url);
                values.details_url = released.as_ref().map(|released| released.url.clone());
                let deeds = desk.iter().flat_map(|desk| &desk.deeds);
                values.deeds = deeds.map(|deed| deed.as_str()).collect();
                values.done = desk.as_ref().and_then(|desk| desk.done.as_ref()).map(|done| Done {
                    what: one_line(&done.what),
                    by: one_line(&done.by),
                    at: dates::moment(done.at, &errand.time_zone, locale),
                });
            }
            Say::Crew(shown) => values.crew(shown),
            Say::Answer(answer) => values.answer(answer),
            // Its values are sealed, and its template is found by a key of its own.
            Say::Notification(_) => values.name = "notification",
            Say::AddressPaused(paused) => values.paused(paused),
            Say::EndpointOff(off) => values.endpoint_off(off),
            // Both are filled with values of their own.
            Say::Lead(_) => values.name = "lead",
            Say::CrewText(_) => values.name = "crew",
            Say::Route(_) => values.name = RouteShown::TEMPLATE,
        }
        values
    }

    fn of_nobody(locale: &str) -> Self {
        Self {
            name: "",
            locale: locale.to_owned(),
            direction: Direction::of(locale).as_str(),
            time_zone: String::new(),
            agent: None,
            job: None,
            offer: None,
            reason: None,
            external_ref: None,
            about: None,
            about_ref: None,
            channel: None,
            address: None,
            approve_url: None,
            details_url: None,
            details: None,
            deeds: Vec::new(),
            done: None,
            order: None,
            status: None,
            line: Vec::new(),
            missing: None,
            place: None,
            minutes: None,
            standing: None,
            crew: None,
            register_url: None,
            invite_url: None,
            invite_picture: None,
            picture: None,
            invite_message: None,
            preferences_url: None,
            choices: Vec::new(),
            possible_repeat: false,
            text: None,
        }
    }

    fn crew(&mut self, shown: &CrewShown) {
        let CrewShown { job, claim: _, standing, winner, again } = shown;
        self.name = CrewShown::TEMPLATE;
        self.job = Some(Job::of(job, &self.locale));
        self.standing = Some(standing.as_str());
        self.about = winner.as_deref().map(one_line);
        self.possible_repeat = *again;
    }

    fn paused(&mut self, paused: &PausedAddress) {
        let PausedAddress { name, reference, channel, address } = paused;
        self.name = PausedAddress::TEMPLATE;
        // Whoever came in without a name is called by an address.
        let called = |name: &str| Some(one_line(&redact::scrub(name))).filter(|name| !name.is_empty());
        self.about = called(name);
        self.about_ref = called(reference).filter(|reference| Some(reference) != self.about.as_ref());
        self.channel = Some(channel.as_str());
        self.address = match address {
            Address::Email(mailbox) => Some(one_line(&redact::mask_email(mailbox))),
            Address::Phone(phone) => Some(redact::mask_phone(phone.as_str())),
            Address::Console | Address::Telegram { .. } => None,
        };
    }

    fn endpoint_off(&mut self, off: &EndpointOff) {
        let EndpointOff { description, host, gone } = off;
        self.name = EndpointOff::TEMPLATE;
        self.about = Some(one_line(&redact::scrub(description))).filter(|description| !description.is_empty());
        self.address = Some(one_line(host));
        self.reason = Some(if *gone { "gone" } else { "failing" });
    }

    /// How many buttons there are.
    pub(super) fn deeds(&self) -> usize {
        self.deeds.len()
    }

    fn ordered(&mut self, ordered: &Ordered) {
        let Ordered { order, came, job, status, winner, line, missing } = ordered;
        let (order, came) = (*order, *came);
        (self.order, self.reason, self.status) = (Some(order), Some(came), *status);
        self.job = job.as_ref().map(|job| Job::of(job, &self.locale));
        self.about = winner.as_deref().map(one_line);
        self.line = line.iter().map(|name| one_line(name)).collect();
        self.missing.clone_from(missing);
    }

    fn answer(&mut self, answer: &Answer) {
        self.name = answer.template();
        match answer {
            Answer::Claimed(job) | Answer::Declined(job) | Answer::OfferOver(job) | Answer::Acknowledged(job) => {
                self.job = Some(Job::of(job, &self.locale));
            }
            Answer::Taken { job, place } => {
                self.job = Some(Job::of(job, &self.locale));
                self.place = *place;
            }
            Answer::Which(jobs) => {
                let choice = |(at, job)| Choice { no: at + 1, job: Job::of(job, &self.locale) };
                self.choices = jobs.iter().enumerate().map(choice).collect();
            }
            Answer::Order(ordered) => self.ordered(ordered),
            Answer::Register(url) => self.register_url = Some(one_line(url)),
            Answer::CoolingDown(minutes) => self.minutes = Some(*minutes),
            Answer::Invited(invitation) => {
                self.invite_url = Some(one_line(&invitation.link));
                // One that cannot be drawn is a link all the same.
                self.picture = qr_png(&invitation.link).ok();
                self.invite_picture = self.picture.as_ref().map(|_| format!("cid:{}", Mail::PICTURE));
                self.invite_message = invitation.message.as_deref().map(one_line);
            }
            Answer::Full
            | Answer::NoOpenOffer
            | Answer::Help
            | Answer::OptedOut
            | Answer::OptedIn
            | Answer::Unrecognized
            | Answer::Unknown
            | Answer::Welcome
            | Answer::AlreadyRegistered
            | Answer::RegisteredElsewhere
            | Answer::BadLink
            | Answer::NotPublished
            | Answer::NoSuchJob
            | Answer::NotForThem
            | Answer::Unreachable
            | Answer::TooOften => {}
        }
    }
}

impl Job {
    fn of(view: &CrewView, locale: &str) -> Self {
        let Brief {
            from,
            to,
            via,
            date,
            window,
            vehicle,
            volume,
            items,
            services,
            price,
            tags: _,
            duration_minutes: _,
        } = &view.brief;
        let line = |value: &Option<String>| value.as_deref().map(one_line).filter(|value| !value.is_empty());
        let lines = |values: &[String]| values.iter().map(|value| one_line(value)).collect();
        Self {
            id: view.job.to_string(),
            code: view.code.to_string(),
            from: line(from),
            to: line(to),
            via: lines(via),
            date: date.map(|date| dates::day(date, locale)),
            window: line(window),
            vehicle: line(vehicle),
            volume: line(volume),
            items: items.iter().map(|item| Item { kind: one_line(&item.kind), quantity: item.quantity }).collect(),
            services: lines(services),
            price: price.as_ref().map(|price| shown_price(price, locale)),
        }
    }
}

fn reason(topic: &Topic) -> Option<&'static str> {
    match topic {
        Topic::OfferOver(_, over) => Some(over.as_str()),
        Topic::ClaimEnded(end) => Some(end.as_str()),
        Topic::Notice(Notice::Waiting(Wait::Gate(Gate::Release), _)) => Some("waiting_release"),
        Topic::Notice(Notice::Waiting(Wait::Gate(Gate::Confirm), _)) => Some("waiting_confirm"),
        Topic::Notice(Notice::Waiting(Wait::Gate(Gate::Invoice), _)) => Some("waiting_invoice"),
        Topic::Notice(Notice::Waiting(Wait::Gate(Gate::Payment), _)) => Some("waiting_payment"),
        Topic::Notice(Notice::Waiting(Wait::Start, _)) => Some("waiting_start"),
        Topic::Notice(Notice::Waiting(Wait::Finish, _)) => Some("waiting_finish"),
        Topic::Notice(notice) => Some(notice.as_str()),
        Topic::Settled(gate) => Some(gate.passed()),
        Topic::Offer(_)
        | Topic::Won
        | Topic::Reminder
        | Topic::ApprovalWanted
        | Topic::Released(_)
        | Topic::CrewOffer(_)
        | Topic::CrewStatus(_)
        | Topic::Lead
        | Topic::CrewText
        | Topic::Route
        | Topic::NoteDone(_) => None,
    }
}

/// `120-150 GBP`, with the marks of the language.
fn shown_price(price: &Price, locale: &str) -> String {
    let Price { from, to, currency } = price;
    let number = |whole: u32| language::number(&Decimal::from(whole), locale);
    let range = if from == to { number(*from) } else { format!("{}-{}", number(*from), number(*to)) };
    format!("{range} {}", one_line(currency))
}

/// A value as it may stand in a line: no line breaks, no control characters, and none of the marks that turn the direction
/// of writing, with which a value could rewrite what stands around it.
pub(crate) fn one_line(value: &str) -> String {
    let visible = |c: char| match c {
        c if c.is_control() || c.is_whitespace() => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => ' ',
        c => c,
    };
    let visible: String = value.chars().map(visible).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}
