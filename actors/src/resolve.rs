//! From a reference in the outbox to an errand: read from the job's record at the moment it is sent.

use baton_core::crew_view::CrewView;
use baton_core::delivery::{ChannelKind, Delivery, DropReason};
use baton_core::ids::{AgentId, EffectId, JobId};
use baton_core::job::{Job, Offer, OfferState};
use baton_core::message::{Message, Notice, Recipient, Topic};
use baton_core::time::Timestamp;

use crate::channel::{Address, Errand, OfferShown, Say};
use crate::house::House;
use crate::outbox::Item;
use crate::records;
use crate::store::keys::Key;
use crate::tenants::TenantView;

/// What a reference came to.
pub enum Resolved {
    /// To be sent.
    Send {
        /// What.
        errand: Box<Errand>,
        /// The debt behind it; none for an answer.
        effect: Option<EffectId>,
    },
    /// The job no longer owes it.
    Settled,
    /// Not worth sending, or nowhere to send it.
    Not {
        /// The debt.
        effect: EffectId,
        /// What its job is told.
        delivery: Delivery,
    },
}

/// Reads what a reference stands for.
pub fn resolve(house: &House, channel: ChannelKind, item: Item, now: Timestamp) -> Resolved {
    let (effect, possible_repeat) = match item {
        Item::Direct { errand, .. } => return Resolved::Send { errand, effect: None },
        Item::Debt { effect, possible_repeat, .. } => (effect, possible_repeat),
    };
    // A record that cannot be read settles nothing: its job falls over it, and is listed.
    let record = house.store.get(&Key::LiveJob(effect.job).bytes()).ok().flatten();
    let Some(job) = record.and_then(|record| records::open_job(&record).ok()) else { return Resolved::Settled };
    let Some(owed) = job.owed.iter().find(|owed| owed.no == effect.no) else { return Resolved::Settled };
    let message = &owed.message;
    if message.lifetime.is_some_and(|lifetime| lifetime <= now) {
        return Resolved::Not { effect, delivery: Delivery::Dropped(DropReason::Late) };
    }
    let tenant = house.tenants.view(effect.job.tenant);
    let person = match person(&tenant, message.to, channel) {
        Ok(person) => person,
        Err(delivery) => return Resolved::Not { effect, delivery },
    };
    let errand = Errand {
        key: effect.to_string(),
        tenant: effect.job.tenant,
        to: person.address,
        name: person.name,
        locale: person.locale,
        time_zone: person.time_zone,
        say: say(house, &tenant, &job, message),
        replaces: replaced(&job, &message.topic),
        possible_repeat,
        lifetime: message.lifetime,
    };
    Resolved::Send { errand: Box::new(errand), effect: Some(effect) }
}

/// Whether a debt stands in its job's record. One that cannot be read stands until somebody has looked.
pub fn is_owed(house: &House, effect: EffectId) -> bool {
    match house.store.get(&Key::LiveJob(effect.job).bytes()) {
        Ok(Some(record)) => {
            records::open_job(&record).map_or(true, |job| job.owed.iter().any(|owed| owed.no == effect.no))
        }
        Ok(None) => false,
        Err(_) => true,
    }
}

/// Where a message goes, and how it is worded there.
pub struct Person {
    /// Where.
    pub address: Address,
    /// What they are called.
    pub name: String,
    /// Their language.
    pub locale: String,
    /// Their zone.
    pub time_zone: String,
}

/// The recipient of a message on a channel.
pub fn person(tenant: &TenantView, to: Recipient, channel: ChannelKind) -> Result<Person, Delivery> {
    let settings = &tenant.settings;
    match to {
        Recipient::Desk => {
            let address = match channel {
                ChannelKind::Telegram => {
                    let thread = settings.desk.telegram_topic;
                    settings.desk.telegram.map(|chat| Address::Telegram { chat, thread })
                }
                ChannelKind::Email => settings.desk.email.clone().map(Address::Email),
                ChannelKind::Console => Some(Address::Console),
                ChannelKind::Whatsapp | ChannelKind::Sms => None,
            };
            Ok(Person {
                address: address.ok_or_else(no_address)?,
                name: String::new(),
                locale: settings.locale.clone(),
                time_zone: settings.time_zone.clone(),
            })
        }
        Recipient::Agent(id) => {
            let Some(agent) = tenant.roster.get(&id) else {
                return Err(Delivery::Dropped(DropReason::RecipientGone));
            };
            let address = match channel {
                ChannelKind::Console => Some(Address::Console),
                ChannelKind::Telegram => agent.telegram.map(|chat| Address::Telegram { chat, thread: None }),
                ChannelKind::Email => agent.email.clone().map(Address::Email),
                ChannelKind::Whatsapp | ChannelKind::Sms => agent.phone.clone().map(Address::Phone),
            };
            Ok(Person {
                address: address.ok_or_else(no_address)?,
                name: agent.name.clone(),
                locale: agent.locale.clone().unwrap_or_else(|| settings.locale.clone()),
                time_zone: agent.time_zone.clone().unwrap_or_else(|| settings.time_zone.clone()),
            })
        }
    }
}

