//! Sample errands: one for every topic and answer, with every value and with hardly any, so that every branch of a
//! template can be tried before a person depends on it.

use baton_actors::channel::{
    Address, Answer, AtDesk, CrewShown, DoneShown, EndpointOff, Errand, Invitation, OfferShown, Ordered, PausedAddress,
    ReleasedShown, Say,
};
use baton_core::brief::{Brief, Item, Price};
use baton_core::crew_view::CrewView;
use baton_core::delivery::ChannelKind;
use baton_core::gates::Gate;
use baton_core::ids::{AgentId, EffectNo, JobId, TenantId};
use baton_core::job::{Deed, Ending, Standing, Wait};
use baton_core::message::{ClaimEnd, Notice, Once, Over, Topic};
use baton_core::time::Timestamp;

/// Every kind of errand in a language, full and bare.
pub(crate) fn errands(locale: &str) -> Vec<Errand> {
    let says = [full_brief(), Brief::default()].into_iter().flat_map(|brief| {
        let full = brief.from.is_some();
        let job = view(brief);
        let of_jobs = topics().into_iter().map({
            let job = job.clone();
            move |topic| about_job(topic, &job, full)
        });
        let others =
            answers(job.clone()).into_iter().map(Say::Answer).chain([address_paused(full), endpoint_off(full)]);
        let others = others.chain(standings().map(move |standing| in_group(standing, &job, full)));
        of_jobs.chain(others).map(move |say| (say, full)).collect::<Vec<_>>()
    });
    says.map(|(say, full)| errand(say, locale, full)).collect()
}

/// One of them.
pub(crate) fn errand(say: Say, locale: &str, full: bool) -> Errand {
    Errand {
        key: "sample".to_owned(),
        tenant: TenantId::DEFAULT,
        agent: None,
        to: Address::Console,
        name: if full { "Driver One".to_owned() } else { String::new() },
        locale: locale.to_owned(),
        time_zone: "Europe/London".to_owned(),
        say,
        replaces: None,
        possible_repeat: full,
        lifetime: None,
    }
}

/// What a group reads.
pub(crate) fn in_group(standing: Standing, job: &CrewView, full: bool) -> Say {
    let winner = standing.winner().filter(|_| full).map(|_| "Driver One".to_owned());
    let claim = job.job.offer(1);
    Say::Crew(Box::new(CrewShown { job: job.clone(), claim, standing, winner, again: full }))
}

/// How a job can stand in a group.
pub(crate) fn standings() -> impl Iterator<Item = Standing> {
    let agent = AgentId::of_reference(TenantId::DEFAULT, "sample");
    let endings =
        [Ending::Rejected, Ending::Cancelled, Ending::Expired, Ending::Completed, Ending::Failed, Ending::NoShow];
    [Standing::Open, Standing::Shut, Standing::Reserved(agent), Standing::Released(agent)]
        .into_iter()
        .chain(endings.map(Standing::Ended))
}

/// What the desk hears of an address.
pub(crate) fn address_paused(full: bool) -> Say {
    let (name, reference, channel, address) = if full {
        let mailbox = Address::Email("driver.one@example.com".to_owned());
        ("Driver One", "driver-1", ChannelKind::Email, mailbox)
    } else {
        ("", "", ChannelKind::Telegram, Address::Telegram { chat: 1, thread: None })
    };
    let (name, reference) = (name.to_owned(), reference.to_owned());
    Say::AddressPaused(Box::new(PausedAddress { name, reference, channel, address }))
}

/// What the desk hears of an endpoint.
pub(crate) fn endpoint_off(full: bool) -> Say {
    let description = if full { "The shop's orders" } else { "" };
    let (description, host) = (description.to_owned(), "hooks.example.com".to_owned());
    Say::EndpointOff(Box::new(EndpointOff { description, host, gone: full }))
}

/// Links as they look.
#[cfg(test)]
pub(crate) fn links() -> super::OfferLink {
    std::sync::Arc::new(|offer, _| format!("https://example.com/public/offers/{offer}"))
}

