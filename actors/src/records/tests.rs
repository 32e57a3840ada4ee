//! Every stored type against its golden file: what was once written must be read for ever, and is written the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_core::agent::{Availability, QuietHours, Reach};
use baton_core::brief::{Brief, Item, Price};
use baton_core::consent::{Consent, Purpose, Status};
use baton_core::crew::{ClaimCaps, Crew, CrewGroup, Publish};
use baton_core::dashboard::Wire;
use baton_core::delivery::{ChannelKind, Delivery, Provider, Receipt};
use baton_core::fit::Boundless;
use baton_core::follower::{Follower, Line, Replay};
use baton_core::gates::{Dial, Gate, Gates, OwnGates};
use baton_core::holds::Hold;
use baton_core::ids::{AgentId, EffectNo, EndpointId, JobId, NotificationId, TenantId};
use baton_core::job::assignment::{Asked, Assignment, News};
use baton_core::job::ledger::Heard;
use baton_core::job::release::HowReleased;
use baton_core::job::settlement::{Field, Revoked};
use baton_core::job::{
    Actor, Approval, Ask, By, Cause, Command, Done, Event, Lead, NewJob, Note, Owed, Report, Sent, Turn, Wait,
};
use baton_core::message::{ClaimEnd, Message, Notice, Once, Over, Recipient, Topic};
use baton_core::notification::Delivery as Sending;
use baton_core::phone::Phone;
use baton_core::plan::{ClockStart, Mode, Plan, Stall, Wave};
use baton_core::roster::Roster;
use baton_core::tenant::{
    Cap, Desk, DetailsAs, LateWinner, Messages, Operator, Patience, Quiet, Settings, Settlement, WhenQuiet,
};
use baton_core::world::{Idle, World};

use super::*;
use crate::sinks::queue::{Customer, Handed, Order, Reader};
use crate::sinks::{Came, DeliveryState, Endpoint, Off, Secret, Signature, Try, Why};
use crate::store::golden;
use baton_core::details::SealedPayload;

const T: TenantId = TenantId::DEFAULT;

fn holds<R: Record + PartialEq>(name: &str, value: &R) {
    golden::check(name, &codec::seal(value, 3, 2).unwrap());
    assert!(&codec::open::<R>(&golden::read(name)).unwrap().1 == value, "{name} reads back otherwise");
}

fn agent(name: &str) -> Agent {
    Agent {
        id: AgentId::of_reference(T, name),
        version: 3,
        reference: name.to_owned(),
        name: name.to_owned(),
        phone: Some(Phone::new("+447700900001").unwrap()),
        email: Some("ana@example.com".to_owned()),
        telegram: Some(1001),
        channels: vec![ChannelKind::Email, ChannelKind::Console],
        priority: -1,
        active: true,
        tags: BTreeSet::from(["van".to_owned()]),
        capacity: Some(2),
        availability: Availability::Away { until: Some(Timestamp(5)) },
        quiet_hours: Some(QuietHours { from: "22:00".parse().unwrap(), to: "07:00".parse().unwrap() }),
        locale: Some("en".to_owned()),
        time_zone: Some("Europe/London".to_owned()),
        created_at: Timestamp(1),
        updated_at: Timestamp(2),
        unreachable: Vec::new(),
        takes_jobs: true,
        consents: Vec::new(),
        reach: Vec::new(),
        username: None,
    }
}

fn settings() -> Settings {
    Settings { default_plan: plan(), max_open_offers: Some(3), ..Settings::default() }
}

/// Settings in which everything about messages is set.
fn calm() -> Settings {
    Settings {
        desk: Desk { telegram: Some(-100_200), telegram_topic: Some(7), ..Desk::default() },
        routes: BTreeMap::from([(ChannelKind::Email, vec![Provider::SendGrid, Provider::Smtp])]),
        fallback_after: Some(Duration::from_mins(10)),
        messages: Messages {
            dispatch_needs_opt_in: true,
            exempt_events: BTreeSet::from(["account_locked".to_owned()]),
            caps: vec![Cap { count: 5, per: Duration::from_hours(24) }],
            quiet: Quiet { bulk: WhenQuiet::Skip, ..Quiet::default() },
            quiet_hours: agent("ana").quiet_hours,
            poll_after: Some(Duration::from_mins(30)),
        },
        ..settings()
    }
}

/// Settings in which everything about the time behind a claim is set.
fn strict() -> Settings {
    let minutes = |count| Some(Duration::from_mins(count));
    Settings {
        settlement: Settlement {
            gates: Gates { confirm: Dial::Engine, invoice: Dial::Off, payment: Dial::Person, release: Dial::Engine },
            details_for: Duration::from_hours(48),
            patience: Patience {
                confirm: minutes(1),
                invoice: None,
                payment: minutes(3),
                release: minutes(4),
                start: minutes(5),
                finish: minutes(6),
            },
            late_winner: LateWinner::Returns,
            ..Settlement::default()
        },
        ..calm()
    }
}

