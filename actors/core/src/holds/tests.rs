use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::ids::TenantId;

fn job(n: u8) -> JobId {
    JobId::of_reference(TenantId::DEFAULT, &format!("job {n}"))
}

fn offer(n: u8) -> OfferId {
    job(n).offer(1)
}

fn hours(from: i64, to: i64) -> Window {
    Window { from: Timestamp(from * 3_600_000), to: Timestamp(to * 3_600_000) }
}

fn claim(n: u8) -> ClaimedJob {
    ClaimedJob { job: job(n), occupies: None }
}

const NOW: Timestamp = Timestamp(0);

#[test]
fn holds_and_claims_of_other_jobs_count_together() {
    let mut book = Book::default();
    assert_eq!(book.hold(offer(1), None, 2, &[], NOW), Ok(Held::New));
    assert_eq!(book.hold(offer(2), None, 2, &[claim(3)], NOW), Err(Refusal::AgentFull { claims: 2, capacity: 2 }));
    assert_eq!(book.hold(offer(2), None, 2, &[], NOW), Ok(Held::New));
    assert_eq!(book.hold(offer(3), None, 2, &[], NOW), Err(Refusal::AgentFull { claims: 2, capacity: 2 }));
}

#[test]
fn a_job_both_held_and_claimed_counts_once() {
    let mut book = Book::default();
    book.hold(offer(1), None, 2, &[], NOW).expect("room");
    assert_eq!(book.hold(offer(2), None, 2, &[claim(1)], NOW), Ok(Held::New));
}

#[test]
fn a_repeat_is_let_through_and_keeps_no_more_room() {
    let mut book = Book::default();
    assert_eq!(book.hold(offer(1), None, 1, &[], NOW), Ok(Held::New));
    assert_eq!(book.hold(offer(1), None, 1, &[], NOW), Ok(Held::New));
    assert_eq!(book.hold(offer(1), None, 0, &[claim(1)], NOW), Ok(Held::Already), "the job says that it is theirs");
    assert_eq!(book.holds.len(), 1);
    assert!(!book.free(offer(1)), "the other claim is still on its way");
    assert!(book.free(offer(1)));
}

#[test]
fn the_answer_to_a_question_frees_nothing_that_a_later_claim_needs() {
    let mut book = Book::default();
    book.hold(offer(1), None, 1, &[], NOW).expect("room");
    let inquiry = book.asked(offer(1), NOW).expect("something is kept");
    book.hold(offer(1), None, 1, &[], NOW).expect("held");
    assert!(!book.answered(inquiry), "the first claim was lost, the second is on its way");
    assert!(book.free(offer(1)));
}

#[test]
fn the_answer_to_a_question_of_an_earlier_life_frees_nothing() {
    let mut book = Book::default();
    book.hold(offer(1), None, 1, &[], NOW).expect("room");
    let stored = book.clone();
    let earlier = book.asked(offer(1), NOW + HOLD_PATIENCE).expect("something is kept");
    // The actor falls, a claim follows, and the job is asked anew.
    book = stored;
    book.hold(offer(1), None, 1, &[], NOW + HOLD_PATIENCE).expect("held");
    let later = book.asked(offer(1), NOW + HOLD_PATIENCE + HOLD_PATIENCE).expect("something is kept");
    assert!(!book.answered(earlier), "the claim that followed it is on its way");
    assert!(book.answered(later));
}

#[test]
fn the_verdict_on_an_older_offer_frees_nothing_the_newer_one_needs() {
    let mut book = Book::default();
    book.hold(job(1).offer(1), None, 1, &[], NOW).expect("room");
    assert_eq!(book.hold(job(1).offer(4), None, 1, &[], NOW), Ok(Held::New), "it must be stored");
    assert!(!book.free(job(1).offer(1)), "one of two");
    assert_eq!(book.hold(offer(2), None, 1, &[], NOW), Err(Refusal::AgentFull { claims: 1, capacity: 1 }));
    assert!(book.free(job(1).offer(4)));
}

