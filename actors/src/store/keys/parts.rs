//! The parts that keys are made of, written and read.

use baton_core::ids::{AgentId, JobId, NotificationId, TenantId};
use baton_core::time::Timestamp;
use uuid::Uuid;

use super::space::Space;

/// Writes a key from left to right.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn in_space(space: Space) -> Self {
        // The commonest keys, space + partition + tenant + id, fit without growing.
        let mut key = Vec::with_capacity(48);
        key.push(space.byte());
        Self(key)
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn byte(self, byte: u8) -> Self {
        self.bytes(&[byte])
    }

    pub(super) fn u16(self, number: u16) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(super) fn u32(self, number: u32) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(super) fn u64(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// Days before 1970 come before those after it.
    pub(super) fn day(self, day: i32) -> Self {
        self.u32(day.cast_unsigned() ^ 0x8000_0000)
    }

    pub(super) fn tenant(self, tenant: TenantId) -> Self {
        self.bytes(tenant.bytes())
    }

    pub(super) fn uuid(self, id: Uuid) -> Self {
        self.bytes(id.as_bytes())
    }

    pub(super) fn job(self, job: JobId) -> Self {
        self.byte(job.partition()).tenant(job.tenant).uuid(job.local)
    }

    pub(super) fn notification(self, id: NotificationId) -> Self {
        self.byte(id.partition()).tenant(id.tenant).uuid(id.local)
    }

    /// The newest comes first.
    pub(super) fn newest_first(self, at: Timestamp) -> Self {
        self.u64(u64::MAX - at.0.cast_unsigned())
    }

    pub(super) fn agent(self, agent: AgentId) -> Self {
        self.byte(agent.partition()).tenant(agent.tenant).uuid(agent.local)
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.blob(text.as_bytes())
    }

    /// With its length before it. The door bounds names far below 64 KiB; were one longer, its key would be cut here.
    pub(super) fn blob(self, bytes: &[u8]) -> Self {
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.u16(len).bytes(&bytes[..usize::from(len)])
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Reads a key from left to right; none where it ends too early or holds what no key of ours holds.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (part, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*part)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    pub(super) fn day(&mut self) -> Option<i32> {
        self.u32().map(|day| (day ^ 0x8000_0000).cast_signed())
    }

    pub(super) fn tenant(&mut self) -> Option<TenantId> {
        TenantId::from_bytes(self.take()?)
    }

    pub(super) fn uuid(&mut self) -> Option<Uuid> {
        self.take().map(Uuid::from_bytes)
    }

    pub(super) fn job(&mut self) -> Option<JobId> {
        let partition = self.byte()?;
        let job = JobId { tenant: self.tenant()?, local: self.uuid()? };
        (job.partition() == partition).then_some(job)
    }

    pub(super) fn notification(&mut self) -> Option<NotificationId> {
        let partition = self.byte()?;
        let id = NotificationId { tenant: self.tenant()?, local: self.uuid()? };
        (id.partition() == partition).then_some(id)
    }

    /// The tenant and the id behind a partition that is theirs.
    pub(super) fn in_partition(&mut self) -> Option<(TenantId, Uuid)> {
        let partition = self.byte()?;
        let (tenant, local) = (self.tenant()?, self.uuid()?);
        // All ids are parted alike.
        (JobId { tenant, local }.partition() == partition).then_some((tenant, local))
    }

    pub(super) fn newest_first(&mut self) -> Option<Timestamp> {
        self.u64().map(|inverted| Timestamp((u64::MAX - inverted).cast_signed()))
    }

    pub(super) fn agent(&mut self) -> Option<AgentId> {
        let partition = self.byte()?;
        let agent = AgentId { tenant: self.tenant()?, local: self.uuid()? };
        (agent.partition() == partition).then_some(agent)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.blob()?).ok()
    }

    pub(super) fn blob(&mut self) -> Option<Vec<u8>> {
        let len = usize::from(self.u16()?);
        let (part, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(part.to_vec())
    }

    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).to_vec()
    }

    pub(super) fn rest_as_text(&mut self) -> Option<String> {
        String::from_utf8(self.rest()).ok()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}
