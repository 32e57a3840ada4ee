//! How a reader's mail program ends these mails (RFC 2369, RFC 8058): the addresses an operator has set.

use std::sync::Arc;

use baton_actors::channel::Errand;
use baton_core::ids::AgentId;
use reqwest::Url;

use crate::channels::trace;

/// Addresses that end mails; in each, `{message}` stands for the message it is in.
#[derive(Clone, Default)]
pub struct Unsubscribe {
    addresses: Vec<String>,
    /// Makes the address of our own page for an agent.
    own: Option<Arc<dyn Fn(AgentId) -> String + Send + Sync>>,
}

impl std::fmt::Debug for Unsubscribe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Unsubscribe").field(&self.addresses).field(&self.own.is_some()).finish()
    }
}

/// How an address of our own ends mails with one click.
const ONE_CLICK: (&str, &str) = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");

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
            None => Ok(Self { addresses, own: None }),
        }
    }

    /// With a page of our own, whose address `own` makes for an agent.
    #[must_use]
    pub fn with_own(self, own: Arc<dyn Fn(AgentId) -> String + Send + Sync>) -> Self {
        Self { own: Some(own), ..self }
    }

    /// The headers for an errand; none where nothing is set. What an operator has set goes before our own page. One click only where
    /// the address says whom it is for.
    pub fn headers(&self, errand: &Errand) -> Vec<(&'static str, String)> {
        let trace = trace::of(errand);
        let set = self.addresses.iter().map(|text| text.replace(MESSAGE, &trace));
        let own = self.own.as_ref().zip(errand.agent).map(|(own, agent)| own(agent));
        let one_click =
            own.is_some() || self.addresses.iter().any(|text| text.starts_with("https:") && text.contains(MESSAGE));
        let addresses: Vec<_> = set.chain(own).map(|text| format!("<{text}>")).collect();
        if addresses.is_empty() {
            return Vec::new();
        }
        let mut headers = vec![("List-Unsubscribe", addresses.join(", "))];
        if one_click {
            headers.push((ONE_CLICK.0, ONE_CLICK.1.to_owned()));
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

    fn errand() -> Errand {
        let key = "a-1-0".to_owned();
        Errand { key, ..crate::wording::samples::errands("en").remove(0) }
    }

    #[test]
    fn one_click_is_offered_where_the_address_knows_the_message() {
        let set = of(&["https://example.com/u/{message}", "mailto:stop@example.com"]).expect("addresses");
        let list = format!("<https://example.com/u/{}>, <mailto:stop@example.com>", trace::of(&errand()));
        let post = "List-Unsubscribe=One-Click".to_owned();
        assert_eq!(set.headers(&errand()), [("List-Unsubscribe", list), ("List-Unsubscribe-Post", post)]);
        assert_eq!(of(&["mailto:stop@example.com"]).expect("one").headers(&errand()).len(), 1);
        assert_eq!(of(&[]).expect("none").headers(&errand()), []);
    }

    #[test]
    fn a_person_we_know_gets_a_page_of_our_own_and_the_desk_does_not() {
        let own = of(&[]).expect("none").with_own(Arc::new(|_| "https://example.com/public/unsubscribe/t".to_owned()));
        let agent = Some(AgentId::of_reference(baton_core::ids::TenantId::DEFAULT, "ana"));
        let headers = own.headers(&Errand { agent, ..errand() });
        assert_eq!(headers[0].1, "<https://example.com/public/unsubscribe/t>");
        assert_eq!(headers[1].1, "List-Unsubscribe=One-Click");
        assert_eq!(own.headers(&errand()), []);
    }

    #[test]
    fn what_could_break_a_header_is_no_address() {
        for bad in ["", "stop@example.com", "http://example.com", "https://example.com/>\r\nBcc: x", "mailto:a,b"] {
            assert!(of(&[bad]).is_err(), "{bad}");
        }
    }
}
