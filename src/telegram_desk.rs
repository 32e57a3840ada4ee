//! One bot's conversations: what Telegram tells becomes commands and registrations, and what they come to goes back.
//!
//! Webhook and long polling both end here. Nothing waits for Telegram: answers are handed to the outbox.

mod addresses;
mod taken;

use std::sync::Arc;

use baton_actors::channel::{Address, Answer, Errand, Say};
use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::gauges;
use baton_actors::tenants::roster::{ChangeFailure, Registered};
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, JobId, OfferId, TenantId};
use metrics::counter;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::channels::telegram::{Client, Inbound, Press, Verdict, What};
use crate::replies::{self, Outcome, Whose};
use crate::wording::Wording;

pub use taken::Taken;

use taken::Known;

/// One bot.
pub struct TelegramDesk {
    /// The way to the Bot API.
    pub client: Client,
    /// The bot's name, where it is known: registration links carry it.
    pub bot: Option<String>,
    /// What registration links start with.
    pub link_base: String,
    /// How long a registration link works.
    pub registration_ttl: std::time::Duration,
    /// What webhook calls must carry; none only with `--dev`.
    pub secret: Option<SecretString>,
    /// The words of short answers to a press.
    pub wording: Arc<Wording>,
    /// The updates that were taken in: what is repeated changes nothing, and is not answered again.
    pub taken: Taken,
}

