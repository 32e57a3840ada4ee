//! From a reference in the outbox to an errand: read from the job's record at the moment it is sent.

mod person;
mod said;

use baton_core::delivery::{ChannelKind, Delivery, DropReason};
use baton_core::ids::{DebtId, EffectId, EffectNo, NotificationId, OfferNo, RouteId, VehicleId};
use baton_core::job::{Job, Stage, Standing};
use baton_core::message::{Recipient, Topic};
use baton_core::notification::Notification;
use baton_core::time::Timestamp;

use self::person::no_address;
pub use self::person::{About, person};
use self::said::{replaced, say};
use crate::channel::{Address, CrewShown, DeskAddress, Errand, LeadShown, RouteShown, Say, Shown};
use crate::house::House;
use crate::outbox::Item;
use crate::records::{self, Route, Vehicle};
use crate::store::codec;
use crate::store::keys::Key;
use crate::tenants::TenantView;

/// What a reference came to.
pub enum Resolved {
    /// To be sent.
    Send {
        /// What.
        errand: Box<Errand>,
        /// The debt behind it; none for an answer.
        debt: Option<DebtId>,
    },
    /// The job no longer owes it.
    Settled,
    /// Not worth sending, or nowhere to send it.
    Not {
        /// The debt.
        debt: DebtId,
        /// What its job is told.
        delivery: Delivery,
    },
}

/// Reads what a reference stands for.
pub fn resolve(house: &House, channel: ChannelKind, item: Item, now: Timestamp) -> Resolved {
    let (debt, possible_repeat) = match item {
        Item::Direct { errand, .. } => return Resolved::Send { errand, debt: None },
        Item::Debt { debt, possible_repeat, .. } => (debt, possible_repeat),
    };
    let effect = match debt {
        DebtId::Job(effect) => effect,
        DebtId::Notification(id, no) => return resolve_notification(house, channel, (id, no), possible_repeat, now),
    };
    // A record that cannot be read settles nothing: its job falls over it, and is listed.
    let record = house.store.get(&Key::LiveJob(effect.job).bytes()).ok().flatten();
    let Some(job) = record.and_then(|record| records::open_job(&record).ok()) else { return Resolved::Settled };
    let Some(owed) = job.owed.iter().find(|owed| owed.no == effect.no) else { return Resolved::Settled };
    let message = &owed.message;
    if message.lifetime.is_some_and(|lifetime| lifetime <= now) {
        return Resolved::Not { debt, delivery: Delivery::Dropped(DropReason::Late) };
    }
    let tenant = house.tenants.view(effect.job.tenant);
    if let Topic::CrewOffer(no) | Topic::CrewStatus(no) = message.topic {
        return for_group(&tenant, &job, (debt, effect.no, no), possible_repeat);
    }
    if message.is_old_news(&job) {
        return Resolved::Not { debt, delivery: Delivery::Dropped(DropReason::Late) };
    }
    if message.topic.once().is_some() && possible_repeat {
        // It may have arrived, and is not to arrive twice: the desk is asked.
        return Resolved::Not { debt, delivery: Delivery::Unsure };
    }
    let person = match person(&tenant, message.to, channel, About::a_job(&tenant)) {
        Ok(person) => person,
        Err(delivery) => return Resolved::Not { debt, delivery },
    };
    if matches!(message.topic, Topic::Released(_)) && person.address.is_group() {
        // Since it was owed, their chat has become one that others read.
        return Resolved::Not { debt, delivery: no_address() };
    }
    let (to, say) = match &message.topic {
        Topic::Lead => match lead(house, &tenant, &job, person.address) {
            Ok(lead) => lead,
            Err(delivery) => return Resolved::Not { debt, delivery },
        },
        Topic::CrewText => (person.address, Say::CrewText(Box::new(tenant.crew_view(&job)))),
        Topic::Route => match route(house, &job) {
            Ok(_) if person.address.is_group() => return Resolved::Not { debt, delivery: no_address() },
            Ok(say) => (person.address, say),
            Err(delivery) => return Resolved::Not { debt, delivery },
        },
        Topic::Offer(_)
        | Topic::OfferOver(..)
        | Topic::Won
        | Topic::ClaimEnded(_)
        | Topic::Reminder
        | Topic::ApprovalWanted
        | Topic::Notice(_)
        | Topic::Settled(_)
        | Topic::Released(_)
        | Topic::NoteDone(_)
        | Topic::CrewOffer(_)
        | Topic::CrewStatus(_) => (person.address, say(house, &tenant, &job, message)),
    };
    let errand = Errand {
        key: effect.to_string(),
        tenant: effect.job.tenant,
        agent: match message.to {
            Recipient::Agent(agent) => Some(agent),
            Recipient::Desk | Recipient::Group => None,
        },
        to,
        name: person.name,
        locale: person.locale,
        time_zone: person.time_zone,
        say,
        replaces: replaced(&job, &message.topic),
        possible_repeat,
        lifetime: message.lifetime,
    };
    Resolved::Send { errand: Box::new(errand), debt: Some(debt) }
}

