//! The desk's commands in chat. Only those who are named as operators of a tenant may give them, to the bot in private or in the
//! desk's own chat. Whoever else tries is told so, and stands in the job's timeline.

use std::sync::Arc;
use std::time::Duration;

use baton_actors::channel::{Address, Answer, Errand, Ordered, Say};
use baton_actors::error::Failure;
use baton_actors::tenants::TenantView;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{Code, JobId, OfferNo, TenantId};
use baton_core::job::{Actor, Answer as Came, Ask, By, Cause, Command, Deed, Job, Refusal, Report};
use baton_core::time::Timestamp;
use sha2::{Digest, Sha256};

use super::chats::moment;
use super::{Desk, NotDone, lasting};
use crate::channels::telegram::{Order, What};
use crate::telegram_desk::agents_in;

const VIA: Cause = Cause::Reply(ChannelKind::Telegram);

/// A command in chat, typed or pressed.
struct Given {
    /// Where.
    chat: i64,
    /// Who.
    from: i64,
    /// What is asked for.
    order: Order,
    /// What stands behind it.
    words: Option<String>,
    /// The claim a button was made for; none: it was typed.
    claim: Option<OfferNo>,
    /// When it was written, at the latest.
    written: Timestamp,
    /// Of a button: what is to be answered.
    callback: Option<String>,
    /// The same on every repeat.
    key: [u8; 16],
    /// The language of their Telegram.
    language: Option<String>,
}

/// Who gave a command.
enum Giver {
    /// An operator of the job's tenant, at the desk.
    Operator(String),
    /// The same, in some other group.
    Elsewhere(String),
    /// Somebody else.
    Other(Actor),
}

impl Desk {
    /// Carries out a command of the desk's.
    pub(super) async fn ordered(&self, what: &What, at: Timestamp) -> Result<(), NotDone> {
        let (given, jobs) = match what {
            What::Ordered { chat, from, message_id, typed, language, told_at } => {
                let Some(order) = typed.order() else { return Ok(()) };
                let words = Some(typed.words.clone()).filter(|words| !words.is_empty());
                let key = hashed(&[b"typed", &chat.to_be_bytes(), &message_id.to_be_bytes()]);
                let given = Given {
                    chat: *chat,
                    from: *from,
                    order,
                    words,
                    claim: None,
                    written: written(*told_at, at),
                    callback: None,
                    key,
                    language: language.clone(),
                };
                (given, Named::Text(&typed.job))
            }
            What::DeskButton { callback_id, chat, from, press, .. } => {
                let key = hashed(&[b"pressed", callback_id.as_bytes()]);
                let given = Given {
                    chat: *chat,
                    from: *from,
                    order: Order::Do(press.deed),
                    words: None,
                    claim: Some(press.claim),
                    written: at,
                    callback: Some(callback_id.clone()),
                    key,
                    language: None,
                };
                (given, Named::Id(press.job))
            }
            What::Text { .. }
            | What::Commanded { .. }
            | What::Button { .. }
            | What::ForeignButton { .. }
            | What::Start { .. }
            | What::Blocked { .. }
            | What::Unblocked { .. }
            | What::Migrated { .. }
            | What::Ignored => return Ok(()),
        };
        let Some((id, view)) = self.job_named(&jobs, &given) else {
            let home = self.home_of(&given);
            // Whoever commands nothing is not told whether there is such a job.
            let came = if home.is_some() { "job-not-found" } else { "denied" };
            self.answer_order(&given, home, &given.answered(came));
            return Ok(());
        };
        let job = self.engine.job(id)?.map(Arc::new);
        match (giver(self, &given, id.tenant, &view), job) {
            (_, None) => self.answer_order(&given, Some(id.tenant), &given.answered("job-not-found")),
            (Giver::Operator(name), Some(job)) => {
                let answered = self.carry_out(&given, name, &job, &view).await?;
                self.answer_order(&given, Some(id.tenant), &answered);
            }
            (Giver::Elsewhere(name), Some(job)) => {
                self.deny(&given, &job, Actor::Operator(name), ("elsewhere", "not-at-the-desk")).await?;
            }
            (Giver::Other(actor), Some(job)) => {
                self.deny(&given, &job, actor, ("denied", "not-an-operator")).await?;
            }
        }
        Ok(())
    }

