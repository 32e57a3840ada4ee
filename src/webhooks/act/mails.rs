//! A mail came in: fetched where its provider only tells of it, and taken for the answer that it is.

use baton_actors::channel::Address;
use baton_core::delivery::ChannelKind;
use baton_core::ids::AgentId;
use baton_core::reply::{Reply, read};
use baton_core::time::Timestamp;

use super::talk::{About, Person};
use super::{Desk, NotDone};
use crate::channels::email::resend::received::{Mail, NoMail};
use crate::webhooks::news::{Mailed, clipped};
use crate::webhooks::read::mail::{by_itself, own_words, plain, results};

impl Desk {
    pub(super) async fn mailed(&self, mail: &Mailed, at: Timestamp) -> Result<(), NotDone> {
        let mut mail = mail.clone();
        if let Some(id) = mail.fetch.take() {
            match self.fetched(&id).await {
                Ok(fetched) => fill(&mut mail, &fetched),
                Err(NoMail::Gone) => {
                    tracing::warn!("a mail that came in is not there any more; it is left out");
                    return Ok(());
                }
                Err(NoMail::NotYet(why)) => return Err(NotDone::NoMail(why)),
            }
        }
        // Two machines would thank each other for ever.
        if mail.by_itself {
            tracing::info!("a mail that a machine wrote by itself is not answered");
            return Ok(());
        }
        let Some((mut person, about)) = self.writer(&mail, at) else { return Ok(()) };
        let text = self.answer(&person, &mail.text);
        // Whoever wants no more mails means the mailbox, whomever of those who share it we wrote to. A yes is one person's own.
        if read(&text, "en").reply == Reply::OptOut {
            let others = self.with_mailbox(&person.id).into_iter().filter(|other| !person.agents.contains(other));
            let others: Vec<AgentId> = others.collect();
            person.agents.extend(others);
        }
        self.heard(&person, &text, about).await
    }

    async fn fetched(&self, id: &str) -> Result<Mail, NoMail> {
        match &self.means.received {
            Some(received) => received.fetch(id).await,
            None => Err(NoMail::NotYet("Resend is not set up any more".to_owned())),
        }
    }

    /// Whoever wrote: the agent of the offer that the address named, or else of the address it came from, if that is believed.
    fn writer(&self, mail: &Mailed, at: Timestamp) -> Option<(Person, About<'static>)> {
        let all = self.engine.tenants().all();
        let offer = match (&mail.token, &self.means.links) {
            (Some(token), Some(links)) => links.read_reply(token, all.iter().map(|(tenant, _)| *tenant)),
            _ => None,
        };
        if let Some(offer) = offer {
            let agent = self.agent_of(offer)?;
            let view = self.engine.tenants().view(agent.tenant);
            // An answer goes to them, not to whoever the mail says it is from.
            let to = view.roster.get(&agent)?.email.clone().unwrap_or_else(|| mail.from.clone());
            return Some((by_mail(to, vec![agent], at), About::Job(offer.job)));
        }
        if mail.doubtful {
            tracing::warn!("a mail is not believed: neither SPF nor DKIM vouch for the address it says it is from");
            return None;
        }
        if mail.from.is_empty() {
            return None;
        }
        let agents = all.iter().filter_map(|(_, view)| view.agent_by_email(&mail.from)).collect();
        Some((by_mail(mail.from.clone(), agents, at), About::Nothing))
    }

    fn agent_of(&self, offer: baton_core::ids::OfferId) -> Option<AgentId> {
        let job = self.engine.job(offer.job).ok().flatten()?;
        job.offer(offer.no).map(|offer| offer.agent)
    }

    /// What of a mail is the answer: its first line, where nothing stands below but their own name.
    fn answer(&self, person: &Person, own: &str) -> String {
        let Some((first, rest)) = own.split_once('\n') else { return own.to_owned() };
        let Some(agent) = person.agents.first() else { return own.to_owned() };
        let view = self.engine.tenants().view(agent.tenant);
        let Some(profile) = view.roster.get(agent) else { return own.to_owned() };
        let name = profile.name.to_lowercase();
        let names: Vec<&str> = name.split_whitespace().collect();
        let rest = rest.to_lowercase();
        let mut words = rest.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
        let locale = profile.locale.as_deref().unwrap_or(&view.settings.locale);
        let understood = read(first, locale).reply != Reply::Unrecognized;
        if understood && words.all(|word| word.is_empty() || names.contains(&word)) {
            first.to_owned()
        } else {
            own.to_owned()
        }
    }
}

fn by_mail(address: String, agents: Vec<AgentId>, at: Timestamp) -> Person {
    let id = address.to_lowercase();
    Person { kind: ChannelKind::Email, to: Address::Email(address), id, agents, language: None, at, told_at: None }
}

/// What the provider keeps, into what it told.
fn fill(mail: &mut Mailed, fetched: &Mail) {
    let headers: Vec<(&str, &str)> = fetched
        .headers
        .iter()
        .flat_map(|(name, value)| match value {
            serde_json::Value::Array(all) => {
                all.iter().filter_map(|one| Some((name.as_str(), one.as_str()?))).collect()
            }
            one => one.as_str().map(|one| vec![(name.as_str(), one)]).unwrap_or_default(),
        })
        .collect();
    let looked = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authentication-results"));
    mail.doubtful = looked.is_some_and(|(_, header)| results(header).doubts(&mail.from));
    mail.by_itself = by_itself(&mail.from, headers.iter().copied());
    mail.text = clipped(&own_words(&plain(fetched.text.as_deref(), fetched.html.as_deref())));
}
