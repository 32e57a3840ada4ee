//! What is held about somebody who takes jobs or gets messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::records::{self, Lately, Refused, Registration};
use baton_actors::store::codec;
use baton_actors::store::keys::{Key, Prefix, Space};
use baton_core::agent::Agent;
use baton_core::consent::{AddressKind, Consent};
use baton_core::ids::{AgentId, OfferNo};
use baton_core::job::ledger::Attempt;
use baton_core::job::{Entry, Event, Job};
use baton_core::notification::Notification;
use baton_core::time::Timestamp;

use super::rows;
use crate::sealing::Keyring;

/// So many records are looked at in one go: a job with a long life may need further rows of its timeline and its ledger.
const LOOKED_AT: usize = 500;

/// Where jobs and notifications lie, in this order: a job that ends meanwhile is seen twice rather than not at all.
const SPACES: [Space; 4] = [Space::LiveJobs, Space::ClosedJobs, Space::LiveNotifications, Space::EndedNotifications];

/// A part of what is held.
pub struct Part {
    /// What is held of themselves: in the first part alone.
    pub person: Option<Person>,
    /// What they had to do with jobs.
    pub jobs: Vec<Involved>,
    /// What was to be said to them, each with its values where they open.
    pub notifications: Vec<(Notification, Option<Vec<u8>>)>,
    /// So many records were looked at.
    pub looked_at: usize,
    /// Records that cannot be read.
    pub unreadable: usize,
    /// Where to go on.
    pub next: Option<Vec<u8>>,
}

/// What is held of themselves.
pub struct Person {
    /// Their record; none: there is none, or it was deleted.
    pub record: Option<Arc<Agent>>,
    /// What was said no to at their addresses, by the print of each.
    pub refused: Vec<(AddressKind, Consent)>,
    /// Tokens to register with.
    pub registrations: Vec<Registration>,
    /// When they were written to lately.
    pub written_to: Vec<Timestamp>,
}

/// What somebody had to do with a job.
pub struct Involved {
    /// The job.
    pub job: Job,
    /// What they did in it, and what happened to them.
    pub entries: Vec<Entry>,
    /// Their attempts to claim it, with the verdicts.
    pub attempts: Vec<Attempt>,
}

impl Part {
    /// Whether it holds anything about them.
    pub fn is_empty(&self) -> bool {
        let nothing = |person: &Person| person.record.is_none() && person.registrations.is_empty();
        self.person.as_ref().is_none_or(nothing) && self.jobs.is_empty() && self.notifications.is_empty()
    }
}

/// Gathers the next part. None: the cursor is none of ours.
pub fn part(engine: &Engine, keyring: &Keyring, agent: AgentId, after: Option<&[u8]>) -> Result<Option<Part>, Failure> {
    let store = &*engine.house().store;
    let Some(found) = rows(store, agent.tenant, &SPACES, after, LOOKED_AT)? else { return Ok(None) };
    let person = if after.is_none() { Some(person(engine, keyring, agent)?) } else { None };
    let looked_at = found.rows.len();
    let mut part =
        Part { person, jobs: Vec::new(), notifications: Vec::new(), looked_at, unreadable: 0, next: found.next };
    for (key, record) in found.rows {
        match Key::parse(&key) {
            Some(Key::LiveJob(_) | Key::ClosedJob(_)) => match records::open_job(&record) {
                Ok(job) => part.jobs.extend(involved(engine, job, agent)?),
                Err(_) => part.unreadable += 1,
            },
            Some(Key::LiveNotification(_) | Key::EndedNotification(_)) => match codec::open::<Notification>(&record) {
                Ok((_, notification)) if notification.intent.recipient == agent => {
                    let payload = keyring.open_payload(notification.id, &notification.intent.payload).ok();
                    part.notifications.push((notification, payload.map(|payload| payload.to_vec())));
                }
                Ok(_) => {}
                Err(_) => part.unreadable += 1,
            },
            _ => {}
        }
    }
    Ok(Some(part))
}

fn person(engine: &Engine, keyring: &Keyring, agent: AgentId) -> Result<Person, Failure> {
    let store = &engine.house().store;
    let record = engine.tenants().view(agent.tenant).roster.get(&agent).cloned();
    let mut refused = Vec::new();
    for kind in AddressKind::ALL {
        let Some(address) = record.as_ref().and_then(|person| person.address(kind)) else { continue };
        let print = keyring.print(agent.tenant, kind, &address);
        let key = Key::Refused { tenant: agent.tenant, print }.bytes();
        let Some(row) = store.get(&key).map_err(|error| Failure::unreadable(&error))? else { continue };
        let (_, Refused(said)) = codec::open::<Refused>(&row).map_err(|error| Failure::unreadable(&error))?;
        refused.extend(said.into_iter().map(|no| (kind, no)));
    }
    let mut registrations = Vec::new();
    let scan = store.scan(&Prefix::space(Space::Registrations), None, &mut |_, row| {
        let token = codec::open::<Registration>(row).ok().map(|(_, token)| token);
        registrations.extend(token.filter(|token| token.agent == agent));
        std::ops::ControlFlow::Continue(())
    });
    scan.map_err(|error| Failure::unreadable(&error))?;
    let lately = store.get(&Key::Lately(agent).bytes()).map_err(|error| Failure::unreadable(&error))?;
    let lately = lately.map(|row| codec::open::<Lately>(&row)).transpose();
    let written_to = lately.map_err(|error| Failure::unreadable(&error))?.map_or_else(Vec::new, |(_, lately)| lately.0);
    Ok(Person { record, refused, registrations, written_to })
}

/// What somebody had to do with a job; none: nothing.
fn involved(engine: &Engine, job: Job, agent: AgentId) -> Result<Option<Involved>, Failure> {
    let timeline = engine.timeline(&job)?;
    let offered = timeline.iter().filter_map(|entry| match &entry.event {
        Event::Offered { no, agent: to, .. } | Event::SeatSought { no, agent: to, .. } if *to == agent => Some(*no),
        _ => None,
    });
    let mut offers: BTreeSet<OfferNo> = offered.collect();
    offers.extend(job.offers.iter().filter(|offer| offer.agent == agent).map(|offer| offer.no));
    let entries: Vec<Entry> = timeline.into_iter().filter(|entry| entry.is_about(agent, &offers)).collect();
    let attempts: Vec<Attempt> = if job.ledger.count > 0 {
        engine.ledger(job.id)?.into_iter().filter(|attempt| attempt.agent == agent).collect()
    } else {
        Vec::new()
    };
    let nothing = entries.is_empty() && attempts.is_empty() && offers.is_empty();
    Ok((!nothing).then_some(Involved { job, entries, attempts }))
}