/// Settings of a tenant with people at its desk.
fn staffed() -> Settings {
    let olga = Operator { name: "olga".to_owned(), telegram: 900_001 };
    let strict = strict();
    Settings {
        desk: Desk { operators: vec![olga], full_lead: Some(true), crew_fallback: Some(false), ..strict.desk.clone() },
        show_price: false,
        ..strict
    }
}

/// Settings in which everything about crews is set.
fn crewed() -> Settings {
    let group = |chat, topic, locale: Option<&str>| CrewGroup { chat, topic, locale: locale.map(str::to_owned) };
    Settings {
        crew: Crew {
            groups: BTreeMap::from([
                ("movers".to_owned(), group(-100_300, Some(7), Some("he"))),
                ("vans".to_owned(), group(-100_400, None, None)),
            ]),
            publish: Publish::Person,
            caps: ClaimCaps { open: Some(2), an_hour: Some(3), cool_down: Some(Duration::from_mins(30)) },
        },
        ..staffed()
    }
}

/// Settings of a tenant whose winners have the details told in the message itself.
fn told() -> Settings {
    let crewed = crewed();
    Settings { settlement: Settlement { details_as: DetailsAs::Text, ..crewed.settlement.clone() }, ..crewed }
}

fn source() -> Source {
    Source {
        name: "shop".to_owned(),
        version: 3,
        mapping: r#"{"fields":{"brief.from":{"pointer":["/town"]}}}"#.to_owned(),
        at: Timestamp(7),
        by: "olga".to_owned(),
        address_since: Some(Timestamp(6)),
    }
}

fn plan() -> Plan {
    let direct = Mode::Direct { agent: AgentId::of_reference(T, "ana"), answer_needed: false };
    Plan {
        waves: vec![
            Wave {
                starts: ClockStart::Delivered,
                tags: vec!["van".to_owned()],
                ..Wave::new(Mode::Several(2), Duration::from_secs(60))
            },
            Wave::new(Mode::Everybody, Duration::from_millis(1500)),
            Wave::new(direct, Duration::from_secs(9)),
        ],
        standby: 4,
        search_for: Some(Duration::from_secs(3600)),
        stall: Some(Stall { remind_after: Duration::from_secs(60), return_after: Duration::from_secs(120) }),
        rounds: 2,
    }
}

/// A job with a past: offers in several states, a winner, a line behind them, debts, keys and a ledger.
fn lived() -> Job {
    let settings = Settings {
        desk: Desk { email: Some("desk@example.com".to_owned()), ..Desk::default() },
        ..Settings::default()
    };
    let free =
        |name: &str| Agent { availability: Availability::Available, quiet_hours: None, capacity: None, ..agent(name) };
    let roster = Roster::of(["ana", "bo", "cy"].map(free));
    let channels = [ChannelKind::Email, ChannelKind::Console];
    let world = World {
        roster: &roster,
        load: &Idle,
        settings: &settings,
        channels: &channels,
        outages: &[],
        budgets: &Boundless,
    };
    let new = NewJob {
        id: JobId::of_reference(T, "golden"),
        external_ref: Some("golden".to_owned()),
        fingerprint: [9; 16],
        brief: Brief {
            from: Some("Leeds".to_owned()),
            to: Some("Manchester".to_owned()),
            via: vec!["Halifax".to_owned()],
            date: Some("2027-01-30".parse().unwrap()),
            window: Some("14:30".to_owned()),
            vehicle: Some("van".to_owned()),
            volume: Some("medium".to_owned()),
            items: vec![Item { kind: "fridge".to_owned(), quantity: 1 }],
            services: vec!["packing".to_owned()],
            price: Some(Price { from: 100, to: 150, currency: "GBP".to_owned() }),
            tags: Vec::new(),
            duration_minutes: Some(90),
        },
        has_details: true,
        approval: Approval::Email,
        plan: plan(),
        plan_name: Some(("usual".to_owned(), 4)),
        start_at: None,
        occupies: Some(Window { from: Timestamp(10), to: Timestamp(20) }),
        gates: OwnGates { invoice: Some(Dial::Off), ..OwnGates::default() },
        publish: None,
        lead: None,
        assignment: None,
    };
    let by = |actor| By { actor, cause: Cause::Request };
    let mut turn = Turn::create(new, by(Actor::Client("shop".to_owned())), world, Timestamp(1_000));
    let ask = |command, actor| Ask { command, by: by(actor), key: Some(([1; 16], [2; 16])), expects: None };
    turn.decide(ask(Command::Approve, Actor::Operator("desk".to_owned()))).unwrap();
    let receipt = Receipt { channel: ChannelKind::Email, message: "m-1".to_owned() };
    turn.observe(Report::Delivery { effect: EffectNo { version: 1, n: 1 }, delivery: Delivery::Sent(receipt) });
    let job = turn.finish().unwrap().job;
    let offers: Vec<_> = job.open_offers().map(|offer| (offer.agent, offer.no)).collect();
    let mut turn = Turn::of(job, world, Timestamp(2_000));
    let claim = |(agent, no)| Ask {
        command: Command::Claim { agent, no, via: Some(ChannelKind::Telegram), heard: Heard::default() },
        by: By { actor: Actor::Agent(agent), cause: Cause::Reply(ChannelKind::Telegram) },
        key: None,
        expects: None,
    };
    turn.decide(claim(offers[0])).unwrap();
    // The second stands in line; that is a refusal.
    turn.decide(claim(offers[1])).unwrap_err();
    let mut job = turn.finish().unwrap().job;
    let (to, channel) = (Recipient::Agent(offers[0].0), ChannelKind::Email);
    let message = Message { to, channel, topic: Topic::Reminder, lifetime: Some(Timestamp(9_000)) };
    job.sent.push(Sent { no: EffectNo { version: 1, n: 3 }, message });
    job
}

