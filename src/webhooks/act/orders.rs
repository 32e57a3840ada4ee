//! The desk's commands in chat. Only those who are named as operators of a tenant may give them, to the bot in private or in the
//! desk's own chat. Whoever else tries is told so, and stands in the job's timeline.

use std::sync::Arc;

use baton_actors::channel::{Address, Answer, Errand, Ordered, Say};
use baton_actors::error::Failure;
use baton_actors::tenants::TenantView;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{Code, JobId, OfferNo, TenantId};
use baton_core::job::{Actor, Answer as Came, Ask, By, Cause, Command, Deed, Job, Refusal, Report};
use sha2::{Digest, Sha256};

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
    /// The claim a button was made for; none: whichever holds.
    claim: Option<OfferNo>,
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
    pub(super) async fn ordered(&self, what: &What) -> Result<(), NotDone> {
        let (given, jobs) = match what {
            What::Ordered { chat, from, message_id, typed, language } => {
                let Some(order) = typed.order() else { return Ok(()) };
                let words = Some(typed.words.clone()).filter(|words| !words.is_empty());
                let key = hashed(&[b"typed", &chat.to_be_bytes(), &message_id.to_be_bytes()]);
                let language = language.clone();
                let given =
                    Given { chat: *chat, from: *from, order, words, claim: None, callback: None, key, language };
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
            self.answer_order(&given, self.home_of(&given), &given.answered("job-not-found", None));
            return Ok(());
        };
        let job = self.engine.job(id)?.map(Arc::new);
        match (giver(self, &given, id.tenant, &view), job) {
            (_, None) => self.answer_order(&given, Some(id.tenant), &given.answered("job-not-found", None)),
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
            self.answer_order(given, None, &given.answered(came, None));
            return Ok(());
        }
        let report = Report::Denied { by: By { actor, cause: VIA }, command: given.order.as_str(), code };
        lasting(self.engine.hear(job.id, report).await)?;
        self.answer_order(given, Some(job.id.tenant), &given.answered(came, None));
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
                // A button speaks of the claim it was made for. If another holds by now, it speaks of nothing.
                return Ok(given.shown("moved-on", &job, view));
            };
            let by = By { actor: Actor::Operator(name.clone()), cause: VIA };
            let words = given.words.as_deref().unwrap_or_default();
            let fingerprint = hashed(&[deed.as_str().as_bytes(), words.as_bytes()]);
            let expects = given.claim.map(|_| job.version);
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

    /// The job that is meant: among those of the tenants that know whoever asks, and only for somebody unknown among all.
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
        all.iter()
            .filter(operates)
            .chain(all.iter().filter(knows))
            .find_map(found)
            .or_else(|| all.iter().find_map(found))
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

/// The command, for the claim that a button was made for; none where another holds by now.
fn command_of(given: &Given, deed: Deed, job: &Job) -> Option<Command> {
    let mut command = deed.command(given.words.clone())?;
    if let Some(claim) = given.claim.filter(|claim| *claim > 0 && deed.is_about_a_claim()) {
        let winner = job.winner().filter(|_| job.claim_no() == claim)?;
        if let Command::Refuse { agent, .. } = &mut command {
            *agent = Some(winner);
        }
    }
    // A job that somebody else has by now is not called off by a button of before.
    let is_anothers = given.claim.is_some_and(|claim| job.winner().is_some() && job.claim_no() != claim);
    if deed == Deed::Cancel && is_anothers { None } else { Some(command) }
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
    fn answered(&self, came: &'static str, job: Option<&Job>) -> Ordered {
        Ordered {
            order: self.order.as_str(),
            came,
            job: job.map(Job::crew_view),
            status: job.map(Job::status),
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
            ..self.answered(came, Some(job))
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
