//! The crew-visible part of a job, as it comes in.

use baton_core::brief::{Brief, Item, Price};
use baton_core::job::weight;
use jiff::civil::{Date, Time};
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::shapes::public_text;
use crate::http::strangers::Strangers;

const WORD: usize = 60;
const LOCALITY: usize = 100;
const PLACES: usize = 20;
const ITEMS: usize = 100;
const WORDS: usize = 30;

/// What a crew may see: localities, categories, dates and numbers; private things go under `details`. All of it together
/// comes to 16 KiB at most.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Brief)]
pub struct BriefShape {
    /// The locality it starts in.
    #[schema(value_type = Option<String>, max_length = 100, example = "Leeds")]
    from: Given<String>,
    /// The locality it ends in.
    #[schema(value_type = Option<String>, max_length = 100, example = "Manchester")]
    to: Given<String>,
    /// Localities on the way, in order.
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    via: Given<Vec<Given<String>>>,
    /// The day, in the tenant's zone.
    #[schema(value_type = Option<String>, format = Date, example = "2027-01-30")]
    date: Given<String>,
    /// When on that day: a time (`14:30`), a span (`09:00-12:00`) or a word (`morning`).
    #[schema(value_type = Option<String>, max_length = 60, example = "14:30")]
    window: Given<String>,
    /// The vehicle it needs.
    #[schema(value_type = Option<String>, max_length = 60, example = "van")]
    vehicle: Given<String>,
    /// How much there is, as a category.
    #[schema(value_type = Option<String>, max_length = 60, example = "medium")]
    volume: Given<String>,
    /// What is to be moved.
    #[schema(value_type = Option<Vec<ItemShape>>, max_items = 100)]
    items: Given<Vec<Given<ItemShape>>>,
    /// What else is asked for.
    #[schema(value_type = Option<Vec<String>>, max_items = 30, example = json!(["packing"]))]
    services: Given<Vec<Given<String>>>,
    /// What it pays.
    #[schema(value_type = Option<PriceShape>)]
    price: Given<PriceShape>,
    /// What an agent must be able to do: every tag is needed.
    #[schema(value_type = Option<Vec<String>>, max_items = 30)]
    tags: Given<Vec<Given<String>>>,
    /// How long it takes.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 20160)]
    duration_minutes: Given<u32>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// Things of one kind.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Item)]
pub struct ItemShape {
    /// What.
    #[schema(value_type = String, max_length = 60, example = "fridge")]
    kind: Given<String>,
    /// How many; 1 where it is left out.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10000, example = 1)]
    quantity: Given<u32>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A price or a range, in whole units of a currency.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Price)]
pub struct PriceShape {
    /// At least.
    #[schema(value_type = u32, example = 850)]
    from: Given<u32>,
    /// At most; the same where it is left out.
    #[schema(value_type = Option<u32>, example = 950)]
    to: Given<u32>,
    /// ISO 4217.
    #[schema(value_type = String, example = "GBP")]
    currency: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    BriefShape { from, to, via, date, window, vehicle, volume, items, services, price, tags, duration_minutes }
    ItemShape { kind, quantity }
    PriceShape { from, to, currency }
}

impl BriefShape {
    /// What a crew may see of a job.
    pub fn read(self, form: &mut Form) -> Option<Brief> {
        let brief = Brief {
            from: public_text::read(form.field("from", self.from), LOCALITY),
            to: public_text::read(form.field("to", self.to), LOCALITY),
            via: words(form.field("via", self.via), PLACES, LOCALITY),
            date: form.field("date", self.date).parsed(|text| read_date(&text)),
            window: read_window(form.field("window", self.window)),
            vehicle: public_text::read(form.field("vehicle", self.vehicle), WORD),
            volume: public_text::read(form.field("volume", self.volume), WORD),
            items: form.field("items", self.items).each(ITEMS, |form, item| item.read(form)).unwrap_or_default(),
            services: words(form.field("services", self.services), WORDS, WORD),
            price: form.field("price", self.price).within(|form, price| price.read(form)),
            tags: words(form.field("tags", self.tags), WORDS, WORD),
            duration_minutes: form.field("duration_minutes", self.duration_minutes).between(1, 14 * 24 * 60),
        };
        let weight = weight::brief(&brief);
        if weight > weight::BRIEF_MAX {
            let message = format!("comes to {weight} bytes, and at most {} are stored", weight::BRIEF_MAX);
            form.blame("", message, "leave out or shorten places, items, services or tags");
            return None;
        }
        Some(brief)
    }
}