#[test]
fn jobs_are_written_as_they_always_were() {
    let job = lived();
    assert!(job.winner().is_some() && job.standby.len() == 1 && !job.owed.is_empty());
    golden::check("job-v7", &seal_job(&job, 2).unwrap());
    assert_eq!(open_job(&golden::read("job-v7")).unwrap(), job);
    let job = settled();
    assert_eq!(job.status(), "in_progress");
    assert!(job.settlement.late.is_some() && job.grant.as_ref().is_some_and(|grant| grant.opened_at.is_some()));
    golden::check("job-v7-settled", &seal_job(&job, 2).unwrap());
    assert_eq!(open_job(&golden::read("job-v7-settled")).unwrap(), job);
    let job = Job { own_publish: Some(Publish::Person), ..published() };
    golden::check("job-v7-published", &seal_job(&job, 2).unwrap());
    assert_eq!(open_job(&golden::read("job-v7-published")).unwrap(), job);
    let job = at_desk(settled());
    golden::check("job-v7-desk", &seal_job(&job, 2).unwrap());
    assert_eq!(open_job(&golden::read("job-v7-desk")).unwrap(), job);
    let mut job = published();
    let (to, channel, topic) = (Recipient::Desk, ChannelKind::Email, Topic::Notice(Notice::NobodyReached));
    job.sent.push(Sent { no: EffectNo { version: 1, n: 7 }, message: Message { to, channel, topic, lifetime: None } });
    golden::check("job-v7-unreached", &seal_job(&job, 2).unwrap());
    assert_eq!(open_job(&golden::read("job-v7-unreached")).unwrap(), job);
    let job = assigned();
    golden::check("job-v7-assigned", &seal_job(&job, 2).unwrap());
    assert_eq!(open_job(&golden::read("job-v7-assigned")).unwrap(), job);
}

/// The same job, as a route of its winner's whose messages have come to every end.
fn assigned() -> Job {
    let no = |n| EffectNo { version: 2, n };
    let receipt = |channel, message: &str| Receipt { channel, message: message.to_owned() };
    let mut job = lived();
    let agent = job.winner().unwrap();
    let asked = Asked {
        channels: vec![ChannelKind::Email],
        multi: true,
        preferred: Some(ChannelKind::Telegram),
        fallback: true,
    };
    let mut assignment = Assignment::of(Uuid::from_u128(7), agent, asked, Duration::from_secs(60));
    let mut attempt = Sending::queued(no(1), 1, ChannelKind::Telegram, Timestamp(4));
    attempt.failed("recipient", "blocked");
    let mut other = Sending::queued(no(2), 1, ChannelKind::Email, Timestamp(5));
    let progress = Progress::Delivered;
    other.reached(progress, &receipt(ChannelKind::Email, "m-2"), Timestamp(6));
    other.note(Timestamp(6), progress, true);
    assignment.attempts = vec![attempt, other];
    (assignment.alone, assignment.acknowledged_at, assignment.ends_at) = (true, Some(Timestamp(8)), Some(Timestamp(9)));
    job.assignment = Some(assignment);
    let message =
        Message { to: Recipient::Agent(agent), channel: ChannelKind::Sms, topic: Topic::Route, lifetime: None };
    job.owed.push(Owed { no: no(3), at: Timestamp(7), message });
    job
}

#[test]
fn what_becomes_of_a_route_is_written_as_it_always_was() {
    let no = EffectNo { version: 2, n: 1 };
    let receipt = || Receipt { channel: ChannelKind::Email, message: "m-2".to_owned() };
    let progress = Progress::Read;
    let news = [
        News::Queued { no, channel: ChannelKind::Email },
        News::Sent { no, receipt: receipt() },
        News::Reached { no, progress, receipt: receipt() },
        News::Failed { no, class: "recipient".to_owned(), reason: "no such mailbox".to_owned() },
        News::Dropped { no, why: baton_core::delivery::DropReason::Unwanted },
        News::Unsure { no },
    ];
    let entry = lived().timeline.remove(0);
    let entries = news.map(|news| Entry { event: Event::Assignment(news), ..entry.clone() });
    holds("history-v1-assigned", &History(entries.into()));
    let agent = AgentId::of_reference(T, "ana");
    let (status, preferred) = ("on_leave".to_owned(), Some(ChannelKind::Email));
    holds("driver-v1", &Driver { agent, preferred, fallback: true, status, at: Timestamp(1) });
    let (name, plate) = (Some("Van 7".to_owned()), Some("AB12 CDE".to_owned()));
    holds("vehicle-v1", &Vehicle { name, plate, at: Timestamp(1) });
    let sealed = SealedPayload { key: 7, sealed: vec![1, 2, 3] };
    holds("route-v1", &Route { vehicle: Some(Uuid::from_u128(9)), sealed, at: Timestamp(1) });
    holds("assignment-line-v1", &AssignmentLine { route: Uuid::from_u128(7), agent });
}

