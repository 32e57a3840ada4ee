//! Ids: every one carries its tenant, so that a lookup across tenants does not type-check.
//!
//! Ids are derived where something stands behind them (an external reference, an idempotency key), so that two racing
//! creates meet in one actor; otherwise the door draws a time-ordered one. People see a short [`Code`] instead.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::time::Timestamp;

/// A customer's separate world, named by a slug: 1 to 16 of `a-z`, `0-9` and `-`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId([u8; 16]);

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not a tenant's slug.
    #[error("a tenant is named by 1 to 16 of a-z, 0-9 and -")]
    Tenant,
    /// Not a UUID.
    #[error("an id is a UUID, such as 01890a5d-ac96-774b-bcce-b302099a8057")]
    Uuid,
    /// Not an offer's id.
    #[error("an offer's id is its job's id, a hyphen and a number")]
    Offer,
    /// Not a short code.
    #[error("a code has 8 hexadecimal digits")]
    Code,
}

impl TenantId {
    /// The tenant of a single-tenant deployment.
    pub const DEFAULT: Self = Self(*b"default\0\0\0\0\0\0\0\0\0");

    /// Reads a slug.
    pub fn new(slug: &str) -> Result<Self, InvalidId> {
        let bytes = slug.as_bytes();
        let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        if bytes.is_empty() || bytes.len() > 16 || !bytes.iter().all(plain) {
            return Err(InvalidId::Tenant);
        }
        let mut padded = [0; 16];
        padded[..bytes.len()].copy_from_slice(bytes);
        Ok(Self(padded))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(16);
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }

    /// The slug padded to 16 bytes, as it stands in keys of the store.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The tenant of a stored key; none where the bytes are no slug.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(16);
        let tenant = Self::new(std::str::from_utf8(&bytes[..end]).ok()?).ok()?;
        (tenant.0 == bytes).then_some(tenant)
    }
}

impl FromStr for TenantId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for TenantId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TenantId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = String::deserialize(deserializer)?;
        Self::new(&slug).map_err(serde::de::Error::custom)
    }
}

/// Hashes what stands behind an id into its bytes.
fn derive(kind: &str, tenant: TenantId, source: &str) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    hash.update([0]);
    hash.update(tenant.0);
    hash.update(source.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! tenant_scoped_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name {
            /// Whose it is.
            pub tenant: TenantId,
            /// Which one, within the tenant.
            pub local: Uuid,
        }

        impl $name {
            /// Reads the local part as a caller of this tenant wrote it.
            pub fn parse(tenant: TenantId, text: &str) -> Result<Self, InvalidId> {
                let local = Uuid::try_parse(text).map_err(|_| InvalidId::Uuid)?;
                Ok(Self { tenant, local })
            }

            /// An id drawn at the door, where nothing stands behind it.
            pub fn drawn(tenant: TenantId, local: Uuid) -> Self {
                Self { tenant, local }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.local.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}/{}", self.tenant, self.local.hyphenated())
            }
        }
    };
}

tenant_scoped_id! {
    /// A job.
    JobId
}

tenant_scoped_id! {
    /// A person or crew that can take a job.
    AgentId
}

tenant_scoped_id! {
    /// A message that another system asked us to send.
    NotificationId
}

tenant_scoped_id! {
    /// A driver, by the id that a fleet's own system gave them.
    DriverId
}

tenant_scoped_id! {
    /// A vehicle of a fleet.
    VehicleId
}

tenant_scoped_id! {
    /// A route with its stops.
    RouteId
}

impl DriverId {
    /// One of 64.
    pub fn partition(&self) -> u8 {
        partition(self.tenant, self.local)
    }
}

impl VehicleId {
    /// One of 64.
    pub fn partition(&self) -> u8 {
        partition(self.tenant, self.local)
    }
}

impl RouteId {
    /// One of 64.
    pub fn partition(&self) -> u8 {
        partition(self.tenant, self.local)
    }
}

tenant_scoped_id! {
    /// A place outside that is told what happens.
    EndpointId
}

tenant_scoped_id! {
    /// An address where a sender posts to a source without a key.
    SourceAddressId
}

