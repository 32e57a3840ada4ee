//! Links for people: a token says what it is for, whose, and until when, under an HMAC. Nothing is stored, so a repeated
//! create gives the same link, and a link ends with its time or with the secret that signed it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use baton_core::ids::{AgentId, JobId, OfferId, RouteId, SourceAddressId, TenantId};
use baton_core::job::GrantNo;
use baton_core::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

mod replies;

/// Half of an HMAC-SHA256: 128 bits are beyond guessing, and links must fit into a text message.
const MAC: usize = 16;

/// Key, purpose, expiry, local id.
const HEAD: usize = 1 + 1 + 6 + 16;

const APPROVE: u8 = 1;
const OFFER: u8 = 2;
const UNSUBSCRIBE: u8 = 3;
const PREFERENCES: u8 = 4;
const DETAILS: u8 = 5;
const ROUTE: u8 = 6;
const SOURCE: u8 = 7;

/// Links that end mails, or choose among messages, work for as long as a link can: a mail is kept for years, and must not change from attempt to attempt.
const FOR_EVER: Timestamp = Timestamp((1 << 48) - 1);

/// What a link lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// See a job and approve it.
    Approve(JobId),
    /// See an offer and answer it.
    Offer(OfferId),
    /// End the mails to an agent.
    Unsubscribe(AgentId),
    /// See and choose what an agent hears, where and when.
    Preferences(AgentId),
    /// See the private details of a job, by this grant.
    Details(JobId, GrantNo),
    /// See where a route goes: its places on a map, and nothing else.
    Route(RouteId),
    /// Hand in payloads of a tenant's source.
    Source(SourceAddressId),
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It was changed, cut off, or never signed by us.
    #[error("the link is not valid")]
    Unknown,
    /// It was valid once, for this.
    #[error("the link has expired")]
    Expired(Purpose),
}

/// Signs and reads tokens.
pub struct Links {
    /// The first signs; all are believed.
    keys: Vec<Key>,
}

struct Key {
    id: u8,
    mac: Hmac<Sha256>,
}

impl Links {
    /// With the secret that signs, and earlier ones whose links still work.
    pub fn new(secret: &SecretString, earlier: &[SecretString]) -> Self {
        Self { keys: std::iter::once(secret).chain(earlier).map(Key::of).collect() }
    }

    /// The token of a purpose, until a moment. The same every time.
    pub fn token(&self, purpose: Purpose, until: Timestamp) -> String {
        let Some(key) = self.keys.first() else { return String::new() };
        let (kind, tenant, local, no) = match purpose {
            Purpose::Approve(job) => (APPROVE, job.tenant, job.local, None),
            Purpose::Offer(offer) => (OFFER, offer.job.tenant, offer.job.local, Some(offer.no)),
            Purpose::Unsubscribe(agent) => (UNSUBSCRIBE, agent.tenant, agent.local, None),
            Purpose::Preferences(agent) => (PREFERENCES, agent.tenant, agent.local, None),
            Purpose::Details(job, no) => (DETAILS, job.tenant, job.local, Some(no)),
            Purpose::Route(route) => (ROUTE, route.tenant, route.local, None),
            Purpose::Source(address) => (SOURCE, address.tenant, address.local, None),
        };
        let mut token = Vec::with_capacity(HEAD + 2 + 16 + MAC);
        token.extend([key.id, kind]);
        // 48 bits of milliseconds last for 8,900 years.
        let until = u64::try_from(until.0).unwrap_or(0).min((1 << 48) - 1);
        token.extend(&until.to_be_bytes()[2..]);
        token.extend(local.as_bytes());
        token.extend(no.iter().flat_map(|no| no.to_be_bytes()));
        token.extend(tenant.as_str().bytes());
        token.extend(key.sign(&token));
        BASE64_URL_SAFE_NO_PAD.encode(token)
    }

    /// The token that ends the mails to an agent, the same in every mail.
    pub fn unsubscribe(&self, agent: AgentId) -> String {
        self.token(Purpose::Unsubscribe(agent), FOR_EVER)
    }

    /// The token by which an agent chooses what they hear, the same in every message.
    pub fn preferences(&self, agent: AgentId) -> String {
        self.token(Purpose::Preferences(agent), FOR_EVER)
    }

    /// The token of a source's address. It ends when the source has another address or none.
    pub fn source(&self, address: SourceAddressId) -> String {
        self.token(Purpose::Source(address), FOR_EVER)
    }

    /// What a token lets its holder do now.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Purpose, BadLink> {
        // Longer than any of ours: not worth hashing.
        if token.len() > 128 {
            return Err(BadLink::Unknown);
        }
        let token = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink::Unknown)?;
        let signed = token.len().checked_sub(MAC).ok_or(BadLink::Unknown)?;
        let (said, mac) = token.split_at(signed);
        let signed_by = |key: &Key| said.first() == Some(&key.id) && bool::from(key.sign(said)[..].ct_eq(mac));
        if !self.keys.iter().any(signed_by) {
            return Err(BadLink::Unknown);
        }
        let (purpose, until) = purpose(said).ok_or(BadLink::Unknown)?;
        if now > until { Err(BadLink::Expired(purpose)) } else { Ok(purpose) }
    }
}

