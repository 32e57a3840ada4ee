//! The whole life of a job: a lead comes in with private data, the desk reads it, a crew's group reads what it may, two claim in the same
//! moment, the desk refuses one, the other is promoted, sees the details and gives the job back, and a third one does it.

use std::time::Duration;

use baton::simulator::telegram::{Chat, Message};
use serde_json::{Value, json};

use super::crew::{pairs, verdicts};
use super::desk::Job;
use super::group::Group;
use super::phone::Phone;
use super::process::baton;
use super::town::{Town, town};

/// The desk's own group, and who works there.
pub const DESK_GROUP: i64 = -900;
pub const OLGA: i64 = 5001;
pub const PAVEL: i64 = 5002;

/// What the client said that the page of a release shows.
const SHOWN: [&str; 5] = ["Dana Levi", "+447700900017", "Herzl Street 12, flat 7", "2 Example Road", "ring twice"];
/// What no group, timeline, ledger, metric or log may hold.
const PRIVATE: [&str; 9] =
    ["Dana", "Levi", "447700900017", "dana_levi", "Herzl", "flat 7", "Example Road", "ring twice", "example.com/photo"];

fn lead(id: &str) -> Value {
    json!({
        "lead_id": id, "sender_name": "Dana Levi", "phone": "+447700900017", "chat_id": "@dana_levi",
        "addr_from": "Herzl Street 12, flat 7", "addr_to": "2 Example Road", "details_free": "ring twice",
        "photos": ["https://example.com/photo"], "floor_from": 3, "floor_to": 2, "time_window": "morning", "extras": ["fridge"],
        "custom": {
            "route_classification": { "from_locality": "Haifa", "to_locality": "Kiryat Ata" }, "move_date": "2027-02-23",
            "volume_category": "1br", "estimate_min": 850, "estimate_max": 950,
        },
    })
}

/// Everybody who has a part in it.
pub struct Cast {
    pub town: Town,
    pub group: Group,
    pub desk: Chat,
    pub crew: [Phone; 3],
}

/// A town with a crew of three, their group, and a desk with two people that gets the lead and the text for crews.
pub async fn cast() -> Cast {
    let town = town().await;
    let crew = town.people(["ana", "bo", "cy"]).await;
    let group = town.has_a_group(json!({})).await;
    let desk = town.bot.chat(DESK_GROUP);
    let waves = json!([{ "mode": "group", "group": "movers", "claim_within": "30m" }]);
    town.door.patch("/api/v1/tenants/default", json!({ "default_plan": { "waves": waves } })).await.is(200);
    let staff = json!([{ "name": "olga", "telegram_user_id": OLGA }, { "name": "pavel", "telegram_user_id": PAVEL }]);
    let settings = json!({ "telegram_chat_id": DESK_GROUP, "operators": staff, "send_crew_fallback": true });
    town.door.patch("/api/v1/desk", settings).await.is(200);
    Cast { town, group, desk, crew }
}

/// The number of a crew member's chat, and so of their account.
pub fn account(name: &str) -> i64 {
    match name {
        "ana" => 1001,
        "bo" => 1002,
        _ => 1003,
    }
}

pub fn is_crew_text(message: &Message) -> bool {
    message.from.is_none() && message.text.starts_with('🧰')
}

/// The full lead, wherever it stands.
pub fn is_full_lead(message: &Message) -> bool {
    message.from.is_none() && SHOWN.iter().all(|private| message.text.contains(private))
}

impl Cast {
    /// The lead is finalised by the system that talked to the client.
    pub async fn finalizes(&self, id: &str) -> Job {
        let taken = self.town.door.post("/api/v1/leads/finalized", lead(id)).await.is(202);
        Job::of(&self.town.door.get(&format!("/api/v1/jobs/{}", taken["id"].as_str().unwrap())).await.is(200))
    }

    pub fn phone(&self, name: &str) -> &Phone {
        &self.crew[(account(name) - 1001) as usize]
    }

    /// Somebody of the desk presses a button below the latest message that says so.
    pub async fn desk_presses(&self, who: i64, words: &str, button: &str) {
        let asked = Phone::new(self.desk.clone()).shows(words).await;
        self.desk.presses_as(who, asked.id, button).unwrap();
    }

    /// Somebody of the desk writes a command about a job, which then stands so.
    pub async fn desk_types(&self, who: i64, command: &str, job: &Job, status: &str) {
        self.desk.types_as(who, &format!("/{command} {}", job.code));
        self.town.desk().sees_it(job, status).await;
    }

