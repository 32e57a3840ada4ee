//! Somebody wrote, wherever: whose answer it is, what it comes to, and what they are told.

use baton_actors::channel::{Address, Answer, Errand, Say};
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::time::Timestamp;

use super::{Desk, NotDone, lasting};
use crate::replies::{self, Outcome, Whose, Written};

/// Whoever wrote or pressed.
pub(super) struct Person {
    /// By which channel.
    pub(super) kind: ChannelKind,
    /// Where an answer goes.
    pub(super) to: Address,
    /// The same as text: what is counted by it.
    pub(super) id: String,
    /// Who that is, in each tenant that knows them.
    pub(super) agents: Vec<AgentId>,
    /// The language their program is in, where it tells.
    pub(super) language: Option<String>,
    /// When it came in. It may have waited since, and is no answer to what was asked later.
    pub(super) at: Timestamp,
    /// When the provider says that they wrote it.
    pub(super) told_at: Option<Timestamp>,
}

/// What somebody wrote about.
#[derive(Clone, Copy)]
pub(super) enum About<'a> {
    /// Nothing tells.
    Nothing,
    /// The message with this id at the provider.
    Message(&'a str),
    /// This job.
    Job(JobId),
}

impl Person {
    fn wrote(&self, text: &str, hint: Option<JobId>) -> Written {
        Written { text: text.to_owned(), hint, via: Some(self.kind), at: Some(self.at), told_at: self.told_at }
    }
}

impl Desk {
    /// Takes what somebody wrote for what it means.
    pub(super) async fn heard(&self, person: &Person, text: &str, about: About<'_>) -> Result<(), NotDone> {
        let agents = person.agents.iter().copied();
        let (message, job) = match about {
            About::Nothing => (None, None),
            About::Message(message) => (Some(message), None),
            About::Job(job) => (None, Some(job)),
        };
        let (agent, hint) = match replies::whose(&self.engine, agents, text, message) {
            Whose::Theirs(agent, hint) => (agent, job.or(hint)),
            Whose::Everybodys(agents) => {
                let mut told = None;
                for agent in agents {
                    let outcome = replies::written(&self.engine, agent, person.wrote(text, None)).await;
                    told = lasting(outcome)?.and_then(|outcome| self.told(person, &outcome)).map(|said| (agent, said));
                }
                if let Some((agent, answer)) = told {
                    self.say(person, Some(agent), answer);
                }
                return Ok(());
            }
            Whose::Which(jobs) => {
                self.say(person, person.agents.first().copied(), Answer::Which(jobs));
                return Ok(());
            }
            Whose::Nobodys => {
                self.say_to_stranger(person, text);
                return Ok(());
            }
        };
        let outcome = replies::written(&self.engine, agent, person.wrote(text, hint)).await;
        if let Some(answer) = lasting(outcome)?.and_then(|outcome| self.told(person, &outcome)) {
            self.say(person, Some(agent), answer);
        }
        Ok(())
    }

    /// What they are told of it. Whoever stops text messages is told so by the carrier, or wants to hear nothing.
    fn told(&self, person: &Person, outcome: &Outcome) -> Option<Answer> {
        let by_phone = matches!(person.kind, ChannelKind::Sms | ChannelKind::Whatsapp);
        if by_phone && matches!(outcome, Outcome::OptOut) {
            return None;
        }
        outcome.told(&self.engine)
    }

    /// Tells somebody we do not know that we do not, in the language they seem to speak, and how that can be changed. All of them
    /// together can have so many answers: each costs money, and who they are is easily made up.
    pub(super) fn say_to_stranger(&self, person: &Person, text: &str) {
        // Their own share first: whoever has used it up takes nothing from the others.
        if !self.manners.allow(person.kind, &person.id) || !self.manners.allow_stranger(person.kind) {
            return;
        }
        let language = person.language.clone().or_else(|| spoken(text).map(str::to_owned));
        let (to, id) = (person.to.clone(), person.id.clone());
        let (at, told_at) = (person.at, person.told_at);
        let stranger = Person { kind: person.kind, to, id, agents: Vec::new(), language, at, told_at };
        self.speak(&stranger, None, self.for_strangers());
    }

    /// Tells them, as long as they have not had enough of it; says whether.
    pub(super) fn say(&self, person: &Person, agent: Option<AgentId>, answer: Answer) -> bool {
        let allowed = self.manners.allow(person.kind, &person.id);
        if allowed {
            self.speak(person, agent, answer);
        }
        allowed
    }

    fn speak(&self, person: &Person, agent: Option<AgentId>, answer: Answer) {
        let tenant = agent.map_or(TenantId::DEFAULT, |agent| agent.tenant);
        let view = self.engine.tenants().view(tenant);
        let profile = agent.and_then(|agent| view.roster.get(&agent));
        // Somebody we do not know is spoken to in the language of their own program.
        let theirs = profile.and_then(|agent| agent.locale.clone());
        let locale = theirs.or_else(|| person.language.clone().filter(|_| agent.is_none()));
        let zone = profile.and_then(|agent| agent.time_zone.clone());
        let errand = Errand {
            key: uuid::Uuid::new_v4().to_string(),
            tenant,
            agent,
            to: person.to.clone(),
            name: profile.map(|agent| agent.name.clone()).unwrap_or_default(),
            locale: locale.unwrap_or_else(|| view.settings.locale.clone()),
            time_zone: zone.unwrap_or_else(|| view.settings.time_zone.clone()),
            say: Say::Answer(answer),
            replaces: None,
            possible_repeat: false,
            lifetime: None,
        };
        self.engine.answer(person.kind, errand);
    }
}

/// The language of a writing that few languages share.
fn spoken(text: &str) -> Option<&'static str> {
    text.chars().find_map(|c| match c {
        '\u{400}'..='\u{4ff}' => Some("ru"),
        '\u{590}'..='\u{5ff}' => Some("he"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_language_is_seen_by_how_they_write() {
        for (text, language) in
            [("привет", Some("ru")), ("ok, да", Some("ru")), ("שלום", Some("he")), ("hello 1", None)]
        {
            assert_eq!(spoken(text), language, "{text}");
        }
    }
}
