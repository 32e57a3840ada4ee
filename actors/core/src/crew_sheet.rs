//! What a crew message says of a job: typed values alone. Whatever a brief has that is not of the typed form is absent here, so
//! that nothing a person typed can reach a crew's group, whichever way it came into the brief.

use jiff::civil::Date;

use crate::brief::{Item, Price};
use crate::crew_view::CrewView;
use crate::ids::JobId;

mod locality;
mod stop;
mod words;

pub use locality::Locality;
pub use stop::{Place, Stop};
pub use words::{Extra, PartOfDay, Service, Thing, Volume, When};

/// A job as a crew message shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrewSheet {
    /// Which job.
    pub job: JobId,
    /// Where it starts.
    pub from: Option<Locality>,
    /// Further pickups, as far as they are known.
    pub via: Vec<Locality>,
    /// Where it ends.
    pub to: Option<Locality>,
    /// The day.
    pub date: Option<Date>,
    /// When on that day.
    pub when: Option<When>,
    /// How much there is.
    pub volume: Option<Volume>,
    /// What is known of the stops, pickups first.
    pub stops: Vec<Stop>,
    /// What is to be moved, and how many of each.
    pub items: Vec<(Thing, u32)>,
    /// What else there is.
    pub extras: Vec<Extra>,
    /// What it pays.
    pub estimate: Option<Price>,
}

impl CrewSheet {
    /// The typed values of what a crew may see.
    pub fn of(view: &CrewView) -> Self {
        let brief = &view.brief;
        let place = |text: &Option<String>| text.as_deref().and_then(Locality::read);
        let item = |item: &Item| Some((Thing::read(&item.kind)?, item.quantity));
        let mut stops: Vec<Stop> = brief.services.iter().filter_map(|word| Stop::read(word)).collect();
        stops.sort_by_key(|stop| stop.place);
        stops.dedup_by_key(|stop| stop.place);
        Self {
            job: view.job,
            from: place(&brief.from),
            via: brief.via.iter().filter_map(|text| Locality::read(text)).collect(),
            to: place(&brief.to),
            date: brief.date,
            when: brief.window.as_deref().and_then(When::read),
            volume: brief.volume.as_deref().and_then(Volume::read),
            stops,
            items: brief.items.iter().filter_map(item).collect(),
            extras: brief.services.iter().filter_map(|word| Extra::read(word)).collect(),
            estimate: brief.price.clone().filter(|price| is_code(&price.currency)),
        }
    }

    /// How the crew calls the job: by its code, with which it is claimed.
    pub fn number(&self) -> String {
        self.job.code().to_string()
    }

    /// How many places things are picked up at.
    pub fn pickups(&self) -> usize {
        let named = self.stops.iter().filter(|stop| matches!(stop.place, Place::Pickup(_))).count();
        named.max(1 + self.via.len())
    }

    /// What is known of a stop.
    pub fn stop(&self, place: Place) -> Option<&Stop> {
        self.stops.iter().find(|stop| stop.place == place)
    }
}

fn is_code(currency: &str) -> bool {
    currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brief::Brief;
    use crate::ids::TenantId;

    fn sheet(brief: Brief) -> CrewSheet {
        let job = JobId::of_reference(TenantId::DEFAULT, "a");
        CrewSheet::of(&CrewView { job, code: job.code(), brief })
    }

    #[test]
    fn c3_what_is_not_of_the_typed_form_is_absent() {
        let said = || Some("Dana at Herzl 12, flat 3".to_owned());
        let read = sheet(Brief {
            from: said(),
            to: Some("@dana".into()),
            via: vec!["+447700900001".into()],
            window: said(),
            volume: said(),
            items: vec![Item { kind: "Dana's fridge".into(), quantity: 1 }],
            services: vec!["call Dana".into(), "pickup 1 floor 3 ask Dana".into()],
            price: Some(Price { from: 1, to: 2, currency: "call Dana".into() }),
            ..Brief::default()
        });
        assert_eq!(read, sheet(Brief::default()));
    }

    #[test]
    fn typed_values_are_kept() {
        let read = sheet(Brief {
            from: Some("Haifa".into()),
            via: vec!["Tel Aviv".into()],
            services: vec![
                "packing".into(),
                "delivery floor 2 lift".into(),
                "pickup 2".into(),
                "pickup 1 floor 3".into(),
            ],
            items: vec![Item { kind: "fridge".into(), quantity: 2 }],
            ..Brief::default()
        });
        assert_eq!(read.from.as_ref().map(Locality::as_str), Some("Haifa"));
        assert_eq!(read.pickups(), 2);
        assert_eq!(read.stop(Place::Delivery).and_then(|stop| stop.lift), Some(true));
        assert_eq!((read.items, read.extras), (vec![(Thing::Fridge, 2)], vec![Extra::Service(Service::Packing)]));
    }
}