fn no_address() -> Delivery {
    Delivery::Failed {
        class: "recipient".to_owned(),
        reason: "there is no address for this channel any more".to_owned(),
    }
}

fn say(house: &House, tenant: &TenantView, job: &Job, message: &Message) -> Say {
    let offer = match &message.topic {
        Topic::Offer(no) | Topic::OfferOver(no, _) => job.offer(*no).map(|offer| shown(job, offer)),
        Topic::Won | Topic::ClaimEnded(_) | Topic::Reminder | Topic::ApprovalWanted | Topic::Notice(_) => None,
    };
    let name = |id: AgentId| tenant.roster.get(&id).map(|agent| agent.name.clone());
    let about = match &message.topic {
        Topic::Notice(Notice::Claimed(agent) | Notice::Stalled(agent)) => name(*agent),
        Topic::Notice(Notice::Unfilled | Notice::Expired | Notice::Quarantined)
        | Topic::Offer(_)
        | Topic::OfferOver(..)
        | Topic::Won
        | Topic::ClaimEnded(_)
        | Topic::Reminder
        | Topic::ApprovalWanted => None,
    };
    let to_desk = message.to == Recipient::Desk;
    let approve_url = (message.topic == Topic::ApprovalWanted).then(|| house.approve_url(job, tenant));
    Say::Job {
        topic: message.topic.clone(),
        job: Box::new(job.crew_view()),
        external_ref: job.external_ref.clone().filter(|_| to_desk),
        offer,
        about,
        approve_url,
    }
}

fn shown(job: &Job, offer: &Offer) -> OfferShown {
    let declined = offer.state == OfferState::Declined;
    OfferShown { id: job.id.offer(offer.no), closes_at: offer.closes_at(), declined }
}

/// The message that this one takes the place of.
fn replaced(job: &Job, topic: &Topic) -> Option<baton_core::delivery::Receipt> {
    match topic {
        Topic::OfferOver(no, _) => job.offer(*no)?.receipt.clone(),
        Topic::Offer(_)
        | Topic::Won
        | Topic::ClaimEnded(_)
        | Topic::Reminder
        | Topic::ApprovalWanted
        | Topic::Notice(_) => None,
    }
}

/// What the desk is told of a job whose actor was parked: it cannot owe anything itself.
pub fn quarantine_notice(house: &House, id: JobId) -> Option<(ChannelKind, Errand)> {
    let tenant = house.tenants.view(id.tenant);
    let record = house.store.get(&Key::LiveJob(id).bytes()).ok().flatten();
    let job = record.and_then(|record| records::open_job(&record).ok());
    let (channel, person) =
        house.channels.iter().find_map(|kind| Some((*kind, person(&tenant, Recipient::Desk, *kind).ok()?)))?;
    let brief = job.as_ref().map(|job| job.brief.clone()).unwrap_or_default();
    let say = Say::Job {
        topic: Topic::Notice(Notice::Quarantined),
        job: Box::new(CrewView { job: id, code: id.code(), brief }),
        external_ref: job.and_then(|job| job.external_ref),
        offer: None,
        about: None,
        approve_url: None,
    };
    let errand = Errand {
        key: format!("{id}-quarantined"),
        tenant: id.tenant,
        to: person.address,
        name: person.name,
        locale: person.locale,
        time_zone: person.time_zone,
        say,
        replaces: None,
        possible_repeat: false,
        lifetime: None,
    };
    Some((channel, errand))
}