impl Key {
    fn of(secret: &SecretString) -> Self {
        let hash = Sha256::digest(secret.expose_secret());
        // HMAC's key is one block: shorter ones are padded with zeros.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&hash);
        Self { id: Sha256::digest(hash)[0], mac: Hmac::new(&block.into()) }
    }

    fn sign(&self, said: &[u8]) -> [u8; MAC] {
        let mut mac = self.mac.clone();
        mac.update(b"baton link 1\0");
        mac.update(said);
        let full = mac.finalize().into_bytes();
        std::array::from_fn(|i| full[i])
    }
}

fn purpose(said: &[u8]) -> Option<(Purpose, Timestamp)> {
    let (head, rest) = said.split_at_checked(HEAD)?;
    let mut until = [0; 8];
    until[2..].copy_from_slice(&head[2..8]);
    let until = Timestamp(i64::from_be_bytes(until));
    let local = Uuid::from_slice(&head[8..]).ok()?;
    let (no, tenant) = match head[1] {
        APPROVE | UNSUBSCRIBE | PREFERENCES | ROUTE | SOURCE => (None, rest),
        OFFER | DETAILS => {
            let (no, tenant) = rest.split_at_checked(2)?;
            (Some(u16::from_be_bytes([no[0], no[1]])), tenant)
        }
        _ => return None,
    };
    let tenant = TenantId::new(std::str::from_utf8(tenant).ok()?).ok()?;
    let job = JobId { tenant, local };
    let purpose = match no {
        Some(no) if head[1] == DETAILS => Purpose::Details(job, no),
        Some(no) => Purpose::Offer(job.offer(no)),
        None if head[1] == ROUTE => Purpose::Route(RouteId { tenant, local }),
        None if head[1] == SOURCE => Purpose::Source(SourceAddressId { tenant, local }),
        None if head[1] == UNSUBSCRIBE => Purpose::Unsubscribe(AgentId { tenant, local }),
        None if head[1] == PREFERENCES => Purpose::Preferences(AgentId { tenant, local }),
        None => Purpose::Approve(job),
    };
    Some((purpose, until))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn links() -> Links {
        Links::new(&"a secret of at least 32 characters".into(), &[])
    }

    fn purposes() -> impl Strategy<Value = Purpose> {
        ("[a-z0-9-]{1,16}", any::<u128>(), 1..u16::MAX, 0..7_u8).prop_map(|(tenant, local, no, kind)| {
            let (tenant, local) = (TenantId::new(&tenant).unwrap(), Uuid::from_u128(local));
            let job = JobId { tenant, local };
            match kind {
                0 => Purpose::Approve(job),
                1 => Purpose::Offer(job.offer(no)),
                2 => Purpose::Unsubscribe(AgentId { tenant, local }),
                3 => Purpose::Details(job, no),
                4 => Purpose::Route(RouteId { tenant, local }),
                5 => Purpose::Source(SourceAddressId { tenant, local }),
                _ => Purpose::Preferences(AgentId { tenant, local }),
            }
        })
    }

    proptest! {
        #[test]
        fn a_token_reads_back_until_its_time_is_over(purpose in purposes(), until in 0..1_i64 << 47) {
            let until = Timestamp(until);
            let token = links().token(purpose, until);
            prop_assert_eq!(links().read(&token, until), Ok(purpose));
            prop_assert_eq!(links().read(&token, Timestamp(until.0 + 1)), Err(BadLink::Expired(purpose)));
            prop_assert_eq!(links().token(purpose, until), token);
        }

        #[test]
        fn a_token_with_any_character_changed_opens_nothing(purpose in purposes(), at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_=.+/-]") {
            let token = links().token(purpose, NOW);
            let at = at.index(token.len());
            let mut changed = token.clone();
            changed.replace_range(at..=at, &to);
            prop_assume!(changed != token);
            prop_assert_eq!(links().read(&changed, NOW), Err(BadLink::Unknown));
            prop_assert_eq!(links().read(&token[..at], NOW), Err(BadLink::Unknown));
        }

        #[test]
        fn nothing_that_is_sent_makes_the_reader_fall(token in "\\PC{0,90}") {
            prop_assert_eq!(links().read(&token, NOW), Err(BadLink::Unknown));
        }
    }

    #[test]
    fn an_earlier_secret_still_opens_and_a_strange_one_does_not() {
        let job = JobId::of_reference(TenantId::DEFAULT, "a");
        let (new, old) = ("n".repeat(32).into(), "o".repeat(32).into());
        let token = Links::new(&old, &[]).token(Purpose::Approve(job), NOW);
        assert_eq!(Links::new(&new, &[old]).read(&token, NOW), Ok(Purpose::Approve(job)));
        assert_eq!(Links::new(&new, &[]).read(&token, NOW), Err(BadLink::Unknown));
    }

    #[test]
    fn a_token_fits_into_a_text_message() {
        let job = JobId::of_reference(TenantId::DEFAULT, "a");
        assert!(links().token(Purpose::Offer(job.offer(3)), NOW).len() <= 66);
    }
}