    /// Nothing is done; that somebody tried is stored before they hear of it.
    async fn deny(
        &self,
        given: &Given,
        job: &Arc<Job>,
        actor: Actor,
        (came, code): (&'static str, &'static str),
    ) -> Result<(), NotDone> {
        let stranger = actor == Actor::Stranger;
        let enough = !self.manners.allow(ChannelKind::Telegram, &format!("order/{}", given.from))
            || (stranger && !self.manners.allow_stranger(ChannelKind::Telegram));
        if enough {
            // A timeline is no place for somebody who tries a hundred times.
            self.answer_order(given, None, &given.answered(came));
            return Ok(());
        }
        let report = Report::Denied { by: By { actor, cause: VIA }, command: given.order.as_str(), code };
        lasting(self.engine.hear(job.id, report).await)?;
        self.answer_order(given, Some(job.id.tenant), &given.answered(came));
        Ok(())
    }

    async fn carry_out(
        &self,
        given: &Given,
        name: String,
        job: &Arc<Job>,
        view: &TenantView,
    ) -> Result<Ordered, NotDone> {
        let deed = match given.order {
            Order::Status | Order::Who => return Ok(given.shown("shown", job, view)),
            Order::Do(deed) => deed,
        };
        if deed == Deed::Retry {
            let parked = self.engine.quarantined().await.iter().any(|parked| parked.job == job.id);
            if parked {
                self.engine.release_job(job.id, By { actor: Actor::Operator(name), cause: VIA }).await;
            }
            return Ok(given.shown(if parked { "done" } else { "already" }, job, view));
        }
        let mut job = Arc::clone(job);
        for last in [false, false, true] {
            let Some(command) = command_of(given, deed, &job) else {
                // It speaks of a claim. If another holds by now, it speaks of nothing.
                return Ok(given.shown("moved-on", &job, view));
            };
            let by = By { actor: Actor::Operator(name.clone()), cause: VIA };
            let words = given.words.as_deref().unwrap_or_default();
            let fingerprint = hashed(&[deed.as_str().as_bytes(), words.as_bytes()]);
            let looked_at = given.claim.is_some() || deed.is_about_a_claim();
            let expects = looked_at.then_some(job.version);
            let ask = Ask { command, by, key: Some((given.key, fingerprint)), expects };
            match self.engine.ask(job.id, ask).await {
                Ok(done) => {
                    let came = if done.answer == Came::Done { "done" } else { "already" };
                    return Ok(given.shown(came, &done.job, view));
                }
                // The job has changed since it was looked at: it is looked at again.
                Err(Failure::Refused(Refusal::VersionChanged { .. }, Some(now))) if !last => job = now,
                Err(Failure::Refused(refusal, now)) => {
                    let mut shown = given.shown(refusal.code(), &now.unwrap_or(job), view);
                    if let Refusal::GatesMissing { missing } = &refusal {
                        shown.missing = Some(missing.words());
                    }
                    return Ok(shown);
                }
                Err(failure) => {
                    lasting::<()>(Err(failure))?;
                    break;
                }
            }
        }
        Ok(given.shown("put-aside", &job, view))
    }

    /// Tells them: over the button, or where they wrote; what nobody else in a group should read, in private.
    fn answer_order(&self, given: &Given, tenant: Option<TenantId>, ordered: &Ordered) {
        let view = self.engine.tenants().view(tenant.unwrap_or(TenantId::DEFAULT));
        let at_desk = view.settings.desk.telegram == Some(given.chat);
        let known = tenant.is_some() && view.settings.desk.operator(given.from).is_some();
        let theirs = given.language.clone().filter(|_| !known);
        let locale = theirs.unwrap_or_else(|| view.settings.locale.clone());
        let answer = Answer::Order(Box::new(ordered.clone()));
        if let (Some(callback), Some(bot)) = (&given.callback, &self.means.telegram) {
            bot.toast(callback.clone(), Some((locale, answer)));
            return;
        }
        if !known && !self.manners.allow(ChannelKind::Telegram, &given.from.to_string()) {
            return;
        }
        let thread = view.settings.desk.telegram_topic.filter(|_| at_desk);
        let chat = if at_desk { given.chat } else { given.from };
        let errand = Errand {
            key: uuid::Uuid::new_v4().to_string(),
            tenant: tenant.unwrap_or(TenantId::DEFAULT),
            agent: None,
            to: Address::Telegram { chat, thread },
            name: String::new(),
            locale,
            time_zone: view.settings.time_zone.clone(),
            say: Say::Answer(answer),
            replaces: None,
            possible_repeat: false,
            lifetime: None,
        };
        self.engine.answer(ChannelKind::Telegram, errand);
    }

