//! What providers tell about people's addresses and wishes: a dead address is tried last and then no more, one at which something
//! arrives is well again, and whoever complains gets nothing more.

use baton_core::agent::tells_of_a_person;
use baton_core::consent::{Consent, Purpose, Status};
use baton_core::delivery::{ChannelKind, Progress};
use baton_core::ids::{AgentId, DebtId};
use baton_core::message::Recipient;

use super::{Desk, NotDone};
use crate::replies::consent::said;
use crate::webhooks::news::{Reached, Wants};

/// Whom a message was for.
pub(super) enum Addressee {
    /// Somebody we know.
    Person(AgentId),
    /// The desk, or nobody who is known any more.
    Other,
    /// Whoever owed it is gone with its record, and nothing follows.
    Gone,
}

impl Desk {
    /// Whom a message was for.
    pub(super) fn addressee(&self, debt: DebtId) -> Result<Addressee, NotDone> {
        let agent = match debt {
            DebtId::Notification(id, _) => {
                let Some(notification) = self.engine.notification(id)? else { return Ok(Addressee::Gone) };
                Some(notification.intent.recipient)
            }
            DebtId::Job(effect) => {
                let Some(job) = self.engine.job(effect.job)? else { return Ok(Addressee::Gone) };
                let offer = job.offers.iter().find(|offer| offer.debt == Some(effect.no)).map(|offer| offer.agent);
                let owed = job.owed.iter().map(|owed| (owed.no, &owed.message));
                let mut told = owed.chain(job.sent.iter().map(|sent| (sent.no, &sent.message)));
                offer.or_else(|| match told.find(|(no, _)| *no == effect.no)?.1.to {
                    Recipient::Agent(agent) => Some(agent),
                    Recipient::Desk | Recipient::Group => None,
                })
            }
        };
        Ok(agent.map_or(Addressee::Other, Addressee::Person))
    }

    /// Stored only where it changes something: most messages arrive at addresses that are well.
    pub(super) async fn note_reach(&self, agent: AgentId, told: &Reached) -> Result<(), NotDone> {
        let channel = told.channel.kind();
        let view = self.engine.tenants().view(agent.tenant);
        let Some(known) = view.roster.get(&agent) else { return Ok(()) };
        match told.progress {
            Progress::Sent => Ok(()),
            Progress::Delivered | Progress::Read if known.reach.iter().all(|reach| reach.channel != channel) => Ok(()),
            Progress::Delivered | Progress::Read => Ok(said(&self.engine, agent, move |agent, _| {
                agent.arrived(channel);
            })
            .await?),
            Progress::Failed if !tells_of_a_person(&told.class) => Ok(()),
            Progress::Failed => {
                let (class, reason) = (told.class.clone(), told.reason.clone());
                Ok(said(&self.engine, agent, move |agent, at| agent.undelivered(channel, &class, &reason, at)).await?)
            }
        }
    }

    /// A mailbox can belong to several people, of one tenant or of more: what was told the provider holds for all of them.
    pub(super) async fn wants(&self, wants: &Wants) -> Result<(), NotDone> {
        for agent in self.with_mailbox(&wants.address) {
            if wants.some {
                let channel = wants.channel.kind();
                let source = wants.source.clone();
                let says = move |agent: &mut baton_core::agent::Agent, at| {
                    let (purpose, status) = (Purpose::EVERY, Status::OptedIn);
                    agent.says(Consent { channel, purpose, status, source, at, wording: None });
                };
                said(&self.engine, agent, says).await?;
            } else {
                self.wants_nothing(agent, wants.channel.kind(), &wants.source).await?;
            }
        }
        Ok(())
    }

    /// Everybody with a mailbox.
    pub(super) fn with_mailbox(&self, address: &str) -> Vec<AgentId> {
        let all = self.engine.tenants().all();
        all.iter().flat_map(|(_, view)| view.agents_by_email(address)).collect()
    }

    async fn wants_nothing(&self, agent: AgentId, channel: ChannelKind, source: &str) -> Result<(), NotDone> {
        let source = source.to_owned();
        Ok(said(&self.engine, agent, move |agent, at| {
            agent.wants_nothing(channel, &source, at);
        })
        .await?)
    }
}