/// The same job, of a lead, with messages at the desk that change.
fn at_desk(mut job: Job) -> Job {
    let agent = AgentId::of_reference(T, "ana");
    let (no, by) = (EffectNo { version: 2, n: 1 }, Actor::Operator("olga".to_owned()));
    let receipt = Receipt { channel: ChannelKind::Telegram, message: "77".to_owned() };
    let done = Some(Done { what: "confirmed".to_owned(), by, at: Timestamp(7) });
    let asked = Note { no, about: Notice::Asked(Gate::Confirm, agent), receipt, done };
    let open = Note { about: Notice::Unreached(agent), done: None, ..asked.clone() };
    let doubtful = Note { about: Notice::Doubtful(Once::Release), ..open.clone() };
    let owed = |topic| Message { to: Recipient::Desk, channel: ChannelKind::Telegram, topic, lifetime: None };
    for topic in [Topic::NoteDone(no), Topic::Lead, Topic::CrewText] {
        job.owed.push(Owed { no, at: Timestamp(7), message: owed(topic) });
    }
    let after = Some(Duration::from_secs(2));
    Job {
        notes: vec![asked, open, doubtful],
        lead: Some(Lead { text_after: after, text_at: Some(Timestamp(9)) }),
        ..job
    }
}

/// The same job as it stands in groups, in every way there is, and waits for the desk to publish it.
fn published() -> Job {
    use baton_core::job::publication::PostState;
    use baton_core::job::{Awaiting, Offering, Publication, Stage};
    let stands = |no, group: &str, state, receipt: Option<&str>| Publication {
        no,
        group: group.to_owned(),
        round: 1,
        step: 2,
        at: Timestamp(4),
        state,
        receipt: receipt.map(|message| Receipt { channel: ChannelKind::Telegram, message: message.to_owned() }),
        debt: receipt.is_none().then_some(EffectNo { version: 3, n: 1 }),
        doubtful: receipt.is_none(),
        outage_seen: Timestamp(5),
    };
    let mut job = lived();
    job.plan.waves.push(Wave::new(Mode::Group("movers".to_owned()), Duration::from_secs(60)));
    job.publications = vec![
        stands(7, "movers", PostState::Open { closes_at: Timestamp(9), runs: true }, None),
        stands(8, "vans", PostState::Over(Over::Taken), Some("17")),
        stands(9, "boats", PostState::Failed, None),
    ];
    let message = |topic| Message { to: Recipient::Group, channel: ChannelKind::Telegram, topic, lifetime: None };
    let owed = |n, topic| Owed { no: EffectNo { version: 3, n }, at: Timestamp(4), message: message(topic) };
    let notices = [Notice::PublishWanted, Notice::NotPublished, Notice::PublicationDoubtful].map(Topic::Notice);
    let topics = [Topic::CrewOffer(7), Topic::CrewStatus(8)].into_iter().chain(notices);
    job.owed = (1..).zip(topics).map(|(n, topic)| owed(n, topic)).collect();
    job.stage = Stage::Offering(Offering { step: 3, awaiting: Awaiting::Publisher, paused_at: None });
    job
}

#[test]
fn what_can_happen_in_a_group_is_written_as_it_always_was() {
    let receipt = || Receipt { channel: ChannelKind::Telegram, message: "17".to_owned() };
    let (class, reason) = ("recipient".to_owned(), "the bot was kicked".to_owned());
    let events = [
        Event::Published { no: 7, group: "movers".to_owned(), step: 2, closes_at: Timestamp(9), runs: true },
        Event::PublishAwaited { step: 2 },
        Event::PublicationSent { no: 7, receipt: receipt(), closes_at: Some(Timestamp(9)) },
        Event::PublicationFailed { no: 7, class, reason },
        Event::PublicationDoubtful { no: 7 },
        Event::PublishedAgain { no: 7 },
        Event::PublicationOver { no: 7, over: Over::TimedOut },
        Event::PublicationExtended { no: 7, closes_at: Timestamp(10), outage: Some(Timestamp(8)) },
    ];
    let entry = lived().timeline.remove(0);
    holds("history-v1-published", &History(events.map(|event| Entry { event, ..entry.clone() }).into()));
}

