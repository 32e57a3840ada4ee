//! What a crew reads of a finished lead: the documented message to the letter, what of it is missing, and never what is private.

use baton::simulator::telegram::{Chat, Message};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::desk::Job;
use super::group::Group;
use super::town::{Town, town_with};

/// A town whose leads are published in the group of a crew.
async fn publishing() -> (Town, Group) {
    // A message of which nobody knows whether it is there is not sent again: a slow machine must not look like a silent Telegram.
    let town = town_with(&[("CHANNELS__TELEGRAM__REQUEST_TIMEOUT", "20s")]).await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    let waves = json!([{ "mode": "group", "group": "movers", "claim_within": "30m" }]);
    town.door.patch("/api/v1/tenants/default", json!({ "default_plan": { "waves": waves } })).await.is(200);
    (town, group)
}

async fn finalizes(town: &Town, lead: &Value) -> Job {
    let taken = town.door.post("/api/v1/leads/finalized", lead.clone()).await.is(202);
    Job::of(&town.door.get(&format!("/api/v1/jobs/{}", taken["id"].as_str().unwrap())).await.is(200))
}

/// The text for crews of a job, which its group reads as well, with its line below it.
async fn crew_text(town: &Town, group: &Group, job: &Job) -> String {
    let text = town.door.get(&job.path("/crew-text")).await.is(200)["text"].as_str().unwrap().to_owned();
    let post = group.reads(job, &format!("/claim {}", job.code)).await;
    assert!(post.text.starts_with(&text), "{}\n\nis not\n\n{text}", post.text);
    text
}

/// The example of the documented format.
fn documented(id: &str) -> Value {
    json!({
        "lead_id": id, "floor_from": 3, "floor_to": 2, "elevator_from": false, "elevator_to": false, "time_window": "morning",
        "extras": ["fridge", "washing machine"],
        "custom": {
            "route_classification": { "from_locality": "Haifa", "to_locality": "Kiryat Ata" }, "move_date": "2027-02-23",
            "volume_category": "1br", "estimate_min": 850, "estimate_max": 950,
        },
    })
}

#[tokio::test]
async fn c2_the_crew_reads_the_documented_message_to_the_letter() {
    let (town, group) = publishing().await;
    let job = finalizes(&town, &documented("lead-1")).await;
    let expected = format!(
        "🧰 Job #{}\n\nRoute: Haifa → Kiryat Ata\nDate: 23 Feb (Morning)\nVolume: 1BR\nFloors: 3 → 2 (No elevator)\n\
         Extras: Fridge, Washing machine\nEstimate: ₪850–₪950",
        job.code
    );
    assert_eq!(crew_text(&town, &group, &job).await, expected);
}

#[tokio::test]
async fn c4_what_a_lead_does_not_say_is_not_specified_or_has_no_line() {
    let (town, group) = publishing().await;
    let bare = finalizes(&town, &json!({ "lead_id": "lead-1", "phone": "+447700900017" })).await;
    let missing = format!(
        "🧰 Job #{}\n\nRoute: not specified\nDate: not specified\nVolume: not specified\nFloors: not specified",
        bare.code
    );
    assert_eq!(crew_text(&town, &group, &bare).await, missing);
    for (no, switch) in ["estimate_suppressed", "estimate_display_disabled"].into_iter().enumerate() {
        let mut lead = documented(&format!("lead-{}", no + 2));
        lead["custom"][switch] = json!(true);
        let job = finalizes(&town, &lead).await;
        let text = crew_text(&town, &group, &job).await;
        assert!(text.contains("Route: Haifa") && !text.contains('₪') && !text.contains("Estimate"), "{switch}: {text}");
    }
}

