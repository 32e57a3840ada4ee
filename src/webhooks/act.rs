//! What follows from news: a report to the job whose message it is about, or what a person's answer comes to. The same commands
//! as from every other channel.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use baton_actors::channel::{Address, Answer, Errand, Say};
use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::records::Told as Record;
use baton_actors::store::envelope::RecordError;
use baton_actors::store::keys::Key;
use baton_actors::store::{StoreError, Write, codec};
use baton_core::delivery::{Callback, ChannelKind, Progress, Receipt};
use baton_core::ids::{AgentId, JobId, OfferId, TenantId};
use baton_core::job::Report;
use baton_core::phone::Phone;
use baton_core::time::Timestamp;
use governor::{DefaultKeyedRateLimiter, Quota};

use super::news::{Channel, News, Pressed, Reached, Wrote};
use crate::channels::press::{Press, Verdict};
use crate::channels::trace;
use crate::channels::whatsapp::Windows;
use crate::replies::{self, Outcome, Whose};

/// Who acts upon news.
pub(super) struct Desk {
    pub(super) engine: Engine,
    pub(super) windows: Arc<Windows>,
    /// Whether there are templates for people who have not written.
    pub(super) has_template: bool,
    pub(super) manners: Manners,
}

/// Why news was not acted upon: it is tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotDone {
    #[error(transparent)]
    Engine(#[from] Failure),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The rows of how far messages have come stand beside those of the providers' accounts.
const MESSAGES: &str = "messages";

impl Desk {
    /// What a window depends on.
    pub(super) fn remember(&self, news: &News, at: Timestamp) {
        match news {
            News::Wrote(Wrote { channel: Channel::Whatsapp, digits, .. })
            | News::Pressed(Pressed { channel: Channel::Whatsapp, digits, .. }) => self.windows.wrote(digits, at),
            News::Wrote(_) | News::Pressed(_) | News::Reached(_) => {}
        }
    }

    /// Acts; the rows to store with it.
    pub(super) async fn act(&self, news: &News, at: Timestamp) -> Result<Vec<Write>, NotDone> {
        self.remember(news, at);
        match news {
            News::Reached(reached) => return self.reached(reached, at).await,
            News::Wrote(wrote) => self.wrote(wrote).await?,
            News::Pressed(pressed) => self.pressed(pressed).await?,
        }
        Ok(Vec::new())
    }

    async fn reached(&self, told: &Reached, at: Timestamp) -> Result<Vec<Write>, NotDone> {
        let Some((effect, topic)) = trace::read(&told.trace) else { return Ok(Vec::new()) };
        let house = self.engine.house();
        let key =
            Key::Inbox { tenant: TenantId::DEFAULT, account: MESSAGES.to_owned(), id: told.trace.clone() }.bytes();
        let known = match house.store.get(&key)? {
            Some(record) => match codec::open::<Record>(&record)?.1 {
                Record::Progress { progress, .. } => Some(progress),
                Record::News { .. } => None,
            },
            None => None,
        };
        if !told.progress.goes_beyond(known) {
            return Ok(Vec::new());
        }
        // Sent as text because we believed it was allowed: with a template it may still arrive.
        let again = told.progress == Progress::Failed
            && told.class == "window"
            && self.windows.shut(&told.digits)
            && self.has_template;
        let callback = Callback {
            progress: told.progress,
            receipt: Receipt { channel: told.channel.kind(), message: told.message.clone() },
            topic,
            class: told.class.clone(),
            reason: told.reason.clone(),
            again,
        };
        self.engine.hear(effect.job, Report::CalledBack { effect: effect.no, callback }).await?;
        let value = codec::seal(&Record::Progress { at, progress: told.progress }, 1, house.epoch)?;
        Ok(vec![Write { key, value: Some(value) }])
    }

    async fn wrote(&self, wrote: &Wrote) -> Result<(), NotDone> {
        let kind = wrote.channel.kind();
        let (agent, hint) =
            match replies::whose(&self.engine, self.agents(&wrote.digits), &wrote.text, wrote.about.as_deref()) {
                Whose::Theirs(agent, hint) => (agent, hint),
                Whose::Everybodys(agents) => {
                    for agent in agents {
                        lasting(replies::reply(&self.engine, agent, wrote.text.clone(), None, Some(kind)).await)?;
                    }
                    return Ok(());
                }
                Whose::Which(jobs) => {
                    self.say(kind, &wrote.digits, None, Answer::Which(jobs));
                    return Ok(());
                }
                Whose::Nobodys => {
                    self.say(kind, &wrote.digits, None, Answer::Unknown);
                    return Ok(());
                }
            };
        let outcome = replies::reply(&self.engine, agent, wrote.text.clone(), hint, Some(kind)).await;
        match lasting(outcome)? {
            // Whoever has had enough gets no answer to that.
            None | Some(Outcome::OptOut) => {}
            Some(outcome) => {
                if let Some(answer) = outcome.told(&self.engine) {
                    self.say(kind, &wrote.digits, Some(agent), answer);
                }
            }
        }
        Ok(())
    }

    async fn pressed(&self, pressed: &Pressed) -> Result<(), NotDone> {
        let kind = pressed.channel.kind();
        let Some(press) = Press::from_data(&pressed.data) else { return Ok(()) };
        // A button carries the job's id without its tenant: it is one of those in which this person is known.
        let theirs = self.agents(&pressed.digits).find_map(|agent| {
            let offer = OfferId { job: JobId::drawn(agent.tenant, press.job), no: press.no };
            matches!(self.engine.job(offer.job), Ok(Some(_))).then_some((agent, offer))
        });
        let Some((agent, offer)) = theirs else {
            self.say(kind, &pressed.digits, self.agents(&pressed.digits).next(), Answer::NoOpenOffer);
            return Ok(());
        };
        let outcome = match press.verdict {
            Verdict::Claim => replies::claim(&self.engine, agent, offer, Some(kind)).await,
            Verdict::Decline => replies::decline(&self.engine, agent, offer, Some(kind)).await,
        };
        if let Some(answer) = lasting(outcome)?.and_then(|outcome| outcome.told(&self.engine)) {
            self.say(kind, &pressed.digits, Some(agent), answer);
        }
        Ok(())
    }

    /// The agents of all tenants with this number.
    fn agents(&self, digits: &str) -> impl Iterator<Item = AgentId> {
        let phone = format!("+{digits}");
        self.engine.tenants().all().into_iter().filter_map(move |(_, view)| view.agent_by_phone(&phone))
    }

    fn say(&self, kind: ChannelKind, digits: &str, agent: Option<AgentId>, answer: Answer) {
        let Ok(phone) = Phone::new(&format!("+{digits}")) else { return };
        if !self.manners.allow(digits) {
            return tracing::info!(
                "somebody has had enough answers for now: two machines may be talking to each other"
            );
        }
        let tenant = agent.map_or(TenantId::DEFAULT, |agent| agent.tenant);
        let view = self.engine.tenants().view(tenant);
        let profile = agent.and_then(|agent| view.roster.get(&agent));
        let locale = profile.and_then(|agent| agent.locale.clone()).unwrap_or_else(|| view.settings.locale.clone());
        let zone = profile.and_then(|agent| agent.time_zone.clone()).unwrap_or_else(|| view.settings.time_zone.clone());
        let errand = Errand {
            key: uuid::Uuid::new_v4().to_string(),
            tenant,
            to: Address::Phone(phone),
            name: profile.map(|agent| agent.name.clone()).unwrap_or_default(),
            locale,
            time_zone: zone,
            say: Say::Answer(answer),
            replaces: None,
            possible_repeat: false,
            lifetime: None,
        };
        self.engine.answer(kind, errand);
    }
}

/// What will not be different next time is over; what will is tried again.
fn lasting(outcome: Result<Outcome, Failure>) -> Result<Option<Outcome>, NotDone> {
    match outcome {
        Ok(outcome) => Ok(Some(outcome)),
        Err(
            failure @ (Failure::Overloaded
            | Failure::Closed
            | Failure::Restored
            | Failure::NotStored(_)
            | Failure::Fell),
        ) => Err(failure.into()),
        Err(failure @ (Failure::Refused(..) | Failure::Unreadable(_) | Failure::Quarantined)) => {
            tracing::warn!(%failure, "an answer found no job to go to");
            Ok(None)
        }
    }
}

/// How many answers one number gets: two machines must not talk to each other for ever.
pub(super) struct Manners(DefaultKeyedRateLimiter<String>);

/// An answer a minute, and so many at once.
const ANSWERS: u32 = 10;

/// So many numbers are remembered before those that have rested are forgotten.
const REMEMBERED: usize = 10_000;

impl Default for Manners {
    fn default() -> Self {
        let burst = NonZeroU32::new(ANSWERS).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(Duration::from_secs(60)).unwrap_or(Quota::per_minute(burst));
        Self(DefaultKeyedRateLimiter::keyed(quota.allow_burst(burst)))
    }
}

impl Manners {
    fn allow(&self, digits: &str) -> bool {
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        self.0.check_key(&digits.to_owned()).is_ok()
    }
}
