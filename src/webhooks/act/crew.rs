//! Claims from crew groups: a press of the button, or `/claim` with a job's code. Whoever we know is answered in private, so that the
//! group stays quiet; whoever we do not know is told there how to become somebody.

use std::sync::Arc;

use baton_actors::channel::{Address, Answer};
use baton_actors::tenants::TenantView;
use baton_core::delivery::{ChannelKind, Receipt};
use baton_core::ids::{AgentId, Code, JobId, OfferId, OfferNo, TenantId};
use baton_core::job::ledger::Heard;
use baton_core::job::{Job, Publication, Report};
use baton_core::time::Timestamp;

use super::talk::Person;
use super::{Desk, NotDone, lasting};
use crate::channels::press::{Press, Verdict};
use crate::replies::{self, Outcome, crew};
use crate::telegram_desk::{TelegramDesk, addresses, locale_of};

/// Whoever claims in a group.
pub(super) struct Claimant<'a> {
    /// The group.
    pub(super) chat: i64,
    /// The topic in it.
    pub(super) thread: Option<i64>,
    /// Who.
    pub(super) from: i64,
    /// What they are called at Telegram.
    pub(super) username: Option<&'a str>,
    /// The language of their Telegram.
    pub(super) language: Option<&'a str>,
    /// When it came, and when they did it.
    pub(super) heard: Heard,
}

impl Desk {
    /// A command in a group. In a group of nobody's it is none of our business.
    pub(super) async fn commanded(&self, who: &Claimant<'_>, said: &str, at: Timestamp) -> Result<(), NotDone> {
        let tenants = self.tenants_in(who.chat);
        let Some(code) = said.split_whitespace().nth(1) else {
            self.told_of_no_job(&tenants, who, at);
            return Ok(());
        };
        let Ok(code) = code.parse::<Code>() else {
            self.told_of_no_job(&tenants, who, at);
            return Ok(());
        };
        let known = |(tenant, _): &&(TenantId, _)| !self.engine.index().by_code(*tenant, code).is_empty();
        let Some((tenant, view)) = tenants.iter().find(known) else {
            self.told_of_no_job(&tenants, who, at);
            return Ok(());
        };
        let here = |published: &Publication| stands_in(view, published, who.chat);
        let Some(agent) = view.agent_by_telegram(who.from) else {
            for job in self.engine.index().by_code(*tenant, code).into_iter().take(1) {
                let stands = self.engine.job(job)?.and_then(|job| job.publications.into_iter().find(here));
                self.stranger_claimed(who, job, stands.map_or(0, |stands| stands.no)).await?;
            }
            self.say_to_stranger(&who.in_group(at), "");
            return Ok(());
        };
        addresses::called(&self.engine, agent, who.from, who.username).await?;
        let outcome = lasting(crew::by_code(&self.engine, agent, code, who.heard, here).await)?;
        self.told_in_private(who, agent, outcome, at);
        Ok(())
    }

    /// A press below what stands in a group. False: there is nothing of the kind, and it may be an offer's.
    pub(super) async fn pressed_in_group(
        &self,
        bot: &TelegramDesk,
        who: &Claimant<'_>,
        (callback, message): (&str, i64),
        press: Press,
    ) -> Result<bool, NotDone> {
        let Some((view, job)) = self.stands_there(who.chat, press)? else { return Ok(false) };
        if press.verdict == Verdict::Decline {
            return Ok(false);
        }
        let Some(agent) = view.agent_by_telegram(who.from) else {
            self.stranger_claimed(who, job.id, press.no).await?;
            let id = who.from.to_string();
            let channel = ChannelKind::Telegram;
            let may_hear = self.manners.allow(channel, &id) && self.manners.allow_stranger(channel);
            let answer = may_hear.then(|| self.for_strangers());
            bot.toast(callback.to_owned(), answer.map(|answer| (view.settings.locale.clone(), answer)));
            return Ok(true);
        };
        // Only somebody we know shows that a message is there: whatever it is they press, its line is changed from now on.
        if job.publication(press.no).is_some_and(|published| published.doubtful) {
            let receipt = Receipt { channel: ChannelKind::Telegram, message: message.to_string() };
            self.engine.tell(job.id, Report::SeenInGroup { no: press.no, receipt });
        }
        addresses::called(&self.engine, agent, who.from, who.username).await?;
        let offer = OfferId { job: job.id, no: press.no };
        let via = Some(ChannelKind::Telegram);
        let told = match lasting(replies::claim_heard(&self.engine, agent, offer, via, who.heard).await)? {
            Some(Outcome::Claimed(job)) => Some(Answer::Claimed(Box::new(view.crew_view(&job)))),
            Some(outcome) => outcome.told(&self.engine),
            None => None,
        };
        bot.toast(callback.to_owned(), told.map(|told| (locale_of(&self.engine, agent), told)));
        Ok(true)
    }