#[tokio::test]
async fn c5_three_pickups_are_one_route_with_a_line_of_floors_each_in_every_language() {
    let (town, group) = publishing().await;
    let mut lead = documented("lead-1");
    lead["custom"]["pickups"] = json!([
        { "addr": "1 Example Street", "floor": 3 }, { "addr": "2 Example Road", "floor": 1 }, { "addr": "Lod", "floor": 0 },
    ]);
    lead["custom"]["geo_points"] = json!({ "from_2": { "name": "Tel Aviv" }, "from_3": { "name": "Lod" } });
    let job = finalizes(&town, &lead).await;
    let text = crew_text(&town, &group, &job).await;
    assert!(text.contains("Route: Haifa → Tel Aviv → Lod → Kiryat Ata\n"), "{text}");
    assert!(text.contains("Pickup 1: 3") && text.contains("Pickup 2: 1\nPickup 3: 0\nDelivery: 2"), "{text}");
    for (locale, words) in [("ru", ["Маршрут", "Забор 3", "Доставка"]), ("he", ["מסלול", "איסוף 3", "מסירה"])]
    {
        let text = town.door.get(&job.path(&format!("/crew-text?locale={locale}"))).await.is(200);
        let text = text["text"].as_str().unwrap().replace(['\u{2068}', '\u{2069}'], "");
        assert!(text.contains("Haifa → Tel Aviv → Lod → Kiryat Ata"), "{text}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
}

/// What a client says that nobody but the desk and the winner may read, and the parts by which it is recognised.
const PRIVATE: [(&str, &[&str]); 7] = [
    // Long enough that no id and no moment has such digits by chance.
    ("+447700900017", &["447700900", "700900017", "7700 900", "7700-900"]),
    ("Herzl Street 12", &["Herzl"]),
    ("flat 7, code 0000", &["flat 7", "code 0000"]),
    ("Dana Levi", &["Dana", "Levi"]),
    ("@dana_levi", &["dana_levi"]),
    ("https://example.com/x", &["example.com/x"]),
    ("ring twice please", &["ring twice", "twice please"]),
];

/// A lead in which every field has a value.
fn whole(id: &str) -> Value {
    let mut lead = documented(id);
    for (name, value) in [
        ("sender_name", "Dana Levi"),
        ("phone", "+447700900017"),
        ("addr_from", "Herzl Street 12, flat 7"),
        ("addr_to", "2 Example Road"),
        ("cargo_description", "a sofa"),
        ("details_free", "ring twice please"),
        ("chat_id", "@dana_levi"),
    ] {
        lead[name] = json!(value);
    }
    lead["photos"] = json!(["https://example.com/x"]);
    lead["custom"]["cargo_items"] = json!([{ "key": "box", "qty": 10 }, { "key": "sofa", "qty": 1 }]);
    lead["custom"]["pickups"] = json!([{ "addr": "1 Example Street", "floor": 3 }, { "addr": "Lod", "floor": 1 }]);
    lead["custom"]["geo_points"] =
        json!({ "from": { "name": "Haifa", "address": "Herzl Street 12" }, "from_2": { "name": "Lod" } });
    lead
}

/// Numbers that look like chance and are the same in every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Leaves a value, puts something private in its place, or behind it. What names the lead stays; and a name is known for one where it
/// stands as the client's.
fn planted(name: &str, value: &Value, dice: &mut Dice) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), planted(name, value, dice))).collect()
        }
        Value::Array(values) => values.iter().map(|value| planted(name, value, dice)).collect(),
        _ if name == "lead_id" => value.clone(),
        _ => {
            let (private, _) = PRIVATE[usize::try_from(dice.throw(7)).unwrap()];
            let was = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match dice.throw(3) {
                0 => value.clone(),
                1 if name != "sender_name" => json!(private),
                _ => json!(format!("{was} {private}")),
            }
        }
    }
}

#[track_caller]
fn holds_nothing_private(what: &str, text: &str) {
    for (private, parts) in PRIVATE {
        for part in parts {
            let at = text.find(part);
            let around =
                |at: usize| &text[text.floor_char_boundary(at.saturating_sub(200))..text.ceil_char_boundary(at + 50)];
            assert!(at.is_none(), "{what} has {part:?} of {private:?}: {}", around(at.unwrap_or_default()));
        }
    }
}