/// The same job, taken through its gates: one is gone by, the work has begun, and its time runs.
fn settled() -> Job {
    let roster = Roster::of(["ana", "bo", "cy"].map(agent));
    let patience = Patience { finish: Some(Duration::from_secs(60)), ..Patience::default() };
    let settlement = Settlement { patience, ..Settlement::default() };
    let settings = Settings { settlement, ..Settings::default() };
    let world = World {
        roster: &roster,
        load: &Idle,
        settings: &settings,
        channels: &[ChannelKind::Email],
        outages: &[],
        budgets: &Boundless,
    };
    let mut turn = Turn::of(lived(), world, Timestamp(3_000));
    let fields = [Field::Phone, Field::ToAddress].into_iter().collect();
    let how = HowReleased { although: Some("in a hurry".to_owned()), fields: Some(fields), lasts: None };
    for command in [
        Command::Pass { gate: Gate::Confirm, reference: None },
        Command::Pass { gate: Gate::Invoice, reference: Some("INV-7".to_owned()) },
        Command::Release(how),
        Command::OpenGrant { no: 1 },
        Command::StartWork { agent: None },
    ] {
        let by = By { actor: Actor::Operator("desk".to_owned()), cause: Cause::Request };
        turn.decide(Ask { command, by, key: None, expects: None }).unwrap();
    }
    turn.finish().unwrap().job
}

#[test]
fn what_can_happen_behind_a_claim_is_written_as_it_always_was() {
    let mut turn = settled().timeline;
    let entry = turn.pop().unwrap();
    let events = [
        Event::GrantRevoked { no: 1, why: Revoked::ClaimEnded, reason: Some("no".to_owned()) },
        Event::Awaited { what: Wait::Gate(Gate::Payment), by: Timestamp(7) },
        Event::Escalated { what: Wait::Start },
        Event::Denied { command: "release".to_owned(), code: "forbidden".to_owned() },
        Event::ClaimEnded { agent: AgentId::of_reference(T, "ana"), end: ClaimEnd::Refused, reason: None },
    ];
    holds("history-v1-settled", &History(events.into_iter().map(|event| Entry { event, ..entry.clone() }).collect()));
    let events = [
        Event::DeskTold { what: Once::Lead },
        Event::CrewTextAwaited { at: Timestamp(7) },
        Event::CrewTextDue,
        Event::SentAgain { what: Once::CrewText },
    ];
    let by_a_stranger = |event| Entry { event, actor: Actor::Stranger, ..entry.clone() };
    holds("history-v1-desk", &History(events.into_iter().map(by_a_stranger).collect()));
    let events = [
        Event::DetailsExported,
        Event::Retried,
        Event::NotSentAgain { what: Once::Release },
        Event::ClaimEnded { agent: AgentId::of_reference(T, "ana"), end: ClaimEnd::NoShow, reason: None },
        Event::Closed { outcome: Ending::NoShow, reason: Some("nobody opened".to_owned()) },
    ];
    holds("history-v1-held", &History(events.into_iter().map(|event| Entry { event, ..entry.clone() }).collect()));
}

#[test]
fn what_stands_beside_a_job_is_written_as_it_always_was() {
    let job = lived();
    holds("details-v2", &SealedDetails { key: 7, salt: 3, wrapped: vec![4, 5], sealed: vec![1, 2, 3] });
    holds("history-v1", &History(job.timeline.clone()));
    holds("closed-line-v1", &ClosedLine { outcome: Ending::Completed, at: Timestamp(5) });
    let claim = (AgentId::of_reference(T, "ana"), 1, Some(ChannelKind::Sms));
    let heard = Heard { at: Some(Timestamp(4)), told_at: Some(Timestamp(3)) };
    let (attempt, _) =
        Attempt::chain(baton_core::job::ledger::Head::default(), &job.id, Timestamp(5), claim, heard, "claimed");
    holds("ledger-v2", &attempt);
}

