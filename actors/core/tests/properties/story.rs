//! What can happen to a job, in any order and at any moment.

use baton_core::crew::Publish;
use baton_core::gates::{Dial, Gate, Gates, OwnGates};
use baton_core::ids::OfferNo;
use baton_core::job::Approval;
use baton_core::plan::Plan;
use proptest::prelude::*;

use super::town::some_plan;

/// Something that happens to a job.
#[derive(Clone, Debug)]
pub enum Happening {
    Asks(Asked),
    /// What became of a message: of one that is owed, or of one that was, or of none.
    Delivered {
        which: u8,
        long_gone: bool,
        how: Told,
    },
    NoRoom(Who),
    /// Somebody tries what they may not do.
    Denied(u8),
    /// The tenant turns its dials.
    GatesChange(Gates),
    Rings,
    AgentChanges {
        agent: u8,
        active: bool,
        reachable: bool,
    },
    LoadChanges {
        agent: u8,
        claims: u32,
        open_offers: u32,
    },
}

#[derive(Clone, Debug)]
pub enum Asked {
    Approve,
    Reject,
    Start,
    Claim(Who),
    Decline(Who),
    Seat(Who),
    Assign(u8),
    Withdraw(Option<u8>),
    Acknowledge(Option<u8>),
    Cancel,
    Pause,
    Resume,
    Extend(u64),
    SkipWave,
    Restart(Option<Plan>, bool),
    Complete,
    Fail,
    Pass(Gate),
    Refuse(Option<u8>),
    /// Whether an operator goes by the gates, and for how many minutes.
    Release(bool, Option<u64>),
    Revoke,
    OpenGrant(u16),
    StartWork(Option<u8>),
    SetGates(OwnGates, Option<Publish>),
    Publish,
}

/// Who does something, and which offer they mean.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    /// One of those who are asked now.
    Open(u8),
    /// One of those who were asked in this round.
    Past(u8),
    /// Anybody, by the latest offer made to them.
    Anybody(u8),
    /// Anybody, from one of the groups it stands in.
    InGroup(u8, u8),
    /// Anybody, by any number.
    Odd(u8, OfferNo),
}

#[derive(Clone, Copy, Debug)]
pub enum Told {
    Sent,
    Failed,
    Dropped,
    Unsure,
}

/// When it happens.
#[derive(Clone, Copy, Debug)]
pub enum When {
    AtOnce,
    After(u64),
    /// At the next due moment, or so many milliseconds off it.
    Due(i64),
    /// After the engine was away.
    Outage(u64),
    /// The clock was set back.
    Back(u64),
}

pub fn some_one() -> impl Strategy<Value = Who> {
    prop_oneof![
        6 => any::<u8>().prop_map(Who::Open),
        3 => any::<u8>().prop_map(Who::Past),
        1 => (0..8u8).prop_map(Who::Anybody),
        3 => (0..8u8, any::<u8>()).prop_map(|(who, group)| Who::InGroup(who, group)),
        1 => (0..8u8, 0..20u16).prop_map(|(who, no)| Who::Odd(who, no)),
    ]
}

pub fn some_asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        6 => Just(Asked::Approve),
        1 => Just(Asked::Reject),
        4 => Just(Asked::Start),
        28 => some_one().prop_map(Asked::Claim),
        18 => some_one().prop_map(Asked::Decline),
        20 => some_one().prop_map(Asked::Seat),
        3 => (0..8u8).prop_map(Asked::Assign),
        5 => prop::option::weighted(0.1, 0..8u8).prop_map(Asked::Withdraw),
        4 => prop::option::weighted(0.1, 0..8u8).prop_map(Asked::Acknowledge),
        1 => Just(Asked::Cancel),
        6 => Just(Asked::Pause),
        12 => Just(Asked::Resume),
        5 => (0..100u64).prop_map(Asked::Extend),
        6 => Just(Asked::SkipWave),
        10 => (prop::option::weighted(0.2, some_plan()), any::<bool>()).prop_map(|(plan, skip)| Asked::Restart(plan, skip)),
        1 => Just(Asked::Complete),
        1 => Just(Asked::Fail),
        24 => prop::sample::select(Gate::ALL.to_vec()).prop_map(Asked::Pass),
        4 => prop::option::weighted(0.1, 0..8u8).prop_map(Asked::Refuse),
        8 => (any::<bool>(), prop::option::of(0..90u64)).prop_map(|(by, lasts)| Asked::Release(by, lasts)),
        2 => Just(Asked::Revoke),
        12 => (1..3u16).prop_map(Asked::OpenGrant),
        4 => prop::option::weighted(0.1, 0..8u8).prop_map(Asked::StartWork),
        3 => (some_own_gates(), some_publisher()).prop_map(|(own, publish)| Asked::SetGates(own, publish)),
        8 => Just(Asked::Publish),
    ]
}

