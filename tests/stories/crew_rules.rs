//! Who may claim from a group, how much, and who publishes there.

use serde_json::{Value, json};

use super::crew::{pairs, verdicts};
use super::desk::{Job, order};
use super::group::for_the_group;
use super::town::{Town, person, town, town_with};
use super::wait::until;

const NORTH: &str = "the-key-of-the-north-0123456789abcdef";

/// A key of the tenant with these scopes.
async fn key_with(town: &Town, scopes: &[&str]) -> super::door::Door {
    let made = town.door.post("/api/v1/keys", json!({ "name": "crew", "scopes": scopes })).await.is(201);
    town.door.with_key(Some(made["key"].as_str().unwrap()))
}

/// Waits until a job's ledger has these attempts: those that the agent's actor refuses are entered behind the answer.
async fn entered(town: &Town, job: &Job, expected: &[(&str, &str)]) {
    until("the ledger has every attempt", async || (verdicts(town, job).await == pairs(expected)).then_some(())).await;
}

#[tokio::test]
async fn c10_who_may_not_claim_is_told_why_and_stands_in_the_ledger() {
    let town = town_with(&[("LINKS__REGISTER_URL", "https://example.com/register")]).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let group = town.has_a_group(json!({})).await;

    // Not published.
    let waits = town.desk().publishes(for_the_group("c10-waits").needing_approval()).await;
    group.chat.types_as(1001, &format!("/claim {}", waits.code));
    ana.shows("not open to be claimed").await;
    assert_eq!(town.desk().sees(&waits).await["status"], "needs_approval");
    entered(&town, &waits, &[("ana", "job-not-published")]).await;

    // Unknown job, or no job at all.
    for text in ["/claim 00000000", "/claim nonsense", "/claim"] {
        let before = ana.chat.messages().len();
        group.chat.types_as(1001, text);
        ana.chat.wait_for(|messages| messages.len() > before).await.unwrap();
        ana.shows("no open job with this code").await;
    }

    // Somebody nobody knows: by the button, and by writing.
    let job = town.desk().publishes(for_the_group("c10")).await;
    let told = group.presses(4242, &job).await;
    assert!(told.contains("example.com/register"), "{told}");
    group.chat.types_as(4242, &format!("/claim {}", job.code));
    let says = |message: &baton::simulator::telegram::Message| message.text.contains("example.com/register");
    group.chat.wait_for(|messages| messages.iter().any(says)).await.unwrap();
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
    let stranger = ("nobody we know", "unknown-agent");
    until("both stand in the ledger", async || {
        (verdicts(&town, &job).await == pairs(&[stranger, stranger])).then_some(())
    })
    .await;

    // Claimed already.
    assert!(group.presses(1001, &job).await.contains("yours"));
    group.chat.types_as(1002, &format!("/claim {}", job.code));
    bo.shows("Somebody was faster").await;
    assert!(bo.shows("Somebody was faster").await.text.contains("number 1 in line"));
    let expected = [stranger, stranger, ("ana", "claimed"), ("bo", "job-already-claimed")];
    entered(&town, &job, &expected).await;
    // What people say to each other is none of our business.
    let before = town.metric("baton_inbound_total", "channel=\"telegram\"").await;
    group.chat.types_as(1002, "claim it if you like");
    group.chat.types_as(1002, &format!("/claim@other_bot {}", job.code));
    town.phone(1).types("help");
    ana.shows("Reply YES").await;
    assert!(town.metric("baton_inbound_total", "channel=\"telegram\"").await <= before + 2.0);
}

