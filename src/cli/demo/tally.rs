//! What a timeline comes to: numbers, and a line for people.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::time::Timestamp;
use serde_json::Value;

/// What became of the offers of a tenant, and how long jobs waited.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Offers that were made.
    pub offers: u64,
    /// Answered with no.
    pub declined: u64,
    /// Not answered in time.
    pub timed_out: u64,
    /// Over because somebody else was faster.
    pub taken: u64,
    /// Not delivered, as to somebody who has blocked the bot.
    pub failed: u64,
    /// From the first offer to the yes.
    pub to_claim: Vec<Duration>,
}

/// What is remembered of a job while it moves.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// Whom its offers went to.
    asked: BTreeMap<String, String>,
    since: Option<Timestamp>,
}

impl Tally {
    /// Takes in what another one counted.
    pub fn add(&mut self, other: &Self) {
        self.offers += other.offers;
        self.declined += other.declined;
        self.timed_out += other.timed_out;
        self.taken += other.taken;
        self.failed += other.failed;
        self.to_claim.extend(&other.to_claim);
    }

    /// So many of a hundred were claimed within this time.
    pub fn within(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.to_claim.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
        sorted.get(place).copied()
    }

    /// Counts one entry of a timeline; gives it in words where it is worth a line.
    pub fn tell(&mut self, entry: &Value, story: &mut Story) -> Option<String> {
        let facts = &entry["facts"];
        let at = entry["at"].as_str().and_then(Timestamp::parse)?;
        let actor = match entry["actor"]["kind"].as_str() {
            Some("client" | "operator") => entry["actor"]["name"].as_str().unwrap_or("somebody"),
            Some("link") => "whoever had the link",
            _ => "Baton",
        };
        let offer = facts["offer"].as_str().unwrap_or_default();
        let asked = story.asked.get(offer).cloned().unwrap_or_else(|| name(&facts["agent"]));
        match entry["event"].as_str()? {
            "created" => Some(format!("came in from {actor}")),
            "approved" => Some(format!("approved by {actor}")),
            "offered" => {
                let agent = name(&facts["agent"]);
                self.offers += 1;
                story.since.get_or_insert(at);
                story.asked.insert(offer.to_owned(), agent.clone());
                Some(format!("offered to {agent}"))
            }
            "declined" => {
                self.declined += 1;
                Some(format!("{asked} said no"))
            }
            "offer_over" => match facts["reason"].as_str() {
                Some("timed_out") => {
                    self.timed_out += 1;
                    Some(format!("{asked} did not answer in time"))
                }
                Some("taken") => {
                    self.taken += 1;
                    None
                }
                _ => None,
            },
            "offer_failed" => {
                self.failed += 1;
                Some(format!("{asked} cannot be reached"))
            }
            "claimed" => {
                let took = story.since.map(|since| at.since(since));
                self.to_claim.extend(took);
                let took = took.map(|took| format!(" after {}", short(took))).unwrap_or_default();
                Some(format!("CLAIMED by {asked}{took}"))
            }
            "standby_joined" => Some(format!("{asked} waits behind the winner, as number {}", facts["place"])),
            "room_awaited" => Some("everybody is busy: it waits for somebody with room".to_owned()),
            "unfilled" => Some("UNFILLED: everybody was asked".to_owned()),
            "rejected" => Some(format!("rejected by {actor}")),
            "cancelled" => Some(format!("cancelled by {actor}")),
            "expired" => Some("expired".to_owned()),
            // The lines of the machine; `baton jobs show` has them all.
            _ => None,
        }
    }
}

fn name(agent: &Value) -> String {
    ["name", "ref"].iter().find_map(|field| agent[field].as_str()).unwrap_or("somebody").to_owned()
}

/// A span as people say it.
pub fn short(span: Duration) -> String {
    match span.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{:.1} s", span.as_secs_f64()),
        millis => format!("{} min {} s", millis / 60_000, millis / 1_000 % 60),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_timeline_is_counted_and_told() {
        let (mut tally, mut story) = (Tally::default(), Story::default());
        let ana = json!({"id": "1", "ref": "d1", "name": "Ana"});
        let bo = json!({"id": "2", "ref": "d2", "name": "Bo"});
        let entries = [
            ("00", "created", json!({})),
            ("01", "wave_opened", json!({"wave": 1})),
            ("01", "offered", json!({"offer": "j-1", "agent": ana})),
            ("03", "declined", json!({"offer": "j-1"})),
            ("03", "offered", json!({"offer": "j-2", "agent": bo})),
            ("05", "claimed", json!({"offer": "j-2", "agent": bo})),
        ];
        let told: Vec<String> = entries
            .into_iter()
            .filter_map(|(second, event, facts)| {
                let entry = json!({"at": format!("2027-01-15T08:00:{second}.000Z"), "event": event, "facts": facts,
                "actor": {"kind": "client", "name": "shop"}});
                tally.tell(&entry, &mut story)
            })
            .collect();
        assert_eq!(
            told,
            ["came in from shop", "offered to Ana", "Ana said no", "offered to Bo", "CLAIMED by Bo after 4.0 s"]
        );
        assert_eq!((tally.offers, tally.declined, tally.timed_out), (2, 1, 0));
    }

    #[test]
    fn a_share_is_within_the_time_of_its_slowest() {
        let mut tally = Tally::default();
        assert_eq!(tally.within(50), None);
        tally.to_claim = [5, 1, 4, 2, 3].map(Duration::from_secs).to_vec();
        assert_eq!(tally.within(50), Some(Duration::from_secs(3)));
        assert_eq!(tally.within(90), Some(Duration::from_secs(5)));
    }
}
