//! WhatsApp and SMS under the suite, by each of their providers.

use std::sync::Arc;

use baton_actors::channel::Budget;
use baton_actors::clock::SystemClock;

use super::*;
use crate::channels::sms::Sms;
use crate::channels::twilio::{Account, Sender};
use crate::channels::whatsapp::Windows;
use crate::channels::whatsapp::meta::Meta;
use crate::channels::whatsapp::twilio::TwilioWhatsapp;
use crate::config;
use crate::simulator::provider::{Answer, Fault, Provider, meta, twilio};
use crate::wording::Wording;

struct Town {
    provider: Option<Provider>,
    channel: Box<dyn Channel>,
    fault: fn(Trouble) -> Option<Fault>,
    classes: fn(Trouble) -> &'static str,
}

impl Bench for Town {
    fn channel(&self) -> &dyn Channel {
        &*self.channel
    }
    fn address(&self) -> Address {
        Address::Phone(baton_core::phone::Phone::new("+447700900001").expect("E.164"))
    }
    fn secret(&self) -> Option<&'static str> {
        Some("TEST-TOKEN")
    }
    fn class_of(&self, trouble: Trouble) -> Option<&'static str> {
        Some((self.classes)(trouble))
    }
    fn meets(&mut self, trouble: Trouble) {
        match ((self.fault)(trouble), &self.provider) {
            (Some(fault), Some(provider)) => provider.next_call_meets(fault),
            (None, _) | (_, None) => self.provider = None,
        }
    }
    fn seen(&self) -> Vec<String> {
        self.provider.iter().flat_map(Provider::taken).map(|taken| taken.text).collect()
    }
}

const SILENCE: Fault = Fault::Hang(Duration::from_mins(1));

const BUDGET: Budget = Budget { account: None, chat: None, group: None, in_flight: 4 };

const PATIENCE: Duration = Duration::from_millis(300);

fn wording() -> Arc<Wording> {
    Arc::new(Wording::builtin(samples::links()).expect("ours are valid"))
}

fn at_meta(trouble: Trouble) -> Option<Fault> {
    let error = |code| meta::error(code, "about +447700900001");
    match trouble {
        Trouble::Blocked => Some(Fault::Refused(error(131_026))),
        Trouble::TooMany => Some(Fault::Refused(error(130_429).with("retry-after", 7))),
        Trouble::Broken => Some(Fault::Refused(error(131_000))),
        Trouble::Garbage => Some(Fault::TakenAnd(Answer::html(502))),
        Trouble::Silence => Some(SILENCE),
        Trouble::Away => None,
        Trouble::Stranger => Some(Fault::Refused(error(190))),
        Trouble::BadMessage => Some(Fault::Refused(error(131_009))),
    }
}

fn classes_at_meta(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Blocked => "recipient",
        Trouble::TooMany => "retry_after",
        Trouble::Broken | Trouble::Away => "retry",
        Trouble::Garbage | Trouble::Silence => "unknown",
        Trouble::Stranger => "sender",
        Trouble::BadMessage => "content",
    }
}

fn at_twilio(trouble: Trouble) -> Option<Fault> {
    let error = |status, code| twilio::error(status, code, "The 'To' number +447700900001 is odd");
    match trouble {
        Trouble::Blocked => Some(Fault::Refused(error(400, 21_610))),
        Trouble::TooMany => Some(Fault::Refused(error(429, 20_429).with("retry-after", 7))),
        Trouble::Broken => Some(Fault::TakenAnd(error(500, 20_500))),
        Trouble::Garbage => Some(Fault::TakenAnd(Answer::html(502))),
        Trouble::Silence => Some(SILENCE),
        Trouble::Away => None,
        Trouble::Stranger => Some(Fault::Refused(error(401, 20_003))),
        Trouble::BadMessage => Some(Fault::Refused(error(400, 21_617))),
    }
}

fn classes_at_twilio(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Broken => "unknown",
        other => classes_at_meta(other),
    }
}

async fn account() -> (Provider, Account) {
    let wire = twilio::Twilio { account_sid: "ACTEST".to_owned(), auth_token: "TEST-TOKEN".to_owned(), open: true };
    let provider = Provider::start(wire).await.expect("loopback");
    let set = config::twilio::Twilio {
        account_sid: "ACTEST".to_owned(),
        auth_token: "TEST-TOKEN".to_owned().into(),
        api_key: None,
        shared_key: None,
        base_url: provider.url(),
        api_version: "2010-04-01".to_owned(),
        request_timeout: PATIENCE,
    };
    let account = Account::new(&set, None).expect("set up");
    (provider, account)
}

fn number() -> Sender {
    Sender::Number("+447700900100".to_owned())
}

#[tokio::test]
async fn whatsapp_by_meta_conforms() {
    conforms(|| {
        Box::pin(async {
            let (token, id) = ("TEST-TOKEN".to_owned(), "106540352242922".to_owned());
            let number = meta::Meta { token: token.clone(), phone_number_id: id.clone(), open: true };
            let provider = Provider::start(number).await.expect("loopback");
            let set = config::meta::Meta {
                token: token.into(),
                phone_number_id: id,
                base_url: provider.url(),
                api_version: "v25.0".to_owned(),
                app_secret: None,
                verify_token: None,
                templates: config::meta::Templates::default(),
                request_timeout: PATIENCE,
                budget: BUDGET,
            };
            let channel = Meta::new(&set, Arc::new(Windows::default()), wording(), Arc::new(SystemClock));
            let channel = Box::new(channel.expect("set up"));
            Box::new(Town { provider: Some(provider), channel, fault: at_meta, classes: classes_at_meta })
                as Box<dyn Bench>
        })
    })
    .await;
}

#[tokio::test]
async fn whatsapp_by_twilio_conforms() {
    conforms(|| {
        Box::pin(async {
            let (provider, account) = account().await;
            let set = config::twilio::TwilioWhatsapp {
                sender: number(),
                contents: config::twilio::Contents::default(),
                budget: BUDGET,
            };
            let windows = Arc::new(Windows::default());
            let channel = Box::new(TwilioWhatsapp::new(account, &set, windows, wording(), Arc::new(SystemClock)));
            Box::new(Town { provider: Some(provider), channel, fault: at_twilio, classes: classes_at_twilio })
                as Box<dyn Bench>
        })
    })
    .await;
}

#[tokio::test]
async fn sms_by_twilio_conforms() {
    conforms(|| {
        Box::pin(async {
            let (provider, account) = account().await;
            let set = config::twilio::TwilioSms { sender: number(), max_segments: 6, budget: BUDGET };
            let channel = Box::new(Sms::new(account, &set, wording(), Arc::new(SystemClock)));
            Box::new(Town { provider: Some(provider), channel, fault: at_twilio, classes: classes_at_twilio })
                as Box<dyn Bench>
        })
    })
    .await;
}