/// The one message of a job that a group gets, or a new line below it. It is sent while the job can be claimed there, and once: if it
/// may have arrived, the job is told so.
fn for_group(
    tenant: &TenantView,
    job: &Job,
    (debt, effect, no): (DebtId, EffectNo, OfferNo),
    possible_repeat: bool,
) -> Resolved {
    let not = |delivery| Resolved::Not { debt, delivery };
    let Some(published) = job.publication(no) else { return Resolved::Settled };
    let standing = job.standing(published);
    let is_new = published.receipt.is_none();
    if is_new && standing != Standing::Open {
        return not(Delivery::Dropped(DropReason::OfferOver));
    }
    if is_new && possible_repeat {
        return not(Delivery::Unsure);
    }
    let Some(group) = tenant.settings.crew.groups.get(&published.group) else { return not(no_address()) };
    let view = tenant.crew_view(job);
    let winner = standing.winner().and_then(|agent| tenant.roster.get(&agent).map(|agent| agent.handle()));
    let errand = Errand {
        key: EffectId { job: job.id, no: effect }.to_string(),
        tenant: job.id.tenant,
        agent: None,
        to: Address::Telegram { chat: group.chat, thread: group.topic },
        name: String::new(),
        locale: group.locale.clone().unwrap_or_else(|| tenant.settings.locale.clone()),
        time_zone: tenant.settings.time_zone.clone(),
        say: Say::Crew(Box::new(CrewShown {
            job: view,
            claim: job.id.offer(no),
            standing,
            winner,
            again: is_new && published.doubtful,
        })),
        replaces: published.receipt.clone(),
        possible_repeat: false,
        lifetime: None,
    };
    Resolved::Send { errand: Box::new(errand), debt: Some(debt) }
}

/// A lead and where it goes: to the desk, and only where nobody else reads.
fn lead(house: &House, tenant: &TenantView, job: &Job, address: Address) -> Result<(Address, Say), Delivery> {
    let not = |class: &str, reason: &str| Delivery::Failed { class: class.to_owned(), reason: reason.to_owned() };
    let desk = DeskAddress::of(tenant, address)
        .ok_or_else(|| not("recipient", "others read in the desk's chat, and a lead is for the desk alone"))?;
    let details = house.sealed_details(job.id).ok_or_else(|| not("content", "its details are there no more"))?;
    let (to, lead) = LeadShown::for_desk(desk, tenant.crew_view(job), job.external_ref.clone(), details);
    Ok((to, Say::Lead(Box::new(lead))))
}

