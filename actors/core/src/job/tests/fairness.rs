//! What people may rely on: their time, their place, and that what they are told is true.

use super::*;

fn undelivered(desk: &mut Desk) {
    let effect = desk.job().owed.first().expect("an offer is owed").no;
    let delivery = Delivery::Failed { class: "recipient".into(), reason: "blocked".into() };
    desk.turn(|turn| turn.observe(Report::Delivery { effect, delivery }));
}

fn owes(desk: &Desk, topic: &Topic) -> bool {
    desk.job().owed.iter().any(|owed| owed.message.topic == *topic)
}

fn watched(plan: Plan) -> Plan {
    Plan { stall: Some(Stall { remind_after: minutes(10), return_after: minutes(20) }), ..plan }
}

#[test]
fn while_somebody_has_the_job_the_search_stands_still() {
    let mut desk = Desk::publishes(&["ana", "bo"], Plan { search_for: Some(minutes(45)), ..in_turn() });
    desk.pass(minutes(10));
    desk.claims("ana").expect("open");
    desk.pass(minutes(600));
    desk.asks(Command::Withdraw { agent: None, reason: None }).expect("claimed");
    assert_eq!(desk.open(), ["bo"], "35 minutes of search are left");
    desk.pass(minutes(29));
    assert_eq!(desk.open(), ["bo"]);
    desk.pass(minutes(1));
    assert_eq!(desk.status(), "unfilled");
}

#[test]
fn a_search_gets_an_outages_time_back() {
    let mut desk = Desk::publishes(&["ana", "bo"], Plan { search_for: Some(minutes(45)), ..in_turn() });
    let from = desk.now + minutes(10);
    desk.outages = vec![Window { from, to: from + minutes(60) }];
    desk.pass(minutes(70));
    assert_eq!(desk.open(), ["ana"]);
    desk.pass(minutes(20));
    assert_eq!(desk.open(), ["bo"]);
    desk.pass(minutes(15));
    assert_eq!(desk.status(), "expired");
}