impl SourceAddressId {
    /// The address a source has since then: no other source has it, nor this one at another time.
    pub fn of(tenant: TenantId, source: &str, since: Timestamp) -> Self {
        Self { tenant, local: derive("source-address", tenant, &format!("{} {source}", since.0)) }
    }
}

impl NotificationId {
    /// The notification of a client's own reference: the same reference is the same notification.
    pub fn of_reference(tenant: TenantId, reference: &str) -> Self {
        Self { tenant, local: derive("notification-ref", tenant, reference) }
    }

    /// The notification of an idempotency key, where there is no reference.
    pub fn of_idempotency_key(tenant: TenantId, key: &str) -> Self {
        Self { tenant, local: derive("notification-key", tenant, key) }
    }

    /// One of 64.
    pub fn partition(&self) -> u8 {
        partition(self.tenant, self.local)
    }
}

impl JobId {
    /// The job of an external reference: the same reference is the same job.
    pub fn of_reference(tenant: TenantId, reference: &str) -> Self {
        Self { tenant, local: derive("job-ref", tenant, reference) }
    }

    /// The job of an idempotency key, where there is no reference.
    pub fn of_idempotency_key(tenant: TenantId, key: &str) -> Self {
        Self { tenant, local: derive("job-key", tenant, key) }
    }

    /// What people see and type. Two open jobs may share one: then the answer asks which.
    pub fn code(&self) -> Code {
        let b = self.local.as_bytes();
        Code(u32::from_be_bytes([b[12], b[13], b[14], b[15]]))
    }

    /// One of 64: everything about a job is keyed under it, so that a partition can be handed over whole.
    pub fn partition(&self) -> u8 {
        partition(self.tenant, self.local)
    }

    /// The `no`-th offer of this job.
    pub fn offer(&self, no: OfferNo) -> OfferId {
        OfferId { job: *self, no }
    }
}

impl AgentId {
    /// The agent of a tenant's own reference: the same reference is the same person.
    pub fn of_reference(tenant: TenantId, reference: &str) -> Self {
        Self { tenant, local: derive("agent-ref", tenant, reference) }
    }

    /// One of 64.
    pub fn partition(&self) -> u8 {
        partition(self.tenant, self.local)
    }
}

fn partition(tenant: TenantId, local: Uuid) -> u8 {
    // FNV-1a: stable for ever, since it decides where records lie.
    let mut hash: u32 = 0x811c_9dc5;
    for byte in tenant.0.iter().chain(local.as_bytes()) {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    (hash >> 16) as u8 % 64
}

/// Which offer of a job: counted from 1, never used twice for one job.
pub type OfferNo = u16;

/// A job put to one agent in one wave. Its job is part of it, so no index is needed to find an offer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OfferId {
    /// The job that is offered.
    pub job: JobId,
    /// Which of its offers.
    pub no: OfferNo,
}

impl OfferId {
    /// Reads `<job id>-<number>` as a caller of this tenant wrote it.
    pub fn parse(tenant: TenantId, text: &str) -> Result<Self, InvalidId> {
        let (job, no) = text.rsplit_once('-').ok_or(InvalidId::Offer)?;
        let job = JobId::parse(tenant, job).map_err(|_| InvalidId::Offer)?;
        let no = no.parse().ok().filter(|no| *no > 0).ok_or(InvalidId::Offer)?;
        Ok(Self { job, no })
    }
}

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.job, self.no)
    }
}

impl fmt::Debug for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}-{}", self.job, self.no)
    }
}

/// The short code of a job: the last 8 hexadecimal digits of its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Code(pub u32);

impl FromStr for Code {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let text = text.trim().trim_start_matches('#');
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(InvalidId::Code);
        }
        u32::from_str_radix(text, 16).map(Self).map_err(|_| InvalidId::Code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A debt of a job: (job, version, n). The provider's idempotency key where it has one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId {
    /// Who owes it.
    pub job: JobId,
    /// Which of its debts.
    pub no: EffectNo,
}

/// Which debt of a job: the version of the step that made it, and its place in that step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectNo {
    /// The version the job had after the step.
    pub version: u64,
    /// The place in the step.
    pub n: u16,
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.job, self.no.version, self.no.n)
    }
}

