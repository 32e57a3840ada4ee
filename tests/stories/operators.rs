//! The desk in chat: operators take a job through its gates by commands and buttons, and whoever else tries is refused.

use baton::simulator::telegram::{Chat, Message};
use baton_core::time::Timestamp;
use serde_json::{Value, json};

use super::desk::order;
use super::phone::Phone;
use super::town::{Town, town};

/// The desk's own group, and who works there.
const GROUP: i64 = -900;
const OLGA: i64 = 5001;
const PAVEL: i64 = 5002;

/// The desk moves into its group, with two people who may give its commands.
async fn staffed(town: &Town) -> Chat {
    let group = town.bot.chat(GROUP);
    let operators =
        json!([{ "name": "olga", "telegram_user_id": OLGA }, { "name": "pavel", "telegram_user_id": PAVEL }]);
    let desk = json!({ "telegram_chat_id": GROUP, "operators": operators });
    let seen = town.door.patch("/api/v1/desk", desk).await.is(200);
    assert_eq!(seen["operators"], operators);
    group
}

/// Waits for the latest message of the bot with these words.
async fn shows(chat: &Chat, words: &str) -> Message {
    Phone::new(chat.clone()).shows(words).await
}

/// Who tried what, and why it was refused.
fn denied(timeline: &[Value]) -> Vec<[String; 3]> {
    let denied = timeline.iter().filter(|entry| entry["event"] == "denied");
    let words = |entry: &Value| {
        [&entry["actor"]["kind"], &entry["facts"]["command"], &entry["facts"]["code"]]
            .map(|word| word.as_str().unwrap().to_owned())
    };
    denied.map(words).collect()
}

fn count(timeline: &[Value], event: &str) -> usize {
    timeline.iter().filter(|entry| entry["event"] == event).count()
}

#[tokio::test]
async fn c12_c13_an_operator_takes_a_job_to_its_release_by_commands_and_nobody_else_can() {
    let town = town().await;
    let group = staffed(&town).await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("chat").everybody()).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    let code = &job.code;

    // An executor, somebody nobody knows who has come to the desk's chat, and an operator in a group that is not the desk's.
    ana.types(&format!("/release {code}"));
    ana.shows("for the desk alone").await;
    group.types_as(4242, &format!("/confirm@baton_bot {code}"));
    shows(&group, "for the desk alone").await;
    let olga = town.bot.chat(OLGA);
    town.bot.chat(-77).types_as(OLGA, &format!("/confirm {code}"));
    shows(&olga, "for the desk's own chat").await;
    let tried = [
        ["agent", "release", "not-an-operator"],
        ["stranger", "confirm", "not-an-operator"],
        ["operator", "confirm", "not-at-the-desk"],
    ];
    assert_eq!(denied(&town.desk().timeline(&job).await), tried);
    assert_eq!(town.desk().sees(&job).await["status"], "claimed");

    // In private and in the group, with and without the bot's name.
    group.types_as(PAVEL, &format!("/release {code}"));
    shows(&group, "Still to come: confirm, invoice, payment").await;
    olga.types(&format!("/who {code}"));
    shows(&olga, "ana has it").await;
    for (who, command, answer, status) in [
        (OLGA, format!("/confirm@baton_bot {code}"), "the winner is confirmed", "confirmed"),
        (PAVEL, format!("/invoice {code} INV-7"), "the invoice is out", "invoiced"),
        (PAVEL, format!("/paid {code}"), "it is paid", "paid"),
        (OLGA, format!("/release {code}"), "the details are released", "released"),
    ] {
        group.types_as(who, &command);
        shows(&group, answer).await;
        town.desk().sees_it(&job, status).await;
    }
    olga.types(&format!("/status {code}"));
    shows(&olga, "details released. ana has it").await;
    ana.shows("/public/details/").await;
    // What is private went to the winner's page alone.
    for message in [group.messages(), olga.messages()].concat() {
        assert!(!message.text.contains("Example") && !message.text.contains("/public/details/"), "{}", message.text);
    }
    let timeline = town.desk().timeline(&job).await;
    let by = |event: &str| {
        let entry = timeline.iter().find(|entry| entry["event"] == event).unwrap();
        (entry["actor"]["name"].as_str().unwrap().to_owned(), entry["cause"].clone(), entry["channel"].clone())
    };
    for (event, name) in [("confirmed", "olga"), ("invoiced", "pavel"), ("paid", "pavel"), ("released", "olga")] {
        assert_eq!(by(event), (name.to_owned(), json!("reply"), json!("telegram")), "{event}");
    }
    // Early, by an operator: refused, and it stands there as well.
    assert_eq!(denied(&timeline).last().unwrap(), &["operator", "release", "gates-missing"]);
}

