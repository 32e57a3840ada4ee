//! What travels with a message and comes back in a provider's callbacks: whose message it was, which debt, and what it said.
//!
//! Letters, digits, `-` and `_`: what every provider takes in a tag, a custom argument and an address.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_actors::channel::{CrewShown, EndpointOff, Errand, PausedAddress, RouteShown, Say};
use baton_core::ids::{DebtId, TenantId};
use sha2::{Digest, Sha256};

/// The trace of an errand, the same for every attempt.
pub fn of(errand: &Errand) -> String {
    let topic = match &errand.say {
        Say::Job { topic, .. } => topic.template(),
        Say::Crew(_) => CrewShown::TEMPLATE,
        Say::Answer(answer) => answer.template(),
        Say::Notification(_) => "notification",
        Say::AddressPaused(_) => PausedAddress::TEMPLATE,
        Say::EndpointOff(_) => EndpointOff::TEMPLATE,
        Say::Lead(_) => "lead",
        Say::CrewText(_) => "crew",
        Say::Route(_) => RouteShown::TEMPLATE,
    };
    format!("{}_{}_{topic}", errand.tenant, plain(&errand.key))
}

/// The debt behind a trace, and the name of its template; none for an answer, which is owed by nobody, and for what is not ours.
pub fn read(trace: &str) -> Option<(DebtId, String)> {
    let mut parts = trace.splitn(3, '_');
    let (tenant, key, topic) = (parts.next()?, parts.next()?, parts.next()?);
    let tenant = TenantId::new(tenant).ok()?;
    Some((DebtId::parse(tenant, key)?, topic.to_owned()))
}

/// An errand's key as it may stand anywhere: itself where it is plain, else a hash of it.
pub fn plain(key: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.len() <= 128 && key.chars().all(is_plain) {
        return key.to_owned();
    }
    URL_SAFE_NO_PAD.encode(&Sha256::digest(key.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use baton_core::ids::{EffectId, EffectNo, JobId, NotificationId};

    use super::*;
    use crate::wording::samples;

    #[test]
    fn a_trace_reads_back_as_the_debt_it_was_made_of() {
        let tenant = TenantId::new("north-1").expect("a slug");
        let no = EffectNo { version: 12, n: 3 };
        let job = EffectId { job: JobId::of_reference(tenant, "a"), no };
        let notification = NotificationId::of_reference(tenant, "a");
        for debt in [DebtId::Job(job), DebtId::Notification(notification, no)] {
            let errand = Errand { tenant, key: debt.to_string(), ..samples::errands("en").remove(0) };
            let trace = of(&errand);
            assert_eq!(read(&trace), Some((debt, "offer".to_owned())), "{trace}");
            assert!(trace.len() <= 128 && trace.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
        }
    }

    #[test]
    fn what_nobody_owes_has_a_trace_that_leads_nowhere() {
        for key in ["0b0c6f5e-6c8e-4c0e-9d7f-0f8f6a4c2f11", "a b>\r\nBcc: x", ""] {
            let errand = Errand { key: key.to_owned(), ..samples::errands("en").remove(0) };
            assert_eq!(read(&of(&errand)), None, "{key}");
            assert_eq!(of(&errand), of(&errand));
        }
        assert_eq!(read("default"), None);
    }
}
