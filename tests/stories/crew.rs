//! Section 3: jobs that are published in a crew's group, and claimed from there.

use std::time::Duration;

use baton::simulator::telegram::Fault;
use baton_actors::clock::Stopwatch;
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Job, open_offers, order};
use super::door::send;
use super::group::{GROUP, for_the_group};
use super::town::{Town, town, town_with};
use super::wait::until;

/// What nobody but the winner may ever see.
pub const PRIVATE: [&str; 5] = ["Test Person", "447700900123", "1 Example Street", "2 Example Road", "ring twice"];

/// Everybody's attempts to claim a job, and what came of each.
pub async fn verdicts(town: &Town, job: &Job) -> Vec<(String, String)> {
    let ledger = town.door.get(&job.path("/ledger")).await.is(200);
    assert_eq!(ledger["unbroken"], json!(true));
    let words = |attempt: &Value| {
        let who = attempt["agent"]["ref"].as_str().unwrap_or("nobody we know").to_owned();
        (who, attempt["verdict"].as_str().unwrap().to_owned())
    };
    ledger["items"].as_array().unwrap().iter().map(words).collect()
}

pub fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(who, what)| ((*who).to_owned(), (*what).to_owned())).collect()
}

#[tokio::test]
async fn c7_c9_c11_a_job_is_published_once_and_whoever_claims_it_first_has_it() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let group = town.has_a_group(json!({})).await;
    let job = town.desk().publishes(for_the_group("crew-1")).await;
    let post = group.reads(&job, &format!("/claim {}", job.code)).await;
    assert!(post.has_button("Claim") && post.text.contains("Route: Leeds → Manchester"), "{}", post.text);
    // Telegram has it before we have heard so.
    let known = |job: &Value| job["publications"][0]["message_id"].is_string();
    let seen = town.desk().waits(&job, "its message is known", known).await;
    assert_eq!(seen["status"], "offering");
    let published = &seen["publications"][0];
    assert_eq!((&published["group"], &published["status"]), (&json!("movers"), &json!("open")), "{seen}");
    assert_eq!(published["message_id"], json!(post.id.to_string()));
    assert!(ana.is_silent() && bo.is_silent(), "nobody is asked in private");

    town.bot.person_is_called(1001, "ana_moves");
    group.chat.types_as(1001, &format!("/claim@Baton_Bot {}", job.code));
    let claimed = town.desk().sees_it(&job, "claimed").await;
    assert_eq!(
        (&claimed["claim"]["agent"]["ref"], &claimed["publications"][0]["reads"]),
        (&json!("ana"), &json!("reserved"))
    );
    assert!(claimed["claim"]["at"].is_string(), "{claimed}");
    ana.shows_victory(&job).await;
    town.desk_phone().shows("ana has it").await;
    let reserved = group.reads(&job, "Reserved by @ana_moves").await;
    assert_eq!((reserved.id, reserved.buttons.len()), (post.id, 0), "it is the same message, without its button");
    town.sends_all_it_owes().await;
    assert_eq!(group.posts(&job).len(), 1);
    assert!(group.chat.messages().iter().all(|message| PRIVATE.iter().all(|said| !message.text.contains(said))));
    assert_eq!(verdicts(&town, &job).await, pairs(&[("ana", "claimed")]));
    let ledger = town.door.get(&job.path("/ledger")).await.is(200);
    let (told, came) = (&ledger["items"][0]["told_at"], &ledger["items"][0]["arrived_at"]);
    assert!(told.as_str().unwrap() <= came.as_str().unwrap(), "Telegram says when it was written: {ledger}");
}