/// Why an update was not taken in: it should come again.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The engine did not answer.
    #[error("{0}")]
    Engine(#[from] Failure),
    /// A registration was not stored.
    #[error("{0}")]
    Registration(#[from] ChangeFailure),
}

impl NotTaken {
    fn is_passing(failure: &Failure) -> bool {
        match failure {
            Failure::Overloaded | Failure::Closed | Failure::Restored | Failure::NotStored(_) | Failure::Fell => true,
            Failure::Refused(..) | Failure::Unreadable(_) | Failure::Quarantined => false,
        }
    }
}

impl TelegramDesk {
    /// Takes one update in. An error means that it should come again.
    pub async fn take(&self, engine: &Engine, update: Inbound) -> Result<(), NotTaken> {
        let count = |word| counter!(gauges::INBOUND, "channel" => "telegram", "outcome" => word).increment(1);
        let taking = match self.taken.comes(update.update_id) {
            Known::New(taking) => taking,
            Known::Repeat => {
                count("repeat");
                return Ok(());
            }
            Known::UnderWay => return Err(Failure::Overloaded.into()),
        };
        let result = self.understand(engine, update.what).await;
        if result.is_ok() {
            self.taken.done(&taking, &engine.house().committer, engine.house().epoch);
        }
        count(if result.is_ok() { "taken" } else { "failed" });
        result
    }

    async fn understand(&self, engine: &Engine, what: What) -> Result<(), NotTaken> {
        match what {
            What::Start { group: true, .. } | What::Ignored => Ok(()),
            What::Start { chat, token, .. } => self.start(engine, chat, &token).await,
            What::Text { chat, .. } if chat < 0 => Ok(()),
            What::Text { chat, text, reply_to_message, .. } => self.text(engine, chat, text, reply_to_message).await,
            What::Button { callback_id, from, press, .. } => self.pressed(engine, callback_id, from, press).await,
            What::ForeignButton { callback_id } => {
                self.toast(callback_id, None);
                Ok(())
            }
            What::Blocked { chat } => addresses::reached(engine, chat, false).await,
            What::Unblocked { chat } => addresses::reached(engine, chat, true).await,
            What::Migrated { from, to } => addresses::moved(engine, from, to).await,
        }
    }

    async fn start(&self, engine: &Engine, chat: i64, token: &str) -> Result<(), NotTaken> {
        // Whoever writes to the bot lets it write.
        addresses::reached(engine, chat, true).await?;
        if token.is_empty() {
            let known = agents_in(engine, chat).next().is_some();
            Self::say(engine, chat, if known { Answer::AlreadyRegistered } else { Answer::Unknown });
            return Ok(());
        }
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let answer = match engine.register(hash, chat).await? {
            Registered::Welcome(_) => Answer::Welcome,
            Registered::Already(_) => Answer::AlreadyRegistered,
            Registered::BadLink => Answer::BadLink,
        };
        Self::say(engine, chat, answer);
        Ok(())
    }

    async fn text(&self, engine: &Engine, chat: i64, text: String, reply_to: Option<i64>) -> Result<(), NotTaken> {
        let message = reply_to.map(|message| message.to_string());
        let (agent, hint) = match replies::whose(engine, agents_in(engine, chat), &text, message.as_deref()) {
            Whose::Theirs(agent, hint) => (agent, hint),
            Whose::Everybodys(agents) => {
                for agent in agents {
                    let outcome = replies::reply(engine, agent, text.clone(), None, Some(ChannelKind::Telegram)).await;
                    if let Some(answer) = lasting(outcome)?.and_then(|outcome| outcome.told(engine)) {
                        Self::say(engine, chat, answer);
                    }
                }
                return Ok(());
            }
            Whose::Which(jobs) => {
                Self::say(engine, chat, Answer::Which(jobs));
                return Ok(());
            }
            Whose::Nobodys => {
                Self::say(engine, chat, Answer::Unknown);
                return Ok(());
            }
        };
        let outcome = replies::reply(engine, agent, text, hint, Some(ChannelKind::Telegram)).await;
        if let Some(outcome) = lasting(outcome)?
            && let Some(answer) = outcome.told(engine)
        {
            Self::say(engine, chat, answer);
        }
        Ok(())
    }

    async fn pressed(&self, engine: &Engine, callback: String, from: i64, press: Press) -> Result<(), NotTaken> {
        // A button carries the job's id without its tenant: it is one of those in which this person is known.
        let theirs = agents_in(engine, from).find_map(|agent| {
            let offer = OfferId { job: JobId::drawn(agent.tenant, press.job), no: press.no };
            matches!(engine.job(offer.job), Ok(Some(_))).then_some((agent, offer))
        });
        let Some((agent, offer)) = theirs else {
            self.toast(callback, Some(("en".to_owned(), Answer::NoOpenOffer)));
            return Ok(());
        };
        let via = Some(ChannelKind::Telegram);
        let outcome = match press.verdict {
            Verdict::Claim => replies::claim(engine, agent, offer, via).await,
            Verdict::Decline => replies::decline(engine, agent, offer, via).await,
        };
        let told = match lasting(outcome)? {
            Some(Outcome::Claimed(job)) => Some(Answer::Claimed(Box::new(job.crew_view()))),
            Some(outcome) => outcome.told(engine),
            None => None,
        };
        let locale = locale_of(engine, agent);
        self.toast(callback, told.map(|told| (locale, told)));
        Ok(())
    }

    /// A short answer over the button. Nobody waits for it, and a stale one is no loss.
    fn toast(&self, callback: String, answer: Option<(String, Answer)>) {
        let text = answer.and_then(|(locale, answer)| {
            let errand = errand(TenantId::DEFAULT, Address::Console, answer, &locale, "UTC");
            self.wording.plain(&errand).ok()
        });
        let client = self.client.clone();
        tokio::spawn(async move {
            let text = text.map(|text| text.chars().take(200).collect::<String>());
            let _ = client.answer_callback_query(&callback, text.as_deref()).await;
        });
    }

    fn say(engine: &Engine, chat: i64, answer: Answer) {
        let agent = agents_in(engine, chat).next();
        let tenant = agent.map_or(TenantId::DEFAULT, |agent| agent.tenant);
        let view = engine.tenants().view(tenant);
        let profile = agent.and_then(|agent| view.roster.get(&agent));
        let locale = profile.and_then(|agent| agent.locale.as_deref()).unwrap_or(&view.settings.locale);
        let zone = profile.and_then(|agent| agent.time_zone.as_deref()).unwrap_or(&view.settings.time_zone);
        let mut errand = errand(tenant, Address::Telegram { chat }, answer, locale, zone);
        errand.name = profile.map(|agent| agent.name.clone()).unwrap_or_default();
        engine.answer(ChannelKind::Telegram, errand);
    }
}

fn errand(tenant: TenantId, to: Address, answer: Answer, locale: &str, zone: &str) -> Errand {
    Errand {
        key: uuid::Uuid::new_v4().to_string(),
        tenant,
        to,
        name: String::new(),
        locale: locale.to_owned(),
        time_zone: zone.to_owned(),
        say: Say::Answer(answer),
        replaces: None,
        possible_repeat: false,
        lifetime: None,
    }
}

/// What will not be different next time is over; what will comes again.
fn lasting(outcome: Result<Outcome, Failure>) -> Result<Option<Outcome>, NotTaken> {
    match outcome {
        Ok(outcome) => Ok(Some(outcome)),
        Err(failure) if NotTaken::is_passing(&failure) => Err(failure.into()),
        Err(failure) => {
            tracing::warn!(%failure, "an answer from Telegram found no job to go to");
            Ok(None)
        }
    }
}

fn locale_of(engine: &Engine, agent: AgentId) -> String {
    let view = engine.tenants().view(agent.tenant);
    let own = view.roster.get(&agent).and_then(|agent| agent.locale.clone());
    own.unwrap_or_else(|| view.settings.locale.clone())
}

/// The agents of all tenants in a private chat.
fn agents_in(engine: &Engine, chat: i64) -> impl Iterator<Item = AgentId> {
    engine.tenants().all().into_iter().filter_map(move |(_, view)| view.agent_by_telegram(chat))
}