#[test]
fn tenants_and_agents_are_written_as_they_always_were() {
    let blocked = Agent { unreachable: vec![ChannelKind::Telegram], ..agent("ana") };
    let stopped = Consent {
        channel: ChannelKind::Sms,
        purpose: Purpose::EVERY,
        status: Status::OptedOut,
        source: "sms".to_owned(),
        at: Timestamp(4),
        wording: Some("STOP".to_owned()),
    };
    let dead = Reach { channel: ChannelKind::Email, failures: 3, last: Timestamp(5), paused: Some(Timestamp(6)) };
    let said = Agent { takes_jobs: false, consents: vec![stopped], reach: vec![dead], ..blocked };
    reads("agent-v3", &said);
    holds("agent-v4", &Agent { username: Some((1001, "ana_moves".to_owned())), ..said });
    holds("tenant-v6", &TenantRecord { version: 3, settings: told(), created_at: Timestamp(1) });
    let change = SettingsChange { at: Timestamp(1), by: "desk".to_owned(), before: Some(crewed()), after: told() };
    holds("settings-change-v6", &change);
    let named =
        NamedPlan { name: "usual".to_owned(), version: 4, plan: plan(), at: Timestamp(1), by: "desk".to_owned() };
    holds("plan-v1", &named);
    let template = Template {
        id: TemplateId {
            key: "pickup".to_owned(),
            channel: ChannelKind::Whatsapp,
            locale: "ru".to_owned(),
            version: 2,
        },
        state: TemplateState::Active,
        parts: [(Part::Text, "Забор: {{ when }}".to_owned())].into(),
        variables: vec![Variable { name: "when".to_owned(), required: true, sample: Some("\"today\"".to_owned()) }],
        providers: vec![
            ProviderTemplate::Meta {
                name: "pickup".to_owned(),
                language: "ru".to_owned(),
                variables: vec!["when".to_owned()],
            },
            ProviderTemplate::Twilio {
                content_sid: "HX00000000000000000000000000000000".to_owned(),
                variables: [("1".to_owned(), "when".to_owned())].into(),
            },
        ],
        created_at: Timestamp(1),
        created_by: "desk".to_owned(),
        changed_at: Timestamp(2),
        changed_by: "shop".to_owned(),
    };
    holds("template-v1", &template);
    holds("source-v2", &source());
    let id = EndpointId::drawn(T, Uuid::from_u128(7));
    let sealed = SealedPayload { key: 7, sealed: vec![1, 2, 3] };
    let endpoint = Endpoint {
        id,
        version: 3,
        created_at: Timestamp(1),
        url: "https://hooks.example.com/baton".to_owned(),
        description: "the shop".to_owned(),
        types: vec!["job.claimed".to_owned()],
        signature: Signature::Public,
        secrets: vec![Secret { sealed: sealed.clone(), until: Some(Timestamp(4)) }, Secret { sealed, until: None }],
        off: Some(Off { why: Why::Failing, at: Timestamp(5) }),
    };
    holds("endpoint-v1", &endpoint);
    let sealed = SealedPayload { key: 7, sealed: vec![1, 2, 3] };
    let customer = Customer { subject: id.local, sealed_for: Uuid::from_u128(8), sealed: sealed.clone() };
    let handed = Handed {
        wire: Wire::OrderStatus,
        subject: id.local,
        order: Some(Uuid::from_u128(9)),
        at: Timestamp(3),
        sealed_for: Uuid::from_u128(8),
        payload: sealed,
    };
    holds("dashboard-event-v1", &handed);
    let order = Order {
        at: Timestamp(3),
        customer: Some(customer),
        escalated: true,
        status: Some(baton_core::dashboard::Status::Delivering),
    };
    holds("dashboard-order-v1", &order);
    holds("dashboard-reader-v1", &Reader { cursor: 300 });
    let said = crate::synced::Sealed { sealed_for: Uuid::from_u128(8), payload: handed.payload };
    let synced = crate::synced::Customer {
        at: Timestamp(1),
        seen_at: Timestamp(2),
        orders: 3,
        total: 1_250,
        escalated: true,
        last: Some((Uuid::from_u128(5), 300)),
        who: said.clone(),
    };
    holds("sync-customer-v1", &synced);
    let synced = crate::synced::Order {
        at: Timestamp(1),
        customer: Uuid::from_u128(6),
        status: baton_core::dashboard::Status::Cooking,
        unmapped: Some("Baking".to_owned()),
        total: 1_250,
        what: said.clone(),
    };
    holds("sync-order-v1", &synced);
    let (customer, order) = (Some(Uuid::from_u128(6)), Some(Uuid::from_u128(7)));
    holds("sync-event-v1", &crate::synced::Told { at: Timestamp(1), wire: Wire::CustomerSeen, customer, order, said });
    let line = |refused| Line {
        subject: id.local,
        waiting: vec![8, 300],
        attempts: 2,
        since: Timestamp(1),
        next_at: Timestamp(6),
        refused,
    };
    let follower = Follower {
        cursor: 400,
        lines: vec![line(true), line(false)],
        failures: 3,
        arrived_at: Some(Timestamp(2)),
        rests_until: Some(Timestamp(7)),
        found_away: 1,
        replays: vec![Replay { next: 1, last: 9, failed_only: true }],
    };
    holds("follower-v1", &follower);
    let came =
        [Came::Taken(204), Came::Status(503), Came::TimedOut, Came::Unreachable, Came::Forbidden, Came::Impossible];
    let delivery = crate::sinks::Delivery {
        event: "job.claimed".to_owned(),
        subject: id.local,
        state: DeliveryState::Lost,
        attempts: 6,
        tries: came.map(|came| Try { at: Timestamp(8), took: 12, came }).into(),
        next_at: Some(Timestamp(9)),
    };
    holds("delivery-v1", &delivery);
    let token = Registration { agent: AgentId::of_reference(T, "ana"), expires_at: Timestamp(9), used_by: Some(1001) };
    holds("registration-v1", &token);
    let offer = JobId::of_reference(T, "golden").offer(1);
    let hold = Hold { offer, occupies: None, at: Timestamp(3), claims: 2, asked: None, asked_at: None };
    let (won, gave_back_at) = (vec![Timestamp(1), Timestamp(2)], Some(Timestamp(3)));
    holds("holds-v2", &Book { version: 3, holds: vec![hold], question: None, won, gave_back_at });
}

fn reads<R: Record + PartialEq>(name: &str, value: &R) {
    assert!(&codec::open::<R>(&golden::read(name)).unwrap().1 == value, "{name} reads back otherwise");
}

