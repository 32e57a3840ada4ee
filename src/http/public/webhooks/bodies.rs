//! The bodies of the calls that are under way. Whoever calls is only known once all of a body is here, so all of them together have a
//! bound: strangers who send much keep others waiting, and never fill the memory.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::request::Parts;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::json;
use crate::http::problem::{Code, Problem};

/// So much can be under way at once, in KiB.
const TOGETHER: usize = 64 * 1024;

const KIB: usize = 1024;

/// When a provider may come again.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// The room for them.
pub struct Bodies(Arc<Semaphore>);

impl Default for Bodies {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TOGETHER)))
    }
}

/// A call that is here. It takes room as long as it is held.
pub struct Call {
    /// Its head.
    pub head: Parts,
    /// Its body.
    pub body: Bytes,
    _room: Room,
}

impl Bodies {
    /// Head and body of a call, which is at most so large. It takes room as it comes: what a call says of its length costs nothing.
    pub async fn collect(&self, request: Request, most: usize) -> Result<Call, Problem> {
        let (head, body) = request.into_parts();
        json::fits(&head.headers, most)?;
        let (mut body, mut bytes) = (Limited::new(body, most), BytesMut::new());
        let mut room = Room { of: Arc::clone(&self.0), taken: None };
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|fault| json::broken_off(&*fault, most))?;
            if let Ok(data) = frame.into_data() {
                room.grow_to((bytes.len() + data.len()).div_ceil(KIB))?;
                bytes.extend_from_slice(&data);
            }
        }
        Ok(Call { head, body: bytes.freeze(), _room: room })
    }
}

/// What one call takes of it.
struct Room {
    of: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Room {
    fn grow_to(&mut self, kib: usize) -> Result<(), Problem> {
        let taken = self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = u32::try_from(kib.saturating_sub(taken)).unwrap_or(u32::MAX);
        let Ok(more) = Arc::clone(&self.of).try_acquire_many_owned(more) else {
            let full = Problem::new(Code::Overloaded, "too many calls of providers are under way");
            return Err(full.retry_after(BUSY));
        };
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn call(kib: usize) -> Request {
        Request::new(Body::from(vec![b'x'; kib * KIB]))
    }

    #[tokio::test]
    async fn p9_bodies_together_have_a_bound_and_what_is_over_it_comes_again() {
        let bodies = Bodies(Arc::new(Semaphore::new(8)));
        let first = bodies.collect(call(6), 16 * KIB).await.unwrap_or_else(|_| panic!("there is room"));
        assert_eq!(first.body.len(), 6 * KIB);
        let refused = bodies.collect(call(3), 16 * KIB).await.map(|_| ()).expect_err("no room");
        assert_eq!((refused.code, refused.retry_after), (Code::Overloaded, Some(BUSY)));
        assert!(bodies.collect(call(2), 16 * KIB).await.is_ok(), "what was refused holds nothing");
        drop(first);
        assert!(bodies.collect(call(8), 16 * KIB).await.is_ok());
        let large = bodies.collect(call(2), KIB).await.map(|_| ()).expect_err("too large");
        assert_eq!(large.code, Code::BodyTooLarge);
        assert_eq!(bodies.0.available_permits(), 8);
    }
}
