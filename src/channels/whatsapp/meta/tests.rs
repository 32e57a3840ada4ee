//! WhatsApp as the Cloud API sees it.

use baton_actors::channel::Answer as Told;
use baton_actors::clock::SystemClock;
use serde_json::json;

use super::*;
use crate::simulator::provider::meta as at_meta;
use crate::simulator::provider::{Answer, Fault, Provider};
use crate::wording::samples;

const DIGITS: &str = "447700900001";

fn templates() -> config::meta::Templates {
    let name = |name: &str| Some(name.to_owned());
    config::meta::Templates { offer: name("job_offer"), message: name("job_news"), language: "en".to_owned() }
}

struct Town {
    provider: Provider,
    windows: Arc<Windows>,
    meta: Meta,
}

async fn town(open: bool, templates: config::meta::Templates) -> Town {
    town_with(open, templates, Wording::builtin(samples::links()).expect("ours are valid")).await
}

async fn town_with(open: bool, templates: config::meta::Templates, wording: Wording) -> Town {
    let number = at_meta::Meta { token: "TEST-TOKEN".to_owned(), phone_number_id: "106540352242922".to_owned(), open };
    let provider = Provider::start(number).await.expect("loopback");
    let set = config::meta::Meta {
        token: "TEST-TOKEN".to_owned().into(),
        phone_number_id: "106540352242922".to_owned(),
        base_url: provider.url(),
        api_version: "v25.0".to_owned(),
        app_secret: None,
        verify_token: None,
        templates,
        request_timeout: Duration::from_millis(300),
        budget: Budget { in_flight: 4, ..Budget::default() },
    };
    let wording = Arc::new(wording);
    let windows = Arc::new(Windows::default());
    let meta = Meta::new(&set, Arc::clone(&windows), wording, Arc::new(SystemClock)).expect("set up");
    Town { provider, windows, meta }
}

fn offer() -> Errand {
    let say = samples::about_job(Topic::Offer(1), &samples::view(samples::full_brief()), true);
    let phone = baton_core::phone::Phone::new("+447700900001").expect("E.164");
    let key = "job-3-1".to_owned();
    Errand { to: Address::Phone(phone), say, key, possible_repeat: false, ..samples::errands("en").remove(0) }
}

#[tokio::test]
async fn an_offer_has_two_buttons_that_read_back_and_goes_to_digits() {
    let town = town(true, config::meta::Templates::default()).await;
    let outcome = town.meta.send(offer()).await;
    let receipt = Receipt { channel: ChannelKind::Whatsapp, message: "wamid.TEST000001".to_owned() };
    assert_eq!(outcome, Outcome::Accepted(receipt));
    let taken = town.provider.taken().remove(0);
    assert_eq!((taken.to.as_str(), taken.trace.as_str()), (DIGITS, "default_job-3-1_offer"));
    let verdicts: Vec<_> =
        taken.buttons.iter().filter_map(|(id, _)| Press::from_data(id)).map(|press| press.verdict).collect();
    assert_eq!(verdicts, [Verdict::Claim, Verdict::Decline]);
    assert!(taken.text.contains("https://example.com/public/offers/"), "{}", taken.text);
}

#[tokio::test]
async fn to_somebody_who_has_not_written_a_template_goes_and_carries_the_same_buttons() {
    let town = town(false, templates()).await;
    assert_eq!(town.meta.send(offer()).await.class(), "accepted");
    let taken = town.provider.taken().remove(0);
    let sent: Value = serde_json::from_str(&taken.body).expect("JSON");
    assert_eq!((&sent["type"], &sent["template"]["name"]), (&json!("template"), &json!("job_offer")));
    assert_eq!(taken.buttons.iter().filter(|(id, _)| Press::from_data(id).is_some()).count(), 2);
    let answer = Errand { say: Say::Answer(Told::Help), ..offer() };
    let outcome = town.meta.send(answer).await;
    assert_eq!(outcome.class(), "accepted", "{outcome:?}");
    assert!(town.provider.taken()[1].body.contains("job_news"));
    assert_eq!(town.provider.refused(), []);
}

#[tokio::test]
async fn a_window_that_turns_out_shut_is_gone_through_with_a_template() {
    let town = town(false, templates()).await;
    town.windows.wrote(DIGITS, SystemClock.now());
    assert_eq!(town.meta.send(offer()).await.class(), "accepted");
    assert_eq!((town.provider.refused().len(), town.provider.taken().len()), (1, 1));
    assert!(!town.windows.is_open(DIGITS, SystemClock.now()), "what the provider says holds");
}

