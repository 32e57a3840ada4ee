//! How many commands are under way: bounded, because ractor's mailboxes are not, and told to whoever waits for them.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// The count of commands under way; cheap to clone.
#[derive(Clone)]
pub struct Admission {
    permits: Arc<Semaphore>,
    most: usize,
}

impl Admission {
    /// At most so many at once.
    pub fn of(most: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(most)), most }
    }

    /// Lets one in, for as long as the permit is kept; none when there are too many.
    pub fn enter(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.try_acquire().ok()
    }

    /// How many are under way.
    pub fn under_way(&self) -> usize {
        self.most - self.permits.available_permits()
    }

    /// Waits until none is under way any more.
    pub async fn empty(&self) {
        let all = u32::try_from(self.most).unwrap_or(u32::MAX);
        // It is never closed: every permit back means that nobody waits for an answer.
        let _all = self.permits.acquire_many(all).await;
    }
}
