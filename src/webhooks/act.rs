//! What follows from news: a report to the job whose message it is about, or what a person's answer comes to. The same commands
//! from every channel.

mod chats;
mod crew;
mod forms;
mod mails;
mod orders;
mod reach;
mod talk;

use std::sync::Arc;

use baton_actors::channel::{Address, Answer};
use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::records::Told as Record;
use baton_actors::store::envelope::RecordError;
use baton_actors::store::keys::Key;
use baton_actors::store::{StoreError, Write, codec};
use baton_actors::tenants::roster::ChangeFailure;
use baton_core::delivery::{Callback, ChannelKind, Progress, Receipt};
use baton_core::ids::{DebtId, JobId, OfferId, TenantId};
use baton_core::job::Report;
use baton_core::job::ledger::Heard;
use baton_core::notification;
use baton_core::phone::Phone;
use baton_core::time::Timestamp;

use super::manners::Manners;
use super::news::{Channel, News, Pressed, Reached, Wrote};
use crate::channels::email::resend::received::Received;
use crate::channels::press::{Press, Verdict};
use crate::channels::trace;
use crate::channels::whatsapp::Windows;
use crate::links::Links;
use crate::replies;
use crate::telegram_desk::TelegramDesk;

pub use forms::Forms;
use reach::Addressee;
use talk::{About, Person};

/// Who acts upon news.
pub(super) struct Desk {
    pub(super) engine: Engine,
    pub(super) manners: Manners,
    pub(super) means: Means,
}

/// What news is acted upon with, besides the engine.
#[derive(Clone, Default)]
pub struct Means {
    /// Who may be written to freely.
    pub windows: Arc<Windows>,
    /// What can be said to people who have not written.
    pub forms: Forms,
    /// The bot, where there is one.
    pub telegram: Option<Arc<TelegramDesk>>,
    /// What the addresses are signed with to which mails are answered.
    pub links: Option<Arc<Links>>,
    /// Where people we do not know can ask to be registered.
    pub register_url: Option<String>,
    /// The mails that Resend keeps.
    pub received: Option<Received>,
}