/// A notification with these values, sealed.
#[cfg(test)]
pub(crate) fn asked(keyring: &crate::sealing::Keyring, template: &str, payload: &serde_json::Value) -> Say {
    let id = baton_core::ids::NotificationId::of_reference(TenantId::DEFAULT, "sample");
    Say::Notification(Box::new(baton_actors::channel::Shown {
        id,
        template: template.to_owned(),
        event_type: "pickup.tomorrow".to_owned(),
        payload: keyring.seal_payload(id, payload.to_string().as_bytes()).expect("small"),
        agent: AgentId::of_reference(TenantId::DEFAULT, "sample"),
        purpose: baton_core::consent::Purpose::NOTIFICATIONS,
    }))
}

/// The built-in wording with a template of a tenant that is called `pickup`, wants `at`, and is in use.
#[cfg(test)]
pub(crate) fn with_pickup(
    keyring: std::sync::Arc<crate::sealing::Keyring>,
    channel: ChannelKind,
    parts: &[(baton_actors::records::Part, &str)],
    providers: Vec<baton_actors::records::ProviderTemplate>,
) -> super::Wording {
    use baton_actors::records::{Template, TemplateId, TemplateState, Variable};
    let template = Template {
        id: TemplateId { key: "pickup".to_owned(), channel, locale: "en".to_owned(), version: 1 },
        state: TemplateState::Active,
        parts: parts.iter().map(|(part, text)| (*part, (*text).to_owned())).collect(),
        variables: vec![Variable { name: "at".to_owned(), required: true, sample: None }],
        providers,
        created_at: Timestamp(1),
        created_by: "desk".to_owned(),
        changed_at: Timestamp(1),
        changed_by: "desk".to_owned(),
    };
    let library = baton_actors::tenants::library::Library::of([template]);
    let settings = baton_core::tenant::Settings::default();
    let tenants = baton_actors::tenants::Tenants::default().with_templates(TenantId::DEFAULT, library, settings);
    super::Wording::builtin(links()).expect("ours are valid").with_tenants(tenants).with_keyring(keyring)
}

/// A job with every field filled.
pub(crate) fn full_brief() -> Brief {
    Brief {
        from: Some("Leeds".to_owned()),
        to: Some("Manchester".to_owned()),
        via: vec!["Bradford".to_owned(), "Rochdale".to_owned()],
        date: Some(jiff::civil::date(2027, 1, 30)),
        window: Some("14:30".to_owned()),
        vehicle: Some("van".to_owned()),
        volume: Some("medium".to_owned()),
        items: vec![Item { kind: "fridge".to_owned(), quantity: 1 }, Item { kind: "box".to_owned(), quantity: 20 }],
        services: vec!["packing".to_owned()],
        price: Some(Price { from: 120, to: 150, currency: "GBP".to_owned() }),
        tags: Vec::new(),
        duration_minutes: Some(120),
    }
}

pub(crate) fn view(brief: Brief) -> CrewView {
    let job = JobId::of_reference(TenantId::DEFAULT, "sample");
    CrewView { job, code: job.code(), brief }
}

pub(crate) fn about_job(topic: Topic, job: &CrewView, full: bool) -> Say {
    let closes_at = full.then_some(Timestamp(1_801_319_400_000));
    let asks_desk = full && matches!(topic, Topic::Notice(_) | Topic::NoteDone(_));
    let offer = match topic {
        Topic::Offer(no) | Topic::OfferOver(no, _) => {
            Some(OfferShown { id: job.job.offer(no), closes_at, declined: false })
        }
        Topic::Won
        | Topic::ClaimEnded(_)
        | Topic::Reminder
        | Topic::ApprovalWanted
        | Topic::Notice(_)
        | Topic::Settled(_)
        | Topic::Released(_)
        | Topic::CrewOffer(_)
        | Topic::CrewStatus(_)
        | Topic::Lead
        | Topic::CrewText
        | Topic::Route
        | Topic::NoteDone(_) => None,
    };
    Say::Job {
        topic,
        job: Box::new(job.clone()),
        external_ref: full.then(|| "VC8Y-3".to_owned()),
        offer,
        about: full.then(|| "Driver One".to_owned()),
        approve_url: full.then(|| "https://example.com/public/approve/token".to_owned()),
        released: full.then(|| {
            Box::new(ReleasedShown { url: "https://example.com/public/details/token".to_owned(), text: None })
        }),
        desk: asks_desk.then(|| Box::new(AtDesk { deeds: Deed::ALL.to_vec(), claim: 1, done: done(full) })),
    }
}

