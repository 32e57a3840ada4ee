//! A sender's value as one of ours. What cannot be read is refused with its cure, and is in no message: it may be private.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::mapping::{Kind, Rule};

/// Why a value was not read: what it is not, and what would be.
pub type Fault = (&'static str, &'static str);

/// The value as the rule says. `zone`: of moments that are written without one.
pub fn convert(rule: &Rule, value: &Value, zone: &TimeZone) -> Result<Value, Fault> {
    if !rule.values.is_empty() {
        let word = text(value).ok_or(("is not one of the words of this rule", "send a single value"))?;
        let ours = rule.values.get(word.trim());
        return ours.cloned().ok_or(("is not one of the words of this rule", "add it to the rule's values"));
    }
    let Some(kind) = rule.kind else { return Ok(value.clone()) };
    let format = rule.format.as_deref();
    if kind == Kind::List {
        return list(value, format);
    }
    let text = text(value).ok_or(("is a list or an object", "let the pointer lead to a single value"))?;
    let text = text.trim();
    match kind {
        Kind::String | Kind::Phone => Ok(text.into()),
        Kind::Integer => whole(text).map(Value::from).ok_or(("is no whole number", "send digits alone, such as 3")),
        Kind::Money => money(text)
            .map(Value::from)
            .ok_or(("is no sum in whole units", "send a sum such as 850, £1,250 or 1250.00, without pence")),
        Kind::Date => date(text, format)
            .map(|day| day.to_string().into())
            .ok_or(("is no day of the rule's format", "send a day such as 2027-01-30, or set the rule's format")),
        Kind::Time => time(text, format)
            .map(|time| time.strftime("%H:%M").to_string().into())
            .ok_or(("is no time of the rule's format", "send a time such as 14:30, or set the rule's format")),
        Kind::Datetime => moment(text, format, zone).map(|at| at.to_string().into()).ok_or((
            "is no moment of the rule's format",
            "send a moment such as 2027-01-29T08:00:00Z, or set the rule's format",
        )),
        Kind::List => Ok(Value::Null),
    }
}

/// The text of a single value.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number; `3.0` is one, as spreadsheets write it.
fn whole(text: &str) -> Option<u64> {
    let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
    fraction.bytes().all(|digit| digit == b'0').then(|| digits.parse().ok()).flatten()
}

fn money(text: &str) -> Option<u64> {
    let sum = text.trim_matches(|c: char| !c.is_ascii_digit() && c != '-' && c != '.' && c != ',').replace(' ', "");
    let (units, _) = sum.split_once('.').unwrap_or((&sum, ""));
    // Commas stand between thousands; one that stands elsewhere may mean something else.
    let mut groups = units.split(',');
    let first = groups.next().unwrap_or_default().len();
    let is_grouped = !units.contains(',') || (1..=3).contains(&first) && groups.all(|group| group.len() == 3);
    is_grouped.then(|| whole(&sum.replace(',', ""))).flatten()
}

fn date(text: &str, format: Option<&str>) -> Option<Date> {
    match format {
        None => text.parse().ok(),
        Some(named @ ("day-first" | "month-first")) => {
            let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
            let [first, second, year] = parts.as_slice() else { return None };
            let (day, month) = if named == "day-first" { (first, second) } else { (second, first) };
            // A year of two digits could be of any century.
            let year = (year.len() == 4).then(|| year.parse().ok()).flatten()?;
            Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
        }
        Some(pattern) => Date::strptime(pattern, text).ok(),
    }
}

fn time(text: &str, format: Option<&str>) -> Option<Time> {
    match format {
        None => Time::strptime("%H:%M", text).or_else(|_| Time::strptime("%H:%M:%S", text)).ok(),
        Some(pattern) => Time::strptime(pattern, text).ok(),
    }
}

fn moment(text: &str, format: Option<&str>, zone: &TimeZone) -> Option<Timestamp> {
    match format {
        None => text.parse().ok(),
        Some("unix") => Timestamp::from_second(text.parse().ok()?).ok(),
        Some(pattern) => Timestamp::strptime(pattern, text).ok().or_else(|| {
            let here = DateTime::strptime(pattern, text).ok()?;
            zone.to_timestamp(here).ok()
        }),
    }
}

fn list(value: &Value, separator: Option<&str>) -> Result<Value, Fault> {
    let fault = ("is no list of texts", "let the pointer lead to a list of texts, or to one text");
    match value {
        Value::Array(values) => {
            let texts: Option<Vec<Value>> = values.iter().map(|value| text(value).map(Value::from)).collect();
            texts.map(Value::Array).ok_or(fault)
        }
        other => {
            let all = text(other).ok_or(fault)?;
            let entries = all.split(separator.unwrap_or(",")).map(str::trim).filter(|entry| !entry.is_empty());
            Ok(entries.map(Value::from).collect())
        }
    }
}
