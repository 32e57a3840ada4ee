//! Telegram as its users see it: against a server that speaks the Bot API over HTTP.

use std::time::Duration;

use baton_actors::clock::SystemClock;
use baton_core::brief::{Brief, Item};
use baton_core::delivery::Scope;
use baton_core::ids::OfferId;
use baton_core::message::Over;
use tokio::sync::mpsc;

use super::{
    Address, Arc, BUDGET, Channel, Client, ClientSettings, Errand, Inbound, Outcome, Patience, Press, Receipt, Say,
    Telegram, Topic, Verdict, What, Wording, poll,
};
use crate::simulator::telegram::{self as simulator, Fault};
use crate::wording::samples;

const TOKEN: &str = "123456:TEST-TOKEN";

struct Town {
    server: simulator::Server,
    bot: simulator::Bot,
    telegram: Telegram,
}

impl Town {
    async fn open() -> Self {
        let server = simulator::Server::start().await.expect("loopback");
        let bot = server.bot(TOKEN, "baton_bot");
        let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
        let telegram = Telegram::new(client(&server), wording, BUDGET, Arc::new(SystemClock));
        Self { server, bot, telegram }
    }

    async fn tells(&self, chat: i64, say: Say) -> Outcome {
        self.telegram.send(errand(chat, say)).await
    }
}

fn client(server: &simulator::Server) -> Client {
    let settings = ClientSettings {
        base_url: server.url(),
        request_timeout: Duration::from_millis(500),
        ..ClientSettings::new(TOKEN.to_owned().into())
    };
    Client::new(&settings).expect("set up")
}

fn errand(chat: i64, say: Say) -> Errand {
    let sample = samples::errands("en").remove(0);
    Errand { to: Address::Telegram { chat, thread: None }, say, possible_repeat: false, ..sample }
}

fn offer_of(brief: Brief) -> (Say, OfferId) {
    let view = samples::view(brief);
    let id = view.job.offer(1);
    let say = samples::about_job(Topic::Offer(1), &view, true);
    (say, id)
}

fn offer() -> Say {
    offer_of(samples::full_brief()).0
}

fn receipt(outcome: Outcome) -> Receipt {
    match outcome {
        Outcome::Accepted(receipt) => receipt,
        other => panic!("not accepted: {other:?}"),
    }
}

#[tokio::test]
async fn an_offer_shows_the_job_and_two_buttons_that_lead_back_to_it() {
    let town = Town::open().await;
    let ana = town.bot.chat(1001);
    let (say, offer) = offer_of(samples::full_brief());
    let receipt = receipt(town.tells(1001, say).await);
    let shown = ana.messages().remove(0);
    assert_eq!(receipt.message, shown.id.to_string());
    assert!(
        shown.text.contains("Leeds to Manchester") && shown.text.contains(&offer.job.code().to_string()),
        "{}",
        shown.text
    );
    let pressed: Vec<_> =
        shown.buttons.iter().map(|button| (button.text.as_str(), Press::from_data(&button.data))).collect();
    let press = |verdict| Some(Press::on(offer, verdict));
    assert_eq!(pressed, [("YES", press(Verdict::Claim)), ("NO", press(Verdict::Decline))]);
}

#[tokio::test]
async fn an_offer_that_is_over_is_edited_in_place_and_loses_its_buttons() {
    let town = Town::open().await;
    let ana = town.bot.chat(1001);
    let offered = receipt(town.tells(1001, offer()).await);
    let over = samples::about_job(Topic::OfferOver(1, Over::Taken), &samples::view(samples::full_brief()), true);
    let edit = Errand { replaces: Some(offered.clone()), ..errand(1001, over) };
    assert_eq!(receipt(town.telegram.send(edit.clone()).await), offered);
    let messages = ana.messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].text.contains("somebody else has the job") && messages[0].buttons.is_empty(), "{messages:?}");
    // The same again is no news, to nobody.
    assert_eq!(town.telegram.send(edit).await, Outcome::Noop);
}

#[tokio::test]
async fn names_of_any_kind_arrive_as_they_are() {
    let town = Town::open().await;
    let ana = town.bot.chat(1001);
    let name = "_*[]()~`>#+-=|{}.!<script>alert(1)</script>&amp;";
    let (say, _) = offer_of(Brief { from: Some(name.to_owned()), ..samples::full_brief() });
    receipt(town.tells(1001, say).await);
    assert!(ana.messages()[0].text.contains(name), "{:?}", ana.messages());
}

