//! The whole life of a job, killed at every step of it, in the group and at the desk: nothing is lost, and nothing is published or released
//! twice.

use baton::simulator::telegram::{Chat, Message};
use serde_json::{Value, json};

use super::crew::{pairs, verdicts};
use super::desk::Job;
use super::life::{
    Cast, OLGA, PAVEL, cast, holds_nothing_private, is_crew_text, is_full_lead, links, page_is_shut, page_opens,
    timeline_and_ledger_agree,
};
use super::wait::until;

/// What a job has come to, as far as it was answered.
fn standing(job: &Value) -> Vec<&Value> {
    ["status", "claim", "standby", "settlement", "release", "ledger", "round"].map(|field| &job[field]).to_vec()
}

fn count(chat: &Chat, such: impl Fn(&Message) -> bool) -> usize {
    chat.messages().iter().filter(|message| such(message)).count()
}

impl Cast {
    /// The process is killed; what it was seen to have decided, it knows when it is back.
    async fn falls(&mut self, job: &Job, seen: &Value) {
        self.town.kill_9().await;
        self.town.starts_again().await;
        assert_eq!(standing(&self.town.desk().sees(job).await), standing(seen));
    }

    /// A command over HTTP, and it is killed as soon as that was answered.
    async fn tells_and_falls(&mut self, job: &Job, command: &str, status: &str) {
        let seen = self.town.desk().tells(job, command, json!({})).await.is(200);
        assert_eq!(seen["status"], status, "{command}");
        self.falls(job, &seen).await;
    }

    /// It is killed once a job is so.
    async fn falls_once(&mut self, job: &Job, what: &str, so: impl Fn(&Value) -> bool) {
        let seen = self.town.desk().waits(job, what, so).await;
        self.falls(job, &seen).await;
    }

    /// Waits for something that is sent once. Where a kill leaves open whether it was, the desk looks, and has it sent if it was not.
    async fn arrives(&self, what: &str, there: impl Fn() -> bool, doubt: &str) {
        let mut pressed = false;
        until(what, async || {
            if there() {
                return Some(());
            }
            let asked = self.desk.messages().into_iter().find(|message| message.text.contains(doubt));
            if let Some(button) = asked.as_ref().and_then(|asked| asked.buttons.first())
                && !pressed
            {
                self.desk.presses_data(OLGA, asked.as_ref().unwrap().id, &button.data);
                pressed = true;
            }
            None
        })
        .await;
    }

    async fn has_link(&self, name: &str, job: &Job) -> String {
        let chat = &self.phone(name).chat;
        let there = || !links(chat, job).is_empty();
        self.arrives(&format!("{name} has the link"), there, "whether the link to the details reached").await;
        self.town.sends_all_it_owes().await;
        let links = links(chat, job);
        assert_eq!(links.len(), 1, "released once: {links:?}");
        links.into_iter().next().unwrap()
    }
}