/// The route of an assignment, as it stands now.
fn route(house: &House, job: &Job) -> Result<Say, Delivery> {
    let gone = || Delivery::Failed { class: "content".to_owned(), reason: "the route is there no more".to_owned() };
    let assignment = job.assignment.as_ref().ok_or_else(gone)?;
    let (id, tenant) = (RouteId { tenant: job.id.tenant, local: assignment.route }, job.id.tenant);
    let record = house.store.get(&Key::Route(id).bytes()).ok().flatten();
    let route =
        record.and_then(|record| codec::open::<Route>(&record).ok()).map(|(_, route)| route).ok_or_else(gone)?;
    let vehicle = route.vehicle.and_then(|local| {
        let record = house.store.get(&Key::Vehicle(VehicleId { tenant, local }).bytes()).ok().flatten()?;
        codec::open::<Vehicle>(&record).ok().map(|(_, vehicle)| vehicle)
    });
    let at = match &job.stage {
        Stage::Claimed(claim) => claim.at,
        _ => job.created_at,
    };
    Ok(Say::Route(Box::new(RouteShown { job: job.id, route: id, sealed: route.sealed, vehicle, at })))
}

/// The same for a notification. Whoever has said no since it was queued is not written to.
fn resolve_notification(
    house: &House,
    channel: ChannelKind,
    (id, no): (NotificationId, EffectNo),
    possible_repeat: bool,
    now: Timestamp,
) -> Resolved {
    let debt = DebtId::Notification(id, no);
    let Some(notification) = notification(house, id) else { return Resolved::Settled };
    let Some(owed) = notification.owed.iter().find(|owed| owed.no == no) else { return Resolved::Settled };
    if owed.lifetime.is_some_and(|lifetime| lifetime <= now) {
        return Resolved::Not { debt, delivery: Delivery::Dropped(DropReason::Late) };
    }
    let tenant = house.tenants.view(id.tenant);
    let intent = notification.intent;
    let needs_opt_in = !tenant.settings.messages.exempt_events.contains(&intent.event_type);
    let about = About { purpose: intent.purpose, needs_opt_in };
    let person = match person(&tenant, Recipient::Agent(intent.recipient), channel, about) {
        Ok(person) => person,
        Err(delivery) => return Resolved::Not { debt, delivery },
    };
    let errand = Errand {
        key: debt.to_string(),
        tenant: id.tenant,
        agent: Some(intent.recipient),
        to: person.address,
        name: person.name,
        locale: intent.locale.unwrap_or(person.locale),
        time_zone: person.time_zone,
        say: Say::Notification(Box::new(Shown {
            id,
            template: intent.template,
            event_type: intent.event_type,
            payload: intent.payload,
            agent: intent.recipient,
            purpose: intent.purpose,
        })),
        replaces: None,
        possible_repeat,
        lifetime: owed.lifetime,
    };
    Resolved::Send { errand: Box::new(errand), debt: Some(debt) }
}

/// A notification that may owe something. One that cannot be read settles nothing: its actor falls over it.
fn notification(house: &House, id: NotificationId) -> Option<Notification> {
    let record = house.store.get(&Key::LiveNotification(id).bytes()).ok().flatten()?;
    codec::open::<Notification>(&record).ok().map(|(_, notification)| notification)
}

/// Whether a debt stands in its job's record. One that cannot be read stands until somebody has looked.
pub fn is_owed(house: &House, debt: DebtId) -> bool {
    let effect = match debt {
        DebtId::Job(effect) => effect,
        DebtId::Notification(id, no) => {
            return match house.store.get(&Key::LiveNotification(id).bytes()) {
                Ok(Some(record)) => codec::open::<Notification>(&record)
                    .map_or(true, |(_, notification)| notification.owed.iter().any(|owed| owed.no == no)),
                Ok(None) => false,
                Err(_) => true,
            };
        }
    };
    match house.store.get(&Key::LiveJob(effect.job).bytes()) {
        Ok(Some(record)) => {
            records::open_job(&record).map_or(true, |job| job.owed.iter().any(|owed| owed.no == effect.no))
        }
        Ok(None) => false,
        Err(_) => true,
    }
}