/// Why news was not acted upon: it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The engine did not answer.
    #[error(transparent)]
    Engine(#[from] Failure),
    /// A change of an agent or a tenant was not stored.
    #[error(transparent)]
    Change(#[from] ChangeFailure),
    /// A mail could not be fetched.
    #[error("{0}")]
    NoMail(String),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record could not be read.
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
            | News::Pressed(Pressed { channel: Channel::Whatsapp, digits, .. }) => self.means.windows.wrote(digits, at),
            News::Wrote(_)
            | News::Pressed(_)
            | News::Reached(_)
            | News::Telegram(_)
            | News::Mailed(_)
            | News::Wants(_) => {}
        }
    }

    /// Acts; the rows to store with it.
    pub(super) async fn act(&self, news: &News, at: Timestamp) -> Result<Vec<Write>, NotDone> {
        self.remember(news, at);
        match news {
            News::Reached(reached) => return self.reached(reached, at).await,
            News::Wrote(wrote) => self.wrote(wrote, at).await?,
            News::Pressed(pressed) => self.pressed(pressed, at).await?,
            News::Mailed(mail) => self.mailed(mail, at).await?,
            News::Telegram(what) => self.in_chat(what, at).await?,
            News::Wants(wants) => self.wants(wants).await?,
        }
        Ok(Vec::new())
    }

    async fn reached(&self, told: &Reached, at: Timestamp) -> Result<Vec<Write>, NotDone> {
        let Some((debt, topic)) = trace::read(&told.trace) else { return Ok(Vec::new()) };
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
        // Sent as text because we believed it was allowed: in another form it may still arrive.
        let again = told.progress == Progress::Failed
            && told.class == "window"
            && self.means.windows.shut(&told.digits)
            && self.has_another_form(debt, &topic)?;
        let callback = Callback {
            progress: told.progress,
            receipt: Receipt { channel: told.channel.kind(), message: told.message.clone() },
            topic,
            class: told.class.clone(),
            reason: told.reason.clone(),
            again,
        };
        // Asked first: a job that hears of a failure does not know any more what it was about.
        let addressee = self.addressee(debt)?;
        if matches!(addressee, Addressee::Gone) {
            return Ok(Vec::new());
        }
        match debt {
            DebtId::Job(effect) => {
                self.engine.hear(effect.job, Report::CalledBack { effect: effect.no, callback }).await?;
            }
            DebtId::Notification(id, no) => {
                let report = notification::Report::CalledBack { no, callback };
                self.engine.hear_of_notification(id, report).await?;
            }
        }
        if let Addressee::Person(agent) = addressee {
            self.note_reach(agent, told).await?;
        }
        let value = codec::seal(&Record::Progress { at, progress: told.progress }, 1, house.epoch)?;
        Ok(vec![Write { key, value: Some(value) }])
    }

    async fn wrote(&self, wrote: &Wrote, at: Timestamp) -> Result<(), NotDone> {
        let Some(person) = self.by_phone(wrote.channel.kind(), &wrote.digits, at) else { return Ok(()) };
        let about = wrote.about.as_deref().map_or(About::Nothing, About::Message);
        self.heard(&person, &wrote.text, about).await
    }

    async fn pressed(&self, pressed: &Pressed, at: Timestamp) -> Result<(), NotDone> {
        let Some(person) = self.by_phone(pressed.channel.kind(), &pressed.digits, at) else { return Ok(()) };
        let Some(press) = Press::from_data(&pressed.data) else { return Ok(()) };
        // A button carries the job's id without its tenant: it is one of those in which this person is known.
        let theirs = person.agents.iter().find_map(|agent| {
            let offer = OfferId { job: JobId::drawn(agent.tenant, press.job), no: press.no };
            matches!(self.engine.job(offer.job), Ok(Some(_))).then_some((*agent, offer))
        });
        let Some((agent, offer)) = theirs else {
            self.say(&person, person.agents.first().copied(), Answer::NoOpenOffer);
            return Ok(());
        };
        let via = Some(person.kind);
        let outcome = match press.verdict {
            Verdict::Claim => replies::claim_heard(&self.engine, agent, offer, via, Heard::now(at)).await,
            Verdict::Decline => replies::decline(&self.engine, agent, offer, via).await,
            Verdict::Acknowledge => replies::acknowledge(&self.engine, agent, offer.job, via).await,
        };
        if let Some(answer) = lasting(outcome)?.and_then(|outcome| outcome.told(&self.engine)) {
            self.say(&person, Some(agent), answer);
        }
        Ok(())
    }

    /// Whoever has this number.
    fn by_phone(&self, kind: ChannelKind, digits: &str, at: Timestamp) -> Option<Person> {
        let phone = Phone::new(&format!("+{digits}")).ok()?;
        let all = self.engine.tenants().all();
        let agents = all.iter().filter_map(|(_, view)| view.agent_by_phone(phone.as_str())).collect();
        Some(Person {
            kind,
            agents,
            id: digits.to_owned(),
            to: Address::Phone(phone),
            language: None,
            at,
            told_at: None,
        })
    }
}

/// What will not be different next time is over; what will is tried again.
pub(crate) fn lasting<T>(result: Result<T, Failure>) -> Result<Option<T>, NotDone> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(
            failure @ (Failure::Overloaded
            | Failure::Closed
            | Failure::Restored
            | Failure::NoNewWork
            | Failure::NotStored(_)
            | Failure::Fell),
        ) => Err(failure.into()),
        Err(
            failure
            @ (Failure::Refused(..) | Failure::Notification(..) | Failure::Unreadable(_) | Failure::Quarantined),
        ) => {
            tracing::warn!(%failure, "what somebody said found no job to go to");
            Ok(None)
        }
    }
}