#[tokio::test]
async fn g6_outside_of_the_window_a_notification_goes_as_the_template_its_own_names() {
    let keyring = Arc::new(crate::sealing::Keyring::for_dev(None).expect("a key"));
    let named = baton_actors::records::ProviderTemplate::Meta {
        name: "pickup_tomorrow".to_owned(),
        language: "en_GB".to_owned(),
        variables: vec!["agent".to_owned(), "at|date".to_owned()],
    };
    let parts = [(baton_actors::records::Part::Text, "{{ at|moment }}")];
    let say = samples::asked(&keyring, "pickup", &json!({"at": "2027-01-30T14:30:00Z"}));
    let wording = |providers| samples::with_pickup(Arc::clone(&keyring), ChannelKind::Whatsapp, &parts, providers);
    let town = town_with(false, config::meta::Templates::default(), wording(vec![named])).await;
    assert_eq!(town.meta.send(Errand { say: say.clone(), ..offer() }).await.class(), "accepted");
    let sent: Value = serde_json::from_str(&town.provider.taken().remove(0).body).expect("JSON");
    assert_eq!(
        (&sent["template"]["name"], &sent["template"]["language"]["code"]),
        (&json!("pickup_tomorrow"), &json!("en_GB"))
    );
    let parameters = &sent["template"]["components"][0]["parameters"];
    assert_eq!((&parameters[0]["text"], &parameters[1]["text"]), (&json!("Driver One"), &json!("Sat 30 Jan 2027")));
    // Where its own names none and none is configured, it has failed, and is not called sent.
    let town = town_with(false, config::meta::Templates::default(), wording(Vec::new())).await;
    assert_eq!(town.meta.send(Errand { say, ..offer() }).await.class(), "window");
    assert_eq!(town.provider.taken(), []);
}

#[tokio::test]
async fn without_a_template_a_shut_window_is_the_end() {
    let town = town(false, config::meta::Templates::default()).await;
    assert_eq!(town.meta.send(offer()).await.class(), "window");
    assert_eq!(town.provider.taken(), []);
}

#[tokio::test]
async fn the_pair_limit_makes_one_person_wait_longer_each_time_and_nobody_else() {
    let town = town(true, config::meta::Templates::default()).await;
    let waits = |seconds| Outcome::RetryAfter(Duration::from_secs(seconds), Scope::Chat);
    for wait in [4, 16, 64] {
        town.provider.next_call_meets(Fault::Refused(at_meta::error(131_056, "pair rate limit hit")));
        assert_eq!(town.meta.send(offer()).await, waits(wait));
    }
    assert_eq!(town.meta.send(offer()).await.class(), "accepted");
    town.provider.next_call_meets(Fault::Refused(at_meta::error(131_056, "pair rate limit hit")));
    assert_eq!(town.meta.send(offer()).await, waits(4));
}

#[tokio::test]
async fn every_code_of_meta_has_its_class_whatever_the_status() {
    let town = town(true, config::meta::Templates::default()).await;
    for row in ERRORS {
        for code in row.codes {
            let code = code.split('-').next().expect("one");
            let (code, subcode) = code.split_once('/').unwrap_or((code, ""));
            let error = json!({ "error": { "message": "to +447700900001", "code": code.parse::<u32>().expect("a code"),
                "error_subcode": subcode.parse::<u32>().ok() } });
            for status in [400, 429, 500] {
                town.provider.next_call_meets(Fault::Refused(Answer::json(status, &error)));
                let outcome = town.meta.send(offer()).await;
                assert_eq!(outcome.class(), row.class.word(), "{code}/{subcode} under {status}");
                assert!(!format!("{outcome:?}").contains("7700900001"), "{outcome:?}");
            }
        }
    }
    let class = async |answer: Answer| {
        town.provider.next_call_meets(Fault::Refused(answer));
        town.meta.send(offer()).await.class()
    };
    let transient = json!({ "error": { "message": "x", "code": 999_999, "is_transient": true } });
    assert_eq!(class(Answer::json(400, &transient)).await, "retry");
    assert_eq!(class(at_meta::error(999_999, "new")).await, "content");
    assert_eq!(class(Answer::html(502)).await, "unknown");
    assert_eq!(class(Answer::html(429)).await, "retry_after");
}