#[tokio::test]
async fn c3_a_thousand_leads_with_private_things_in_every_field_are_published_without_any_of_them() {
    const LEADS: usize = 1_000;
    let (town, _) = publishing().await;
    // What the desk gets is private: here it gets nothing, so that all that is told can be searched.
    town.door.patch("/api/v1/desk", json!({ "send_full": false, "send_crew_fallback": false })).await.is(200);
    // A chat gets one message after the other: several groups get theirs sooner.
    let chats = [-501, -502, -503, -504].map(|id| town.bot.chat(id));
    let named = |chat: &Chat| json!({ "name": format!("movers{}", chat.id()), "telegram_chat_id": chat.id() });
    town.sets_crew(json!({ "groups": chats.iter().map(named).collect::<Vec<_>>() })).await;
    let mut dice = Dice(20_270_223);
    let mut ids = Vec::new();
    for (of, chat) in chats.iter().enumerate() {
        let waves = json!([{ "mode": "group", "group": format!("movers{}", chat.id()), "claim_within": "30m" }]);
        town.door.patch("/api/v1/tenants/default", json!({ "default_plan": { "waves": waves } })).await.is(200);
        let theirs = (0..LEADS).skip(of).step_by(chats.len());
        let leads: Vec<Value> = theirs.map(|no| planted("", &whole(&format!("lead-{no}")), &mut dice)).collect();
        let sends = async |lead: Value| {
            town.door.post("/api/v1/leads/finalized", lead).await.is(202)["id"].as_str().unwrap().to_owned()
        };
        ids.extend(stream::iter(leads.into_iter().map(sends)).buffer_unordered(8).collect::<Vec<String>>().await);
    }
    town.sends_all_it_owes().await;
    let posts: Vec<Message> = chats.iter().flat_map(Chat::messages).collect();
    for id in &ids {
        let seen = town.door.get(&format!("/api/v1/jobs/{id}")).await.is(200);
        let code = seen["code"].as_str().unwrap();
        assert!(posts.iter().any(|post| post.text.contains(code)), "{seen} does not stand in its group");
    }
    assert_eq!(posts.len(), LEADS, "each stands there once");
    for post in &posts {
        assert!(post.text.starts_with("🧰"), "{}", post.text);
        holds_nothing_private("the group", &post.text);
    }
    // Most of what a crew may read is still there, or nothing is proved.
    let tells = |words: &str| posts.iter().filter(|post| post.text.contains(words)).count();
    assert!(tells("Haifa") > LEADS / 10 && tells("₪850–₪950") > LEADS / 10 && tells("Fridge") > LEADS / 10);

    // Some of them go on: claimed, called off, and asked for by what a crew can ask.
    for (id, command) in ids.iter().zip(["cancel", "pause"].into_iter().cycle()).take(20) {
        town.door.post(&format!("/api/v1/jobs/{id}/{command}"), json!({})).await.is(200);
    }
    for path in ["", "/timeline", "/ledger", "/crew-text", "/crew-text?locale=he", "/explain"] {
        for id in ids.iter().take(40) {
            let told = town.door.get(&format!("/api/v1/jobs/{id}{path}")).await;
            assert_eq!(told.status, 200, "{path}: {}", told.text);
            holds_nothing_private(path, &told.text);
        }
    }
    let (mut after, mut events) = (json!(0), 0);
    loop {
        let page = town.door.get(&format!("/api/v1/events?after={after}")).await;
        let told = page.is(200);
        holds_nothing_private("the event log", &page.text);
        let more = told["items"].as_array().unwrap().len();
        if more == 0 {
            break;
        }
        (after, events) = (told["next"].clone(), events + more);
    }
    assert!(events >= LEADS, "{events}");
    holds_nothing_private("the metrics", &town.stranger().get("/metrics").await.text);
    let log = town.log();
    assert!(log.matches("/api/v1/leads/finalized").count() >= LEADS, "every request is in the log");
    holds_nothing_private("the log", &log);
}
