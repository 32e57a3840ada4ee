//! Where a mail is answered: an address of ours that names the offer, so that an answer is known for what it is whatever address it
//! comes from.

use std::sync::Arc;

use baton_actors::channel::{Errand, Say};
use baton_core::ids::OfferId;
use baton_core::message::Topic;
use lettre::Address;
use lettre::message::Mailbox;

use crate::links::Links;

/// What the address of answers begins with, and what parts it from its token.
const NAME: &str = "reply";

/// Where mails are answered; nowhere of ours where no domain is set up for it.
#[derive(Clone, Default)]
pub struct ReplyTo(Option<(Arc<Links>, String)>);

impl ReplyTo {
    /// At a domain whose mail comes back to us; empty: at none.
    pub fn at(domain: &str, links: &Arc<Links>) -> Self {
        Self((!domain.is_empty()).then(|| (Arc::clone(links), domain.to_owned())))
    }

    /// Where this mail is answered.
    pub fn of(&self, errand: &Errand) -> Option<Mailbox> {
        let (links, domain) = self.0.as_ref()?;
        let user = match offer(errand) {
            Some(offer) => format!("{NAME}+{}", links.reply_token(offer)),
            None => NAME.to_owned(),
        };
        Address::new(user, domain.as_str()).ok().map(|address| Mailbox::new(None, address))
    }
}

/// The offer of the person whom a mail is for, also where they took it: whoever has a job shows by a reply that they are on it, or
/// gives it back. The desk is told of offers as well, and is no party to them.
fn offer(errand: &Errand) -> Option<OfferId> {
    match &errand.say {
        Say::Job {
            topic:
                Topic::Offer(_)
                | Topic::OfferOver(..)
                | Topic::Won
                | Topic::Reminder
                | Topic::ClaimEnded(_)
                | Topic::Settled(_)
                | Topic::Released(_),
            offer: Some(offer),
            ..
        } => Some(offer.id),
        _ => None,
    }
}

/// The token in an address to which somebody wrote.
pub fn token(address: &str) -> Option<&str> {
    let (user, _) = address.rsplit_once('@')?;
    let (name, token) = user.split_once('+')?;
    name.eq_ignore_ascii_case(NAME).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples;

    #[test]
    fn an_offer_is_answered_to_an_address_that_names_it() {
        let links = Arc::new(Links::new(&"s".repeat(32).into(), &[]));
        let offer = samples::errands("en").remove(0);
        let to = ReplyTo::at("in.example.com", &links).of(&offer).unwrap().email.to_string();
        let token = token(&to).unwrap();
        let read = links.read_reply(token, [offer.tenant]).unwrap();
        assert!(matches!(&offer.say, Say::Job { offer: Some(shown), .. } if shown.id == read), "{to}");
        assert!(ReplyTo::at("", &links).of(&offer).is_none() && ReplyTo::default().of(&offer).is_none());
    }

    #[test]
    fn what_is_said_to_whoever_has_a_job_is_answered_like_the_offer_they_took() {
        let links = Arc::new(Links::new(&"s".repeat(32).into(), &[]));
        let view = samples::view(samples::full_brief());
        let offered = samples::about_job(Topic::Offer(1), &view, true);
        let Say::Job { offer: shown, .. } = &offered else { unreachable!() };
        for topic in samples::topics() {
            // The desk and groups are told of offers as well, and are no party to them.
            let to_others = match topic {
                Topic::Offer(_)
                | Topic::OfferOver(..)
                | Topic::Won
                | Topic::ClaimEnded(_)
                | Topic::Reminder
                | Topic::Settled(_)
                | Topic::Released(_) => false,
                Topic::ApprovalWanted
                | Topic::Notice(_)
                | Topic::CrewOffer(_)
                | Topic::CrewStatus(_)
                | Topic::Lead
                | Topic::CrewText
                | Topic::Route
                | Topic::NoteDone(_) => true,
            };
            let mut say = samples::about_job(topic, &view, true);
            if let Say::Job { offer, .. } = &mut say {
                offer.clone_from(shown);
            }
            let errand = Errand { say, ..samples::errands("en").remove(0) };
            let to = ReplyTo::at("in.example.com", &links).of(&errand).unwrap().email.to_string();
            let read = token(&to).and_then(|token| links.read_reply(token, [errand.tenant]));
            assert_eq!(read, shown.as_ref().map(|shown| shown.id).filter(|_| !to_others), "{to}");
        }
    }

    #[test]
    fn only_an_address_of_ours_carries_a_token() {
        assert_eq!(token("Reply+abc@in.example.com"), Some("abc"));
        for other in ["reply@in.example.com", "stop+abc@in.example.com", "reply+abc", ""] {
            assert_eq!(token(other), None, "{other}");
        }
    }
}
