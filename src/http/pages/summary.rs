//! What a page tells of a job: the crew's view of it, line by line.

use baton_core::brief::{Brief, Item, Price};

use crate::wording::Words;

/// A line of the summary: what it is, and the value.
pub type Line = (String, String);

/// The lines of a brief; what is not known is left out.
pub fn summary(brief: &Brief, words: &Words) -> Vec<Line> {
    let Brief { from, to, via, date, window, vehicle, volume, items, services, price, tags, duration_minutes } = brief;
    let mut lines = Vec::new();
    let mut line = |label: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push((words.say(&format!("summary.{label}")), value));
        }
    };
    line("from", from.clone());
    line("via", Some(via.join(", ")));
    line("to", to.clone());
    line("date", date.map(|date| words.day(date)));
    line("time", window.clone());
    line("takes", duration_minutes.map(|minutes| duration(minutes, words)));
    line("vehicle", vehicle.clone());
    line("volume", volume.clone());
    line("items", Some(items.iter().map(item).collect::<Vec<_>>().join(", ")));
    line("also", Some(services.join(", ")));
    line("needs", Some(tags.join(", ")));
    line("pays", price.as_ref().map(|price| pay(price, words)));
    lines
}

fn item(item: &Item) -> String {
    format!("{} × {}", item.quantity, item.kind)
}

fn pay(price: &Price, words: &Words) -> String {
    let Price { from, to, currency } = price;
    let (lowest, highest) = (words.number(*from), words.number(*to));
    if from == to { format!("{lowest} {currency}") } else { format!("{lowest}–{highest} {currency}") }
}

fn duration(minutes: u32, words: &Words) -> String {
    let (hours, minutes) = ((minutes / 60).to_string(), (minutes % 60).to_string());
    match (hours.as_str(), minutes.as_str()) {
        ("0", minutes) => words.fill("summary.minutes", &[("minutes", minutes)]),
        (hours, "0") => words.fill("summary.hours", &[("hours", hours)]),
        (hours, minutes) => words.fill("summary.hours_minutes", &[("hours", hours), ("minutes", minutes)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::sample;

    #[test]
    fn a_summary_leaves_out_what_is_not_known() {
        let brief = Brief {
            from: Some("Leeds".into()),
            date: Some(jiff::civil::date(2027, 1, 30)),
            items: vec![Item { kind: "fridge".into(), quantity: 1 }, Item { kind: "box".into(), quantity: 12 }],
            price: Some(Price { from: 850, to: 950, currency: "GBP".into() }),
            duration_minutes: Some(90),
            ..Brief::default()
        };
        let words = sample::words("en");
        let lines: Vec<String> =
            summary(&brief, &words).into_iter().map(|(label, value)| format!("{label}: {value}")).collect();
        let expected = [
            "From: Leeds",
            "Date: Sat 30 Jan 2027",
            "Takes: 1 h 30 min",
            "Items: 1 × fridge, 12 × box",
            "Pays: 850–950 GBP",
        ];
        assert_eq!(lines, expected);
        assert_eq!(summary(&Brief::default(), &words), []);
        let russian = summary(&brief, &sample::words("ru"));
        assert_eq!((russian[2].0.as_str(), russian[2].1.as_str()), ("Займёт", "1 ч 30 мин"));
    }
}