fn some_dial() -> impl Strategy<Value = Dial> {
    prop_oneof![Just(Dial::Off), Just(Dial::Person), Just(Dial::Engine)]
}

pub fn some_gates() -> impl Strategy<Value = Gates> {
    (some_dial(), some_dial(), some_dial(), some_dial()).prop_map(|(confirm, invoice, payment, release)| Gates {
        confirm,
        invoice,
        payment,
        release,
    })
}

fn some_publisher() -> impl Strategy<Value = Option<Publish>> {
    prop_oneof![8 => Just(None), 1 => Just(Some(Publish::Engine)), 1 => Just(Some(Publish::Person))]
}

fn some_own_gates() -> impl Strategy<Value = OwnGates> {
    let dial = || prop::option::of(some_dial());
    (dial(), dial(), dial(), dial()).prop_map(|(confirm, invoice, payment, release)| OwnGates {
        confirm,
        invoice,
        payment,
        release,
    })
}

pub fn some_happening() -> impl Strategy<Value = Happening> {
    let how =
        prop_oneof![14 => Just(Told::Sent), 2 => Just(Told::Failed), 1 => Just(Told::Dropped), 1 => Just(Told::Unsure)];
    prop_oneof![
        24 => some_asked().prop_map(Happening::Asks),
        6 => (any::<u8>(), prop::bool::weighted(0.2), how)
            .prop_map(|(which, long_gone, how)| Happening::Delivered { which, long_gone, how }),
        2 => some_one().prop_map(Happening::NoRoom),
        3 => Just(Happening::Rings),
        1 => (0..8u8).prop_map(Happening::Denied),
        1 => some_gates().prop_map(Happening::GatesChange),
        1 => (0..8u8, any::<bool>(), any::<bool>())
            .prop_map(|(agent, active, reachable)| Happening::AgentChanges { agent, active, reachable }),
        1 => (0..8u8, 0..3u32, 0..3u32)
            .prop_map(|(agent, claims, open_offers)| Happening::LoadChanges { agent, claims, open_offers }),
    ]
}

pub fn some_when() -> impl Strategy<Value = When> {
    prop_oneof![
        9 => Just(When::AtOnce),
        2 => (0..40 * 60_000u64).prop_map(When::After),
        3 => prop_oneof![3 => Just(0i64), 1 => -2..20i64].prop_map(When::Due),
        1 => (1..200u64).prop_map(When::Outage),
        1 => (1..5_000u64).prop_map(When::Back),
    ]
}

/// What is decided as one step, and when.
pub type Round = (When, Vec<Happening>);

#[derive(Debug)]
pub struct Beginning {
    pub approval: Approval,
    pub start_after: Option<u64>,
    pub plan: Plan,
    pub has_details: bool,
    /// Whose it is by name, as a route of theirs, and whether a failure goes on and all channels are used.
    pub handed: Option<(u8, bool, bool)>,
}

pub fn some_beginning() -> impl Strategy<Value = Beginning> {
    let approval = prop_oneof![4 => Just(Approval::None), 1 => Just(Approval::Link), 1 => Just(Approval::Email)];
    let handed = prop::option::weighted(0.15, (0..8u8, any::<bool>(), any::<bool>()));
    (approval, prop::option::weighted(0.2, 0..60u64), some_plan(), prop::bool::weighted(0.8), handed).prop_map(
        |(approval, start_after, plan, has_details, handed)| Beginning {
            approval,
            start_after,
            plan,
            has_details,
            handed,
        },
    )
}

pub fn some_story() -> impl Strategy<Value = Vec<Round>> {
    prop::collection::vec((some_when(), prop::collection::vec(some_happening(), 1..4)), 1..50)
}