impl fmt::Debug for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A debt of anybody who owes messages. Its text is the provider's idempotency key, the same over all attempts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DebtId {
    /// Of a job.
    Job(EffectId),
    /// Of a notification.
    Notification(NotificationId, EffectNo),
}

impl DebtId {
    /// Whose it is.
    pub fn tenant(&self) -> TenantId {
        match self {
            Self::Job(effect) => effect.job.tenant,
            Self::Notification(id, _) => id.tenant,
        }
    }

    /// Which of its debtor's debts.
    pub fn no(&self) -> EffectNo {
        match self {
            Self::Job(effect) => effect.no,
            Self::Notification(_, no) => *no,
        }
    }

    /// Reads what [`DebtId::to_string`] wrote about a debt of this tenant.
    pub fn parse(tenant: TenantId, text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, '-');
        let n = parts.next()?.parse().ok()?;
        let version = parts.next()?.parse().ok()?;
        let (debtor, no) = (parts.next()?, EffectNo { version, n });
        // No id begins with this letter: ids are hexadecimal.
        match debtor.strip_prefix('n') {
            Some(id) => Some(Self::Notification(NotificationId::parse(tenant, id).ok()?, no)),
            None => Some(Self::Job(EffectId { job: JobId::parse(tenant, debtor).ok()?, no })),
        }
    }
}

impl From<EffectId> for DebtId {
    fn from(effect: EffectId) -> Self {
        Self::Job(effect)
    }
}

impl fmt::Display for DebtId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(effect) => effect.fmt(f),
            Self::Notification(id, no) => write!(f, "n{id}-{}-{}", no.version, no.n),
        }
    }
}

impl fmt::Debug for DebtId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_always_the_same_job_and_another_tenants_is_another() {
        let a = TenantId::DEFAULT;
        let b = TenantId::new("other").expect("a slug");
        assert_eq!(JobId::of_reference(a, "VC8Y-3"), JobId::of_reference(a, "VC8Y-3"));
        assert_ne!(JobId::of_reference(a, "VC8Y-3").local, JobId::of_reference(b, "VC8Y-3").local);
        assert_ne!(JobId::of_reference(a, "x").local, JobId::of_idempotency_key(a, "x").local);
    }

    #[test]
    fn slugs_are_short_and_plain() {
        for bad in ["", "Upper", "with space", "seventeen-letters", "ü"] {
            assert_eq!(TenantId::new(bad), Err(InvalidId::Tenant), "{bad}");
        }
        assert_eq!(TenantId::new("sixteen-letters-").map(|t| t.to_string()), Ok("sixteen-letters-".into()));
        assert_eq!(TenantId::from_bytes(*TenantId::DEFAULT.bytes()), Some(TenantId::DEFAULT));
    }

    #[test]
    fn an_offer_reads_back_as_it_was_written() {
        let offer = JobId::of_reference(TenantId::DEFAULT, "a").offer(17);
        assert_eq!(OfferId::parse(TenantId::DEFAULT, &offer.to_string()), Ok(offer));
        assert_eq!(OfferId::parse(TenantId::DEFAULT, "17"), Err(InvalidId::Offer));
    }

    #[test]
    fn a_debt_reads_back_as_it_was_written_whoever_owes_it() {
        let no = EffectNo { version: 12, n: 3 };
        let job = EffectId { job: JobId::of_reference(TenantId::DEFAULT, "a"), no };
        let notification = NotificationId::of_reference(TenantId::DEFAULT, "a");
        for debt in [DebtId::Job(job), DebtId::Notification(notification, no)] {
            assert_eq!(DebtId::parse(TenantId::DEFAULT, &debt.to_string()), Some(debt));
        }
        assert_eq!(DebtId::parse(TenantId::DEFAULT, "0b0c6f5e-6c8e-4c0e-9d7f-0f8f6a4c2f11"), None);
    }

    #[test]
    fn a_code_is_the_end_of_the_id() {
        let job = JobId::of_reference(TenantId::DEFAULT, "a");
        assert!(job.to_string().ends_with(&job.code().to_string()));
        assert_eq!(job.code().to_string().parse(), Ok(job.code()));
    }
}