/// What was done about what the desk was told.
fn done(full: bool) -> Option<DoneShown> {
    full.then(|| DoneShown { what: "confirmed".to_owned(), by: "olga".to_owned(), at: Timestamp(1_801_319_400_000) })
}

pub(crate) fn topics() -> Vec<Topic> {
    let agent = AgentId::of_reference(TenantId::DEFAULT, "sample");
    let overs = [Over::TimedOut, Over::Taken, Over::Skipped, Over::Closed].map(|over| Topic::OfferOver(1, over));
    let ends = [
        ClaimEnd::Withdrawn,
        ClaimEnd::Stalled,
        ClaimEnd::Reassigned,
        ClaimEnd::Cancelled,
        ClaimEnd::Refused,
        ClaimEnd::NoShow,
    ];
    let notices = [
        Notice::Claimed(agent),
        Notice::Unfilled,
        Notice::Stalled(agent),
        Notice::Expired,
        Notice::Quarantined,
        Notice::PublishWanted,
        Notice::NotPublished,
        Notice::PublicationDoubtful,
        Notice::NobodyReached,
    ];
    let mut topics = vec![Topic::Offer(1), Topic::Won, Topic::Reminder, Topic::ApprovalWanted, Topic::Released(1)];
    topics.extend([Gate::Confirm, Gate::Invoice, Gate::Payment].map(Topic::Settled));
    let waits = Gate::ALL.map(Wait::Gate).into_iter().chain([Wait::Start, Wait::Finish]);
    topics.extend(waits.map(|wait| Topic::Notice(Notice::Waiting(wait, agent))));
    topics.extend(Gate::ALL.map(|gate| Topic::Notice(Notice::Asked(gate, agent))));
    topics.push(Topic::Notice(Notice::Unreached(agent)));
    topics.extend([Once::Lead, Once::CrewText, Once::Release].map(|what| Topic::Notice(Notice::Doubtful(what))));
    topics.push(Topic::NoteDone(EffectNo { version: 1, n: 0 }));
    topics.extend(overs);
    topics.extend(ends.map(Topic::ClaimEnded));
    topics.extend(notices.map(Topic::Notice));
    topics
}

pub(crate) fn answers(job: CrewView) -> Vec<Answer> {
    let boxed = Box::new(job.clone());
    let orders = orders(&job);
    let answers = vec![
        Answer::Claimed(boxed.clone()),
        Answer::Declined(boxed.clone()),
        Answer::Taken { job: boxed.clone(), place: Some(2) },
        Answer::Taken { job: boxed.clone(), place: None },
        Answer::OfferOver(boxed.clone()),
        Answer::Full,
        Answer::Which(vec![job.clone(), job]),
        Answer::NoOpenOffer,
        Answer::Help,
        Answer::OptedOut,
        Answer::OptedIn,
        Answer::Unrecognized,
        Answer::Unknown,
        Answer::Register("https://example.com/register".to_owned()),
        Answer::Welcome,
        Answer::AlreadyRegistered,
        Answer::RegisteredElsewhere,
        Answer::BadLink,
        Answer::Acknowledged(boxed),
        Answer::NotPublished,
        Answer::NoSuchJob,
        Answer::NotForThem,
        Answer::Unreachable,
        Answer::TooOften,
        Answer::CoolingDown(12),
        Answer::Invited(Box::new(Invitation {
            link: "https://t.me/baton_bot?start=sample".to_owned(),
            message: Some("Welcome on board".to_owned()),
        })),
    ];
    answers.into_iter().chain(orders).collect()
}

/// What the desk's commands come to.
fn orders(job: &CrewView) -> Vec<Answer> {
    let order = |order, came| Ordered {
        order,
        came,
        job: Some(job.clone()),
        status: Some("claimed"),
        winner: Some("Driver One".to_owned()),
        line: vec!["Driver Two".to_owned()],
        missing: Some("payment".to_owned()),
    };
    let done = Deed::ALL.into_iter().flat_map(|deed| ["done", "already"].map(|came| order(deed.as_str(), came)));
    let shown = [order("status", "shown"), order("who", "shown")];
    let refused = ["denied", "elsewhere", "moved-on", "job-not-found", "gates-missing", "job-closed"];
    let refused =
        refused.map(|came| Ordered { status: None, winner: None, line: Vec::new(), ..order("release", came) });
    done.chain(shown).chain(refused).map(|ordered| Answer::Order(Box::new(ordered))).collect()
}
