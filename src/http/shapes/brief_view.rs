//! The crew-visible part of a job, as it goes out.

use baton_core::brief::{Brief, Price};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::shown::Shown;

/// What a crew may see of a job.
#[derive(Serialize, ToSchema)]
#[schema(as = BriefView)]
pub struct BriefView<'a> {
    /// The locality it starts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    /// The locality it ends in.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    /// Localities on the way, in order.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    via: &'a [String],
    /// The day, in the tenant's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Shown<jiff::civil::Date>>,
    /// When on that day.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<&'a str>,
    /// The vehicle it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    vehicle: Option<&'a str>,
    /// How much there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<&'a str>,
    /// What is to be moved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<ItemView<'a>>,
    /// What else is asked for.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    services: &'a [String],
    /// What it pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<PriceView<'a>>,
    /// What an agent must be able to do.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    /// How long it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_minutes: Option<u32>,
}

/// Things of one kind.
#[derive(Serialize, ToSchema)]
pub struct ItemView<'a> {
    /// What.
    kind: &'a str,
    /// How many.
    quantity: u32,
}

/// A price or a range, in whole units of a currency.
#[derive(Serialize, ToSchema)]
pub struct PriceView<'a> {
    /// At least.
    from: u32,
    /// At most.
    to: u32,
    /// ISO 4217.
    currency: &'a str,
}

impl<'a> BriefView<'a> {
    /// Shows a brief.
    pub fn of(brief: &'a Brief) -> Self {
        let Brief { from, to, via, date, window, vehicle, volume, items, services, price, tags, duration_minutes } =
            brief;
        let price = price.as_ref();
        Self {
            from: from.as_deref(),
            to: to.as_deref(),
            via,
            date: date.map(Shown),
            window: window.as_deref(),
            vehicle: vehicle.as_deref(),
            volume: volume.as_deref(),
            items: items.iter().map(|item| ItemView { kind: &item.kind, quantity: item.quantity }).collect(),
            services,
            price: price.map(|Price { from, to, currency }| PriceView { from: *from, to: *to, currency }),
            tags,
            duration_minutes: *duration_minutes,
        }
    }
}
