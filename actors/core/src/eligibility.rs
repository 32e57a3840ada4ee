//! Who may be asked, and the exact rule that keeps everybody else out. One function serves the wave and `explain`.

use std::collections::BTreeMap;

use crate::agent::{Agent, Availability, NoWay};
use crate::brief::Brief;
use crate::calm;
use crate::delivery::ChannelKind;
use crate::ids::AgentId;
use crate::plan::{Mode, Wave};
use crate::time::{Timestamp, Window};
use crate::world::{AgentLoad, World};

/// The rule that keeps an agent out of a wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// The tenant has switched them off.
    Inactive,
    /// The wave names somebody else.
    NotNamed,
    /// They cannot do what the job or the wave asks for.
    MissingTag(String),
    /// They do not drive the job's vehicle.
    WrongVehicle(String),
    /// They have been asked in this round and the offer was not taken from them.
    AlreadyAsked,
    /// They had the job and gave it back, or went silent.
    HadIt,
    /// They are away.
    Away(Option<Timestamp>),
    /// It is their night.
    QuietHours,
    /// There is no configured channel with an address.
    Unreachable,
    /// They have blocked us on the only channels that have an address.
    Blocked,
    /// They get messages, and no jobs.
    TakesNoJobs,
    /// They want no messages about jobs.
    OptedOut,
    /// They have not agreed to messages about jobs, and the tenant wants that.
    NoConsent,
    /// Nothing arrives at their addresses any more.
    AddressPaused,
    /// They have as many jobs as they can.
    Full {
        /// Claimed and not closed.
        claims: u32,
        /// What they can have.
        capacity: u32,
    },
    /// They have a job at the same time.
    Busy(Window),
    /// They have as many open offers as the tenant allows.
    TooManyOffers(u32),
}

impl Exclusion {
    /// The stable word of the rule.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::NotNamed => "not-named",
            Self::MissingTag(_) => "missing-tag",
            Self::WrongVehicle(_) => "wrong-vehicle",
            Self::AlreadyAsked => "already-asked",
            Self::HadIt => "had-it",
            Self::Away(_) => "away",
            Self::QuietHours => "quiet-hours",
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::TakesNoJobs => "takes-no-jobs",
            Self::OptedOut => "opted-out",
            Self::NoConsent => "no-consent",
            Self::AddressPaused => "address-paused",
            Self::Full { .. } => "full",
            Self::Busy(_) => "busy",
            Self::TooManyOffers(_) => "too-many-offers",
        }
    }

    /// Whether waiting a while may lift it: then the wave waits for its time.
    pub fn passes(&self) -> bool {
        match self {
            Self::Full { .. } | Self::Busy(_) | Self::TooManyOffers(_) => true,
            Self::Inactive
            | Self::NotNamed
            | Self::MissingTag(_)
            | Self::WrongVehicle(_)
            | Self::AlreadyAsked
            | Self::HadIt
            | Self::Away(_)
            | Self::QuietHours
            | Self::Unreachable
            | Self::Blocked
            | Self::TakesNoJobs
            | Self::OptedOut
            | Self::NoConsent
            | Self::AddressPaused => false,
        }
    }
}

impl From<NoWay> for Exclusion {
    fn from(no: NoWay) -> Self {
        match no {
            NoWay::NoAddress => Self::Unreachable,
            NoWay::Paused => Self::AddressPaused,
            NoWay::Blocked => Self::Blocked,
            NoWay::NoConsent => Self::NoConsent,
            NoWay::OptedOut => Self::OptedOut,
        }
    }
}

/// What this job has to do with an agent so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// Asked in this round; the answer was no, silence, or none could reach them.
    Asked,
    /// Had the job and lost it.
    HadIt,
}

/// The part of a job that eligibility looks at.
pub struct Wanted<'a> {
    /// What there is to do.
    pub brief: &'a Brief,
    /// When it takes place, as far as that is known.
    pub occupies: Option<Window>,
    /// Whom it cannot be offered to again.
    pub past: &'a BTreeMap<AgentId, Past>,
}

/// Whether an agent may be asked in a wave, and by which channel.
pub fn judge(
    agent: &Agent,
    wave: &Wave,
    wanted: &Wanted<'_>,
    world: &World<'_>,
    now: Timestamp,
) -> Result<ChannelKind, Exclusion> {
    let channel = standing(agent, wave, wanted, world, now)?;
    room(agent, wanted, world)?;
    Ok(channel)
}

