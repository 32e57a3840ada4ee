//! What a page tells of a job: the crew's view of it, line by line.

use baton_core::brief::{Brief, Item, Price};

/// A line of the summary: what it is, and the value.
pub type Line = (&'static str, String);

/// The lines of a brief; what is not known is left out.
pub fn summary(brief: &Brief) -> Vec<Line> {
    let Brief { from, to, via, date, window, vehicle, volume, items, services, price, tags, duration_minutes } = brief;
    let mut lines = Vec::new();
    let mut line = |label, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push((label, value));
        }
    };
    line("From", from.clone());
    line("Via", Some(via.join(", ")));
    line("To", to.clone());
    line("Date", date.map(|date| date.strftime("%a %-d %b %Y").to_string()));
    line("Time", window.clone());
    line("Takes", duration_minutes.map(duration));
    line("Vehicle", vehicle.clone());
    line("Volume", volume.clone());
    line("Items", Some(items.iter().map(item).collect::<Vec<_>>().join(", ")));
    line("Also", Some(services.join(", ")));
    line("Needs", Some(tags.join(", ")));
    line("Pays", price.as_ref().map(pay));
    lines
}

fn item(item: &Item) -> String {
    format!("{} × {}", item.quantity, item.kind)
}

fn pay(price: &Price) -> String {
    let Price { from, to, currency } = price;
    if from == to { format!("{from} {currency}") } else { format!("{from}–{to} {currency}") }
}

fn duration(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let lines: Vec<String> =
            summary(&brief).into_iter().map(|(label, value)| format!("{label}: {value}")).collect();
        let expected = [
            "From: Leeds",
            "Date: Sat 30 Jan 2027",
            "Takes: 1 h 30 min",
            "Items: 1 × fridge, 12 × box",
            "Pays: 850–950 GBP",
        ];
        assert_eq!(lines, expected);
        assert_eq!(summary(&Brief::default()), []);
    }
}
