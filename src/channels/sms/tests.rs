//! SMS as Twilio sees it.

use std::time::Duration;

use baton_core::delivery::{Progress, Receipt};
use baton_core::message::Topic;

use super::*;
use crate::channels::errors::Class;
use crate::channels::twilio::ERRORS;
use crate::simulator::provider::twilio as at_twilio;
use crate::simulator::provider::{Answer, Fault, Provider};
use crate::wording::samples;
use baton_actors::clock::SystemClock;

async fn town(sender: Sender, max_segments: u64) -> (Provider, Sms) {
    let wire = at_twilio::Twilio { account_sid: "ACTEST".to_owned(), auth_token: "TEST-TOKEN".to_owned(), open: false };
    let provider = Provider::start(wire).await.expect("loopback");
    let account = config::twilio::Twilio {
        account_sid: "ACTEST".to_owned(),
        auth_token: "TEST-TOKEN".to_owned().into(),
        api_key: None,
        shared_key: None,
        base_url: provider.url(),
        api_version: "2010-04-01".to_owned(),
        request_timeout: Duration::from_millis(300),
    };
    let callback = Some("https://example.com/public/webhooks/twilio/default/status".to_owned());
    let account = Account::new(&account, callback).expect("set up");
    let set = config::twilio::TwilioSms { sender, max_segments, budget: Budget { in_flight: 4, ..Budget::default() } };
    let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
    (provider, Sms::new(account, &set, wording, Arc::new(SystemClock)))
}

fn number() -> Sender {
    Sender::Number("+447700900100".to_owned())
}

fn offer() -> Errand {
    let say = samples::about_job(Topic::Offer(1), &samples::view(samples::full_brief()), true);
    let phone = baton_core::phone::Phone::new("+447700900001").expect("E.164");
    let key = "job-3-1".to_owned();
    Errand { to: Address::Phone(phone), say, key, possible_repeat: false, ..samples::errands("en").remove(0) }
}

#[tokio::test]
async fn an_offer_is_short_says_how_to_answer_and_calls_back() {
    let (provider, sms) = town(number(), 3).await;
    let lifetime = Some(SystemClock.now() + Duration::from_secs(600));
    let outcome = sms.send(Errand { lifetime, ..offer() }).await;
    let receipt = Receipt { channel: ChannelKind::Sms, message: format!("SM{:032x}", 1) };
    assert_eq!(outcome, Outcome::Accepted(receipt));
    let taken = provider.taken().remove(0);
    assert_eq!((taken.to.as_str(), taken.trace.as_str()), ("+447700900001", "default_job-3-1_offer"));
    let fields: Vec<(String, String)> = form_urlencoded::parse(taken.body.as_bytes()).into_owned().collect();
    let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    assert_eq!(field("From"), Some("+447700900100"));
    let validity: u64 = field("ValidityPeriod").and_then(|span| span.parse().ok()).expect("a span");
    assert!((590..=600).contains(&validity), "{validity}");
    assert!(taken.text.contains("ACCEPT") && segments(&taken.text) <= 2, "{} of {}", segments(&taken.text), taken.text);
}

#[tokio::test]
async fn a_messaging_service_stands_in_for_a_number() {
    let (provider, sms) = town(Sender::Service("MGTEST".to_owned()), 3).await;
    assert_eq!(sms.send(offer()).await.class(), "accepted");
    let body = provider.taken().remove(0).body;
    assert!(body.contains("MessagingServiceSid=MGTEST") && !body.contains("From="), "{body}");
    assert!(!body.contains("ValidityPeriod"), "a message that is always worth something has no end");
}

#[tokio::test]
async fn a_text_that_takes_too_many_segments_is_not_sent() {
    let (provider, sms) = town(number(), 1).await;
    let outcome = sms.send(offer()).await;
    assert_eq!(outcome, Outcome::Content("the text takes 2 segments, and 1 are allowed".to_owned()));
    assert_eq!(provider.taken(), []);
}

#[tokio::test]
async fn every_code_of_twilio_has_its_class() {
    let (provider, sms) = town(number(), 3).await;
    for row in ERRORS {
        for code in row.codes {
            let said = at_twilio::error(400, code.parse().expect("a code"), "The 'To' number +447700900001 is odd");
            provider.next_call_meets(Fault::Refused(said));
            let outcome = sms.send(offer()).await;
            assert_eq!(outcome.class(), row.class.word(), "{code}");
            assert!(!format!("{outcome:?}").contains("7700900001"), "{outcome:?}");
        }
    }
    for (answer, class) in [
        (at_twilio::error(400, 99_999, "new"), Class::Content),
        (at_twilio::error(403, 99_999, "new"), Class::Sender),
        (at_twilio::error(429, 20_429, "Too many requests"), Class::Retry),
        (at_twilio::error(500, 99_999, "new"), Class::Unknown),
        (Answer::html(503), Class::Unknown),
        (Answer::html(429), Class::Retry),
    ] {
        provider.next_call_meets(Fault::Refused(answer.clone()));
        assert_eq!(sms.send(offer()).await.class(), class.word(), "{answer:?}");
    }
    assert_eq!(provider.taken(), []);
}

#[tokio::test]
async fn twilio_is_asked_what_became_of_a_message() {
    let (provider, sms) = town(number(), 3).await;
    let Outcome::Accepted(receipt) = sms.send(offer()).await else { panic!("not accepted") };
    let found = sms.ask(receipt.clone()).await.expect("it knows the message");
    assert_eq!((found.progress, &found.receipt), (Progress::Delivered, &receipt));
    let undelivered = serde_json::json!({ "sid": receipt.message, "status": "undelivered", "error_code": 30005 });
    provider.next_call_meets(Fault::Refused(Answer::json(200, &undelivered)));
    let found = sms.ask(receipt.clone()).await.expect("an answer");
    assert_eq!((found.progress, found.class.as_str()), (Progress::Failed, "recipient"));
    provider.next_call_meets(Fault::Refused(Answer::html(502)));
    assert_eq!(sms.ask(receipt).await, None);
}
