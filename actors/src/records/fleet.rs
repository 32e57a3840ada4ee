//! What a fleet keeps besides its drivers' profiles: who of the agents is which driver, vehicles, routes, and the list of what was
//! handed to whom.

use baton_core::delivery::ChannelKind;
use baton_core::details::SealedPayload;
use baton_core::ids::AgentId;
use baton_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::codec::Record;
use crate::store::envelope::Kind;

/// A driver: an agent under the id that the fleet's own system gave them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver {
    /// Who that is.
    pub agent: AgentId,
    /// The channel they like best.
    pub preferred: Option<ChannelKind>,
    /// Whether a message that failed goes by the next channel.
    pub fallback: bool,
    /// `active`, `inactive`, `on_leave` or `terminated`.
    pub status: String,
    /// When it was stored.
    pub at: Timestamp,
}

impl Record for Driver {
    const KIND: Kind = Kind::Driver;
    const SCHEMA: u16 = 1;
}

/// A vehicle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    /// What it is called.
    pub name: Option<String>,
    /// Its number plate.
    pub plate: Option<String>,
    /// When it was stored.
    pub at: Timestamp,
}

impl Record for Vehicle {
    const KIND: Kind = Kind::Vehicle;
    const SCHEMA: u16 = 1;
}

/// A route. All that it says is sealed; only the doors open it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The vehicle it is driven with.
    pub vehicle: Option<Uuid>,
    /// Its stops and all else.
    pub sealed: SealedPayload,
    /// When it was stored.
    pub at: Timestamp,
}

impl Record for Route {
    const KIND: Kind = Kind::Route;
    const SCHEMA: u16 = 1;
}

/// A line of the list of routes that were handed to drivers. Which job it is, and since when, stands in its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentLine {
    /// The route.
    pub route: Uuid,
    /// To whom.
    pub agent: AgentId,
}

impl Record for AssignmentLine {
    const KIND: Kind = Kind::AssignmentLine;
    const SCHEMA: u16 = 1;
}
