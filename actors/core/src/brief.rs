//! What a crew may see of a job, typed field by field.

use serde::{Deserialize, Serialize};

/// The crew-visible part of a job. Localities come as such or not at all: nothing here is cut out of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Brief {
    /// The locality it starts in.
    pub from: Option<String>,
    /// The locality it ends in.
    pub to: Option<String>,
    /// Localities on the way, in order.
    pub via: Vec<String>,
    /// The day it is to be done, in the tenant's zone.
    pub date: Option<jiff::civil::Date>,
    /// When on that day: a time (`14:30`) or a part of the day (`morning`).
    pub window: Option<String>,
    /// The vehicle it needs.
    pub vehicle: Option<String>,
    /// How much there is, as a category (`medium`).
    pub volume: Option<String>,
    /// What is to be moved.
    pub items: Vec<Item>,
    /// What else is asked for (`packing`).
    pub services: Vec<String>,
    /// What it pays.
    pub price: Option<Price>,
    /// What an agent must be able to do: every tag is needed.
    pub tags: Vec<String>,
    /// How long it takes, where the client knows.
    pub duration_minutes: Option<u32>,
}

/// Things of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Item {
    /// What (`fridge`).
    pub kind: String,
    /// How many.
    pub quantity: u32,
}

/// A price or a range, in whole units of a currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Price {
    /// At least.
    pub from: u32,
    /// At most.
    pub to: u32,
    /// ISO 4217.
    pub currency: String,
}