#[tokio::test]
async fn a_message_too_long_for_one_comes_in_several_and_goes_on_where_it_was_stopped() {
    let town = Town::open().await;
    let ana = town.bot.chat(1001);
    let items = (0..60).map(|no| Item { kind: format!("{no} {}", "piano ".repeat(30)), quantity: 1 }).collect();
    let (say, _) = offer_of(Brief { items, ..samples::full_brief() });
    ana.next_call_meets(Fault::Nothing);
    ana.next_call_meets(Fault::TooMany { retry_after: 1 });
    assert_eq!(town.tells(1001, say.clone()).await, Outcome::RetryAfter(Duration::from_secs(1), Scope::Chat));
    assert_eq!(ana.messages().len(), 1);
    let sent = receipt(town.tells(1001, say).await);
    let messages = ana.messages();
    let ids: Vec<_> = messages.iter().map(|message| message.id.to_string()).collect();
    assert_eq!(sent.message, ids.join(","));
    let buttons: Vec<_> = messages.iter().map(|message| message.buttons.len()).collect();
    assert_eq!(buttons, [0, 0, 2]);
    let all: String = messages.iter().map(|message| message.text.as_str()).collect();
    assert!((0..60).all(|no| all.matches(&format!("1 x {no} piano")).count() == 1), "{all}");
}

#[tokio::test]
async fn waits_of_several_chats_at_once_are_for_the_whole_bot() {
    let town = Town::open().await;
    for (chat, scope) in [(1001, Scope::Chat), (1001, Scope::Chat), (1002, Scope::Account)] {
        town.bot.chat(chat).next_call_meets(Fault::TooMany { retry_after: 7 });
        assert_eq!(town.tells(chat, offer()).await, Outcome::RetryAfter(Duration::from_secs(7), scope), "{chat}");
    }
}

#[tokio::test]
async fn updates_that_could_not_be_taken_come_again() {
    let town = Town::open().await;
    let ana = town.bot.chat(1001);
    let client = client(&town.server);
    client.set_webhook("http://127.0.0.1:9/nowhere", None).await.expect("set");
    let (tell, mut told) = mpsc::channel(16);
    let mut refused = false;
    let patience = Patience { pause: Duration::from_millis(1), ..Patience::default() };
    let polling = poll(&client, Some("baton_bot"), patience, &SystemClock, |updates: Vec<Inbound>| {
        let first = !std::mem::replace(&mut refused, true);
        let tell = tell.clone();
        async move {
            for update in updates {
                let _ = tell.send(update.what).await;
            }
            if first { Err("the store is away") } else { Ok(()) }
        }
    });
    let people = async {
        ana.types("yes");
        ana.starts("token");
        let mut heard: Vec<What> = Vec::new();
        while heard.iter().filter(|what| matches!(what, What::Text { .. })).count() < 2
            || !matches!(heard.last(), Some(What::Start { .. }))
        {
            let next = tokio::time::timeout(Duration::from_secs(20), told.recv()).await;
            heard.extend(next.expect("an update that was not taken comes again"));
        }
        town.bot.wait_for_calls(|_| town.bot.pending_updates() == 0).await.expect("all are confirmed");
        heard
    };
    let heard = tokio::select! {
        heard = people => heard,
        () = polling => unreachable!("it polls for ever"),
    };
    let text = |what: &What| matches!(what, What::Text { chat: 1001, from: 1001, text, .. } if text == "yes");
    let start = |what: &What| matches!(what, What::Start { chat: 1001, token, group: false, .. } if token == "token");
    // What came with the first, if anything did, comes again with it.
    assert!(text(&heard[0]) && heard.iter().filter(|what| text(what)).count() == 2, "{heard:?}");
    assert!(heard.last().is_some_and(start), "{heard:?}");
    assert_eq!(client.get_webhook_info().await.expect("told").url, "");
}

#[tokio::test]
async fn a_pressed_button_is_answered_and_one_too_old_still_counts() {
    let town = Town::open().await;
    let ana = town.bot.chat(1001);
    let client = client(&town.server);
    receipt(town.tells(1001, offer()).await);
    let pressed = ana.presses(1, "YES").expect("it is there");
    assert_eq!(town.bot.callback_answer(&pressed), None);
    assert_eq!(client.answer_callback_query(&pressed, Some("Noted")).await, Outcome::Noop);
    assert_eq!(town.bot.callback_answer(&pressed), Some("Noted".to_owned()));
    assert_eq!(client.answer_callback_query("long-gone", None).await, Outcome::Noop);
    assert_eq!(client.get_me().await.expect("told").username, "baton_bot");
}

#[tokio::test]
async fn nothing_that_is_said_of_a_client_holds_its_token() {
    let town = Town::open().await;
    let settings = ClientSettings { base_url: town.server.url(), ..ClientSettings::new(TOKEN.to_owned().into()) };
    assert!(!format!("{settings:?}").contains("TEST-TOKEN"));
    let stranger = ClientSettings { token: "654321:OTHER-TOKEN".to_owned().into(), ..settings.clone() };
    let refused = Client::new(&stranger).expect("set up").get_me().await.expect_err("unknown");
    assert_eq!(refused.to_string(), "401 Unauthorized");
    drop(town);
    let away = Client::new(&settings).expect("set up").get_me().await.expect_err("away");
    assert_eq!(super::outcome_of(&away).class(), "retry");
    assert!(!format!("{away} {away:?}").contains("TEST-TOKEN"));
}
