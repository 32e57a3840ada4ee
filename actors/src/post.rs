//! Where to find an actor that may be replaced: its supervisor puts the new one here after a fall.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use ractor::{ActorRef, Message};

/// An address that outlives the actor behind it.
pub struct Post<M: Message>(Arc<ArcSwapOption<ActorRef<M>>>);

impl<M: Message> Clone for Post<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Message> Default for Post<M> {
    fn default() -> Self {
        Self(Arc::new(ArcSwapOption::empty()))
    }
}

impl<M: Message> Post<M> {
    /// Sends a message. While nobody is there it is dropped, as one in the mailbox of a fallen actor is: who asked hears
    /// that the way is closed, who told is told again by whatever made it tell.
    pub fn cast(&self, message: M) {
        if let Some(actor) = &*self.0.load() {
            let _ = actor.cast(message);
        }
    }

    pub(crate) fn set(&self, actor: ActorRef<M>) {
        self.0.store(Some(Arc::new(actor)));
    }
}