#[tokio::test]
async fn c13_what_an_operator_passes_on_is_not_their_command() {
    let town = town().await;
    let group = staffed(&town).await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("passed-on").everybody()).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    group.passes_on_as(PAVEL, &format!("/release {} he asks for it", job.code));
    town.bot.chat(OLGA).passes_on_as(OLGA, &format!("/cancel {}", job.code));
    // What they say themselves comes behind it, and is answered.
    group.types_as(PAVEL, &format!("/who {}", job.code));
    shows(&group, "ana").await;
    town.bot.chat(OLGA).types(&format!("/who {}", job.code));
    shows(&town.bot.chat(OLGA), "ana").await;
    assert_eq!(town.desk().sees(&job).await["status"], "claimed");
    let timeline = town.desk().timeline(&job).await;
    assert_eq!((denied(&timeline), count(&timeline, "released")), (Vec::new(), 0), "it was no attempt, either");
}

#[tokio::test]
async fn c13_a_stranger_does_not_learn_whether_a_job_exists_and_writes_in_no_timeline() {
    let town = town().await;
    let group = staffed(&town).await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("theirs").everybody()).await;
    ana.presses_yes(&job).await;
    let about_ana = shows(&group, "ana").await;
    let stranger = town.bot.chat(4242);
    let said = async |command: &str, code: &str| {
        let before = stranger.messages().len();
        stranger.types(&format!("/{command} {code}"));
        let messages = stranger.wait_for(|messages| messages.len() == before + 2).await.unwrap();
        messages.last().unwrap().text.clone()
    };
    for command in ["status", "cancel"] {
        let answer = said(command, &job.code).await;
        assert!(answer.contains("for the desk alone") && answer == said(command, "00000000").await, "{answer}");
    }
    // Nor by a button that somebody has shown them.
    let press = stranger.presses_data(4242, about_ana.id, &about_ana.buttons[0].data);
    told(&town, &press, "for the desk alone").await;
    assert_eq!(denied(&town.desk().timeline(&job).await), Vec::<[String; 3]>::new());
}

#[tokio::test]
async fn what_was_written_about_one_winner_is_not_done_to_the_next() {
    let town = town().await;
    let group = staffed(&town).await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("late").everybody()).await;
    let long_before = Timestamp(ana.shows_offer(&job).await.at.0 - 60_000);
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    // They come only now, as after an outage.
    for (no, command) in ["refuse", "noshow", "confirm"].into_iter().enumerate() {
        group.typed_as(OLGA, &format!("/{command} {}", job.code), long_before);
        let moved_on = |messages: &[Message]| messages.iter().filter(|said| said.text.contains("has moved on")).count();
        group.wait_for(|messages| moved_on(messages) == no + 1).await.unwrap();
    }
    assert_eq!(town.desk().sees(&job).await["status"], "claimed");
    group.types_as(OLGA, &format!("/refuse {}", job.code));
    shows(&group, "the winner is refused").await;
}

#[tokio::test]
async fn a_button_does_what_it_says_once_and_only_about_the_claim_it_was_made_for() {
    let town = town().await;
    let group = staffed(&town).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("buttons").everybody()).await;
    // Pressed on a phone that still shows it, though it is over by then.
    let offer = bo.shows_offer(&job).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    bo.chat.presses_data(1002, offer.id, &offer.buttons[0].data);
    town.desk().waits(&job, "bo stands in line", |job| job["standby"][0]["ref"] == "bo").await;

    let about_ana = shows(&group, "ana").await;
    let data = |button: &str| about_ana.buttons.iter().find(|shown| shown.text == button).unwrap().data.clone();
    let (refuse, confirm) = (data("Refuse"), data("Confirm"));
    // Who may not press it is told so over the button.
    let press = group.presses_data(1001, about_ana.id, &confirm);
    told(&town, &press, "for the desk alone").await;
    let press = group.presses_data(OLGA, about_ana.id, &refuse);
    told(&town, &press, "the winner is refused").await;
    bo.shows_victory(&job).await;
    // Pressed again, on a phone that still shows it: bo keeps the job.
    for data in [&refuse, &confirm] {
        let press = group.presses_data(PAVEL, about_ana.id, data);
        told(&town, &press, "has moved on").await;
    }
    let seen = town.desk().sees(&job).await;
    assert_eq!((&seen["status"], &seen["claim"]["agent"]["ref"]), (&json!("claimed"), &json!("bo")));

    let about_bo = shows(&group, "bo").await;
    let confirm = about_bo.buttons.iter().find(|shown| shown.text == "Confirm").unwrap().data.clone();
    let press = group.presses_data(OLGA, about_bo.id, &confirm);
    told(&town, &press, "the winner is confirmed").await;
    let press = group.presses_data(PAVEL, about_bo.id, &confirm);
    told(&town, &press, "as it was before").await;
    let timeline = town.desk().timeline(&job).await;
    assert_eq!((count(&timeline, "confirmed"), count(&timeline, "claim_ended")), (1, 1));
    assert_eq!(denied(&timeline), [["agent", "confirm", "not-an-operator"]]);
}

/// Waits until a pressed button was answered so.
async fn told(town: &Town, press: &str, words: &str) {
    super::wait::until(&format!("the press is answered: {words}"), async || {
        town.bot.callback_answer(press).filter(|answer| answer.contains(words))
    })
    .await;
}
