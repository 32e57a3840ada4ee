use super::*;
use crate::ids::{AgentId, TenantId};
use crate::job::{UnfilledReason, Wait};

#[test]
fn h5_words_of_the_point_of_sale_have_their_status_and_an_unknown_one_has_none() {
    for (word, status) in [
        ("Confirmed", Some("confirmed")),
        ("CookingStarted", Some("cooking")),
        ("OnWay", Some("delivering")),
        ("Delivered", Some("delivered")),
        ("Closed", Some("delivered")),
        ("Cancelled", Some("cancelled")),
        ("created", Some("created")),
        ("cooking", Some("cooking")),
        ("Unconfirmed", None),
        ("ReadyForCooking", None),
        ("", None),
    ] {
        assert_eq!(Status::meant_by(word).map(Status::as_str), status, "{word}");
    }
}

#[test]
fn an_order_never_goes_back_and_what_is_over_stays_over() {
    use Status::{Cancelled, Confirmed, Cooking, Created, Delivered, Delivering};
    for (from, to, goes) in [
        (Created, Confirmed, true),
        (Confirmed, Delivered, true),
        (Cooking, Cancelled, true),
        (Delivering, Cooking, false),
        (Confirmed, Confirmed, false),
        (Delivered, Confirmed, false),
        (Delivered, Cancelled, false),
        (Cancelled, Delivered, false),
    ] {
        assert_eq!(from.leads_to(to), goes, "{from:?} {to:?}");
    }
}

fn claimed() -> Event {
    Event::Claimed { no: 1, agent: AgentId::of_reference(TenantId::DEFAULT, "ana"), via: None }
}

fn closed(outcome: Ending) -> Event {
    Event::Closed { outcome, reason: None }
}

fn told(events: &[Event]) -> Vec<Tells> {
    let mut heard = Heard::default();
    events.iter().flat_map(|event| tells(event, &mut heard)).collect()
}

#[test]
fn a_job_is_told_of_as_an_order_from_the_first_to_the_last() {
    let events = [Event::Created, Event::Approved, claimed(), claimed(), Event::WorkStarted, closed(Ending::Completed)];
    let status = Tells::Status;
    assert_eq!(
        told(&events),
        [Tells::Created, status(Status::Confirmed), status(Status::Delivering), status(Status::Delivered)]
    );
    assert_eq!(told(&events[1..]), [], "what was there before the dashboard is not told of");
    assert_eq!(told(&[Event::Created, Event::Created]).len(), 1, "what a bot has handed in is not told twice");
}

#[test]
fn who_is_called_for_is_called_off_again_once() {
    let unfilled = Event::Unfilled { reason: UnfilledReason::Exhausted };
    let late = Event::Escalated { what: Wait::Start };
    let seen = told(&[Event::Created, unfilled.clone(), unfilled, claimed(), late, closed(Ending::NoShow)]);
    let words: Vec<&str> = seen.iter().map(|tells| tells.wire().as_str()).collect();
    assert_eq!(
        words,
        [
            "order.created",
            "escalation.created",
            "escalation.resolved",
            "order.status",
            "escalation.created",
            "escalation.resolved",
            "order.status"
        ]
    );
}