#[tokio::test]
async fn c10_a_job_of_another_tenant_cannot_be_claimed() {
    let settings = [
        ("TENANTS__NORTH__TIME_ZONE", "UTC"),
        ("API_KEYS__NORTH__KEY", NORTH),
        ("API_KEYS__NORTH__TENANT", "north"),
        ("API_KEYS__NORTH__SCOPES", "jobs:read,jobs:write,operator,admin"),
    ];
    let town = town_with(&settings).await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    town.door.with_key(Some(NORTH)).post("/api/v1/agents/sync", json!({ "agents": [person("eve", 9)] })).await.is(200);
    let job = town.desk().publishes(for_the_group("c10-ours")).await;
    let post = group.reads(&job, "/claim").await;
    // Eve is known to the other tenant alone.
    let told = group.hears(&group.chat.presses_as(1009, post.id, "Claim").unwrap()).await;
    assert!(told.contains("do not know"), "{told}");
    town.bot.chat(-900).types_as(1009, &format!("/claim {}", job.code));
    town.phone(9).types(&format!("/claim {}", job.code));
    town.phone(9).shows("Nothing is open").await;
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
    entered(&town, &job, &[("nobody we know", "unknown-agent")]).await;
}

#[tokio::test]
async fn c10_the_code_of_another_tenants_job_is_no_code_in_our_group() {
    let settings = [
        ("TENANTS__NORTH__TIME_ZONE", "UTC"),
        ("API_KEYS__NORTH__KEY", NORTH),
        ("API_KEYS__NORTH__TENANT", "north"),
        ("API_KEYS__NORTH__SCOPES", "jobs:read,jobs:write,operator,admin"),
    ];
    let town = town_with(&settings).await;
    let [ana] = town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    let north = town.door.with_key(Some(NORTH));
    north.post("/api/v1/agents/sync", json!({ "agents": [person("eve", 9)] })).await.is(200);
    let crew = json!({ "groups": [{ "name": "movers", "telegram_chat_id": -600 }] });
    north.patch("/api/v1/tenants/north", json!({ "crew": crew })).await.is(200);
    town.bot.chat(-600);
    let theirs = Job::of(&north.post("/api/v1/jobs", for_the_group("c10-theirs").0).await.is(201));
    until("it stands in their group", async || {
        town.bot.chat(-600).messages().iter().any(|message| message.text.contains(&theirs.code)).then_some(())
    })
    .await;
    let before = north.get(&theirs.path("")).await.is(200);
    // From our group, by somebody of ours, and by somebody who is theirs and only there known.
    group.chat.types_as(1001, &format!("/claim {}", theirs.code));
    ana.shows("no open job with this code").await;
    group.chat.types_as(1009, &format!("/claim {}", theirs.code));
    group.chat.wait_for(|messages| messages.iter().any(|said| said.from.is_none())).await.unwrap();
    assert_eq!(north.get(&theirs.path("")).await.is(200), before);
    assert_eq!(north.get(&theirs.path("/ledger")).await.is(200)["items"], json!([]));
    // In theirs it works.
    town.bot.chat(-600).types_as(1009, &format!("/claim {}", theirs.code));
    until("eve has it", async || {
        (north.get(&theirs.path("")).await.is(200)["claim"]["agent"]["ref"] == "eve").then_some(())
    })
    .await;
}

#[tokio::test]
async fn each_cap_refuses_in_so_many_words_and_the_desk_may_go_over_it() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    let group = town.has_a_group(json!({ "claims": { "open": 1 } })).await;
    let mut jobs = Vec::new();
    for no in 0..4 {
        jobs.push(town.desk().publishes(for_the_group(&format!("cap-{no}"))).await);
    }
    assert!(group.presses(1001, &jobs[0]).await.contains("yours"));
    assert!(group.presses(1001, &jobs[1]).await.contains("as many jobs as you can take"));
    entered(&town, &jobs[1], &[("ana", "agent-full")]).await;
    town.desk().tells(&jobs[1], "reassign", json!({ "agent": "ana" })).await.is(200);

    town.sets_crew(json!({ "claims": { "open": null, "an_hour": 2 } })).await;
    assert!(group.presses(1001, &jobs[2]).await.contains("yours"));
    assert!(group.presses(1001, &jobs[3]).await.contains("yours"), "what the desk gave does not count");
    let fifth = town.desk().publishes(for_the_group("cap-5")).await;
    assert!(group.presses(1001, &fifth).await.contains("within the hour"));
    entered(&town, &fifth, &[("ana", "too-many-claims")]).await;

    town.sets_crew(json!({ "claims": { "an_hour": null, "cool_down": "30m" } })).await;
    town.desk().tells(&jobs[3], "withdraw", json!({})).await.is(200);
    ana.shows("back").await;
    assert!(group.presses(1001, &fifth).await.contains("30 min"));
    entered(&town, &fifth, &[("ana", "too-many-claims"), ("ana", "agent-cooling-down")]).await;
    town.sets_crew(json!({ "claims": { "cool_down": null } })).await;
    assert!(group.presses(1001, &fifth).await.contains("yours"));
}