#[test]
fn what_was_written_in_older_layouts_is_still_read() {
    assert_eq!(open_job(&golden::read("job-v3")).unwrap(), lived());
    for (name, job) in [
        ("job-v6", lived()),
        ("job-v6-settled", settled()),
        ("job-v6-published", published()),
        ("job-v6-desk", at_desk(settled())),
        ("job-v6-assigned", assigned()),
        ("job-v5", lived()),
        ("job-v5-settled", settled()),
        ("job-v5-published", published()),
        ("job-v5-desk", at_desk(settled())),
    ] {
        assert_eq!(open_job(&golden::read(name)).unwrap(), job, "{name}");
    }
    assert_eq!(open_job(&golden::read("job-v3-settled")).unwrap(), settled());
    assert_eq!(open_job(&golden::read("job-v4")).unwrap(), lived());
    assert_eq!(open_job(&golden::read("job-v4-settled")).unwrap(), settled());
    assert_eq!(open_job(&golden::read("job-v4-published")).unwrap(), published());
    // Nothing was said of gates then, and before, nothing of what was sent.
    let second = Job { own_gates: OwnGates::default(), gates: Gates::default(), ..lived() };
    assert_eq!(open_job(&golden::read("job-v2")).unwrap(), second);
    assert_eq!(open_job(&golden::read("job-v1")).unwrap(), Job { sent: Vec::new(), ..second });
    let claim = (AgentId::of_reference(T, "ana"), 1, Some(ChannelKind::Sms));
    let head = baton_core::job::ledger::Head::default();
    let (attempt, _) = Attempt::chain(head, &lived().id, Timestamp(5), claim, Heard::default(), "claimed");
    reads("ledger-v1", &attempt);
    assert!(attempt.follows(&lived().id, None), "its hash still holds");
    reads("details-v1", &SealedDetails { key: 7, salt: 0, wrapped: Vec::new(), sealed: vec![1, 2, 3] });
    reads("agent-v1", &agent("ana"));
    reads("agent-v2", &Agent { unreachable: vec![ChannelKind::Telegram], ..agent("ana") });
    reads("tenant-v1", &TenantRecord { version: 3, settings: settings(), created_at: Timestamp(1) });
    let change = SettingsChange { at: Timestamp(1), by: "desk".to_owned(), before: None, after: settings() };
    reads("settings-change-v1", &change);
    reads("tenant-v2", &TenantRecord { version: 3, settings: calm(), created_at: Timestamp(1) });
    let change = SettingsChange { at: Timestamp(1), by: "desk".to_owned(), before: Some(settings()), after: calm() };
    reads("settings-change-v2", &change);
    reads("tenant-v3", &TenantRecord { version: 3, settings: strict(), created_at: Timestamp(1) });
    let change = SettingsChange { at: Timestamp(1), by: "desk".to_owned(), before: Some(calm()), after: strict() };
    reads("settings-change-v3", &change);
    reads("tenant-v4", &TenantRecord { version: 3, settings: staffed(), created_at: Timestamp(1) });
    let change = SettingsChange { at: Timestamp(1), by: "desk".to_owned(), before: Some(strict()), after: staffed() };
    reads("settings-change-v4", &change);
    reads("source-v1", &Source { address_since: None, ..source() });
    reads("tenant-v5", &TenantRecord { version: 3, settings: crewed(), created_at: Timestamp(1) });
    let change = SettingsChange { at: Timestamp(1), by: "desk".to_owned(), before: Some(staffed()), after: crewed() };
    reads("settings-change-v5", &change);
    let offer = JobId::of_reference(T, "golden").offer(1);
    let hold = Hold { offer, occupies: None, at: Timestamp(3), claims: 2, asked: None, asked_at: None };
    reads("holds-v1", &Book { version: 3, holds: vec![hold], ..Book::default() });
}

#[test]
fn a_stop_that_was_stored_as_a_block_is_an_opt_out_and_a_block_stays_one() {
    let record = golden::read("agent-v2");
    let payload = crate::store::envelope::open(&record).unwrap().payload;
    let mut old: AgentV2 = codec::decode(payload).unwrap();
    old.unreachable = vec![ChannelKind::Telegram, ChannelKind::Sms];
    let now = Agent::from(old);
    assert_eq!(now.unreachable, [ChannelKind::Telegram]);
    let standing = |kind| baton_core::consent::standing(&now, kind, Purpose::DISPATCH);
    assert_eq!(standing(ChannelKind::Sms), Some(Status::OptedOut));
    assert_eq!((standing(ChannelKind::Telegram), standing(ChannelKind::Email)), (None, None));
}

#[test]
fn what_the_node_remembers_is_written_as_it_always_was() {
    let outage = Window { from: Timestamp(1), to: Timestamp(2) };
    holds("heartbeat-v1", &Heartbeat { at: Timestamp(3), outages: vec![outage] });
    let effect = EffectId { job: JobId::of_reference(T, "golden"), no: EffectNo { version: 2, n: 1 } };
    let attempting = Attempting(vec![DebtId::Job(effect)]);
    assert_eq!(codec::open::<Attempting>(&golden::read("attempting-v1")).unwrap().1, attempting);
    let notification = DebtId::Notification(NotificationId::of_reference(T, "golden"), effect.no);
    holds("attempting-v2", &Attempting(vec![DebtId::Job(effect), notification]));
    let memory =
        ChannelMemory { paused_until: Some(Timestamp(1)), buckets: vec![("account".to_owned(), 7)], offset: Some(4) };
    holds("channel-v1", &memory);
    holds("inbox-v1", &Inbox(vec![1, 300, 70_000, 5_000_000_000]));
    holds("told-news-v2", &Told::News { at: Timestamp(5), done: true, news: b"{}".to_vec() });
    holds("told-progress-v2", &Told::Progress { at: Timestamp(5), progress: Progress::Read });
}

