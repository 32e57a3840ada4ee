//! What the inbox holds: for whoever looks, and for whoever wants what was left acted upon.

use std::ops::ControlFlow;

use baton_actors::records::Told as Record;
use baton_actors::store::keys::{Key, Prefix, Space};
use baton_actors::store::{StoreError, codec};
use baton_core::ids::TenantId;
use baton_core::time::Timestamp;

use super::{Inbox, Stored};
use crate::webhooks::news::News;

/// So much is put into the lines by one call; whoever wants more calls again.
const REPLAYED_MAX: usize = 1_000;

/// Which news is meant.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Told by this account.
    pub account: Option<String>,
    /// Under this name.
    pub id: Option<String>,
    /// At this moment or later.
    pub since: Option<Timestamp>,
    /// Whether it was acted upon.
    pub done: Option<bool>,
}

/// A piece of news as it is kept.
pub struct Kept {
    /// Where it lies.
    pub key: Vec<u8>,
    /// Told by which account.
    pub account: String,
    /// The provider's name for it.
    pub id: String,
    /// When it came.
    pub at: Timestamp,
    /// Whether it was acted upon.
    pub done: bool,
    /// What it is. It may hold texts and addresses, and is not to be shown.
    pub news: News,
    /// The same as it is written.
    written: Vec<u8>,
}

/// What became of a wish to have news replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// So much is being acted upon now.
    pub replayed: usize,
    /// So much was acted upon already, and is left alone.
    pub done: usize,
    /// There is more of it than one call takes.
    pub more: bool,
}

impl Filter {
    fn is_met(&self, account: &str, id: &str, at: Timestamp, done: bool) -> bool {
        self.account.as_ref().is_none_or(|wanted| wanted == account)
            && self.id.as_ref().is_none_or(|wanted| wanted == id)
            && self.since.is_none_or(|since| at >= since)
            && self.done.is_none_or(|wanted| wanted == done)
    }
}

impl Inbox {
    /// A tenant's news behind this key, at most so much, in the order of accounts and names. Reads the disk: not on a thread that
    /// others wait for.
    pub fn kept(
        &self,
        tenant: TenantId,
        filter: &Filter,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        let mut found = Vec::new();
        let store = &self.engine.house().store;
        let prefix = Prefix::tenant(Space::Inbox, tenant);
        store.scan(&prefix, after, &mut |key, record| {
            if let Some(kept) = read(key, record)
                && filter.is_met(&kept.account, &kept.id, kept.at, kept.done)
            {
                found.push(kept);
            }
            if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found)
    }

    /// Has what was left acted upon. Harmless to repeat: what was acted upon is left alone, and what is in a line already is acted
    /// upon once.
    pub async fn replay(&self, tenant: TenantId, filter: Filter) -> Result<Replayed, StoreError> {
        let inbox = self.clone();
        let found = tokio::task::spawn_blocking(move || {
            let done = inbox.kept(tenant, &Filter { done: Some(true), ..filter.clone() }, None, REPLAYED_MAX)?.len();
            let left = inbox.kept(tenant, &Filter { done: Some(false), ..filter }, None, REPLAYED_MAX + 1)?;
            Ok::<_, StoreError>((done, left))
        });
        let (done, mut left) = found.await.map_err(|error| StoreError::Failed(error.to_string()))??;
        let more = left.len() > REPLAYED_MAX;
        left.truncate(REPLAYED_MAX);
        // An answer after the question.
        left.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
        let mut replayed = 0;
        for Kept { key, at, news, written, .. } in left {
            // A line that is full is being worked on; who asks again finds what is left then.
            if self.line(&news).try_send(Stored { key, at, news, written }).is_ok() {
                replayed += 1;
            }
        }
        Ok(Replayed { replayed, done, more })
    }
}

fn read(key: &[u8], record: &[u8]) -> Option<Kept> {
    let Some(Key::Inbox { account, id, .. }) = Key::parse(key) else { return None };
    let Ok((_, Record::News { at, done, news: written })) = codec::open::<Record>(record) else { return None };
    let news = serde_json::from_slice(&written).ok()?;
    Some(Kept { key: key.to_vec(), account, id, at, done, news, written })
}