#[tokio::test]
async fn x13_two_who_press_in_the_same_moment_are_first_and_second_and_the_second_is_promoted() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let group = town.has_a_group(json!({})).await;
    let job = town.desk().publishes(for_the_group("crew-race")).await;
    let post = group.reads(&job, "/claim").await;
    // Both stand in the same answer of Telegram's.
    let presses = [1001, 1002].map(|person| group.chat.presses_as(person, post.id, "Claim").unwrap());
    let [first, second] = [group.hears(&presses[0]).await, group.hears(&presses[1]).await];
    let claimed = town.desk().sees_it(&job, "claimed").await;
    let ana_won = claimed["claim"]["agent"]["ref"] == "ana";
    let (winner, loser, told_winner, told_loser) =
        if ana_won { (&ana, &bo, first, second) } else { (&bo, &ana, second, first) };
    assert!(told_winner.contains("yours"), "{told_winner}");
    assert!(told_loser.contains("You are number 1 in line"), "{told_loser}");
    winner.shows_victory(&job).await;
    let (first, second) = if ana_won { ("ana", "bo") } else { ("bo", "ana") };
    assert_eq!(claimed["standby"][0]["ref"], json!(second));
    group.reads(&job, &format!("Reserved by {first}")).await;
    // The winner gives it back in a word: the second has it, is told, and the group reads it.
    winner.types("withdraw");
    loser.shows_victory(&job).await;
    group.reads(&job, &format!("Reserved by {second}")).await;
    assert_eq!(verdicts(&town, &job).await, pairs(&[(first, "claimed"), (second, "job-already-claimed")]));
    // Nobody is left in line: it is free again, below the same message.
    loser.types("withdraw");
    let free = group.reads(&job, &format!("/claim {}", job.code)).await;
    assert!(free.has_button("Claim") && free.id == post.id);
    assert_eq!(group.posts(&job).len(), 1);
}

#[tokio::test]
async fn x13_a_place_in_line_from_a_group_is_left_by_a_no_in_private_and_the_others_move_up() {
    let town = town().await;
    let [ana, bo, cy] = town.people(["ana", "bo", "cy"]).await;
    let group = town.has_a_group(json!({})).await;
    let mut order = for_the_group("crew-line");
    order.0["plan"]["standby"] = json!(3);
    let job = town.desk().publishes(order).await;
    assert!(group.presses(1001, &job).await.contains("yours"));
    ana.shows_victory(&job).await;
    group.chat.types_as(1002, &format!("/claim {}", job.code));
    bo.shows("number 1 in line").await;
    group.chat.types_as(1003, &format!("/claim {}", job.code));
    cy.shows("number 2 in line").await;
    bo.types(&format!("no {}", job.code));
    let seen = town.desk().waits(&job, "bo has left", |job| job["standby"][0]["ref"] == "cy").await;
    assert_eq!(seen["standby"].as_array().map(Vec::len), Some(1));
    let timeline = town.desk().timeline(&job).await;
    let left = timeline.iter().find(|entry| entry["event"] == "standby_left").unwrap();
    assert_eq!((&left["facts"]["agent"]["ref"], &left["actor"]["kind"]), (&json!("bo"), &json!("agent")));
    let expected =
        [("ana", "claimed"), ("bo", "job-already-claimed"), ("cy", "job-already-claimed"), ("bo", "standby-left")];
    assert_eq!(verdicts(&town, &job).await, pairs(&expected));
    assert_eq!(town.door.get(&job.path("/ledger")).await.is(200)["unbroken"], true);
    // Whoever has moved up gets it; who left does not.
    ana.types("withdraw");
    cy.shows_victory(&job).await;
    // The word for giving back does the same.
    group.chat.types_as(1002, &format!("/claim {}", job.code));
    town.desk().waits(&job, "bo is in line again", |job| job["standby"][0]["ref"] == "bo").await;
    bo.types(&format!("withdraw {}", job.code));
    town.desk().waits(&job, "nobody is in line", |job| job["standby"] == json!([])).await;
}

#[tokio::test]
async fn c12_the_whole_life_can_be_read_below_the_message_and_nothing_private() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    let job = town.desk().publishes(for_the_group("crew-life")).await;
    assert!(group.presses(1001, &job).await.contains("yours"));
    for command in ["confirm", "invoice", "paid", "release"] {
        town.desk().tells(&job, command, json!({})).await.is(200);
    }
    group.reads(&job, "Given to ana").await;
    ana.shows("/public/details/").await;
    town.desk().tells(&job, "start_work", json!({})).await.is(200);
    town.desk().tells(&job, "complete", json!({})).await.is(200);
    group.reads(&job, "Done").await;
    let texts: Vec<String> = group.chat.messages().into_iter().map(|message| message.text).collect();
    assert!(
        texts.iter().all(|text| !text.contains("/public/details/") && PRIVATE.iter().all(|said| !text.contains(said)))
    );
}

