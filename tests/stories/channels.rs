//! Section 6: channels, their limits, retries and faults, against providers that speak the real wire.

use std::time::Duration;

use baton::simulator::telegram::{Call, Fault};
use serde_json::json;

use super::desk::{Job, order};
use super::shows::number;
use super::town::{phone_number, town, town_with};
use super::wait::until;

/// The calls that brought something to a chat.
fn sends(calls: &[Call], chat: i64) -> Vec<Call> {
    let ours = |call: &&Call| call.chat == Some(chat) && call.method.eq_ignore_ascii_case("sendMessage");
    calls.iter().filter(ours).cloned().collect()
}

/// `STORIES_MESSAGES=100` sets how many messages are sent to each of two.
#[tokio::test]
async fn g2_the_rate_is_kept_and_so_is_the_order_in_a_chat() {
    let messages = number("STORIES_MESSAGES", 20);
    let town = town_with(&[("CHANNELS__TELEGRAM__RATE_ACCOUNT", "10/1s burst 2")]).await;
    let phones = town.people(["ana", "bo"]).await;
    let mut jobs: Vec<Job> = Vec::new();
    for no in 0..messages {
        jobs.push(town.desk().publishes(order(&format!("g2-{no}")).everybody()).await);
    }
    for phone in &phones {
        for job in &jobs {
            phone.shows_offer(job).await;
        }
        assert_eq!(phone.chat.messages().len(), messages);
        let shown: Vec<String> = phone.chat.messages().into_iter().map(|message| message.text).collect();
        for (text, job) in shown.iter().zip(&jobs) {
            assert!(text.contains(&job.code), "the order in a chat");
        }
    }
    let at: Vec<_> = town.bot.calls().iter().filter(|call| call.method == "sendMessage").map(|call| call.at).collect();
    assert_eq!(at.len(), 2 * messages);
    // The way to the stub adds a little to one and nothing to the next: a tenth of the second is left to it.
    let nearly_a_second = Duration::from_millis(900);
    let within = |no: usize| at[no..].iter().take_while(|later| later.since(at[no]) < nearly_a_second).count();
    let most = (0..at.len()).map(within).max().unwrap();
    let took = at[at.len() - 1].since(at[0]);
    eprintln!("{} messages in {took:?}, at most {most} in a second", at.len());
    assert!(most <= 12, "{most} in one second");
    assert!(took < Duration::from_millis(100 * at.len() as u64 + 2000), "the rate was not used: {took:?}");
}

#[tokio::test]
async fn g2_offers_that_are_over_before_their_turn_are_dropped_and_counted() {
    let town = town_with(&[("CHANNELS__TELEGRAM__RATE_ACCOUNT", "1/60s burst 1")]).await;
    let _phones = town.people(["ana", "bo", "cy"]).await;
    let job = town.desk().publishes(order("g2").everybody()).await;
    let sent = |job: &serde_json::Value| job["offers"].as_array().unwrap().iter().any(|offer| offer["sent"] == true);
    town.desk().waits(&job, "one offer is sent", sent).await;
    town.desk().tells(&job, "cancel", json!({})).await.is(200);
    town.metric_is("baton_sends_dropped_total", "reason=\"offer_over\"", 2.0).await;
}

#[tokio::test]
async fn g3_who_must_wait_is_written_to_when_the_wait_is_over() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    ana.next_call_meets(Fault::TooMany { retry_after: 2 });
    let job = town.desk().publishes(order("g3")).await;
    ana.shows_offer(&job).await;
    let [first, second] = &sends(&town.bot.calls(), ana.chat.id())[..] else { panic!("two calls") };
    assert!(second.at.since(first.at) >= Duration::from_secs(2), "{:?}", second.at.since(first.at));
}

#[tokio::test]
async fn g4_a_provider_that_fails_is_asked_again_with_growing_gaps() {
    let town = town_with(&[("RETRY__FIRST", "100ms")]).await;
    let [ana] = town.people(["ana"]).await;
    ana.next_call_meets(Fault::Broken);
    ana.next_call_meets(Fault::Broken);
    let job = town.desk().publishes(order("g4")).await;
    ana.shows_offer(&job).await;
    let [first, second, third] = &sends(&town.bot.calls(), ana.chat.id())[..] else { panic!("three calls") };
    let gaps = (second.at.since(first.at), third.at.since(second.at));
    assert!(gaps.0 >= Duration::from_millis(100) && gaps.1 >= Duration::from_millis(200), "{gaps:?}");
}

#[tokio::test]
async fn g4_when_all_attempts_failed_the_offer_has_failed_and_it_shows() {
    let town = town_with(&[("RETRY__ATTEMPTS", "3")]).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    for _ in 0..3 {
        ana.next_call_meets(Fault::Broken);
    }
    let job = town.desk().publishes(order("g4")).await;
    bo.shows_offer(&job).await;
    town.desk().sees_offer(&job, "ana", "failed").await;
    assert_eq!(sends(&town.bot.calls(), ana.chat.id()).len(), 3);
    town.metric_is("baton_sends_failed_total", "telegram", 1.0).await;
}