/// A notification with a past: a series, messages in several states, a debt.
fn noted() -> Notification {
    use baton_core::consent::Purpose;
    use baton_core::delivery::Provider;
    use baton_core::notification::delivery::CalledBack;
    use baton_core::notification::{
        Delivery, Ending, Event, Intent, Line, Owed, Priority, RunOver, Schedule, Stage, State, Wait,
    };
    let no = |version| EffectNo { version, n: 0 };
    let receipt = Receipt { channel: ChannelKind::Sms, message: "SM1".to_owned() };
    let read = Delivery {
        provider: Some(Provider::TwilioSms),
        state: State::Read,
        receipt: Some(receipt),
        sent_at: Some(Timestamp(4)),
        delivered_at: Some(Timestamp(5)),
        read_at: Some(Timestamp(6)),
        class: Some("recipient".to_owned()),
        reason: Some("30005".to_owned()),
        callbacks: vec![CalledBack { at: Timestamp(5), progress: Progress::Delivered, news: true }],
        ..Delivery::queued(no(1), 1, ChannelKind::Sms, Timestamp(3))
    };
    let lines = [
        Event::Created { by: Actor::Client("shop".to_owned()) },
        Event::Replaced { by: Actor::Operator("desk".to_owned()) },
        Event::Waits { until: Timestamp(9), why: Wait::QuietHours },
        Event::Queued { channel: ChannelKind::Sms },
        Event::ChannelSkipped { channel: ChannelKind::Whatsapp, code: "opted-out".to_owned() },
        Event::Sent { channel: ChannelKind::Sms },
        Event::Failed { channel: ChannelKind::Sms, class: "recipient".to_owned(), reason: "30005".to_owned() },
        Event::Late { channel: ChannelKind::Sms },
        Event::CriticalBypass { reason: "a flood".to_owned() },
        Event::Canceled { by: Actor::Engine, reason: Some("no".to_owned()) },
        Event::RunOver { no: 1 },
    ];
    Notification {
        id: NotificationId::of_reference(T, "golden"),
        version: 3,
        created_at: Timestamp(1),
        fingerprint: [7; 16],
        intent: Intent {
            reference: Some("golden".to_owned()),
            source: "shop".to_owned(),
            event_type: "order.shipped".to_owned(),
            recipient: AgentId::of_reference(T, "ana"),
            channels: vec![ChannelKind::Sms, ChannelKind::Email],
            purpose: Purpose::NOTIFICATIONS,
            template: "shipped".to_owned(),
            payload: SealedPayload { key: 7, sealed: vec![1, 2, 3] },
            locale: Some("en".to_owned()),
            priority: Priority::High,
            critical: Some("a flood".to_owned()),
            lifetime: Some(Duration::from_secs(60)),
            schedule: Schedule::Every {
                cron: "0 8 * * *".to_owned(),
                zone: "UTC".to_owned(),
                until: Some(Timestamp(8)),
            },
            job: Some(JobId::of_reference(T, "golden")),
        },
        stage: Stage::Sending,
        run: 2,
        due_at: Timestamp(2),
        fallback_at: Some(Timestamp(11)),
        poll_at: Some(Timestamp(12)),
        deliveries: vec![read, Delivery::queued(no(3), 2, ChannelKind::Email, Timestamp(7))],
        owed: vec![Owed {
            no: no(3),
            at: Timestamp(7),
            channel: ChannelKind::Email,
            lane: baton_core::message::Lane::Offers,
            lifetime: Some(Timestamp(62)),
        }],
        runs: vec![RunOver {
            no: 1,
            due_at: Timestamp(2),
            at: Timestamp(6),
            ending: Ending::Failed { class: "recipient".to_owned(), reason: "30005".to_owned() },
        }],
        history: lines.into_iter().map(|event| Line { at: Timestamp(3), event }).collect(),
    }
}

#[test]
fn notifications_are_written_as_they_always_were() {
    holds("notification-v1", &noted());
    holds("notification-line-v1", &NotificationLine);
    holds("refused-v1", &Refused(agent("ana").consents));
    let told = Entry { seq: 1, at: Timestamp(7), actor: Actor::Engine, cause: Cause::Timer, event: Event::Created };
    holds(
        "events-v1",
        &Events { job: Uuid::from_u128(7), external_ref: Some("VC8Y-3".to_owned()), entries: vec![told] },
    );
    holds("number-v1", &Number { number: 7, id: vec![1, 2, 3] });
    holds("lately-v1", &Lately(vec![Timestamp(1), Timestamp(2)]));
}