    /// A claim of somebody we do not know is entered whether or not they are answered; a ledger is no place for one who tries a
    /// hundred times.
    async fn stranger_claimed(&self, who: &Claimant<'_>, job: JobId, no: OfferNo) -> Result<(), NotDone> {
        if self.manners.allow(ChannelKind::Telegram, &format!("claim/{}", who.from)) {
            crew::stranger_claims(&self.engine, job, no, who.heard).await?;
        }
        Ok(())
    }

    /// The tenants that publish in a chat.
    fn tenants_in(&self, chat: i64) -> Vec<(TenantId, Arc<TenantView>)> {
        let all = self.engine.tenants().all();
        all.into_iter().filter(|(_, view)| view.settings.crew.groups.values().any(|group| group.chat == chat)).collect()
    }

    /// The job behind a button in a group, of the tenant that publishes there.
    fn stands_there(&self, chat: i64, press: Press) -> Result<Option<(Arc<TenantView>, Job)>, NotDone> {
        for (tenant, view) in self.tenants_in(chat) {
            if let Some(job) = self.engine.job(JobId::drawn(tenant, press.job))?
                && job.publication(press.no).is_some_and(|published| stands_in(&view, published, chat))
            {
                return Ok(Some((view, job)));
            }
        }
        Ok(None)
    }

    fn told_of_no_job(&self, tenants: &[(TenantId, Arc<TenantView>)], who: &Claimant<'_>, at: Timestamp) {
        match tenants.iter().find_map(|(_, view)| view.agent_by_telegram(who.from)) {
            Some(agent) => drop(self.say(&who.in_private(agent, at), Some(agent), Answer::NoSuchJob)),
            None if tenants.is_empty() => {}
            None => self.say_to_stranger(&who.in_group(at), ""),
        }
    }

    /// What becomes of a claim is the group's to see where it is good news, and theirs alone where it is not.
    fn told_in_private(&self, who: &Claimant<'_>, agent: AgentId, outcome: Option<Outcome>, at: Timestamp) {
        let told = match outcome {
            Some(Outcome::UnknownCode(_)) => Some(Answer::NoSuchJob),
            Some(outcome) => outcome.told(&self.engine),
            None => None,
        };
        if let Some(answer) = told {
            self.say(&who.in_private(agent, at), Some(agent), answer);
        }
    }

    /// What somebody nobody knows is told.
    pub(super) fn for_strangers(&self) -> Answer {
        self.means.register_url.clone().map_or(Answer::Unknown, Answer::Register)
    }
}

impl Claimant<'_> {
    fn person(&self, to: Address, agents: Vec<AgentId>, at: Timestamp) -> Person {
        Person {
            kind: ChannelKind::Telegram,
            to,
            id: self.from.to_string(),
            agents,
            language: self.language.map(str::to_owned),
            at,
            told_at: self.heard.told_at,
        }
    }

    fn in_private(&self, agent: AgentId, at: Timestamp) -> Person {
        self.person(Address::Telegram { chat: self.from, thread: None }, vec![agent], at)
    }

    fn in_group(&self, at: Timestamp) -> Person {
        self.person(Address::Telegram { chat: self.chat, thread: self.thread }, Vec::new(), at)
    }
}

fn stands_in(view: &TenantView, published: &Publication, chat: i64) -> bool {
    view.settings.crew.groups.get(&published.group).is_some_and(|group| group.chat == chat)
}