#[tokio::test]
async fn c5_each_group_reads_its_own_language() {
    let town = town().await;
    town.people(["ana"]).await;
    let groups = [
        ("en", -501, "Route: Leeds → Bradford → Manchester", "Pickup 2", "Claim"),
        ("ru", -502, "Маршрут: Leeds → Bradford → Manchester", "Забор 2", "Беру"),
        ("he", -503, "מסלול:", "איסוף 2", "לוקח"),
    ];
    let crew: Vec<Value> = groups
        .iter()
        .map(|(locale, chat, ..)| json!({ "name": locale, "telegram_chat_id": chat, "locale": locale }))
        .collect();
    town.sets_crew(json!({ "groups": crew })).await;
    for (locale, chat, route, pickup, button) in groups {
        // A group that is not there cannot be written to.
        let chat = town.bot.chat(chat);
        let wave = json!([{ "mode": "group", "group": locale, "claim_within": "30m" }]);
        let stops = json!(["pickup 1 floor 3 no lift", "pickup 2 floor 1", "delivery floor 2 lift"]);
        let brief = json!({ "from": "Leeds", "via": ["Bradford"], "to": "Manchester", "services": stops });
        let job = town.desk().publishes(order(&format!("c5-{locale}")).with("brief", brief).asking(wave)).await;
        let posts = chat.wait_for(|messages| !messages.is_empty()).await.unwrap();
        let plain = posts[0].text.replace(['\u{2068}', '\u{2069}'], "");
        assert!(plain.contains(route) && plain.contains(pickup), "{plain}");
        assert!(plain.contains(&format!("/claim {}", job.code)) && posts[0].has_button(button), "{plain}");
    }
}

#[tokio::test]
async fn c14_what_expires_or_is_cancelled_says_so_and_can_no_longer_be_claimed() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    let expires = town.desk().publishes(for_the_group("c14-a").with("search_for", json!("1s"))).await;
    let cancelled = town.desk().publishes(for_the_group("c14-b")).await;
    let post = group.reads(&cancelled, "/claim").await;
    town.desk().tells(&cancelled, "cancel", json!({})).await.is(200);
    assert!(group.reads(&cancelled, "Cancelled").await.buttons.is_empty());
    let seen = town.desk().sees_it(&expires, "expired").await;
    assert_eq!(seen["publications"][0]["reads"], "expired");
    assert!(group.reads(&expires, "Expired").await.buttons.is_empty());
    // From a phone that still shows the button.
    let data = &post.buttons[0].data;
    let told = group.hears(&group.chat.presses_data(1001, post.id, data)).await;
    assert!(told.contains("over") || told.contains("no longer"), "{told}");
    assert_eq!(town.desk().sees(&cancelled).await["status"], "cancelled");
    // One that nobody claims in its time goes to the next wave, and the group reads that, too.
    let waves = json!([{ "mode": "group", "group": "movers", "claim_within": "1s" },
        { "mode": "everybody", "claim_within": "30m" }]);
    let goes_on = town.desk().publishes(order("c14-c").asking(waves)).await;
    group.reads(&goes_on, "Cannot be taken here").await;
    ana.shows_offer(&goes_on).await;
    assert_eq!(open_offers(&town.desk().sees(&goes_on).await), 1);
}

#[tokio::test]
async fn c7_where_there_is_no_such_group_everybody_is_asked_in_private_under_one_claim() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let unknown = town.desk().publishes(for_the_group("c7-unknown")).await;
    ana.shows_offer(&unknown).await;
    bo.presses_yes(&unknown).await;
    bo.shows_victory(&unknown).await;
    ana.shows_withdrawal(&unknown).await;
    // Thrown out of the group, it asks them as well, and the desk hears of it.
    town.has_a_group(json!({})).await;
    town.bot
        .chat(GROUP)
        .next_call_meets(Fault::Refused(403, "Forbidden: bot was kicked from the group chat".to_owned()));
    let kicked = town.desk().publishes(for_the_group("c7-kicked")).await;
    ana.shows_offer(&kicked).await;
    bo.shows_offer(&kicked).await;
    town.desk_phone().shows("could not be published in its group").await;
    assert_eq!(town.desk().sees(&kicked).await["publications"][0]["status"], "failed");
}

