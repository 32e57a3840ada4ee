//! How each type of setting is read: from TOML as itself, from the environment as text.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use baton_actors::channel::Rate;
use ipnet::IpNet;
use toml::Value;

use super::{duration, rate, size};

/// A type that a setting can have.
pub(super) trait Setting: Sized {
    /// Reads it; the error says what is wrong and what is wanted instead.
    fn read(value: &Value) -> Result<Self, String>;

    /// What stands in for it when it is faulty, so that the other settings can be read as well. Never leaves this module:
    /// a configuration with a fault is not given out.
    fn stand_in() -> Self;
}

/// A size in bytes.
pub(super) struct Bytes(pub u64);

/// Whether something is on: said, or left to whether it is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    Auto,
    On,
    Off,
}

impl Switch {
    /// What it comes to.
    pub fn or(self, auto: bool) -> bool {
        match self {
            Self::Auto => auto,
            Self::On => true,
            Self::Off => false,
        }
    }
}

fn text(value: &Value, wanted: &str) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Array(_)
        | Value::Table(_) => Err(format!("{} is no text: write {wanted} in quotes", kind(value))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

impl Setting for String {
    fn read(value: &Value) -> Result<Self, String> {
        text(value, "it")
    }
    fn stand_in() -> Self {
        Self::new()
    }
}

impl Setting for PathBuf {
    fn read(value: &Value) -> Result<Self, String> {
        text(value, "a path").map(Self::from)
    }
    fn stand_in() -> Self {
        Self::new()
    }
}

impl Setting for bool {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Boolean(yes) => Ok(*yes),
            Value::String(text) if text.trim() == "true" => Ok(true),
            Value::String(text) if text.trim() == "false" => Ok(false),
            other => Err(format!("{} is not true or false", kind(other))),
        }
    }
    fn stand_in() -> Self {
        false
    }
}

impl Setting for u64 {
    fn read(value: &Value) -> Result<Self, String> {
        let wrong = || "a whole number, 0 or more, is wanted".to_owned();
        match value {
            Value::Integer(number) => Self::try_from(*number).map_err(|_| wrong()),
            Value::String(text) => text.trim().parse().map_err(|_| wrong()),
            other => Err(format!("{} is no whole number", kind(other))),
        }
    }
    fn stand_in() -> Self {
        1
    }
}

impl Setting for i64 {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Integer(number) => Ok(*number),
            Value::String(text) => text.trim().parse().map_err(|_| "a whole number is wanted".to_owned()),
            other => Err(format!("{} is no whole number", kind(other))),
        }
    }
    fn stand_in() -> Self {
        0
    }
}

impl Setting for f64 {
    fn read(value: &Value) -> Result<Self, String> {
        let number = match value {
            Value::Float(number) => Some(*number),
            Value::Integer(number) => Some(*number as Self),
            Value::String(text) => text.trim().parse().ok(),
            Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
        };
        number.filter(|number| number.is_finite()).ok_or_else(|| "a number is wanted".to_owned())
    }
    fn stand_in() -> Self {
        1.0
    }
}

impl Setting for Duration {
    fn read(value: &Value) -> Result<Self, String> {
        duration::parse_duration(&text(value, duration::EXAMPLE)?)
    }
    fn stand_in() -> Self {
        Self::from_secs(1)
    }
}

impl Setting for Bytes {
    fn read(value: &Value) -> Result<Self, String> {
        size::parse_size(&text(value, size::EXAMPLE)?).map(Self)
    }
    fn stand_in() -> Self {
        Self(1)
    }
}

impl Setting for Option<Rate> {
    fn read(value: &Value) -> Result<Self, String> {
        rate::parse_rate(&text(value, rate::EXAMPLE)?)
    }
    fn stand_in() -> Self {
        None
    }
}

impl Setting for SocketAddr {
    fn read(value: &Value) -> Result<Self, String> {
        let text = text(value, "an address and port")?;
        // "localhost" is what people type; nothing is looked up for it.
        let numeric = text.strip_prefix("localhost:").map_or_else(|| text.clone(), |port| format!("127.0.0.1:{port}"));
        numeric
            .parse()
            .map_err(|_| format!("\"{text}\" is no address with a port, such as \"127.0.0.1:8080\" or \"[::]:8080\""))
    }
    fn stand_in() -> Self {
        Self::from(([127, 0, 0, 1], 0))
    }
}

impl Setting for Switch {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Boolean(true) => Ok(Self::On),
            Value::Boolean(false) => Ok(Self::Off),
            other => match text(other, "\"on\", \"off\" or \"auto\"")?.as_str() {
                "auto" => Ok(Self::Auto),
                "on" | "true" => Ok(Self::On),
                "off" | "false" => Ok(Self::Off),
                other => Err(format!("\"{other}\" is not \"on\", \"off\" or \"auto\"")),
            },
        }
    }
    fn stand_in() -> Self {
        Self::Off
    }
}

impl Setting for IpNet {
    fn read(value: &Value) -> Result<Self, String> {
        let text = text(value, "a network")?;
        let network = text.parse().or_else(|_| text.parse::<std::net::IpAddr>().map(Self::from));
        network.map_err(|_| format!("\"{text}\" is no network, such as \"10.0.0.0/8\" or \"::1/128\""))
    }
    fn stand_in() -> Self {
        Self::from(std::net::IpAddr::from([127, 0, 0, 1]))
    }
}

/// A list: an array in TOML, `a,b` in the environment.
impl<T: Setting> Setting for Vec<T> {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Array(items) => items.iter().map(T::read).collect(),
            Value::String(text) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(|item| T::read(&Value::String(item.to_owned()))).collect()
            }
            other => Err(format!("{} is no list, such as [\"a\", \"b\"]", kind(other))),
        }
    }
    fn stand_in() -> Self {
        Self::new()
    }
}
