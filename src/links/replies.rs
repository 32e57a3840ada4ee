//! What stands in the address to which a mail is answered: whose offer it was, under an HMAC.
//!
//! The part of an address before its `@` has room for 64 characters and does not keep capitals everywhere: so it is base32,
//! without the tenant, which is found by which signature fits, and without an end. What an old mail is answered with is judged by its
//! job; and whoever wants to hear no more may say so under any mail they ever got.

use baton_core::ids::{JobId, OfferId, TenantId};
use data_encoding::BASE32_NOPAD;
use hmac::Mac;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{Key, Links, MAC};

/// Key, job, offer.
const SAID: usize = 1 + 16 + 2;

/// The characters of a token.
const LENGTH: usize = (SAID + MAC) * 8 / 5;

impl Links {
    /// The token of an offer. The same every time.
    pub fn reply_token(&self, offer: OfferId) -> String {
        let Some(key) = self.keys.first() else { return String::new() };
        let mut token = vec![key.id];
        token.extend(offer.job.local.as_bytes());
        token.extend(offer.no.to_be_bytes());
        token.extend(key.sign_reply(offer.job.tenant, &token));
        BASE32_NOPAD.encode(&token).to_ascii_lowercase()
    }

    /// The offer of a token, of one of these tenants.
    pub fn read_reply(&self, token: &str, tenants: impl IntoIterator<Item = TenantId>) -> Option<OfferId> {
        if token.len() != LENGTH {
            return None;
        }
        let token = BASE32_NOPAD.decode(token.to_ascii_uppercase().as_bytes()).ok()?;
        let (said, mac) = token.split_at_checked(SAID)?;
        let keys: Vec<_> = self.keys.iter().filter(|key| said.first() == Some(&key.id)).collect();
        let signed =
            |tenant: &TenantId| keys.iter().any(|key| bool::from(key.sign_reply(*tenant, said)[..].ct_eq(mac)));
        let tenant = tenants.into_iter().find(signed)?;
        let (job, no) = said[1..].split_at(16);
        let job = JobId::drawn(tenant, Uuid::from_slice(job).ok()?);
        Some(job.offer(u16::from_be_bytes([no[0], no[1]])))
    }
}

impl Key {
    fn sign_reply(&self, tenant: TenantId, said: &[u8]) -> [u8; MAC] {
        let mut mac = self.mac.clone();
        mac.update(b"baton reply 1\0");
        mac.update(tenant.as_str().as_bytes());
        mac.update(&[0]);
        mac.update(said);
        let full = mac.finalize().into_bytes();
        std::array::from_fn(|i| full[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(secret: &str) -> Links {
        Links::new(&secret.repeat(32).into(), &[])
    }

    #[test]
    fn a_token_names_its_offer_in_any_case_and_fits_into_an_address() {
        let (north, south) = (TenantId::new("north").unwrap(), TenantId::new("south").unwrap());
        let offer = JobId::of_reference(south, "a").offer(7);
        let token = links("s").reply_token(offer);
        assert!(token.len() + "reply+".len() <= 64, "{token}");
        for written in [token.clone(), token.to_uppercase()] {
            assert_eq!(links("s").read_reply(&written, [north, south]), Some(offer));
        }
        assert_eq!(links("s").read_reply(&token, [north]), None, "of another tenant");
        assert_eq!(links("x").read_reply(&token, [south]), None, "signed by somebody else");
    }

    #[test]
    fn a_token_with_any_character_changed_names_nothing() {
        let offer = JobId::of_reference(TenantId::DEFAULT, "a").offer(1);
        let token = links("s").reply_token(offer);
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed.replace_range(at..=at, if &token[at..=at] == "a" { "b" } else { "a" });
            assert_eq!(links("s").read_reply(&changed, [TenantId::DEFAULT]), None, "{changed}");
        }
        assert_eq!(links("s").read_reply("", [TenantId::DEFAULT]), None);
        assert_eq!(links("s").read_reply("ä".repeat(28).as_str(), [TenantId::DEFAULT]), None);
    }
}