#[tokio::test]
async fn caps_outlive_a_kill() {
    let mut town = town().await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({ "claims": { "an_hour": 1 } })).await;
    let first = town.desk().publishes(for_the_group("cap-a")).await;
    assert!(group.presses(1001, &first).await.contains("yours"));
    town.desk().tells(&first, "complete", json!({})).await.is(200);
    town.kill_9().await;
    town.starts_again().await;
    let second = town.desk().publishes(for_the_group("cap-b")).await;
    assert!(group.presses(1001, &second).await.contains("within the hour"));
}

#[tokio::test]
async fn c13_the_desk_publishes_where_the_tenant_says_so_and_nobody_else() {
    let town = town().await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({ "publish": "person" })).await;
    let job = town.desk().publishes(for_the_group("dial")).await;
    town.desk_phone().shows("publish it in its group").await;
    let seen = town.desk().sees(&job).await;
    assert_eq!((&seen["status"], &seen["next"]["acts"]), (&json!("offering"), &json!("operator")), "{seen}");
    assert!(group.posts(&job).is_empty());
    let shop = key_with(&town, &["jobs:write"]).await;
    shop.post(&job.path("/publish"), json!({})).await.refuses(403, "forbidden");
    assert!(group.posts(&job).is_empty());
    town.desk().tells(&job, "publish", json!({})).await.is(200);
    group.reads(&job, "/claim").await;
    town.desk().tells(&job, "publish", json!({})).await.is(200);
    town.sends_all_it_owes().await;
    assert_eq!(group.posts(&job).len(), 1, "published once");
    let timeline = town.desk().timeline(&job).await;
    let said: Vec<&Value> = timeline.iter().map(|entry| &entry["event"]).collect();
    assert!(said.contains(&&json!("publish_awaited")) && said.contains(&&json!("denied")), "{said:?}");
    let published = timeline.iter().find(|entry| entry["event"] == "published").unwrap();
    assert_eq!(published["actor"]["kind"], "operator");
    town.desk()
        .tells(&town.desk().publishes(order("plain")).await, "publish", json!({}))
        .await
        .refuses(409, "nothing-to-publish");
}

#[tokio::test]
async fn c10_one_stranger_who_writes_without_end_silences_no_other_and_keeps_none_out_of_the_ledger() {
    let town = town_with(&[("LINKS__REGISTER_URL", "https://example.com/register")]).await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    let job = town.desk().publishes(for_the_group("c10-flood")).await;
    group.reads(&job, "/claim").await;
    let flooder = town.bot.chat(9001);
    for _ in 0..60 {
        flooder.types("hello");
    }
    until("the flood is over", async || {
        (town.metric("baton_inbound_total", "outcome=\"unanswered\"").await >= 50.0).then_some(())
    })
    .await;
    for stranger in 4241..=4243 {
        group.chat.types_as(stranger, &format!("/claim {}", job.code));
    }
    let stranger = ("nobody we know", "unknown-agent");
    until("each stands in the ledger", async || (verdicts(&town, &job).await == pairs(&[stranger; 3])).then_some(()))
        .await;
    let says = |message: &&baton::simulator::telegram::Message| message.text.contains("example.com/register");
    group.chat.wait_for(|messages| messages.iter().filter(says).count() == 3).await.unwrap();
    assert!(flooder.messages().iter().filter(says).count() <= 10);
}
