//! What a message about a job says, from the job's record.

use baton_core::delivery::Receipt;
use baton_core::ids::AgentId;
use baton_core::job::{Actor, Done, Job, Offer, OfferState};
use baton_core::message::{Message, Notice, Recipient, Topic};
use baton_core::tenant::DetailsAs;

use crate::channel::{AtDesk, DoneShown, OfferShown, ReleasedShown, Say};
use crate::house::House;
use crate::tenants::TenantView;

/// What it says.
pub(super) fn say(house: &House, tenant: &TenantView, job: &Job, message: &Message) -> Say {
    let offer = match &message.topic {
        Topic::Offer(no) | Topic::OfferOver(no, _) => job.offer(*no).map(|offer| shown(job, offer)),
        // What is said to whoever has the job, or had it, is about the offer they took: an answer names it.
        Topic::Won | Topic::ClaimEnded(_) | Topic::Reminder | Topic::Settled(_) | Topic::Released(_) => {
            match message.to {
                Recipient::Agent(agent) => {
                    job.offers.iter().rev().find(|offer| offer.agent == agent).map(|offer| shown(job, offer))
                }
                Recipient::Desk | Recipient::Group => None,
            }
        }
        Topic::ApprovalWanted
        | Topic::Notice(_)
        | Topic::Lead
        | Topic::CrewText
        | Topic::NoteDone(_)
        | Topic::Route
        | Topic::CrewOffer(_)
        | Topic::CrewStatus(_) => None,
    };
    let name = |id: AgentId| tenant.roster.get(&id).map(|agent| agent.name.clone());
    let note = match &message.topic {
        Topic::NoteDone(no) => job.notes.iter().find(|note| note.no == *no),
        _ => None,
    };
    let notice = match &message.topic {
        Topic::Notice(notice) => Some(*notice),
        _ => note.map(|note| note.about),
    };
    // An assignment that nobody has is about whoever was to have it.
    let named = job.winner().or_else(|| job.assignment.as_ref().map(|assignment| assignment.agent));
    let about = notice.and_then(Notice::about).or_else(|| named.filter(|_| notice.is_some())).and_then(name);
    let to_desk = message.to == Recipient::Desk;
    let approve_url = (message.topic == Topic::ApprovalWanted).then(|| house.approve_url(job, tenant));
    Say::Job {
        topic: message.topic.clone(),
        job: Box::new(tenant.crew_view(job)),
        external_ref: job.external_ref.clone().filter(|_| to_desk),
        offer,
        about,
        approve_url,
        released: released(house, tenant, job, &message.topic).map(Box::new),
        desk: at_desk(tenant, job, &message.topic),
    }
}

/// What the desk can do about it.
fn at_desk(tenant: &TenantView, job: &Job, topic: &Topic) -> Option<Box<AtDesk>> {
    let (deeds, done) = match topic {
        Topic::Notice(notice) => (job.deeds(*notice), None),
        Topic::NoteDone(no) => {
            let note = job.notes.iter().find(|note| note.no == *no)?;
            let shown = |done: &Done| DoneShown { what: done.what.clone(), by: called(tenant, &done.by), at: done.at };
            (Vec::new(), note.done.as_ref().map(shown))
        }
        Topic::Offer(_)
        | Topic::OfferOver(..)
        | Topic::Won
        | Topic::ClaimEnded(_)
        | Topic::Reminder
        | Topic::ApprovalWanted
        | Topic::Settled(_)
        | Topic::Released(_)
        | Topic::Lead
        | Topic::CrewText
        | Topic::Route
        | Topic::CrewOffer(_)
        | Topic::CrewStatus(_) => return None,
    };
    Some(Box::new(AtDesk { deeds, claim: job.claim_no(), done }))
}

/// What whoever did something is called at the desk.
fn called(tenant: &TenantView, actor: &Actor) -> String {
    match actor {
        Actor::Client(name) | Actor::Operator(name) => name.clone(),
        Actor::Agent(id) => tenant.roster.get(id).map(|agent| agent.name.clone()).unwrap_or_default(),
        Actor::Link => "link".to_owned(),
        Actor::Engine => "engine".to_owned(),
        Actor::Stranger => "stranger".to_owned(),
    }
}

/// How the winner gets at the details of a grant. Where they are to go as text and are there no more, so does the page say.
fn released(house: &House, tenant: &TenantView, job: &Job, topic: &Topic) -> Option<ReleasedShown> {
    let Topic::Released(no) = topic else { return None };
    let grant = job.grant.as_ref().filter(|grant| grant.no == *no)?;
    let text = match tenant.settings.settlement.details_as {
        DetailsAs::Page => None,
        DetailsAs::Text => house.sealed_details(job.id).map(|details| (details, grant.fields)),
    };
    Some(ReleasedShown { url: house.details_url(job, grant), text })
}

fn shown(job: &Job, offer: &Offer) -> OfferShown {
    let declined = offer.state == OfferState::Declined;
    OfferShown { id: job.id.offer(offer.no), closes_at: offer.closes_at(), declined }
}

/// The message that this one takes the place of.
pub(super) fn replaced(job: &Job, topic: &Topic) -> Option<Receipt> {
    match topic {
        Topic::OfferOver(no, _) => job.offer(*no)?.receipt.clone(),
        Topic::Offer(_)
        | Topic::Won
        | Topic::ClaimEnded(_)
        | Topic::Reminder
        | Topic::ApprovalWanted
        | Topic::Notice(_)
        | Topic::Settled(_)
        | Topic::Released(_)
        | Topic::CrewOffer(_)
        | Topic::CrewStatus(_)
        | Topic::Lead
        | Topic::Route
        | Topic::CrewText => None,
        Topic::NoteDone(no) => job.notes.iter().find(|note| note.no == *no).map(|note| note.receipt.clone()),
    }
}
