//! What the desk gets of a finished lead: all of it, and the text for crews. On their way into a message the private part is opened here,
//! for the desk, and in [`private`](super::private), for a winner; nowhere else.

use baton_actors::channel::{Errand, LeadShown, Say};
use baton_core::crew_sheet::CrewSheet;
use baton_core::job::settlement::Fields;
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::Value as Json;

use super::language::Direction;
use super::private::Private;
use super::{Wording, WordingError, one_line, samples};
use crate::details::Details;

/// The name of its template.
const FILE: &str = "lead.plain.text";

/// No more links to photos and videos are shown.
const MEDIA: usize = 20;

/// No longer one.
const LINK: usize = 500;

/// What the template is filled with. Like the details, it cannot be printed.
#[derive(Serialize)]
struct Values<'a> {
    locale: &'a str,
    direction: &'static str,
    code: String,
    external_ref: Option<String>,
    #[serde(flatten)]
    private: Private,
    media: Vec<String>,
    /// The language the client writes.
    language: Option<String>,
    /// The text for crews, which says the rest.
    crew: String,
}

impl Wording {
    /// What is for the desk and nobody else; none where the errand is something else.
    pub(super) fn for_desk(&self, errand: &Errand) -> Result<Option<String>, WordingError> {
        match &errand.say {
            Say::Lead(lead) => self.lead(lead, &errand.locale).map(Some),
            Say::CrewText(job) => self.crew_text(&CrewSheet::of(job), &errand.locale).map(Some),
            Say::Job { .. }
            | Say::Crew(_)
            | Say::Answer(_)
            | Say::Notification(_)
            | Say::AddressPaused(_)
            | Say::EndpointOff(_)
            | Say::Route(_) => Ok(None),
        }
    }

    fn lead(&self, lead: &LeadShown, locale: &str) -> Result<String, WordingError> {
        let keyring = self.keyring.as_ref().ok_or(WordingError::Sealed)?;
        let details = keyring.open(lead.job().job, lead.details()).map_err(|_| WordingError::Sealed)?;
        self.lead_of(lead.job(), lead.external_ref(), &details, locale)
    }

    fn lead_of(
        &self,
        job: &baton_core::crew_view::CrewView,
        external_ref: Option<&str>,
        details: &Details,
        locale: &str,
    ) -> Result<String, WordingError> {
        let locale = self.locale(locale);
        let original = details.original.as_deref().and_then(|text| serde_json::from_str::<Json>(text).ok());
        let original = original.as_ref().map(|all| all.get("data").filter(|data| data.is_object()).unwrap_or(all));
        let values = Values {
            locale,
            direction: Direction::of(locale).as_str(),
            code: job.code.to_string(),
            external_ref: external_ref.map(one_line),
            private: Private::of(details, Fields::ALL),
            media: original.map(media).unwrap_or_default(),
            language: original
                .and_then(|lead| lead.get("language")?.as_str())
                .filter(|text| is_tag(text))
                .map(str::to_owned),
            crew: self.crew_text(&CrewSheet::of(job), locale)?,
        };
        let text = self.fill_file(&format!("{locale}/{FILE}"), &Value::from(Serde(&values)))?;
        text.map(|text| text.trim_end().to_owned()).ok_or_else(|| WordingError::missing("lead", "plain.text"))
    }

    /// What is wrong with its template, found with everything there can be and with nothing.
    pub(super) fn mistakes_of_lead(&self) -> Vec<WordingError> {
        let job = samples::view(samples::full_brief());
        let tried = self.locales.iter().flat_map(|locale| [(locale, sample()), (locale, Details::default())]);
        tried.filter_map(|(locale, details)| self.lead_of(&job, Some("VC8Y-3"), &details, locale).err()).collect()
    }
}

/// Links to what the client has sent.
fn media(lead: &Json) -> Vec<String> {
    let lists = ["photos", "videos", "media"].iter().filter_map(|name| lead.get(*name)?.as_array()).flatten();
    let link = |entry: &Json| entry.as_str().or_else(|| entry.get("url")?.as_str()).map(one_line);
    let is_link = |text: &String| {
        text.len() <= LINK
            && ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme))
            && !text.contains(' ')
    };
    lists.filter_map(link).filter(is_link).take(MEDIA).collect()
}

fn is_tag(text: &str) -> bool {
    (2..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

pub(super) fn sample() -> Details {
    let text = |text: &str| Some(text.to_owned());
    let mut details = Details {
        contact_name: text("Test Person"),
        phone: baton_core::phone::Phone::new("+447700900001").ok(),
        from_address: text("1 Example Street"),
        to_address: text("2 Example Road"),
        notes: text("ring twice\nsecond door"),
        original: text(
            r#"{"language":"he","photos":["https://example.com/1"],"videos":[{"url":"https://example.com/2"}]}"#,
        ),
        ..Details::default()
    };
    // One short field always fits.
    let _ = details.extra.add("gate", "blue");
    details
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desk_gets_everything_and_line_by_line() {
        let wording = Wording::builtin(samples::links()).unwrap();
        let job = samples::view(samples::full_brief());
        for locale in ["en", "ru", "he"] {
            let text = wording.lead_of(&job, Some("lead-7"), &sample(), locale).unwrap();
            for part in [
                "lead-7",
                "Test Person",
                "+447700900001",
                "1 Example Street",
                "2 Example Road",
                "ring twice",
                "blue",
                "https://example.com/1",
                "https://example.com/2",
                "Leeds",
            ] {
                assert!(text.contains(part), "{part} in {text}");
            }
            assert!(!text.lines().any(|line| line.contains("ring twice") && line.contains("second door")), "{text}");
            let bare = wording.lead_of(&job, None, &Details::default(), locale).unwrap();
            assert!(!bare.contains("Test") && !bare.contains("none") && bare.lines().count() < 12, "{bare}");
        }
        assert!(wording.mistakes_of_lead().is_empty());
    }

    #[test]
    fn only_links_are_shown_as_such() {
        let lead = serde_json::json!({"photos": ["javascript:x", "https://example.com/1 click", 7, {"url": "http://example.com/2"}]});
        assert_eq!(media(&lead), ["http://example.com/2"]);
    }
}