#[tokio::test]
async fn show_5_killed_at_every_step_nothing_is_lost_and_nothing_is_published_or_released_twice() {
    let mut cast = cast().await;
    // The lead is taken, and again: the same job.
    let job = cast.finalizes("0952ef82-3f0e-4c57-9b60-6a2f8f1f0a11").await;
    cast.town.kill_9().await;
    cast.town.starts_again().await;
    assert_eq!(cast.finalizes("0952ef82-3f0e-4c57-9b60-6a2f8f1f0a11").await.id, job.id);
    let desk = cast.desk.clone();
    cast.arrives("the full lead", || count(&desk, is_full_lead) > 0, "whether the full lead arrived").await;
    let group = cast.group.chat.clone();
    let stands = |words: &str| group.messages().iter().any(|message| message.text.contains(words));
    cast.arrives("the group's message", || stands("/claim"), "whether it stands in its group").await;
    // Published, and the text for crews is on its way.
    cast.falls_once(&job, "it is offered", |job| job["status"] == "offering").await;
    cast.arrives("the text for crews", || count(&desk, is_crew_text) > 0, "whether the text for crews arrived").await;
    cast.falls_once(&job, "it is offered", |job| job["status"] == "offering").await;

    // Between two claims; the second is pressed and nobody has heard it yet.
    assert!(cast.group.presses(1001, &job).await.contains("yours"));
    cast.falls_once(&job, "ana has it", |job| job["claim"]["agent"]["ref"] == "ana").await;
    cast.group.reads(&job, "Reserved by ana").await;
    cast.phone("ana").shows_victory(&job).await;
    cast.group.chat.types_as(1002, &format!("/claim {}", job.code));
    cast.town.kill_9().await;
    cast.town.starts_again().await;
    cast.falls_once(&job, "bo stands in line", |job| job["standby"][0]["ref"] == "bo").await;
    cast.group.chat.types_as(1003, &format!("/claim@baton_bot {}", job.code));
    cast.falls_once(&job, "cy stands behind bo", |job| job["standby"][1]["ref"] == "cy").await;

    // The desk refuses ana: bo is promoted, and is told, each with a fall behind it.
    cast.desk_presses(OLGA, "ana has it. Please confirm", "Refuse").await;
    // Whether bo has room is asked in a step of its own: this kill is before it or behind it.
    cast.town.desk().waits(&job, "ana has it no more", |job| job["claim"]["agent"]["ref"] != "ana").await;
    cast.town.kill_9().await;
    cast.town.starts_again().await;
    cast.falls_once(&job, "bo has it", |job| job["claim"]["agent"]["ref"] == "bo").await;
    cast.phone("bo").shows_victory(&job).await;
    cast.phone("ana").shows("has chosen somebody else").await;
    cast.group.reads(&job, "Reserved by bo").await;
    cast.falls_once(&job, "bo has it", |job| job["claim"]["agent"]["ref"] == "bo").await;

    // Each gate, by HTTP and in chat; the release; the page.
    cast.tells_and_falls(&job, "confirm", "confirmed").await;
    cast.desk_types(PAVEL, "invoice", &job, "invoiced").await;
    cast.falls_once(&job, "the invoice is out", |job| job["status"] == "invoiced").await;
    cast.tells_and_falls(&job, "paid", "paid").await;
    cast.tells_and_falls(&job, "release", "released").await;
    let page = cast.has_link("bo", &job).await;
    cast.group.reads(&job, "Given to bo").await;
    page_opens(&cast.town, &page).await;
    cast.falls_once(&job, "the page was opened", |job| job["release"]["opened_at"].is_string()).await;
    page_opens(&cast.town, &page).await;
    // Released once more, nothing more is sent.
    cast.tells_and_falls(&job, "release", "released").await;
    assert_eq!(cast.has_link("bo", &job).await, page);

    // Bo gives it back: the page stays shut, and cy has it.
    cast.phone("bo").types("withdraw");
    cast.falls_once(&job, "cy has it", |job| job["claim"]["agent"]["ref"] == "cy").await;
    page_is_shut(&cast.town, &page).await;
    cast.phone("cy").shows_victory(&job).await;
    cast.group.reads(&job, "Reserved by cy").await;
    for (command, status) in
        [("confirm", "confirmed"), ("invoice", "invoiced"), ("paid", "paid"), ("release", "released")]
    {
        cast.tells_and_falls(&job, command, status).await;
    }
    let second = cast.has_link("cy", &job).await;
    page_opens(&cast.town, &second).await;
    page_is_shut(&cast.town, &page).await;
    cast.tells_and_falls(&job, "start_work", "in_progress").await;
    cast.tells_and_falls(&job, "complete", "completed").await;
    cast.group.reads(&job, "Done").await;
    page_is_shut(&cast.town, &second).await;
    cast.town.sends_all_it_owes().await;

    // Each of it happened once.
    let timeline = cast.town.desk().timeline(&job).await;
    let events = |event: &str| timeline.iter().filter(|entry| entry["event"] == event).count();
    let once = ["created", "published", "work_started", "completed"].map(events);
    assert_eq!(once, [1; 4], "{timeline:#?}");
    let twice =
        ["released", "release_revoked", "details_opened", "confirmed", "invoiced", "paid", "claim_ended"].map(events);
    assert_eq!(twice, [2; 7], "{timeline:#?}");
    assert_eq!((events("claimed"), events("standby_joined")), (3, 2));
    let line = [("ana", "claimed"), ("bo", "job-already-claimed"), ("cy", "job-already-claimed")];
    assert_eq!(verdicts(&cast.town, &job).await, pairs(&line));
    timeline_and_ledger_agree(&cast.town, &job).await;
    assert_eq!((count(&cast.desk, is_full_lead), count(&cast.desk, is_crew_text)), (1, 1));
    assert_eq!(["ana", "bo", "cy"].map(|name| links(&cast.phone(name).chat, &job).len()), [0, 1, 1]);
    cast.group_reads_one_message_and_nothing_private(&job);
    holds_nothing_private("the log", &std::fs::read_to_string(cast.town.folder().join("log")).unwrap());
}
