//! Buttons under a message in Telegram that lead somewhere: one a line, what it says, a bar, and where it leads. What they say and
//! where they lead are filled each for itself, so that no value can make one button into another.

use minijinja::Value;
use reqwest::Url;

use super::notification::Filling;
use super::{Wording, WordingError, one_line};
use baton_actors::records::Part;

/// What parts the words of a button from its address.
const BAR: &str = " | ";

/// No message has more of them.
const MOST: usize = 10;

/// Each line is filled by itself, whether or not it comes to say anything.
const LINES: usize = 50;

/// So many letters of one are seen.
const SAID: usize = 64;

/// A button that leads somewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkButton {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub url: String,
}

impl Wording {
    /// The buttons of a template; one that says nothing is left out.
    pub(super) fn buttons_of(&self, filling: &Filling<'_>, values: &Value) -> Result<Vec<LinkButton>, WordingError> {
        let Some(source) = filling.body.parts.get(&Part::Buttons) else { return Ok(Vec::new()) };
        let file = filling.file(Part::Buttons);
        let invalid =
            |line: usize, reason: &str| WordingError::Invalid { file: file.clone(), line, reason: reason.to_owned() };
        let mut buttons = Vec::new();
        for (at, line) in (1..).zip(source.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            if at > LINES {
                return Err(invalid(at, "the buttons of a message stand on 50 lines at most"));
            }
            let (text, url) = parted(line).ok_or_else(|| {
                invalid(at, "a button is one line: what it says, a bar between two spaces, and where it leads")
            })?;
            let fill = |source: &str| self.fill_source(&file, source, values);
            let text: String = one_line(&fill(text)?).chars().take(SAID).collect();
            if text.is_empty() {
                continue;
            }
            let url = address(fill(url)?.trim())
                .ok_or_else(|| invalid(at, "a button leads to an address such as https://example.com/parcel"))?;
            buttons.push(LinkButton { text, url });
        }
        if buttons.len() > MOST {
            return Err(invalid(MOST + 1, "a message has ten buttons at most"));
        }
        Ok(buttons)
    }
}

/// The words of a line and its address: at the last bar that stands in no expression, where a bar is a filter.
fn parted(line: &str) -> Option<(&str, &str)> {
    let is_outside = |before: &str| {
        let closed = |opens: &str, closes: &str| before.matches(opens).count() == before.matches(closes).count();
        closed("{{", "}}") && closed("{%", "%}")
    };
    let at = line.rmatch_indices(BAR).map(|(at, _)| at).find(|at| is_outside(&line[..*at]))?;
    Some((&line[..at], &line[at + BAR.len()..]))
}

/// An address that Telegram takes, as a browser would write it.
fn address(text: &str) -> Option<String> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "https" | "http" | "tg").then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_parted_at_its_last_bar_that_is_no_filter() {
        for (line, expected) in [
            ("Track | https://example.com/t", Some(("Track", "https://example.com/t"))),
            ("A | B | https://example.com/t", Some(("A | B", "https://example.com/t"))),
            (
                "Track | https://example.com/{{ no | urlencode }}",
                Some(("Track", "https://example.com/{{ no | urlencode }}")),
            ),
            ("{{ no | urlencode }}", None),
            ("Track|https://example.com/t", None),
        ] {
            assert_eq!(parted(line), expected, "{line}");
        }
    }

    #[test]
    fn only_what_telegram_opens_is_an_address() {
        for good in ["https://example.com/a?b=c", "http://example.com/", "tg://resolve?domain=example"] {
            assert!(address(good).is_some(), "{good}");
        }
        for bad in
            ["", "example.com", "javascript:alert(1)", "mailto:a@example.com", "https://", "https://example.com/a b"]
        {
            assert!(address(bad).is_none(), "{bad}");
        }
    }
}