/// The rules that do not depend on how busy they are, and the channel to ask by.
fn standing(
    agent: &Agent,
    wave: &Wave,
    wanted: &Wanted<'_>,
    world: &World<'_>,
    now: Timestamp,
) -> Result<ChannelKind, Exclusion> {
    if let Mode::Direct { agent: named, .. } = &wave.mode
        && *named != agent.id
    {
        return Err(Exclusion::NotNamed);
    }
    if !agent.active {
        return Err(Exclusion::Inactive);
    }
    if !agent.takes_jobs {
        return Err(Exclusion::TakesNoJobs);
    }
    match wanted.past.get(&agent.id) {
        Some(Past::HadIt) => return Err(Exclusion::HadIt),
        Some(Past::Asked) => return Err(Exclusion::AlreadyAsked),
        None => {}
    }
    can_do(agent, &wave.tags, wanted, world)?;
    match agent.availability {
        Availability::Available => {}
        Availability::Away { until: Some(until) } if until <= now => {}
        Availability::Away { until } => return Err(Exclusion::Away(until)),
    }
    if calm::rests(agent, world.settings, now) {
        return Err(Exclusion::QuietHours);
    }
    world.way_to(agent).map_err(Exclusion::from)
}

/// Whether somebody may claim what stands in a group, and by which channel they hear of it. Whoever asks for a job is there and
/// awake, and may have said no before; how much they have is looked at where room is kept.
pub fn may_claim(
    agent: &Agent,
    wave: Option<&Wave>,
    wanted: &Wanted<'_>,
    world: &World<'_>,
) -> Result<ChannelKind, Exclusion> {
    if !agent.active {
        return Err(Exclusion::Inactive);
    }
    if !agent.takes_jobs {
        return Err(Exclusion::TakesNoJobs);
    }
    if wanted.past.get(&agent.id) == Some(&Past::HadIt) {
        return Err(Exclusion::HadIt);
    }
    can_do(agent, wave.map_or(&[], |wave| &wave.tags), wanted, world)?;
    world.way_to(agent).map_err(Exclusion::from)
}

/// Whether they can do what the job and the wave ask for.
fn can_do(agent: &Agent, tags: &[String], wanted: &Wanted<'_>, world: &World<'_>) -> Result<(), Exclusion> {
    if let Some(tag) = tags.iter().chain(&wanted.brief.tags).find(|tag| !has_tag(agent, tag)) {
        return Err(Exclusion::MissingTag(tag.clone()));
    }
    if let Some(vehicle) = &wanted.brief.vehicle
        && world.settings.match_vehicle
        && !agent.tags.is_empty()
        && !has_tag(agent, vehicle)
    {
        return Err(Exclusion::WrongVehicle(vehicle.clone()));
    }
    Ok(())
}

fn has_tag(agent: &Agent, tag: &str) -> bool {
    agent.tags.iter().any(|own| own.eq_ignore_ascii_case(tag))
}

/// The rules of room: capacity counts claims, the tenant's maximum counts offers.
fn room(agent: &Agent, wanted: &Wanted<'_>, world: &World<'_>) -> Result<(), Exclusion> {
    if agent.capacity.is_none() && world.settings.max_open_offers.is_none() {
        return Ok(());
    }
    let load = world.load.of(&agent.id);
    if let Some(capacity) = agent.capacity {
        can_take(capacity, wanted.occupies, &load)?;
    }
    match world.settings.max_open_offers {
        Some(max) if load.open_offers >= max => Err(Exclusion::TooManyOffers(max)),
        Some(_) | None => Ok(()),
    }
}

/// Whether an agent of finite capacity has room for one more claim at that time.
pub fn can_take(capacity: u32, occupies: Option<Window>, load: &AgentLoad) -> Result<(), Exclusion> {
    if load.claims >= capacity {
        return Err(Exclusion::Full { claims: load.claims, capacity });
    }
    let clash = occupies.and_then(|window| load.busy.iter().find(|busy| busy.overlaps(&window)));
    clash.map_or(Ok(()), |busy| Err(Exclusion::Busy(*busy)))
}

/// Those to ask in a wave: at most its size, by priority, then longest idle, then fewest open offers, then id.
pub struct Chosen {
    /// Who, and by which channel.
    pub agents: Vec<(AgentId, ChannelKind)>,
    /// Whether somebody is only kept out by something that passes.
    pub some_full: bool,
}

/// Chooses from the roster.
pub fn choose(wave: &Wave, wanted: &Wanted<'_>, world: &World<'_>, now: Timestamp) -> Chosen {
    let size = usize::from(wave.size());
    let mut chosen = Chosen { agents: Vec::new(), some_full: false };
    // The roster is in order of priority: only those of equal priority need comparing, and the walk ends when the wave is full.
    let mut in_order = world.roster.takers().peekable();
    while let Some(priority) = in_order.peek().map(|agent| agent.priority) {
        if chosen.agents.len() >= size {
            break;
        }
        let mut fit = Vec::new();
        while let Some(agent) = in_order.next_if(|agent| agent.priority == priority) {
            match judge(agent, wave, wanted, world, now) {
                Ok(channel) => fit.push((agent.id, channel)),
                Err(exclusion) => chosen.some_full |= exclusion.passes(),
            }
        }
        if fit.len() > 1 {
            // Jobs that come in one millisecond find many who were asked in the same one: those who wait for less go first.
            fit.sort_by_cached_key(|(id, _)| {
                let load = world.load.of(id);
                (load.last_offered, load.open_offers, *id)
            });
        }
        fit.truncate(size - chosen.agents.len());
        chosen.agents.append(&mut fit);
    }
    chosen
}
