//! WhatsApp as Twilio sees it.

use std::time::Duration;

use baton_actors::clock::SystemClock;

use super::*;
use crate::simulator::provider::Provider;
use crate::simulator::provider::twilio as at_twilio;
use crate::wording::samples;

struct Town {
    provider: Provider,
    windows: Arc<Windows>,
    channel: TwilioWhatsapp,
}

async fn town(open: bool, contents: config::twilio::Contents) -> Town {
    let wire = at_twilio::Twilio { account_sid: "ACTEST".to_owned(), auth_token: "TEST-TOKEN".to_owned(), open };
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
    let set = config::twilio::TwilioWhatsapp {
        sender: Sender::Number("+447700900100".to_owned()),
        contents,
        budget: Budget { in_flight: 4, ..Budget::default() },
    };
    let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
    let windows = Arc::new(Windows::default());
    let account = Account::new(&account, None).expect("set up");
    let channel = TwilioWhatsapp::new(account, &set, Arc::clone(&windows), wording, Arc::new(SystemClock));
    Town { provider, windows, channel }
}

fn about(topic: Topic) -> Errand {
    let say = samples::about_job(topic, &samples::view(samples::full_brief()), true);
    let phone = baton_core::phone::Phone::new("+447700900001").expect("E.164");
    Errand { to: Address::Phone(phone), say, key: "job-3-1".to_owned(), ..samples::errands("en").remove(0) }
}

fn contents() -> config::twilio::Contents {
    config::twilio::Contents { offer: Some("HXoffer".to_owned()), message: Some("HXnews".to_owned()) }
}

#[tokio::test]
async fn an_offer_goes_as_a_content_whose_buttons_read_back() {
    let town = town(false, contents()).await;
    assert_eq!(town.channel.send(about(Topic::Offer(1))).await.class(), "accepted");
    let taken = town.provider.taken().remove(0);
    assert_eq!(taken.to, "whatsapp:+447700900001");
    assert!(taken.body.contains("From=whatsapp%3A%2B447700900100") && taken.body.contains("ContentSid=HXoffer"));
    assert_eq!(taken.buttons.iter().filter(|(id, _)| Press::from_data(id).is_some()).count(), 2);
}

#[tokio::test]
async fn a_window_decides_between_text_and_content() {
    let town = town(true, contents()).await;
    town.windows.wrote("447700900001", SystemClock.now());
    assert_eq!(town.channel.send(about(Topic::Won)).await.class(), "accepted");
    assert!(town.provider.taken()[0].body.contains("Body="));
    town.windows.shut("447700900001");
    assert_eq!(town.channel.send(about(Topic::Won)).await.class(), "accepted");
    assert!(town.provider.taken()[1].body.contains("ContentSid=HXnews"));
}

#[tokio::test]
async fn a_window_that_turns_out_shut_is_gone_through_with_a_content_where_there_is_one() {
    let with = town(false, contents()).await;
    with.windows.wrote("447700900001", SystemClock.now());
    assert_eq!(with.channel.send(about(Topic::Won)).await.class(), "accepted");
    assert_eq!((with.provider.refused().len(), with.provider.taken().len()), (1, 1));
    let without = town(false, config::twilio::Contents::default()).await;
    assert_eq!(without.channel.send(about(Topic::Won)).await.class(), "window");
}
