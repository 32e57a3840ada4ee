//! Falls on demand: how it is proved that a panic takes down one actor and loses nothing (promise P10).
//!
//! A hook of the engine rather than a feature of the build, so that what is proved is the very binary that runs. It is empty
//! unless the doors hang something into it, which they do for `--dev` alone. A decorator around a port would not do: what reads
//! a job's record, besides its actor, are doors, channels and timers, and they would fall too.

use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, JobId};

/// Where an actor can be made to fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A job's actor, on its next message.
    Job(JobId),
    /// An agent's actor, on its next message.
    Agent(AgentId),
    /// A channel's actor, with a message in its hand.
    Channel(ChannelKind),
}

/// Panics where an actor is to fall, and does nothing everywhere else.
pub type Falls = Box<dyn Fn(Place) + Send + Sync>;