impl ItemShape {
    fn read(self, form: &mut Form) -> Option<Item> {
        let kind = public_text::read(form.field("kind", self.kind).required(), WORD);
        let quantity = if self.quantity.is_missing() { Given::Is(1) } else { self.quantity };
        let quantity = form.field("quantity", quantity).between(1, 10_000);
        Some(Item { kind: kind?, quantity: quantity? })
    }
}

impl PriceShape {
    fn read(self, form: &mut Form) -> Option<Price> {
        let from = form.field("from", self.from).required().value();
        let to = if self.to.is_missing() { from } else { form.field("to", self.to).value() };
        let currency = form.field("currency", self.currency).required().parsed(|text| {
            let is_code = text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
            if is_code { Ok(text) } else { Err("give three capital letters of ISO 4217, such as GBP") }
        });
        let (from, to, currency) = (from?, to?, currency?);
        if to < from {
            form.blame("to", "is less than from", "give the lower bound as from and the upper as to");
            return None;
        }
        Some(Price { from, to, currency })
    }
}

fn words(field: Field<'_, Vec<Given<String>>>, most: usize, longest: usize) -> Vec<String> {
    let words = field.each(most, |form, word| public_text::read(form.field("", Given::Is(word)), longest));
    words.unwrap_or_default()
}

/// Reads `2027-01-30`.
pub fn read_date(text: &str) -> Result<Date, &'static str> {
    let wrong = "give a day of the calendar as YYYY-MM-DD, such as 2027-01-30";
    if text.len() != 10 {
        return Err(wrong);
    }
    text.parse().map_err(|_| wrong)
}

/// Reads `14:30` and `9:00`.
pub fn read_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |text: &str, most| {
        let plain = !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse::<i8>().ok()).flatten()
    };
    (minute.len() == 2).then(|| Time::new(digits(hour, 2)?, digits(minute, 2)?, 0, 0).ok()).flatten()
}

/// Times are written the same way, however they came; other words stay.
fn read_window(field: Field<'_, String>) -> Option<String> {
    field.refine(
        |field| field.line(WORD),
        |form, name, text| {
            let at = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
            // Some sheets mark a time that is meant to the minute.
            if let Some(time) = read_time(text.strip_prefix("exact:").unwrap_or(&text)) {
                return Some(at(time));
            }
            if let Some((from, to)) = read_span(&text) {
                return Some(format!("{}-{}", at(from), at(to)));
            }
            // Something like a time that is none would keep nobody from a second job at that time.
            let looks_like_one = |part: &&str| part.contains(':') && part.starts_with(|c: char| c.is_ascii_digit());
            let parts = text.split([' ', '-', '–', '—']);
            if parts.filter(looks_like_one).any(|part| read_time(part).is_none()) {
                let cure = "give a time such as 14:30, a span such as 09:00-12:00, or a word such as morning";
                form.blame(name, "is no time of the day", cure);
                return None;
            }
            public_text::read(form.field(name, Given::Is(text)), WORD)
        },
    )
}

/// Reads `09:00-12:00`, with any of the usual dashes.
pub fn read_span(text: &str) -> Option<(Time, Time)> {
    let (from, to) = text.split_once(['-', '–', '—'])?;
    Some((read_time(from)?, read_time(to)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_time_a_span_or_words_and_never_a_time_that_there_is_not() {
        let read = |text: &str| Form::read(|form| read_window(form.field("window", Given::Is(text.to_owned())))).ok();
        for (given, kept) in [
            ("9:05", Some("09:05")),
            ("exact:14:30", Some("14:30")),
            ("9:00 – 12:00", Some("09:00-12:00")),
            ("22:00-02:00", Some("22:00-02:00")),
            ("morning", Some("morning")),
            ("before 9", Some("before 9")),
            ("25:00", None),
            ("25:99", None),
            ("14:3", None),
            ("09:00-24:30", None),
            ("after 14:30", Some("after 14:30")),
            ("after 25:30", None),
        ] {
            assert_eq!(read(given).as_deref(), kept, "{given}");
        }
    }
}
