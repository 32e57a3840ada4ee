//! A phone number in E.164, or none: what people type is read at the door.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `+` and 7 to 15 digits, the first of them not 0. Prints masked: the whole number only through [`Phone::as_str`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Phone(String);

/// Not a phone number in E.164.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a phone number is written in E.164: + and 7 to 15 digits, such as +447700900001")]
pub struct InvalidPhone;

impl Phone {
    /// Reads E.164.
    pub fn new(text: &str) -> Result<Self, InvalidPhone> {
        let digits = text.strip_prefix('+').ok_or(InvalidPhone)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if !plain || !(7..=15).contains(&digits.len()) {
            return Err(InvalidPhone);
        }
        Ok(Self(text.to_owned()))
    }

    /// The whole number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = &self.0[self.0.len() - 2..];
        write!(f, "+***{tail}")
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e164_is_a_phone() {
        assert!(Phone::new("+447700900001").is_ok());
        for bad in ["", "447700900001", "+0447700900001", "+44 7700 900001", "not-a-phone", "+123", "+4477009000011234"]
        {
            assert_eq!(Phone::new(bad), Err(InvalidPhone), "{bad}");
        }
    }

    #[test]
    fn a_phone_prints_masked() {
        let phone = Phone::new("+447700900001").expect("E.164");
        assert_eq!(format!("{phone} {phone:?}"), "+***01 +***01");
    }
}