#[tokio::test]
async fn c15_no_webhook_waits_for_what_the_group_is_sent() {
    const SECRET: &str = "a-secret-that-only-telegram-knows";
    let settings = [
        ("CHANNELS__TELEGRAM__MODE", "webhook"),
        ("CHANNELS__TELEGRAM__WEBHOOK_SECRET", SECRET),
        ("CHANNELS__TELEGRAM__REQUEST_TIMEOUT", "8s"),
    ];
    let town = town_with(&settings).await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    let job = town.desk().publishes(for_the_group("c15")).await;
    let post = group.reads(&job, "/claim").await;
    town.bot.every_call_meets(Some(Fault::Hang(Duration::from_secs(5))));
    let press = json!({ "update_id": 77, "callback_query": { "id": "q", "chat_instance": "1", "data": post.buttons[0].data,
        "from": { "id": 1001, "is_bot": false, "first_name": "A" },
        "message": { "message_id": post.id, "date": 1, "chat": { "id": GROUP, "type": "supergroup" } } } });
    let call = town.stranger().request(Method::POST, "/public/webhooks/telegram/default");
    let began = Stopwatch::start();
    assert_eq!(send(call.header("X-Telegram-Bot-Api-Secret-Token", SECRET).json(&press)).await.status, 200);
    let took = began.elapsed();
    assert!(took < Duration::from_millis(200), "{took:?}");
    town.desk().sees_it(&job, "claimed").await;
    town.bot.every_call_meets(None);
    group.reads(&job, "Reserved by ana").await;
}

#[tokio::test]
async fn what_changes_often_is_written_to_the_group_as_often_as_its_budget_allows_and_ends_with_the_truth() {
    let town = town_with(&[("CHANNELS__TELEGRAM__RATE_GROUP", "2/1s burst 1")]).await;
    town.people(["ana", "bo"]).await;
    let group = town.has_a_group(json!({})).await;
    let job = town.desk().publishes(for_the_group("crew-busy")).await;
    group.reads(&job, "/claim").await;
    let began = Stopwatch::start();
    for no in 0..10 {
        let who = if no % 2 == 0 { "ana" } else { "bo" };
        town.desk().tells(&job, "reassign", json!({ "agent": who })).await.is(200);
    }
    group.reads(&job, "Reserved by bo").await;
    town.sends_all_it_owes().await;
    let post = group.reads(&job, "Reserved by bo").await;
    let allowed = began.elapsed().as_secs_f64() * 2.0 + 2.0;
    assert!(f64::from(post.edits) <= allowed && post.edits < 10, "{} edits, {allowed} allowed", post.edits);
}

#[tokio::test]
async fn a_group_in_a_topic_is_written_to_there_and_followed_when_it_moves() {
    let town = town().await;
    town.people(["ana"]).await;
    let old = town.bot.chat(-700);
    old.has_topic(7);
    let group = json!([{ "name": "movers", "telegram_chat_id": -700, "telegram_topic": 7 }]);
    town.sets_crew(json!({ "groups": group })).await;
    let first = town.desk().publishes(for_the_group("topic")).await;
    let posts = old.wait_for(|messages| !messages.is_empty()).await.unwrap();
    assert!(posts[0].thread == Some(7) && posts[0].text.contains(&first.code));
    let new = town.bot.chat(GROUP);
    new.has_topic(7);
    old.next_call_meets(Fault::Moved(GROUP));
    let second = town.desk().publishes(for_the_group("moved")).await;
    let posts = new.wait_for(|messages| !messages.is_empty()).await.unwrap();
    assert!(posts[0].text.contains(&second.code));
    until("the group is followed", async || {
        let settings = town.door.get("/api/v1/tenants/default").await.is(200);
        Some(settings).filter(|seen| seen["settings"]["crew"]["groups"][0]["telegram_chat_id"] == GROUP)
    })
    .await;
    new.types_as(1001, &format!("/claim {}", second.code));
    town.desk().sees_it(&second, "claimed").await;
}
