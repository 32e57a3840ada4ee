//! What somebody agreed to or refused, as it comes in.

use baton_core::consent::{Consent, Purpose, Status};
use baton_core::delivery::ChannelKind;
use baton_core::time::Timestamp;
use utoipa::ToSchema;

use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::strangers::Strangers;

const SOURCE: usize = 64;
const WORDING: usize = 100;
const TOGETHER: usize = 50;

/// What somebody said about messages of one purpose on one channel.
#[derive(Default, Hash, ToSchema)]
#[schema(as = ConsentChange)]
pub struct ConsentShape {
    /// Where the messages come.
    #[schema(value_type = String, example = "email")]
    channel: Given<String>,
    /// What they are about: `dispatch` is jobs, `all` whatever it is.
    #[schema(value_type = String, max_length = 32, example = "notifications")]
    purpose: Given<String>,
    /// `opted_in`, `opted_out`, or `pending`: asked and not confirmed.
    #[schema(value_type = String, example = "opted_in")]
    status: Given<String>,
    /// How it is known: a form, a call, a contract.
    #[schema(value_type = String, max_length = 64, example = "signup-form")]
    source: Given<String>,
    /// When they said so, not in the future; now where it is left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Given<String>,
    /// The version of the words they said yes or no to.
    #[schema(value_type = Option<String>, max_length = 100, example = "2026-11")]
    wording: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// What somebody said; what is not in it stays as it was.
#[derive(Default, Hash, ToSchema)]
#[schema(as = ConsentsChange)]
pub struct ConsentsShape {
    /// By channel and purpose.
    #[schema(value_type = Vec<ConsentShape>, max_items = 50)]
    consents: Given<Vec<Given<ConsentShape>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    ConsentShape { channel, purpose, status, source, at, wording }
    ConsentsShape { consents }
}

impl ConsentsShape {
    /// What was said, or everything that is wrong with it.
    pub fn into_core(self, now: Timestamp) -> Result<Vec<Consent>, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            form.field("consents", shape.consents).required().each(TOGETHER, |form, said| said.read(form, now))
        })
    }
}

impl ConsentShape {
    fn read(self, form: &mut Form, now: Timestamp) -> Option<Consent> {
        let channel = form.field("channel", self.channel).required().parsed(|word| word.parse::<ChannelKind>());
        let purpose = form.field("purpose", self.purpose).required().parsed(|slug| Purpose::new(&slug));
        let status = form.field("status", self.status).required().parsed(|word| word.parse::<Status>());
        let source = form.field("source", self.source).required().line(SOURCE);
        let said_so = form.field("at", self.at).parsed(|text| match Timestamp::parse(&text) {
            Some(at) if at <= now => Ok(at),
            Some(_) => Err("give a moment that has been, or leave it out"),
            None => Err("give a moment such as 2026-11-28T09:30:00Z"),
        });
        let wording = form.field("wording", self.wording).line(WORDING);
        let at = said_so.unwrap_or(now);
        Some(Consent { channel: channel?, purpose: purpose?, status: status?, source: source?, at, wording })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::json;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn read(body: &str) -> Result<Vec<Consent>, Vec<FieldError>> {
        json::parse::<ConsentsShape>(body.as_bytes()).unwrap().into_core(NOW)
    }

    #[test]
    fn f2_what_somebody_said_is_read() {
        let said = read(
            r#"{"consents":[{"channel":"email","purpose":"notifications","status":"opted_in","source":"form",
                "at":"2026-11-01T00:00:00Z","wording":"v3"},{"channel":"sms","purpose":"all","status":"opted_out","source":"call"}]}"#,
        )
        .ok()
        .unwrap();
        assert_eq!((said[0].status, said[0].wording.as_deref()), (Status::OptedIn, Some("v3")));
        assert_eq!((said[1].purpose, said[1].at), (Purpose::EVERY, NOW));
    }

    #[test]
    fn f2_everything_wrong_is_named() {
        let body =
            r#"{"consents":[{"channel":"fax","purpose":"All","status":"yes","at":"2100-01-01T00:00:00Z","who":1}]}"#;
        let errors = read(body).err().unwrap();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.trim_start_matches("consents[0].")).collect();
        assert_eq!(fields, ["who", "channel", "purpose", "status", "source", "at"]);
    }
}