    /// The group sees nothing private and no link, and one message about the job.
    pub fn group_reads_one_message_and_nothing_private(&self, job: &Job) {
        let about = self.group.posts(job);
        assert_eq!(about.len(), 1, "published once: {about:#?}");
        for message in self.group.chat.messages() {
            assert!(!message.text.contains("/public/"), "{}", message.text);
            holds_nothing_private("the group", &message.text);
        }
    }
}

/// The links to the details of a job that a chat has been sent.
pub fn links(chat: &Chat, job: &Job) -> Vec<String> {
    let texts = chat.messages().into_iter().map(|message| message.text);
    let sent = texts.filter(|text| text.contains(&job.code));
    let link = |text: String| text.split_whitespace().find(|word| word.contains("/public/details/")).map(str::to_owned);
    sent.filter_map(link).map(|link| Town::path_of(&json!(link))).collect()
}

#[track_caller]
pub fn holds_nothing_private(what: &str, text: &str) {
    for private in PRIVATE {
        assert!(!text.contains(private), "{what} says {private}: {text}");
    }
}

/// The page of a release: nothing before the button is pressed, everything behind it.
pub async fn page_opens(town: &Town, page: &str) {
    let looked = town.stranger().get(page).await;
    assert_eq!(looked.status, 200, "{}", looked.text);
    holds_nothing_private("the page before its button is pressed", &looked.text);
    let opened = town.stranger().submits(page, "show=details").await;
    assert_eq!(opened.status, 200, "{}", opened.text);
    for private in SHOWN {
        assert!(opened.text.contains(private), "{private} is not in {}", opened.text);
    }
}

/// The page of a release that is over.
pub async fn page_is_shut(town: &Town, page: &str) {
    for answer in [town.stranger().get(page).await, town.stranger().submits(page, "show=details").await] {
        assert_eq!(answer.status, 410, "{}", answer.text);
        holds_nothing_private("the page that is shut", &answer.text);
    }
}

/// Every verdict of the ledger has its entry in the timeline, in the same order: a claim that won, a place in line.
pub async fn timeline_and_ledger_agree(town: &Town, job: &Job) {
    let ledger = town.door.get(&job.path("/ledger")).await.is(200);
    assert_eq!(ledger["unbroken"], json!(true), "{ledger}");
    let items = ledger["items"].as_array().unwrap();
    let of_ledger: Vec<(&Value, &Value, &str)> = items
        .iter()
        .filter_map(|attempt| {
            let event = match attempt["verdict"].as_str().unwrap() {
                "claimed" => "claimed",
                "job-already-claimed" => "standby_joined",
                _ => return None,
            };
            Some((&attempt["agent"]["ref"], &attempt["at"], event))
        })
        .collect();
    let timeline = town.desk().timeline(job).await;
    // What nobody claimed but was given (from the line, by the desk) came by no channel and is no attempt.
    let claims = timeline.iter().filter(|entry| {
        let claim = entry["event"] == "claimed" && entry["facts"]["via"].is_string();
        claim || entry["event"] == "standby_joined"
    });
    let of_timeline: Vec<(&Value, &Value, &str)> =
        claims.map(|entry| (&entry["facts"]["agent"]["ref"], &entry["at"], entry["event"].as_str().unwrap())).collect();
    assert_eq!(of_ledger, of_timeline, "{timeline:#?}");
    let head = &town.desk().sees(job).await["ledger"];
    assert_eq!((&head["count"], &head["hash"]), (&json!(items.len()), &items.last().unwrap()["hash"]));
    is_verified(town, job, head["hash"].as_str().unwrap()).await;
    holds_nothing_private("the timeline", &json!(timeline).to_string());
    holds_nothing_private("the ledger", &ledger.to_string());
}

