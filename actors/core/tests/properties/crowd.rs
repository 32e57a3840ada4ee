//! A job that hundreds are asked about: its record never outgrows what the store takes.

use baton_core::agent::Agent;
use baton_core::delivery::{ChannelKind, Delivery, Receipt};
use baton_core::gates::Gate;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::ledger::Heard;
use baton_core::job::release::HowReleased;
use baton_core::job::weight::RECEIPT_MAX;
use baton_core::job::{Answer, Ask, Command, Job, NewJob, Offer, Refusal, Report, Turn};
use baton_core::plan::{Mode, Plan, Wave};
use baton_core::tenant::{Desk, Settings};
use baton_core::time::Timestamp;
use proptest::prelude::*;

use super::life::bytes;
use super::town::{self, DAWN, Town, minutes, operator};

/// What happens to a job that hundreds are asked about, while nothing or everything is delivered.
#[derive(Clone, Copy, Debug)]
enum Crowded {
    Delivered(u16),
    AllDelivered,
    Claimed(u16),
    AllClaimed,
    Withdrawn,
    Assigned(u16),
    SeatTaken,
    /// Through every gate, with the longest texts there can be.
    Settled,
    Skipped,
    Restarted(bool),
    Rings,
}

fn some_crowded() -> impl Strategy<Value = Crowded> {
    prop_oneof![
        2 => any::<u16>().prop_map(Crowded::Delivered),
        2 => Just(Crowded::AllDelivered),
        3 => any::<u16>().prop_map(Crowded::Claimed),
        3 => Just(Crowded::AllClaimed),
        4 => Just(Crowded::Withdrawn),
        2 => any::<u16>().prop_map(Crowded::Assigned),
        3 => Just(Crowded::SeatTaken),
        3 => Just(Crowded::Settled),
        1 => Just(Crowded::Skipped),
        1 => any::<bool>().prop_map(Crowded::Restarted),
        1 => Just(Crowded::Rings),
    ]
}

const CROWD: u16 = 600;

fn crowd() -> Town {
    let tenant = TenantId::new("sixteen-letters-").expect("a slug");
    let named = |n: u16| AgentId::of_reference(tenant, &n.to_string());
    let agents = (0..CROWD).map(|n| Agent { telegram: Some(1), ..Agent::named(named(n), "someone", DAWN) });
    let desk = Desk { email: Some("desk@example.com".to_owned()), telegram: Some(900), ..Desk::default() };
    Town::of(agents.collect(), Settings { desk, ..Settings::default() })
}

fn crowded(job: &Job, crowded: Crowded, town: &Town, now: Timestamp) -> Option<Job> {
    let mut turn = Turn::of(job.clone(), town.world(), now);
    let ask = |turn: &mut Turn<'_>, command| {
        let _: Result<Answer, Refusal> = turn.decide(Ask { command, by: operator(), key: None, expects: None });
    };
    let receipt = Receipt { channel: ChannelKind::Telegram, message: "7".repeat(RECEIPT_MAX) };
    let sent = |effect| Report::Delivery { effect, delivery: Delivery::Sent(receipt.clone()) };
    let nth = |n: u16| usize::from(n).checked_rem(job.offers.len()).map(|at| &job.offers[at]);
    let claim = |offer: &Offer| Command::Claim { agent: offer.agent, no: offer.no, via: None, heard: Heard::default() };
    match crowded {
        Crowded::Delivered(n) => {
            if let Some(at) = usize::from(n).checked_rem(job.owed.len()) {
                turn.observe(sent(job.owed[at].no));
            }
        }
        Crowded::AllDelivered => job.owed.iter().for_each(|owed| turn.observe(sent(owed.no))),
        Crowded::Claimed(n) => nth(n).into_iter().for_each(|offer| ask(&mut turn, claim(offer))),
        Crowded::AllClaimed => job.offers.iter().for_each(|offer| ask(&mut turn, claim(offer))),
        Crowded::Withdrawn => ask(&mut turn, Command::Withdraw { agent: None, reason: Some("r".repeat(1000)) }),
        Crowded::Assigned(n) => {
            let agent = town.agents[usize::from(n % CROWD)].id;
            ask(&mut turn, Command::Assign { agent, channel: ChannelKind::Telegram });
        }
        Crowded::SeatTaken => {
            if let Some((agent, no)) = job.seat_sought() {
                ask(&mut turn, Command::Seat { agent, no });
            }
        }
        Crowded::Settled => {
            for gate in Gate::ALL {
                ask(&mut turn, Command::Pass { gate, reference: Some("r".repeat(1000)) });
            }
            let although = Some("r".repeat(1000));
            ask(&mut turn, Command::Release(HowReleased { although, ..HowReleased::default() }));
            ask(&mut turn, Command::OpenGrant { no: 1 });
        }
        Crowded::Skipped => ask(&mut turn, Command::SkipWave),
        Crowded::Restarted(skip_declined) => ask(&mut turn, Command::Restart { plan: None, skip_declined }),
        Crowded::Rings => turn.observe(Report::Ring),
    }
    turn.finish().map(|step| step.job)
}

proptest! {
    #![proptest_config(town::thorough(24))]

    #[test]
    fn a_record_never_outgrows_the_store(story in prop::collection::vec(some_crowded(), 1..60)) {
        let town = crowd();
        let id = JobId::of_reference(town.agents[0].id.tenant, "crowded");
        let wave = Wave::new(Mode::Everybody, minutes(30));
        let plan = Plan { waves: vec![wave], standby: 256, ..Plan::default() };
        let new = NewJob { id, has_details: true, ..town::new_job(1, plan) };
        let mut now = DAWN;
        let mut job = Turn::create(new, operator(), town.world(), now).finish().expect("created").job;
        prop_assert_eq!(job.open_offers().count(), 256, "a full wave fits");
        for happening in story {
            now = now + minutes(1);
            job = crowded(&job, happening, &town, now).unwrap_or(job);
            prop_assert_eq!(town::broken(&job), "", "{:?}", happening);
            let record = bytes(&job).len();
            prop_assert!(record <= job.weight(), "{record} bytes weigh {}", job.weight());
        }
    }
}
