//! What the channels can really send in a wave's time: whoever could not be reached before it is over is not asked yet.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::delivery::{ChannelKind, Provider};
use crate::ids::AgentId;
use crate::world::World;

/// What the channels can send, as their budgets and what waits in their queues allow.
pub trait Budgets {
    /// How many offers can leave on a channel within a span, by the account that carries a tenant's messages (the tenant's
    /// route; empty: the configured one) and behind everything that waits there and goes first. None: no limit is known.
    fn on_channel(&self, channel: ChannelKind, route: &[Provider], within: Duration) -> Option<u32>;

    /// The same for one group chat, which many people read and which has a budget of its own.
    fn to_group(&self, chat: i64, route: &[Provider], within: Duration) -> Option<u32>;
}

/// No limits are known.
pub struct Boundless;

impl Budgets for Boundless {
    fn on_channel(&self, _: ChannelKind, _: &[Provider], _: Duration) -> Option<u32> {
        None
    }
    fn to_group(&self, _: i64, _: &[Provider], _: Duration) -> Option<u32> {
        None
    }
}

/// Those of a wave who can be reached in its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Who, and by which channel, in the order of asking.
    pub asked: Vec<(AgentId, ChannelKind)>,
    /// What kept the others back.
    pub short: Option<Short>,
}

/// A channel that cannot send as much as a wave would ask of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// How many there were to ask.
    pub wanted: u16,
    /// How many are asked.
    pub asked: u16,
    /// Which channel.
    pub channel: ChannelKind,
    /// How many it can send in that time.
    pub sends: u32,
}

/// Keeps those who can be reached within a wave's time. One is always asked: a budget that is used up by others is late, and no
/// reason to ask nobody.
pub fn fit(chosen: &[(AgentId, ChannelKind)], within: Duration, world: &World<'_>) -> Fit {
    let mut left: BTreeMap<(ChannelKind, Option<i64>), Option<u32>> = BTreeMap::new();
    let mut asked = Vec::with_capacity(chosen.len());
    let mut kept_back = None;
    for (agent, channel) in chosen {
        let route = world.settings.routes.get(channel).map_or(&[][..], Vec::as_slice);
        let group = world.group_of(agent, *channel);
        let whole = *left.entry((*channel, None)).or_insert_with(|| world.budgets.on_channel(*channel, route, within));
        let own = group.and_then(|chat| {
            *left.entry((*channel, group)).or_insert_with(|| world.budgets.to_group(chat, route, within))
        });
        if (whole == Some(0) || own == Some(0)) && !asked.is_empty() {
            kept_back.get_or_insert((*channel, group.filter(|_| own == Some(0))));
            continue;
        }
        for key in [(*channel, None), (*channel, group)] {
            if let Some(Some(count)) = left.get_mut(&key) {
                *count = count.saturating_sub(1);
            }
            if group.is_none() {
                break;
            }
        }
        asked.push((*agent, *channel));
    }
    let short = kept_back.map(|(channel, group)| {
        let route = world.settings.routes.get(&channel).map_or(&[][..], Vec::as_slice);
        let sends = match group {
            Some(chat) => world.budgets.to_group(chat, route, within),
            None => world.budgets.on_channel(channel, route, within),
        };
        Short { wanted: count(chosen.len()), asked: count(asked.len()), channel, sends: sends.unwrap_or(0) }
    });
    Fit { asked, short }
}

fn count(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Agent;
    use crate::ids::TenantId;
    use crate::roster::Roster;
    use crate::tenant::Settings;
    use crate::time::Timestamp;
    use crate::world::Idle;

    /// So many by Telegram, so many by SMS, so many to each group.
    struct Sends(Option<u32>, Option<u32>, Option<u32>);

    impl Budgets for Sends {
        fn on_channel(&self, channel: ChannelKind, _: &[Provider], _: Duration) -> Option<u32> {
            match channel {
                ChannelKind::Telegram => self.0,
                ChannelKind::Sms => self.1,
                ChannelKind::Console | ChannelKind::Email | ChannelKind::Whatsapp => None,
            }
        }
        fn to_group(&self, _: i64, _: &[Provider], _: Duration) -> Option<u32> {
            self.2
        }
    }

    fn agent(name: &str) -> AgentId {
        AgentId::of_reference(TenantId::DEFAULT, name)
    }

    #[test]
    fn whoever_cannot_be_reached_in_time_is_not_asked_yet() {
        use ChannelKind::{Email, Sms, Telegram};
        let people = [("ana", Telegram), ("bo", Telegram), ("cy", Sms), ("dee", Telegram), ("eli", Email)];
        let crew = |name: &str| Agent {
            telegram: Some(if name == "dee" || name == "bo" { -7 } else { 1 }),
            ..Agent::named(agent(name), name, Timestamp(0))
        };
        let roster = Roster::of(people.iter().map(|(name, _)| crew(name)));
        let settings = Settings::default();
        let chosen: Vec<_> = people.iter().map(|(name, channel)| (agent(name), *channel)).collect();
        for (sends, asks, short) in [
            (Sends(None, None, None), "ana bo cy dee eli", None),
            (Sends(Some(3), Some(1), Some(2)), "ana bo cy dee eli", None),
            (Sends(Some(2), None, None), "ana bo cy eli", Some((Telegram, 2))),
            (Sends(Some(1), Some(0), None), "ana eli", Some((Telegram, 1))),
            (Sends(Some(0), Some(0), None), "ana eli", Some((Telegram, 0))),
            (Sends(Some(9), None, Some(1)), "ana bo cy eli", Some((Telegram, 1))),
        ] {
            let budgets = sends;
            let world = World {
                roster: &roster,
                load: &Idle,
                settings: &settings,
                channels: &[Telegram, Sms, Email],
                outages: &[],
                budgets: &budgets,
            };
            let fit = fit(&chosen, Duration::from_secs(60), &world);
            let names: Vec<_> = fit.asked.iter().filter_map(|(id, _)| Some(roster.get(id)?.name.clone())).collect();
            assert_eq!(names.join(" "), asks);
            assert_eq!(fit.short.map(|short| (short.channel, short.sends)), short, "{asks}");
            if let Some(short) = fit.short {
                assert_eq!((usize::from(short.wanted), usize::from(short.asked)), (5, names.len()));
            }
        }
    }
}
