//! What a decision may look at besides the job itself. All of it is an argument, so that a decision can be replayed.

use crate::agent::{Agent, NoWay};
use crate::consent::Purpose;
use crate::crew::CrewGroup;
use crate::delivery::ChannelKind;
use crate::fit::Budgets;
use crate::ids::AgentId;
use crate::message::Topic;
use crate::roster::Roster;
use crate::tenant::Settings;
use crate::time::{Timestamp, Window};

/// The tenant around a job at the moment of a decision.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Whom there is to ask.
    pub roster: &'a Roster,
    /// How busy they are.
    pub load: &'a dyn Load,
    /// What the tenant has set.
    pub settings: &'a Settings,
    /// The channels that are configured, in the order to try them.
    pub channels: &'a [ChannelKind],
    /// When the engine was away for longer than the tenant's grace.
    pub outages: &'a [Window],
    /// What the channels can send.
    pub budgets: &'a dyn Budgets,
}

impl World<'_> {
    /// By which channel an agent hears of jobs, or why by none.
    pub fn way_to(&self, agent: &Agent) -> Result<ChannelKind, NoWay> {
        agent.way(self.channels, Purpose::DISPATCH, self.settings.messages.dispatch_needs_opt_in)
    }

    /// The channels by which an agent can hear of jobs, best first.
    pub fn ways_to(&self, agent: &Agent) -> Vec<ChannelKind> {
        agent.channels_for(self.channels, Purpose::DISPATCH, self.settings.messages.dispatch_needs_opt_in)
    }

    /// By which channel the desk hears of something; none where there is no desk, or no channel that reaches it.
    pub fn way_to_desk(&self, topic: &Topic) -> Option<ChannelKind> {
        let desk = &self.settings.desk;
        let channel = self.channels.iter().copied().find(|kind| match kind {
            ChannelKind::Telegram => desk.telegram.is_some(),
            ChannelKind::Email => desk.email.is_some(),
            ChannelKind::Console | ChannelKind::Whatsapp | ChannelKind::Sms => false,
        });
        // An approval request carries a link and is a mail by the tenant's choice; chats come where there is no mail.
        let mail = desk.email.is_some() && self.channels.contains(&ChannelKind::Email);
        if *topic == Topic::ApprovalWanted && mail { Some(ChannelKind::Email) } else { channel }
    }

    /// The channel that follows one on which an agent was not reached, in their own order; none where no other is left.
    pub fn channel_after(&self, agent: &Agent, failed: ChannelKind) -> Option<ChannelKind> {
        let order = if agent.channels.is_empty() { self.channels } else { &agent.channels };
        // One that is not in the order was chosen by hand, and comes before it.
        let behind = order.iter().position(|kind| *kind == failed).map_or(0, |at| at + 1);
        let needs_opt_in = self.settings.messages.dispatch_needs_opt_in;
        let can_be_used = |kind: &ChannelKind| {
            self.channels.contains(kind) && agent.bar(*kind, Purpose::DISPATCH, needs_opt_in).is_none()
        };
        order[behind..].iter().copied().find(can_be_used)
    }

    /// A crew group in which something can be published.
    pub fn group(&self, name: &str) -> Option<&CrewGroup> {
        self.settings.crew.groups.get(name).filter(|_| self.channels.contains(&ChannelKind::Telegram))
    }

    /// The group chat that an agent is written to in, where it is one.
    pub fn group_of(&self, agent: &AgentId, channel: ChannelKind) -> Option<i64> {
        if channel != ChannelKind::Telegram {
            return None;
        }
        self.roster.get(agent)?.telegram.filter(|chat| *chat < 0)
    }
}

/// How busy an agent is, derived from the jobs.
pub trait Load {
    /// The load of one agent.
    fn of(&self, agent: &AgentId) -> AgentLoad;
}

/// How busy an agent is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentLoad {
    /// Jobs claimed and not closed.
    pub claims: u32,
    /// Offers that wait for their answer.
    pub open_offers: u32,
    /// When those claimed jobs take place, as far as that is known.
    pub busy: Vec<Window>,
    /// When they were last offered anything.
    pub last_offered: Option<Timestamp>,
}

/// Nobody is busy.
pub struct Idle;

impl Load for Idle {
    fn of(&self, _: &AgentId) -> AgentLoad {
        AgentLoad::default()
    }
}