#[test]
fn two_jobs_at_one_time_are_refused_and_two_in_a_row_are_not() {
    let mut book = Book::default();
    book.hold(offer(1), Some(hours(9, 11)), 5, &[], NOW).expect("room");
    assert_eq!(book.hold(offer(2), Some(hours(10, 12)), 5, &[], NOW), Err(Refusal::AgentBusy));
    assert_eq!(book.hold(offer(2), Some(hours(11, 12)), 5, &[], NOW), Ok(Held::New));
    let theirs = ClaimedJob { job: job(3), occupies: Some(hours(14, 16)) };
    assert_eq!(book.hold(offer(4), Some(hours(15, 17)), 5, &[theirs], NOW), Err(Refusal::AgentBusy));
    assert_eq!(book.hold(offer(4), None, 5, &[theirs], NOW), Ok(Held::New), "a job of no known time is at no other's");
}

#[test]
fn a_hold_that_hears_nothing_has_its_job_asked() {
    let mut book = Book::default();
    book.hold(offer(1), None, 1, &[], NOW).expect("room");
    let late = NOW + HOLD_PATIENCE;
    assert_eq!(book.due(), Some(late));
    assert_eq!(book.stale(Timestamp(late.0 - 1)).count(), 0);
    assert_eq!(book.stale(late).collect::<Vec<_>>(), [offer(1)]);
    book.asked(offer(1), late);
    assert_eq!((book.stale(late).count(), book.due()), (0, Some(late + HOLD_PATIENCE)));
}

/// What can happen to an agent and eight jobs, three of which take place at the same time.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// They say yes to a job's latest offer, or to the one before; the hold is stored and the claim is on its way.
    Yes(u8, bool),
    /// An operator gives them a job.
    Assigned(u8),
    /// The job that is first on the way decides: for them, or not.
    Decided(bool),
    /// The first verdict on the way back arrives.
    Heard,
    /// The same, and the free is lost because the actor falls before it is stored.
    HeardAndForgotten,
    /// The book is stored for another reason.
    Stored,
    /// The agent's actor falls and is loaded again; what is on its way stays so.
    ActorFalls,
    /// The process falls: everything on its way is gone.
    ProcessFalls,
    /// Time passes and the jobs of stale holds are asked.
    TimePasses,
    /// A job they have is over or given back.
    Ended(u8),
    /// A job is offered to them anew.
    Offered(u8),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0..8u8, any::<bool>()).prop_map(|(n, older)| Happening::Yes(n, older)),
        1 => (0..8u8).prop_map(Happening::Assigned),
        4 => any::<bool>().prop_map(Happening::Decided),
        3 => Just(Happening::Heard),
        1 => Just(Happening::HeardAndForgotten),
        1 => Just(Happening::Stored),
        1 => Just(Happening::ActorFalls),
        1 => Just(Happening::ProcessFalls),
        1 => Just(Happening::TimePasses),
        2 => (0..8u8).prop_map(Happening::Ended),
        2 => (0..8u8).prop_map(Happening::Offered),
    ]
}

fn time_of(n: u8) -> Option<Window> {
    (n < 3).then(|| hours(9, 11))
}

/// What is on its way to a job, or what its job says to it.
#[derive(Clone, Copy)]
enum Letter {
    Claim(OfferId),
    Question(Inquiry),
}

/// A job, as far as this agent is concerned.
#[derive(Clone, Copy)]
struct Asked {
    latest: u16,
    open: bool,
    theirs: bool,
}

struct Life {
    capacity: u32,
    now: Timestamp,
    book: Book,
    stored: Book,
    to_jobs: VecDeque<Letter>,
    to_agent: VecDeque<Letter>,
    jobs: [Asked; 8],
}