/// `baton ledger verify` holds the export against its hashes, with the last of them as the job has it.
async fn is_verified(town: &Town, job: &Job, head: &str) {
    let export = town.door.get(&job.path("/ledger?format=ndjson")).await.text;
    holds_nothing_private("the export", &export);
    let file = town.folder().join("claims.ndjson");
    std::fs::write(&file, &export).unwrap();
    let verify = async |file: &std::path::Path| {
        let mut command = baton(&town.environment);
        let output = command.args(["ledger", "verify", "--head", head]).arg(file).output().await.unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = verify(&file).await;
    assert!(code == Some(0) && said.contains("holds") && said.contains(&job.id), "{code:?} {said}");
    // The same with a line less does not hold.
    let shorter = town.folder().join("shorter.ndjson");
    std::fs::write(&shorter, export.split_inclusive('\n').skip(1).collect::<String>()).unwrap();
    assert_eq!(verify(&shorter).await.0, Some(65));
}

#[tokio::test(flavor = "multi_thread")]
async fn show_1_from_a_finished_lead_to_a_job_done_by_the_third_who_had_it() {
    let cast = cast().await;
    let (town, group, desk) = (&cast.town, &cast.group, Phone::new(cast.desk.clone()));
    let job = cast.finalizes("0952ef82-3f0e-4c57-9b60-6a2f8f1f0a11").await;

    // The desk gets all of it, then the text for crews; the group what a crew may read.
    let text = cast.desk.wait_for(|messages| messages.iter().any(is_crew_text)).await.unwrap();
    let (full, crew_text) =
        (text.iter().find(|m| is_full_lead(m)).unwrap(), text.iter().find(|m| is_crew_text(m)).unwrap());
    assert!(crew_text.at.since(full.at) >= Duration::from_secs(2), "{full:?} {crew_text:?}");
    holds_nothing_private("the text for crews", &crew_text.text);
    let post = group.reads(&job, "/claim").await;
    assert!(post.text.contains("Haifa → Kiryat Ata") && post.text.contains("₪850–₪950"), "{}", post.text);

    // Two press in the same moment.
    let presses = [1001, 1002].map(|person| {
        let (chat, post) = (group.chat.clone(), post.id);
        tokio::spawn(async move { chat.presses_as(person, post, "Claim").unwrap() })
    });
    let mut told = Vec::new();
    for press in presses {
        told.push(group.hears(&press.await.unwrap()).await);
    }
    let claimed = town.desk().sees_it(&job, "claimed").await;
    let (first, second) = if claimed["claim"]["agent"]["ref"] == "ana" { ("ana", "bo") } else { ("bo", "ana") };
    if first == "bo" {
        told.reverse();
    }
    assert!(told[0].contains("yours") && told[1].contains("You are number 1 in line"), "{told:?}");
    cast.phone(first).shows_victory(&job).await;
    assert_eq!(group.reads(&job, &format!("Reserved by {first}")).await.id, post.id);
    group.chat.types_as(1003, &format!("/claim {}", job.code));
    cast.phone("cy").shows("You are number 2 in line").await;
    assert!(cast.phone(second).is_silent(), "who stands in line has been told over the button");

    // The desk does not want the first: the second has it and is told, the first as well.
    cast.desk_presses(OLGA, &format!("{first} has it. Please confirm"), "Refuse").await;
    cast.phone(second).shows_victory(&job).await;
    cast.phone(first).shows("has chosen somebody else").await;
    group.reads(&job, &format!("Reserved by {second}")).await;

    // Through the gates, in chat and over HTTP. A release before its time is refused in both.
    town.desk().tells(&job, "release", json!({})).await.refuses(409, "gates-missing");
    cast.desk.types_as(PAVEL, &format!("/release {}", job.code));
    desk.shows("Still to come: confirm, invoice, payment").await;
    cast.desk_types(PAVEL, "confirm", &job, "confirmed").await;
    assert_eq!(town.desk().tells(&job, "invoice", json!({ "reference": "INV-7" })).await.is(200)["status"], "invoiced");
    cast.desk_presses(OLGA, &format!("{second} has the invoice"), "Paid").await;
    town.desk().sees_it(&job, "paid").await;
    cast.desk_presses(OLGA, &format!("{second} has paid"), "Release").await;
    let released = town.desk().sees_it(&job, "released").await;
    let gates: Vec<&str> = released["settlement"]["passed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|passed| passed["gate"].as_str().unwrap())
        .collect();
    assert_eq!(gates, ["confirm", "invoice", "payment", "release"]);
    assert!(released["settlement"]["passed"].as_array().unwrap().iter().all(|passed| passed["at"].is_string()));

    // The page opens for the winner: nobody else was sent a link, and none can be made up.
    cast.phone(second).shows("/public/details/").await;
    group.reads(&job, &format!("Given to {second}")).await;
    let of_second = links(&cast.phone(second).chat, &job);
    assert_eq!(of_second.len(), 1);
    for chat in [&cast.phone(first).chat, &cast.phone("cy").chat, &cast.desk, &group.chat] {
        assert!(links(chat, &job).is_empty());
    }
    page_opens(town, &of_second[0]).await;
    let middle = of_second[0].len() - 10;
    for turned in ['A', 'B'] {
        let mut forged = of_second[0].clone();
        forged.replace_range(middle..=middle, &turned.to_string());
        if forged != of_second[0] {
            let answer = town.stranger().submits(&forged, "show=details").await;
            assert_eq!(answer.status, 404);
            holds_nothing_private("a forged link", &answer.text);
        }
    }

    // The winner gives it back: the page shuts with that, and the third has it.
    cast.phone(second).types("withdraw");
    cast.phone("cy").shows_victory(&job).await;
    page_is_shut(town, &of_second[0]).await;
    group.reads(&job, "Reserved by cy").await;
    let seen = town.desk().sees(&job).await;
    assert_eq!(
        (&seen["status"], &seen["settlement"]["passed"]),
        (&json!("claimed"), &json!([])),
        "the gates begin anew"
    );
    town.desk().tells(&job, "release", json!({})).await.refuses(409, "gates-missing");

    // The whole way once more.
    cast.desk_presses(PAVEL, "cy has it. Please confirm", "Confirm").await;
    town.desk().sees_it(&job, "confirmed").await;
    cast.desk_types(OLGA, "invoice", &job, "invoiced").await;
    assert_eq!(town.desk().tells(&job, "paid", json!({})).await.is(200)["status"], "paid");
    cast.desk_types(OLGA, "release", &job, "released").await;
    cast.phone("cy").shows("/public/details/").await;
    let of_third = links(&cast.phone("cy").chat, &job);
    assert_eq!(of_third.len(), 1);
    assert_ne!(of_third, of_second);
    page_opens(town, &of_third[0]).await;
    page_is_shut(town, &of_second[0]).await;
    town.desk().tells(&job, "start_work", json!({ "agent": "cy" })).await.is(200);
    assert_eq!(town.desk().tells(&job, "complete", json!({})).await.is(200)["status"], "completed");
    page_is_shut(town, &of_third[0]).await;
    assert_eq!(group.reads(&job, "Done").await.id, post.id);
    town.sends_all_it_owes().await;

    // Timeline and ledger agree, and nothing private is where it must not be.
    let line = [(first, "claimed"), (second, "job-already-claimed"), ("cy", "job-already-claimed")];
    assert_eq!(verdicts(town, &job).await, pairs(&line));
    timeline_and_ledger_agree(town, &job).await;
    let ledger = town.door.get(&job.path("/ledger")).await.is(200);
    for attempt in ledger["items"].as_array().unwrap() {
        assert_eq!(attempt["channel"], "telegram", "{attempt}");
        assert!(attempt["arrived_at"].is_string() && attempt["hash"].is_string(), "{attempt}");
    }
    let table = town.door.get(&job.path("/ledger?format=csv")).await.text;
    assert!(table.lines().count() == 4 && table.contains("job-already-claimed"), "{table}");
    let timeline = town.desk().timeline(&job).await;
    for entry in &timeline {
        assert!(entry["at"].is_string() && entry["actor"]["kind"].is_string() && entry["cause"].is_string(), "{entry}");
    }
    let by = |event: &str| {
        let entries = timeline.iter().filter(|entry| entry["event"] == event);
        entries.map(|entry| entry["actor"]["name"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!([by("confirmed"), by("invoiced")], [["pavel", "pavel"], ["dev", "olga"]]);
    assert_eq!([by("paid"), by("released")], [["olga", "dev"], ["olga", "olga"]]);
    let told: Vec<String> = timeline
        .iter()
        .filter_map(|entry| {
            let who = entry["facts"]["agent"]["ref"].as_str().unwrap_or("-");
            let events = [
                "claimed",
                "claim_ended",
                "confirmed",
                "invoiced",
                "paid",
                "released",
                "details_opened",
                "release_revoked",
                "work_started",
                "completed",
            ];
            entry["event"].as_str().filter(|event| events.contains(event)).map(|event| format!("{event} {who}"))
        })
        .collect();
    let gates = ["confirmed -".to_owned(), "invoiced -".to_owned(), "paid -".to_owned()];
    let mut expected = vec![format!("claimed {first}"), format!("claim_ended {first}"), format!("claimed {second}")];
    expected.extend(gates.clone());
    expected.extend([format!("released {second}"), "details_opened -".to_owned()]);
    expected.extend(["release_revoked -".to_owned(), format!("claim_ended {second}"), "claimed cy".to_owned()]);
    expected.extend(gates);
    expected.extend(
        ["released cy", "details_opened -", "work_started -", "release_revoked -", "completed -"].map(str::to_owned),
    );
    assert_eq!(told, expected);
    cast.group_reads_one_message_and_nothing_private(&job);
    for phone in &cast.crew {
        phone.chat.messages().iter().for_each(|message| holds_nothing_private("a phone", &message.text));
    }
    let leads = cast.desk.messages().iter().filter(|message| is_full_lead(message)).count();
    assert_eq!((leads, cast.desk.messages().iter().filter(|message| is_crew_text(message)).count()), (1, 1));
    holds_nothing_private("/metrics", &town.stranger().get("/metrics").await.text);
    holds_nothing_private("the log", &town.log());
}
