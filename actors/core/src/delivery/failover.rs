//! Which account of a channel carries a message, and which one after it has let us down.
//!
//! A message is owed on a channel; the tenant's route says which providers carry it, in order. What is the message's own
//! fault, or the person's, is the same with every provider, and never goes from one to the next.

use super::Provider;

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It works, as far as anybody knows.
    Well,
    /// Its latest attempts have failed, one after the other.
    Failing,
    /// It has refused us, and is left alone for a while.
    Paused,
}

/// The accounts that carry a tenant's messages, in order: those of its route that are there, or all in the order of the
/// configuration where none of them is.
pub fn route(wanted: &[Provider], configured: &[Provider]) -> Vec<Provider> {
    let there: Vec<Provider> = wanted.iter().copied().filter(|provider| configured.contains(provider)).collect();
    if there.is_empty() { configured.to_vec() } else { there }
}

/// The account that carries a new message: the first that works, or the one that is least ill.
pub fn first(route: &[Provider], standing: impl Fn(Provider) -> Standing) -> Option<Provider> {
    // The first of the least: `min_by_key` keeps the earlier one of equals.
    route.iter().copied().min_by_key(|provider| standing(*provider))
}

/// Why a message leaves an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The account refuses us, or is left alone: nothing of it was sent.
    Paused,
    /// Its attempts are used up.
    UsedUp,
}

/// Why a message is to be handed over after an attempt of this class (a word of [`super::Outcome::class`]); none: it stays,
/// and what would have become of it without other accounts becomes of it. `may_be_repeated`: whether it may be sent again
/// though it may have arrived.
pub fn leaves(class: &str, used_up: bool, may_be_repeated: bool) -> Option<Why> {
    match class {
        "sender" => Some(Why::Paused),
        "retry" if used_up => Some(Why::UsedUp),
        "unknown" if used_up && may_be_repeated => Some(Why::UsedUp),
        // The person's fault or the message's own: the same with every provider. Or a provider that says when.
        _ => None,
    }
}

/// The account that takes a message over: the first of the route that has not had it and works. A message that only waits stays
/// where it is rather than go to one that is no better; one whose attempts are used up has nothing to lose.
pub fn next(
    route: &[Provider],
    had_it: impl Fn(Provider) -> bool,
    standing: impl Fn(Provider) -> Standing,
    why: Why,
) -> Option<Provider> {
    let others = || route.iter().copied().filter(|provider| !had_it(*provider));
    match why {
        Why::Paused => others().find(|provider| standing(*provider) == Standing::Well),
        Why::UsedUp => others().min_by_key(|provider| standing(*provider)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Provider::{Resend, SendGrid, Smtp};
    use Standing::{Failing, Paused, Well};

    const ROUTE: [Provider; 3] = [Resend, SendGrid, Smtp];

    fn stand(each: [Standing; 3]) -> impl Fn(Provider) -> Standing {
        move |provider| ROUTE.iter().zip(each).find(|(one, _)| **one == provider).map_or(Well, |(_, standing)| standing)
    }

    #[test]
    fn a_route_is_what_the_tenant_wants_of_what_is_there() {
        assert_eq!(route(&[Smtp, Resend], &ROUTE), [Smtp, Resend]);
        assert_eq!(route(&[], &ROUTE), ROUTE);
        assert_eq!(route(&[Smtp], &[Resend]), [Resend], "a message is not stuck because its route is gone");
    }

    #[test]
    fn a_new_message_goes_to_the_first_that_works() {
        for (standing, goes_to) in [
            ([Well, Well, Well], Resend),
            ([Paused, Well, Well], SendGrid),
            ([Failing, Paused, Well], Smtp),
            ([Paused, Failing, Paused], SendGrid),
            ([Failing, Failing, Failing], Resend),
            ([Paused, Paused, Paused], Resend),
        ] {
            assert_eq!(first(&ROUTE, stand(standing)), Some(goes_to), "{standing:?}");
        }
    }

    #[test]
    fn only_a_providers_fault_goes_to_the_next() {
        for (class, used_up, may_be_repeated, leaves_for) in [
            ("sender", false, true, Some(Why::Paused)),
            ("retry", false, true, None),
            ("retry", true, false, Some(Why::UsedUp)),
            ("unknown", false, true, None),
            ("unknown", true, true, Some(Why::UsedUp)),
            ("unknown", true, false, None),
            ("recipient", true, true, None),
            ("content", true, true, None),
            ("window", true, true, None),
            ("moved", true, true, None),
            ("retry_after", true, true, None),
        ] {
            assert_eq!(leaves(class, used_up, may_be_repeated), leaves_for, "{class} {used_up} {may_be_repeated}");
        }
    }

    #[test]
    fn nobody_has_a_message_twice_and_nobody_waits_in_a_worse_place() {
        for (standing, had, why, goes_to) in [
            ([Paused, Well, Well], vec![Resend], Why::Paused, Some(SendGrid)),
            ([Paused, Failing, Well], vec![Resend], Why::Paused, Some(Smtp)),
            ([Paused, Failing, Paused], vec![Resend], Why::Paused, None),
            ([Failing, Paused, Paused], vec![Resend], Why::UsedUp, Some(SendGrid)),
            ([Failing, Paused, Failing], vec![Resend], Why::UsedUp, Some(Smtp)),
            ([Well, Paused, Well], vec![Resend, SendGrid], Why::UsedUp, Some(Smtp)),
            ([Well, Well, Well], vec![Resend, SendGrid, Smtp], Why::UsedUp, None),
            // Handed over to the second, which pauses, while the first is well again: it has had its turn.
            ([Well, Paused, Paused], vec![Resend, SendGrid], Why::Paused, None),
        ] {
            let had_it = |provider: Provider| had.contains(&provider);
            assert_eq!(next(&ROUTE, had_it, stand(standing), why), goes_to, "{standing:?} {had:?} {why:?}");
        }
    }
}
