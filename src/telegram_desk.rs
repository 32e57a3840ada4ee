//! One bot: registrations, presses with their short answers, and what becomes of its chats. What people write to it goes the
//! way of every other channel (`src/webhooks`).

pub(crate) mod addresses;

use std::sync::Arc;

use baton_actors::channel::{Address, Answer, Errand, Say};
use baton_actors::clock::Clock;
use baton_actors::engine::Engine;
use baton_actors::tenants::roster::Registered;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, JobId, OfferId, TenantId};
use baton_core::job::ledger::Heard;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::channels::telegram::{Client, Inbound, Moves, Patience, Press, Verdict, What, poll};
use crate::replies::{self, Outcome};
use crate::webhooks::inbox::Inbox;
use crate::webhooks::news::{News, Told};
use crate::webhooks::read::telegram::read;
use crate::webhooks::{NotDone, lasting};
use crate::wording::Wording;

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
    /// Whether Telegram calls us; else it is asked, and nobody who calls is Telegram.
    pub is_called: bool,
    /// What webhook calls must carry; none only with `--dev`.
    pub secret: Option<SecretString>,
    /// Chats that were found to have moved when something was sent to them.
    pub moves: Arc<Moves>,
    /// The words of short answers to a press.
    pub wording: Arc<Wording>,
}

impl TelegramDesk {
    /// Asks Telegram for updates until it is dropped; each is stored before Telegram may forget it.
    pub async fn polls(&self, inbox: &Inbox, patience: Patience, clock: &dyn Clock) {
        let take = |updates: Vec<Inbound>| inbox.take("telegram", updates.into_iter().filter_map(read).collect());
        poll(&self.client, self.bot.as_deref(), patience, clock, take).await;
    }

    /// Takes chats that were found to have moved for what an update would tell of them; until it is dropped.
    pub async fn follows(&self, inbox: &Inbox) {
        loop {
            for (from, to) in self.moves.hear().await {
                let news = News::Telegram(What::Migrated { from, to });
                let told = Told { id: format!("moved/{from}/{to}"), news };
                if let Err(error) = inbox.take("telegram", vec![told]).await {
                    tracing::warn!(%error, "a chat has moved, which could not be noted; the next message to it finds out again");
                }
            }
        }
    }

    /// Somebody came by a link: what that makes of them; nothing where they are nobody we know.
    pub(crate) async fn registered(engine: &Engine, chat: i64, token: &str) -> Result<Option<Answer>, NotDone> {
        // Whoever writes to the bot lets it write.
        addresses::reached(engine, chat, true).await?;
        if token.is_empty() {
            let known = agents_in(engine, chat).next().is_some();
            return Ok(known.then_some(Answer::AlreadyRegistered));
        }
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        Ok(Some(match engine.register(hash, chat).await? {
            Registered::Welcome(_) => Answer::Welcome,
            Registered::Already(_) => Answer::AlreadyRegistered,
            Registered::Elsewhere => Answer::RegisteredElsewhere,
            Registered::BadLink => Answer::BadLink,
        }))
    }

    /// Somebody pressed a button of ours.
    pub(crate) async fn pressed(
        &self,
        engine: &Engine,
        callback: String,
        from: i64,
        press: Press,
        heard: Heard,
    ) -> Result<(), NotDone> {
        // A button carries the job's id without its tenant: it is one of those in which this person is known.
        let theirs = agents_in(engine, from).find_map(|agent| {
            let offer = OfferId { job: JobId::drawn(agent.tenant, press.job), no: press.no };
            matches!(engine.job(offer.job), Ok(Some(_))).then_some((agent, offer))
        });
        let Some((agent, offer)) = theirs else {
            // Somebody we know, or else somebody in the language of whoever runs the bot.
            let locale = agents_in(engine, from).next().map(|agent| locale_of(engine, agent));
            let locale = locale.unwrap_or_else(|| engine.tenants().view(TenantId::DEFAULT).settings.locale.clone());
            self.toast(callback, Some((locale, Answer::NoOpenOffer)));
            return Ok(());
        };
        let via = Some(ChannelKind::Telegram);
        let outcome = match press.verdict {
            Verdict::Claim => replies::claim_heard(engine, agent, offer, via, heard).await,
            Verdict::Decline => replies::decline(engine, agent, offer, via).await,
            Verdict::Acknowledge => replies::acknowledge(engine, agent, offer.job, via).await,
        };
        let told = match lasting(outcome)? {
            Some(Outcome::Claimed(job)) => Some(Answer::Claimed(Box::new(engine.crew_view(&job)))),
            Some(outcome) => outcome.told(engine),
            None => None,
        };
        let locale = locale_of(engine, agent);
        self.toast(callback, told.map(|told| (locale, told)));
        Ok(())
    }

    /// A short answer over the button. Nobody waits for it, and a stale one is no loss.
    pub(crate) fn toast(&self, callback: String, answer: Option<(String, Answer)>) {
        let text = answer.and_then(|(locale, answer)| {
            let errand = Errand {
                key: String::new(),
                tenant: TenantId::DEFAULT,
                agent: None,
                to: Address::Console,
                name: String::new(),
                locale,
                time_zone: "UTC".to_owned(),
                say: Say::Answer(answer),
                replaces: None,
                possible_repeat: false,
                lifetime: None,
            };
            self.wording.plain(&errand).ok()
        });
        let client = self.client.clone();
        tokio::spawn(async move {
            let text = text.map(|text| text.chars().take(200).collect::<String>());
            let _ = client.answer_callback_query(&callback, text.as_deref()).await;
        });
    }
}

pub(crate) fn locale_of(engine: &Engine, agent: AgentId) -> String {
    let view = engine.tenants().view(agent.tenant);
    let own = view.roster.get(&agent).and_then(|agent| agent.locale.clone());
    own.unwrap_or_else(|| view.settings.locale.clone())
}

/// The agents of all tenants in a private chat.
pub(crate) fn agents_in(engine: &Engine, chat: i64) -> impl Iterator<Item = AgentId> {
    engine.tenants().all().into_iter().filter_map(move |(_, view)| view.agent_by_telegram(chat))
}
