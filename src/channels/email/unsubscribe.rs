//! How a reader's mail program ends these mails (RFC 2369, RFC 8058): the addresses an operator has set.

use reqwest::Url;

/// Addresses that end mails; in each, `{message}` stands for the message it is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsubscribe(Vec<String>);

/// What stands for the message.
const MESSAGE: &str = "{message}";

impl Unsubscribe {
    /// Reads them; the error names the one that is none.
    pub fn of(addresses: Vec<String>) -> Result<Self, String> {
        let is_address = |text: &String| {
            let plain = text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ','));
            // https only: a mail program follows it without anybody looking.
            plain && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "mailto"))
        };
        match addresses.iter().find(|text| !is_address(text)) {
            Some(wrong) => Err(wrong.clone()),
            None => Ok(Self(addresses)),
        }
    }

    /// The headers for a message; none where nothing is set. One click only where the address says which message it was.
    pub fn headers(&self, trace: &str) -> Vec<(&'static str, String)> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let addresses: Vec<_> = self.0.iter().map(|text| format!("<{}>", text.replace(MESSAGE, trace))).collect();
        let mut headers = vec![("List-Unsubscribe", addresses.join(", "))];
        if self.0.iter().any(|text| text.starts_with("https:") && text.contains(MESSAGE)) {
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(addresses: &[&str]) -> Result<Unsubscribe, String> {
        Unsubscribe::of(addresses.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn one_click_is_offered_where_the_address_knows_the_message() {
        let set = of(&["https://example.com/u/{message}", "mailto:stop@example.com"]).expect("addresses");
        let list = "<https://example.com/u/default_a-1-0>, <mailto:stop@example.com>".to_owned();
        let post = "List-Unsubscribe=One-Click".to_owned();
        let headers = [("List-Unsubscribe", list), ("List-Unsubscribe-Post", post)];
        assert_eq!(set.headers("default_a-1-0"), headers);
        assert_eq!(of(&["mailto:stop@example.com"]).expect("one").headers("x").len(), 1);
        assert_eq!(of(&[]).expect("none").headers("x"), []);
    }

    #[test]
    fn what_could_break_a_header_is_no_address() {
        for bad in ["", "stop@example.com", "http://example.com", "https://example.com/>\r\nBcc: x", "mailto:a,b"] {
            assert!(of(&[bad]).is_err(), "{bad}");
        }
    }
}
