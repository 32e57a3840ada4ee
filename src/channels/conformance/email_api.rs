//! The providers of e-mail that are reached over HTTP, under the suite.

use std::sync::Arc;

use baton_actors::channel::Budget;
use baton_actors::clock::SystemClock;

use super::*;
use crate::channels::email::Unsubscribe;
use crate::channels::email::resend::Resend;
use crate::channels::email::sendgrid::SendGrid;
use crate::config;
use crate::simulator::provider::{Answer, Fault, Provider, resend, sendgrid};
use crate::wording::Wording;

struct Town {
    provider: Option<Provider>,
    channel: Box<dyn Channel>,
    classes: fn(Trouble) -> Option<&'static str>,
    faults: fn(Trouble) -> Option<Fault>,
}

impl Bench for Town {
    fn channel(&self) -> &dyn Channel {
        &*self.channel
    }
    fn address(&self) -> Address {
        Address::Email("ana@example.com".to_owned())
    }
    fn secret(&self) -> Option<&'static str> {
        Some("TEST-KEY")
    }
    fn class_of(&self, trouble: Trouble) -> Option<&'static str> {
        (self.classes)(trouble)
    }
    fn meets(&mut self, trouble: Trouble) {
        match ((self.faults)(trouble), &self.provider) {
            (Some(fault), Some(provider)) => provider.next_call_meets(fault),
            (None, _) | (_, None) => self.provider = None,
        }
    }
    fn seen(&self) -> Vec<String> {
        self.provider.iter().flat_map(Provider::taken).map(|taken| taken.text).collect()
    }
}

fn wording() -> Arc<Wording> {
    Arc::new(Wording::builtin(samples::links()).expect("ours are valid"))
}

const SILENCE: Fault = Fault::Hang(Duration::from_mins(1));

#[tokio::test]
async fn resend_conforms() {
    conforms(|| {
        Box::pin(async {
            let provider = Provider::start(resend::Resend { api_key: "TEST-KEY".to_owned() }).await.expect("loopback");
            let set = config::resend::Resend {
                api_key: "TEST-KEY".to_owned().into(),
                base_url: provider.url(),
                from: "Dispatch <dispatch@example.com>".parse().expect("a sender"),
                webhook_key: None,
                request_timeout: Duration::from_millis(300),
                budget: Budget { in_flight: 4, ..Budget::default() },
            };
            let channel = Resend::new(&set, Unsubscribe::default(), wording()).expect("set up");
            let classes = |trouble| match trouble {
                // It tells of those later, in callbacks.
                Trouble::Blocked => None,
                Trouble::TooMany => Some("retry_after"),
                Trouble::Broken | Trouble::Garbage | Trouble::Silence | Trouble::Away => Some("retry"),
                Trouble::Stranger => Some("sender"),
                Trouble::BadMessage => Some("content"),
            };
            let faults = |trouble| {
                let error = |status, name| resend::error(status, name, "about ana@example.com");
                match trouble {
                    Trouble::Blocked | Trouble::Away => None,
                    Trouble::TooMany => Some(Fault::Refused(error(429, "rate_limit_exceeded").with("retry-after", 7))),
                    Trouble::Broken => Some(Fault::TakenAnd(error(500, "application_error"))),
                    Trouble::Garbage => Some(Fault::TakenAnd(Answer::html(502))),
                    Trouble::Silence => Some(SILENCE),
                    Trouble::Stranger => Some(Fault::Refused(error(403, "invalid_api_key"))),
                    Trouble::BadMessage => Some(Fault::Refused(error(422, "validation_error"))),
                }
            };
            Box::new(Town { provider: Some(provider), channel: Box::new(channel), classes, faults }) as Box<dyn Bench>
        })
    })
    .await;
}

#[tokio::test]
async fn sendgrid_conforms() {
    conforms(|| {
        Box::pin(async {
            let provider =
                Provider::start(sendgrid::SendGrid { api_key: "TEST-KEY".to_owned() }).await.expect("loopback");
            let set = config::sendgrid::SendGrid {
                api_key: "TEST-KEY".to_owned().into(),
                base_url: provider.url(),
                from: "Dispatch <dispatch@example.com>".parse().expect("a sender"),
                webhook_key: None,
                inbound_secret: None,
                inbound_key: None,
                request_timeout: Duration::from_millis(300),
                budget: Budget { in_flight: 4, ..Budget::default() },
            };
            let channel =
                SendGrid::new(&set, Unsubscribe::default(), wording(), Arc::new(SystemClock)).expect("set up");
            let classes = |trouble| match trouble {
                Trouble::Blocked => None,
                Trouble::TooMany => Some("retry_after"),
                Trouble::Broken | Trouble::Garbage | Trouble::Silence => Some("unknown"),
                Trouble::Away => Some("retry"),
                Trouble::Stranger => Some("sender"),
                Trouble::BadMessage => Some("content"),
            };
            let faults = |trouble| {
                let error = |status| sendgrid::error(status, "about ana@example.com");
                match trouble {
                    Trouble::Blocked | Trouble::Away => None,
                    Trouble::TooMany => Some(Fault::Refused(error(429).with("retry-after", 7))),
                    Trouble::Broken => Some(Fault::TakenAnd(error(500))),
                    Trouble::Garbage => Some(Fault::TakenAnd(Answer::html(502))),
                    Trouble::Silence => Some(SILENCE),
                    Trouble::Stranger => Some(Fault::Refused(error(401))),
                    Trouble::BadMessage => Some(Fault::Refused(error(400))),
                }
            };
            Box::new(Town { provider: Some(provider), channel: Box::new(channel), classes, faults }) as Box<dyn Bench>
        })
    })
    .await;
}
