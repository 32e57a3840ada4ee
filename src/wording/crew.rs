//! The message for a crew: filled from a [`CrewSheet`], which holds typed values alone.

use baton_core::brief::{Brief, Item, Price};
use baton_core::crew_sheet::{CrewSheet, Extra, Locality, Place, Service, Thing, Volume, When};
use baton_core::crew_view::CrewView;
use baton_core::ids::{JobId, TenantId};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::error::WordingError;
use super::language::Direction;
use super::{Wording, dates, money};

/// The name of its template.
const FILE: &str = "crew.plain.text";

/// What the template is filled with.
#[derive(Serialize)]
struct Values<'a> {
    locale: &'a str,
    direction: &'static str,
    number: String,
    /// From the first pickup to the end; empty where nothing is known.
    route: Vec<Option<&'a str>>,
    date: Option<String>,
    when: Option<String>,
    volume: Option<&'static str>,
    stops: Vec<StopValues>,
    /// What all stops have in common: `yes`, `no`.
    lift: Option<&'static str>,
    items: Vec<ItemValues>,
    extras: Vec<&'static str>,
    estimate: Option<String>,
}

#[derive(Serialize)]
struct StopValues {
    /// The number of a pickup; none for the delivery.
    pickup: Option<u8>,
    floor: Option<i8>,
    lift: Option<&'static str>,
}

#[derive(Serialize)]
struct ItemValues {
    kind: &'static str,
    quantity: u32,
}

impl Wording {
    /// The message for a crew, to be copied.
    pub fn crew_text(&self, sheet: &CrewSheet, locale: &str) -> Result<String, WordingError> {
        let locale = self.locale(locale);
        let values = Values::of(sheet, locale);
        let text = self.fill_file(&format!("{locale}/{FILE}"), &Value::from(Serde(&values)))?;
        text.map(|text| text.trim_end().to_owned()).ok_or_else(|| WordingError::missing("crew", "plain.text"))
    }

    /// What is wrong with its template, found with every word there is and with none.
    pub(super) fn mistakes_of_crew(&self) -> Vec<WordingError> {
        let sheets = [sample(full()), sample(Brief { via: Vec::new(), ..full() }), sample(Brief::default())];
        let tried = self.locales.iter().flat_map(|locale| sheets.iter().map(move |sheet| (locale, sheet)));
        tried.filter_map(|(locale, sheet)| self.crew_text(sheet, locale).err()).collect()
    }
}

impl<'a> Values<'a> {
    fn of(sheet: &'a CrewSheet, locale: &'a str) -> Self {
        let CrewSheet { job: _, from, via, to, date, when, volume, stops: _, items, extras, estimate } = sheet;
        let ends = [from.as_ref().map(Locality::as_str), to.as_ref().map(Locality::as_str)];
        let route = if ends == [None, None] && via.is_empty() {
            Vec::new()
        } else {
            let via = via.iter().map(|place| Some(place.as_str()));
            std::iter::once(ends[0]).chain(via).chain([ends[1]]).collect()
        };
        let stops = stops(sheet);
        let known = stops.iter().any(|stop| stop.floor.is_some() || stop.lift.is_some());
        let stops = if known { stops } else { Vec::new() };
        let lift =
            stops.first().and_then(|first| first.lift).filter(|lift| stops.iter().all(|stop| stop.lift == Some(*lift)));
        Self {
            locale,
            direction: Direction::of(locale).as_str(),
            number: sheet.number(),
            route,
            date: date.map(|date| dates::short_day(date, locale)),
            when: when.map(When::word),
            volume: volume.map(Volume::as_str),
            stops,
            lift,
            items: items
                .iter()
                .map(|(thing, quantity)| ItemValues { kind: thing.as_str(), quantity: *quantity })
                .collect(),
            extras: extras.iter().map(|extra| extra.as_str()).collect(),
            estimate: estimate.as_ref().map(shown_estimate),
        }
    }
}

/// A line for every stop, in order, also for those of which nothing is known.
fn stops(sheet: &CrewSheet) -> Vec<StopValues> {
    let pickups = (1..).map(Place::Pickup).take(sheet.pickups());
    let values = pickups.chain([Place::Delivery]).map(|place| {
        let stop = sheet.stop(place);
        StopValues {
            pickup: match place {
                Place::Pickup(no) => Some(no),
                Place::Delivery => None,
            },
            floor: stop.and_then(|stop| stop.floor),
            lift: stop.and_then(|stop| stop.lift).map(|lift| if lift { "yes" } else { "no" }),
        }
    });
    values.collect()
}

/// `₪850–₪950`, the sign first in every language: what crews read at a glance.
fn shown_estimate(price: &Price) -> String {
    let Price { from, to, currency } = price;
    let amount = |whole: &u32| match money::sign(currency) {
        Some(sign) => format!("{sign}{whole}"),
        None => format!("{whole}\u{a0}{currency}"),
    };
    if from == to { amount(from) } else { format!("{}–{}", amount(from), amount(to)) }
}

fn sample(brief: Brief) -> CrewSheet {
    let job = JobId::of_reference(TenantId::DEFAULT, "sample");
    CrewSheet::of(&CrewView { job, code: job.code(), brief })
}

/// Every word there is.
fn full() -> Brief {
    let stops = ["pickup 1 floor 3 no lift", "pickup 2", "delivery floor 2 lift"].map(str::to_owned);
    let things = Thing::ALL.iter().map(|thing| Extra::Thing(*thing).as_str().to_owned());
    let services = Service::ALL.iter().map(|service| service.as_str().to_owned());
    Brief {
        from: Some("Haifa".to_owned()),
        via: vec!["Tel Aviv".to_owned()],
        to: Some("Kiryat Ata".to_owned()),
        date: Some(jiff::civil::date(2027, 2, 23)),
        window: Some("morning".to_owned()),
        volume: Some("1br".to_owned()),
        items: Thing::ALL.iter().map(|thing| Item { kind: thing.as_str().to_owned(), quantity: 2 }).collect(),
        services: stops.into_iter().chain(things).chain(services).collect(),
        price: Some(Price { from: 850, to: 950, currency: "ILS".to_owned() }),
        ..Brief::default()
    }
}

#[cfg(test)]
mod tests;
