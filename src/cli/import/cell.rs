//! What a cell means.

use serde_json::{Value, json};

use super::fields::Kind;

/// The value of a cell; none where it is empty. An error says what is wrong; the kind's example says what would be right.
pub fn read(kind: Kind, text: &str) -> Result<Option<Value>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let value = match kind {
        Kind::Text => json!(text),
        Kind::Whole => json!(text.parse::<i64>().map_err(|_| "this is no whole number")?),
        Kind::Flag => json!(flag(text).ok_or("this is neither yes nor no")?),
        Kind::Phone => {
            let phone = crate::phones::read(text).map_err(|_| "this is no phone number in international form")?;
            json!(phone.as_str())
        }
        Kind::List => json!(parts(text).collect::<Vec<_>>()),
        Kind::Date => json!(text.parse::<jiff::civil::Date>().map_err(|_| "this is no date")?.to_string()),
        Kind::Items => json!(parts(text).map(item).collect::<Result<Vec<_>, _>>()?),
    };
    Ok(Some(value))
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty())
}

fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "y" | "1" => Some(true),
        "no" | "false" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// `box x10`, `box x 10`, `box`.
fn item(text: &str) -> Result<Value, &'static str> {
    let (kind, quantity) = match text.rsplit_once(" x") {
        Some((kind, count)) if count.trim().bytes().all(|b| b.is_ascii_digit()) && !count.trim().is_empty() => {
            (kind.trim(), count.trim().parse::<u32>().map_err(|_| "so many things there are not")?)
        }
        Some(_) | None => (text, 1),
    };
    Ok(json!({ "kind": kind, "quantity": quantity }))
}
