use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const RESTS: [Duration; 2] = [Duration::from_secs(5), MINUTE];
const FAULT: Fault = Fault { retry_after: None, gone: false, refused: false };

const PATIENCE: Patience<'_> = Patience { rests: &RESTS, jitter: 0.0 };

fn missed(subject: u128, no: u64) -> Missed<'static> {
    Missed { subject: job(subject), no, behind: &[] }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000)
}

fn job(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn fails(follower: &mut Follower, subject: u128, no: u64, behind: &[u64], now: i64) -> Follows {
    follower.failed(Missed { subject: job(subject), no, behind }, FAULT, PATIENCE, at(now))
}

#[test]
fn what_fails_waits_with_all_that_follows_of_its_subject_and_the_rest_goes_on() {
    let mut follower = Follower::from(7);
    assert_eq!(fails(&mut follower, 1, 8, &[9], 100), Follows::Again(at(105)));
    assert!(follower.waits_behind(job(1), 10) && !follower.waits_behind(job(2), 11));
    assert_eq!(follower.room(at(100)), usize::MAX);
    assert_eq!((follower.due(at(104)), follower.due(at(105))), (vec![], vec![(job(1), 8)]));
    follower.arrived(job(1), 8, at(105));
    assert_eq!(follower.due(at(105)), [(job(1), 9)], "in its order, at once");
    follower.arrived(job(1), 9, at(105));
    follower.arrived(job(1), 10, at(106));
    assert_eq!((follower.lines.len(), follower.next_due()), (0, None));
}

#[test]
fn one_that_never_arrives_is_given_up_where_others_do_and_its_followers_go_on() {
    let mut follower = Follower::from(0);
    fails(&mut follower, 1, 1, &[3], 0);
    follower.arrived(job(2), 2, at(1));
    assert_eq!(fails(&mut follower, 1, 1, &[], 5), Follows::Again(at(65)));
    assert_eq!(fails(&mut follower, 1, 1, &[], 65), Follows::GivenUp);
    assert_eq!(follower.due(at(65)), [(job(1), 3)]);
    assert_eq!(follower.lines[0].attempts, 0, "the next one has all its attempts");
}

#[test]
fn an_endpoint_to_which_nothing_came_for_so_long_is_switched_off_and_nothing_of_what_waits_is_given_up() {
    let mut follower = Follower::from(0);
    follower.arrived(job(9), 1, at(0));
    fails(&mut follower, 1, 2, &[3], 10);
    fails(&mut follower, 1, 2, &[], 15);
    assert_eq!(fails(&mut follower, 1, 2, &[], 75), Follows::Off);
    assert_eq!(follower.lines[0].waiting, [2, 3]);
    follower.begins_anew(at(500));
    assert_eq!((follower.due(at(500)), follower.is_away()), (vec![(job(1), 2)], false));
    assert_eq!(fails(&mut follower, 1, 2, &[], 500), Follows::Again(at(505)), "with all attempts");
}

#[test]
fn gone_is_gone_at_once() {
    let mut follower = Follower::from(0);
    let gone = Fault { retry_after: None, gone: true, refused: false };
    assert_eq!(follower.failed(missed(1, 1), gone, PATIENCE, at(0)), Follows::Off);
}

#[test]
fn one_that_is_away_is_asked_by_one_event_after_each_rest_and_told_all_once_it_is_back() {
    let mut follower = Follower::from(0);
    for n in 1..=5 {
        fails(&mut follower, n.into(), n, &[], 0);
    }
    follower.set_aside(job(6), &[6, 7], at(0));
    assert!(follower.is_away() && follower.room(at(0)) == 0);
    assert_eq!((follower.due(at(4)), follower.next_due()), (vec![], Some(at(5))));
    assert_eq!(follower.due(at(5)), [(job(6), 6)], "the longest due");
    assert_eq!(follower.room(at(5)), 1, "and a new one");
    fails(&mut follower, 6, 6, &[], 5);
    assert_eq!((follower.due(at(64)), follower.due(at(65))), (vec![], vec![(job(1), 1)]), "the second rest is longer");
    follower.arrived(job(1), 1, at(65));
    assert_eq!(follower.room(at(65)), usize::MAX);
    assert_eq!(follower.due(at(65)).len(), 5);
}

#[test]
fn one_that_is_away_after_every_rest_is_switched_off_whichever_events_have_asked_for_it() {
    let mut follower = Follower::from(0);
    for n in 1..=3 {
        fails(&mut follower, n.into(), n, &[], 0);
    }
    follower.set_aside(job(4), &[4], at(0));
    follower.set_aside(job(5), &[5], at(0));
    assert_eq!(fails(&mut follower, 4, 4, &[], 5), Follows::Again(at(10)));
    assert_eq!(fails(&mut follower, 5, 5, &[], 65), Follows::Off);
    assert_eq!(follower.waiting(), 5);
}

#[test]
fn an_endpoint_that_asks_for_rest_gets_it_and_not_for_ever() {
    let mut follower = Follower::from(0);
    let busy = |seconds| Fault { retry_after: Some(Duration::from_secs(seconds)), gone: false, refused: false };
    assert_eq!(follower.failed(missed(1, 1), busy(30), PATIENCE, at(0)), Follows::Again(at(30)));
    assert!(follower.room(at(29)) == 0 && follower.room(at(30)) > 0);
    assert_eq!((follower.due(at(29)), follower.next_due()), (vec![], Some(at(30))));
    assert_eq!(follower.failed(missed(1, 1), busy(1_000_000), PATIENCE, at(30)), Follows::Again(at(30 + 86_400)));
}

#[test]
fn chance_adds_to_a_rest() {
    let mut follower = Follower::from(0);
    assert_eq!(
        follower.failed(missed(1, 1), FAULT, Patience { jitter: 0.2, ..PATIENCE }, at(0)),
        Follows::Again(at(6))
    );
}

#[test]
fn what_waits_has_a_bound() {
    let mut follower = Follower::from(0);
    let behind: Vec<u64> = (2..=WAITING_MAX as u64).collect();
    fails(&mut follower, 1, 1, &behind, 0);
    assert_eq!(follower.room(at(0)), 0);
    follower.arrived(job(1), 1, at(0));
    assert!(follower.room(at(0)) > 0);
}

#[test]
fn what_an_endpoint_says_no_to_does_not_make_it_away_nor_is_it_tried_sooner() {
    let mut follower = Follower::from(0);
    let no = Fault { refused: true, ..FAULT };
    for n in 1..=5 {
        follower.failed(missed(n.into(), n), no, PATIENCE, at(0));
    }
    assert!(!follower.is_away() && follower.room(at(0)) > 1);
    for n in 6..=8 {
        fails(&mut follower, n.into(), n, &[], 1);
    }
    assert!(follower.is_away());
    follower.arrived(job(9), 9, at(2));
    assert_eq!(follower.due(at(2)).iter().map(|(_, no)| *no).collect::<Vec<_>>(), [6, 7, 8]);
}

#[test]
fn what_is_never_taken_is_passed_over_and_what_is_behind_it_goes_on() {
    let mut follower = Follower::from(7);
    follower.passed_over(Missed { subject: job(1), no: 8, behind: &[9, 10] }, at(100));
    assert_eq!((follower.due(at(100)), follower.waiting()), (vec![(job(1), 9)], 2));
    follower.passed_over(Missed { subject: job(1), no: 9, behind: &[] }, at(101));
    follower.passed_over(Missed { subject: job(2), no: 11, behind: &[] }, at(101));
    assert_eq!((follower.due(at(101)), follower.waiting()), (vec![(job(1), 10)], 1));
    assert!(!follower.is_away(), "it is there");
}