impl Life {
    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Yes(n, older) => {
                self.is_to_have(n, job(n).offer(self.jobs[usize::from(n)].latest - u16::from(older)));
            }
            Happening::Assigned(n) => self.is_to_have(n, job(n).offer(ASSIGNMENT)),
            Happening::Decided(wins) => self.decided(wins),
            Happening::Heard => {
                match self.to_agent.pop_front() {
                    Some(Letter::Claim(offer)) => self.book.free(offer),
                    Some(Letter::Question(inquiry)) => self.book.answered(inquiry),
                    None => false,
                };
            }
            Happening::Stored => self.stored = self.book.clone(),
            Happening::HeardAndForgotten => {
                self.to_agent.pop_front();
                self.book = self.stored.clone();
            }
            Happening::ActorFalls => self.book = self.stored.clone(),
            Happening::ProcessFalls => {
                self.book = self.stored.clone();
                self.to_jobs.clear();
                self.to_agent.clear();
            }
            Happening::TimePasses => self.time_passes(),
            Happening::Ended(n) => self.jobs[usize::from(n)].theirs = false,
            Happening::Offered(n) => {
                let asked = &mut self.jobs[usize::from(n)];
                if !asked.theirs {
                    *asked = Asked { latest: asked.latest + 1, open: true, theirs: false };
                }
            }
        }
    }

    fn claims(&self) -> Vec<u8> {
        (0..8).filter(|n| self.jobs[usize::from(*n)].theirs).collect()
    }

    fn is_to_have(&mut self, n: u8, offer: OfferId) {
        let claims: Vec<_> = self.claims().iter().map(|n| ClaimedJob { job: job(*n), occupies: time_of(*n) }).collect();
        match self.book.hold(offer, time_of(n), self.capacity, &claims, self.now) {
            Ok(Held::New) => {
                self.stored = self.book.clone();
                self.to_jobs.push_back(Letter::Claim(offer));
            }
            Ok(Held::Already) => self.to_jobs.push_back(Letter::Claim(offer)),
            Err(_) => {}
        }
    }

    /// A claim that wins is counted before its verdict leaves. An offer is decided once and never opens again.
    fn decided(&mut self, wins: bool) {
        match self.to_jobs.pop_front() {
            Some(Letter::Claim(offer)) => {
                let asked =
                    self.jobs.iter_mut().zip(0..).find(|(_, n)| job(*n) == offer.job).expect("one of the eight").0;
                if asked.latest == offer.no && asked.open {
                    *asked = Asked { open: false, theirs: wins, ..*asked };
                }
                if offer.no == ASSIGNMENT && wins {
                    *asked = Asked { open: false, theirs: true, ..*asked };
                }
                self.to_agent.push_back(Letter::Claim(offer));
            }
            Some(question @ Letter::Question(_)) => self.to_agent.push_back(question),
            None => {}
        }
    }

    fn time_passes(&mut self) {
        self.now = self.now + HOLD_PATIENCE;
        let stale: Vec<_> = self.book.stale(self.now).collect();
        for late in stale {
            let inquiry = self.book.asked(late, self.now).expect("it is stale");
            self.to_jobs.push_back(Letter::Question(inquiry));
        }
    }

    fn keeps_the_rules(&self) -> bool {
        let claims = self.claims();
        let at_nine = claims.iter().filter(|n| time_of(**n).is_some()).count();
        claims.len() <= self.capacity as usize && at_nine <= 1
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn claims_never_exceed_capacity_whatever_falls(
        capacity in 1..4u32,
        story in prop::collection::vec(happening(), 1..160),
    ) {
        let mut life = Life {
            capacity,
            now: NOW,
            book: Book::default(),
            stored: Book::default(),
            to_jobs: VecDeque::new(),
            to_agent: VecDeque::new(),
            jobs: [Asked { latest: 2, open: true, theirs: false }; 8],
        };
        for happening in story {
            life.happens(happening);
            prop_assert!(life.keeps_the_rules(), "{happening:?}: {:?} of {capacity}", life.claims());
        }
        // Left alone, every hold resolves itself.
        for _ in 0..4 {
            life.time_passes();
            while !life.to_jobs.is_empty() {
                life.decided(false);
            }
            while !life.to_agent.is_empty() {
                life.happens(Happening::Heard);
            }
        }
        prop_assert_eq!(life.book.holds, Vec::<Hold>::new());
    }
}