#[test]
fn a_silent_winner_is_reminded_before_they_lose_the_job_however_late() {
    let mut desk = Desk::publishes(&["ana", "bo"], watched(in_turn()));
    desk.claims("ana").expect("open");
    desk.pass(minutes(500));
    assert_eq!(desk.winner(), Some(id("ana")));
    assert!(owes(&desk, &Topic::Reminder));
    desk.pass(minutes(9));
    assert_eq!(desk.winner(), Some(id("ana")));
    desk.pass(minutes(1));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn a_reminded_winner_gets_an_outages_time_back() {
    let mut desk = Desk::publishes(&["ana", "bo"], watched(in_turn()));
    desk.claims("ana").expect("open");
    desk.pass(minutes(10));
    let from = desk.now + minutes(5);
    desk.outages = vec![Window { from, to: from + minutes(60) }];
    desk.pass(minutes(65));
    assert_eq!(desk.winner(), Some(id("ana")), "they could not acknowledge while we were away");
    desk.pass(minutes(5));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn a_reminder_that_has_become_pointless_is_not_sent() {
    let mut desk = Desk::publishes(&["ana", "bo"], watched(in_turn()));
    desk.claims("ana").expect("open");
    desk.pass(minutes(10));
    desk.asks(Command::Acknowledge { agent: None }).expect("claimed");
    assert!(!owes(&desk, &Topic::Reminder));
}

#[test]
fn what_became_of_the_latest_offer_decides_about_the_line() {
    let mut desk = Desk::publishes(&["ana", "bo", "cy"], together());
    let first = desk.offer_to("bo");
    desk.claims("ana").expect("open");
    desk.asks(Command::Withdraw { agent: None, reason: None }).expect("claimed");
    desk.declines("bo").expect("offered again");
    desk.claims("cy").expect("offered again");
    let late = desk.asks(Command::Claim { agent: id("bo"), no: first, via: None, heard: Heard::default() });
    assert_eq!(late, Err(Refusal::AlreadyClaimed { place: None }));
}

#[test]
fn an_offer_with_more_time_is_worth_sending_for_longer() {
    let lifetime = |desk: &Desk| desk.job().owed.first().and_then(|owed| owed.message.lifetime);
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    let closes_at = desk.now + minutes(30);
    assert_eq!(lifetime(&desk), Some(closes_at));
    desk.asks(Command::Extend { by: minutes(60) }).expect("offering");
    assert_eq!(lifetime(&desk), Some(closes_at + minutes(60)));
    desk.asks(Command::Pause).expect("offering");
    assert_eq!(lifetime(&desk), None, "while the clocks stand still it cannot be late");
    desk.pass(minutes(100));
    desk.asks(Command::Resume).expect("paused");
    assert_eq!(lifetime(&desk), Some(closes_at + minutes(160)));
}

#[test]
fn nothing_is_put_off_for_ever() {
    let mut desk = Desk::publishes(&["ana"], in_turn());
    desk.asks(Command::Extend { by: Duration::MAX }).expect("offering");
    assert_eq!(desk.job().due(), Some(desk.now + HORIZON));
}

#[test]
fn a_wave_skipped_during_a_pause_asks_the_next_after_it() {
    let mut desk = Desk::with(&["ana", "bo"]);
    desk.everybody_is_full();
    let waves = vec![Wave::new(Mode::OneByOne, minutes(30)), Wave::new(Mode::Everybody, minutes(5))];
    desk.publish(new_job(Plan { waves, ..Plan::default() }));
    desk.asks(Command::Pause).expect("offering");
    desk.load = Box::new(Idle);
    desk.asks(Command::SkipWave).expect("offering");
    assert_eq!(desk.open(), Vec::<String>::new());
    desk.asks(Command::Resume).expect("paused");
    assert_eq!(desk.open(), ["ana", "bo"], "the second wave");
}

#[test]
fn an_offer_that_arrives_after_it_was_given_up_is_taken_back() {
    let wave = Wave { starts: crate::plan::ClockStart::Delivered, ..Wave::new(Mode::OneByOne, minutes(10)) };
    let mut desk = Desk::publishes(&["ana", "bo"], Plan { waves: vec![wave], ..Plan::default() });
    let effect = desk.job().owed[0].no;
    desk.pass(minutes(20));
    assert_eq!(desk.open(), ["bo"]);
    let receipt = Receipt { channel: ChannelKind::Console, message: "1".into() };
    desk.turn(|turn| turn.observe(Report::Delivery { effect, delivery: Delivery::Sent(receipt) }));
    assert!(owes(&desk, &Topic::OfferOver(1, Over::TimedOut)));
}

#[test]
fn a_restart_by_hand_has_all_its_rounds() {
    let mut desk = Desk::publishes(&["ana"], Plan { rounds: 2, ..in_turn() });
    let silence = |desk: &mut Desk| desk.pass(minutes(30));
    silence(&mut desk);
    silence(&mut desk);
    assert_eq!(desk.status(), "unfilled");
    desk.asks(Command::Restart { plan: None, skip_declined: false }).expect("unfilled");
    silence(&mut desk);
    assert_eq!(desk.open(), ["ana"], "the second round of the second search");
    silence(&mut desk);
    assert_eq!(desk.status(), "unfilled");
}

#[test]
fn those_who_said_no_in_an_earlier_round_were_asked_all_the_same() {
    let mut desk = Desk::publishes(&["ana"], Plan { rounds: 2, ..in_turn() });
    desk.declines("ana").expect("open");
    assert_eq!(desk.job().stage, Stage::Unfilled { reason: UnfilledReason::Exhausted });
}

#[test]
fn a_seat_is_asked_for_again_before_it_is_given_up() {
    let given = Mode::Direct { agent: id("bo"), answer_needed: false };
    let waves = vec![Wave::new(given, minutes(30)), Wave::new(Mode::OneByOne, minutes(30))];
    let mut desk = Desk::publishes(&["ana", "bo"], Plan { waves, ..Plan::default() });
    assert_eq!(desk.job().seat_sought(), Some((id("bo"), 1)));
    for _ in 1..SEAT_ASKED {
        desk.now = desk.now + SEAT_WAIT;
        let mut turn = Turn::of(desk.job().clone(), desk.world(), desk.now);
        turn.observe(Report::Ring);
        let step = turn.finish().expect("asked again");
        assert_eq!(step.seat, Some((id("bo"), 1)));
        desk.store(Some(step));
    }
    desk.pass(SEAT_WAIT);
    assert_eq!((desk.job().seat_sought(), desk.open()), (None, vec!["ana".to_owned()]));
}

#[test]
fn somebody_switched_off_is_not_promoted() {
    let mut desk = Desk::publishes(&["ana", "bo"], together());
    desk.claims("ana").expect("open");
    assert_eq!(desk.claims("bo"), Err(Refusal::AlreadyClaimed { place: Some(1) }));
    let off = Agent { active: false, ..agent("bo", 2) };
    desk.roster = Roster::of([agent("ana", 1), off]);
    desk.asks(Command::Withdraw { agent: None, reason: None }).expect("claimed");
    assert_eq!(desk.status(), "unfilled");
}

#[test]
fn a_long_reason_is_cut() {
    let mut desk = Desk::publishes(&["ana"], in_turn());
    desk.asks(Command::Cancel { reason: Some("ü".repeat(1000)) }).expect("open");
    let Some(Event::Closed { reason: Some(reason), .. }) = desk.job().timeline.last().map(|entry| entry.event.clone())
    else {
        panic!("it was closed with a reason")
    };
    assert!(reason.len() <= weight::REASON_MAX && reason.ends_with('…'), "{reason}");
}

#[test]
fn undeliverable_offers_to_everybody_leave_the_job_unfilled() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    undelivered(&mut desk);
    undelivered(&mut desk);
    assert_eq!(desk.status(), "unfilled");
}

#[test]
fn a_delivery_that_is_told_twice_starts_no_clock_again() {
    let wave = Wave { starts: crate::plan::ClockStart::Delivered, ..Wave::new(Mode::OneByOne, minutes(10)) };
    let mut desk = Desk::publishes(&["ana"], Plan { waves: vec![wave], ..Plan::default() });
    let effect = desk.job().owed[0].no;
    let receipt = Receipt { channel: ChannelKind::Console, message: "1".into() };
    let sent = Report::Delivery { effect, delivery: Delivery::Sent(receipt) };
    desk.turn(|turn| turn.observe(sent.clone()));
    let (version, due) = (desk.job().version, desk.job().due());
    desk.now = desk.now + minutes(5);
    desk.turn(|turn| turn.observe(sent));
    assert_eq!((desk.job().version, desk.job().due()), (version, due));
}