#[tokio::test]
async fn g5_what_cannot_succeed_is_tried_once() {
    let town = town().await;
    let [ana, bo, cy] = town.people(["ana", "bo", "cy"]).await;
    ana.next_call_meets(Fault::Blocked);
    bo.next_call_meets(Fault::Refused(400, "Bad Request: chat not found".to_owned()));
    let job = town.desk().publishes(order("g5")).await;
    cy.shows_offer(&job).await;
    for phone in [&ana, &bo] {
        assert_eq!(sends(&town.bot.calls(), phone.chat.id()).len(), 1);
    }
}

#[tokio::test]
async fn g5_a_void_token_pauses_the_account_and_loses_nothing() {
    let town = town_with(&[("RETRY__SENDER_PAUSE", "1s")]).await;
    let [ana] = town.people(["ana"]).await;
    ana.next_call_meets(Fault::Refused(401, "Unauthorized".to_owned()));
    let job = town.desk().publishes(order("g5")).await;
    town.metric_is("baton_channel_paused", "telegram", 1.0).await;
    ana.shows_offer(&job).await;
    let [first, second] = &sends(&town.bot.calls(), ana.chat.id())[..] else { panic!("two calls") };
    assert!(second.at.since(first.at) >= Duration::from_millis(950), "{:?}", second.at.since(first.at));
}

#[tokio::test]
async fn after_a_no_the_buttons_are_gone() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("no")).await;
    let offer = ana.shows_offer(&job).await;
    ana.presses_no(&job).await;
    ana.shows("You said no.").await;
    let messages = ana.chat.messages();
    let now = messages.iter().find(|message| message.id == offer.id).unwrap();
    assert!(now.buttons.is_empty() && now.edits == 1 && now.text.contains(&job.code), "{now:?}");
    bo.shows_offer(&job).await;
    bo.types("NO");
    bo.shows("You said no.").await;
}

#[tokio::test]
async fn who_has_blocked_the_bot_is_passed_over_until_they_let_it_write_again() {
    let mut town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    ana.chat.blocks();
    let blocked = async |town: &super::town::Town, is: bool| {
        let ana = town.door.get("/api/v1/agents/ana").await.is(200);
        ((ana["unreachable"][0] == "telegram") == is).then_some(())
    };
    until("ana has blocked the bot", async || blocked(&town, true).await).await;
    // A restart does not forget it.
    town.kill_9().await;
    town.starts_again().await;
    let job = town.desk().publishes(order("blocked").one_by_one("30m")).await;
    bo.shows_offer(&job).await;
    assert!(ana.is_silent());
    let explained = town.desk().explains(&job).await.to_string();
    assert!(explained.contains(r#""rule":"blocked""#), "{explained}");
    ana.chat.unblocks();
    until("ana is back", async || blocked(&town, false).await).await;
    bo.types("NO");
    ana.shows_offer(&job).await;
}

#[tokio::test]
async fn d12_whoever_says_stop_is_asked_no_more_until_they_say_start() {
    let mut town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    ana.types("STOP");
    ana.shows("You will get no more job offers here").await;
    town.kill_9().await;
    town.starts_again().await;
    let job = town.desk().publishes(order("stop").one_by_one("30m")).await;
    bo.shows_offer(&job).await;
    assert_eq!(ana.offers(&job), 0);
    let explained = town.desk().explains(&job).await.to_string();
    assert!(explained.contains(r#""rule":"opted-out""#), "{explained}");
    ana.types("START");
    ana.shows("You will get job offers here again").await;
    bo.types("NO");
    ana.shows_offer(&job).await;
}

#[tokio::test]
async fn g7_a_channel_that_hangs_holds_up_no_other() {
    let town = town_with(&[("CHANNELS__TELEGRAM__REQUEST_TIMEOUT", "1s")]).await;
    let [ana] = town.people(["ana"]).await;
    let bo = json!({ "ref": "bo", "name": "bo", "phone": phone_number(2), "email": "bo@example.com" });
    town.knows(vec![bo]).await;
    for _ in 0..3 {
        ana.next_call_meets(Fault::Hang(Duration::from_secs(30)));
    }
    let job = town.desk().publishes(order("g7").everybody()).await;
    let mails = town.mailbox.wait_for(|mails| !mails.is_empty()).await.unwrap();
    assert!(mails[0].to.contains(&"bo@example.com".to_owned()) && mails[0].text.contains(&job.code));
    let hung = sends(&town.bot.calls(), ana.chat.id());
    assert!(mails[0].at.since(hung[0].at) < Duration::from_secs(1), "the mail waited for Telegram");
    // The request is given up after its time, and tried again.
    until("a second attempt", async || (sends(&town.bot.calls(), ana.chat.id()).len() >= 2).then_some(())).await;
    let calls = sends(&town.bot.calls(), ana.chat.id());
    let gap = calls[1].at.since(calls[0].at);
    assert!(gap >= Duration::from_secs(1) && gap < Duration::from_secs(4), "{gap:?}");
}