    /// The job that is meant, among those of the tenants that know whoever asks: nobody else learns whether there is one, nor writes
    /// in its timeline.
    fn job_named(&self, named: &Named<'_>, given: &Given) -> Option<(JobId, Arc<TenantView>)> {
        let all = self.engine.tenants().all();
        let found = |(tenant, view): &(TenantId, Arc<TenantView>)| {
            named.in_tenant(self, *tenant).map(|job| (job, Arc::clone(view)))
        };
        let knows = |(_, view): &&(TenantId, Arc<TenantView>)| {
            let desk = &view.settings.desk;
            desk.operator(given.from).is_some()
                || desk.telegram == Some(given.chat)
                || view.agent_by_telegram(given.from).is_some()
        };
        let operates = |entry: &&(TenantId, Arc<TenantView>)| entry.1.settings.desk.operator(given.from).is_some();
        all.iter().filter(operates).chain(all.iter().filter(knows)).find_map(found)
    }

    /// The tenant in whose words somebody is told that there is no such job.
    fn home_of(&self, given: &Given) -> Option<TenantId> {
        let all = self.engine.tenants().all();
        all.into_iter().find(|(_, view)| view.settings.desk.operator(given.from).is_some()).map(|(tenant, _)| tenant)
    }
}

/// How a command names its job.
enum Named<'a> {
    /// By its code or id.
    Text(&'a str),
    /// By its id within a tenant.
    Id(uuid::Uuid),
}

impl Named<'_> {
    /// The job in a tenant; a code that several share names none.
    fn in_tenant(&self, desk: &Desk, tenant: TenantId) -> Option<JobId> {
        let there = |id: JobId| matches!(desk.engine.job(id), Ok(Some(_))).then_some(id);
        match self {
            Self::Id(local) => there(JobId::drawn(tenant, *local)),
            Self::Text(text) => match text.parse::<Code>() {
                Ok(code) => match desk.engine.jobs_by_code(tenant, code).as_slice() {
                    [one] => Some(*one),
                    _ => None,
                },
                Err(_) => JobId::parse(tenant, text).ok().and_then(there),
            },
        }
    }
}

/// The command, for the claim that was meant; none where another holds by now. A repeat gets the answer it had, whoever has it now.
fn command_of(given: &Given, deed: Deed, job: &Job) -> Option<Command> {
    let mut command = deed.command(given.words.clone())?;
    let is_repeat = job.answered.iter().any(|before| before.key == given.key);
    let meant = match given.claim {
        Some(claim) => job.still_means(deed, claim),
        None => job.was_meant(deed, given.written),
    };
    if !meant && !is_repeat {
        return None;
    }
    if let (Command::Refuse { agent, .. }, Some(_)) = (&mut command, given.claim.filter(|claim| *claim > 0)) {
        *agent = job.winner();
    }
    Some(command)
}

/// When a command was written, at the latest: Telegram tells the second, and it cannot be later than it came.
fn written(told_at: Option<i64>, came: Timestamp) -> Timestamp {
    let second = Duration::from_millis(999);
    told_at.and_then(moment).map_or(came, |told| (told + second).min(came))
}

fn giver(desk: &Desk, given: &Given, tenant: TenantId, view: &TenantView) -> Giver {
    let at_desk = given.chat == given.from || view.settings.desk.telegram == Some(given.chat);
    match view.settings.desk.operator(given.from) {
        Some(name) if at_desk => Giver::Operator(name.to_owned()),
        Some(name) => Giver::Elsewhere(name.to_owned()),
        None => {
            let agent = agents_in(&desk.engine, given.from).find(|agent| agent.tenant == tenant);
            Giver::Other(agent.map_or(Actor::Stranger, Actor::Agent))
        }
    }
}

impl Given {
    /// What is told without saying anything about a job.
    fn answered(&self, came: &'static str) -> Ordered {
        Ordered {
            order: self.order.as_str(),
            came,
            job: None,
            status: None,
            winner: None,
            line: Vec::new(),
            missing: None,
        }
    }

    /// What an operator is told.
    fn shown(&self, came: &'static str, job: &Job, view: &TenantView) -> Ordered {
        let name = |id| view.roster.get(id).map(|agent| agent.name.clone());
        Ordered {
            winner: job.winner().as_ref().and_then(name),
            line: job.standby.iter().filter_map(|waiting| name(&waiting.agent)).collect(),
            missing: Some(job.missing().map(baton_core::gates::Gate::as_str).collect::<Vec<_>>().join(", "))
                .filter(|missing| !missing.is_empty() && job.winner().is_some()),
            job: Some(view.crew_view(job)),
            status: Some(job.status()),
            ..self.answered(came)
        }
    }
}

fn hashed(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hasher.finalize()[..16]);
    key
}
