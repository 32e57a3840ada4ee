//! The private details of a job in the words of a message: for the desk with a lead, and for a winner where their tenant has them
//! told in the message itself. They are opened here, and nowhere else on their way out.

use baton_actors::channel::{Errand, ReleasedShown, Say};
use baton_core::job::settlement::{Field, Fields};
use baton_core::message::Topic;
use baton_core::phone::Phone;
use serde::Serialize;

use super::values::Values;
use super::{Wording, WordingError, lead, one_line, samples};
use crate::details::Details;

/// The name of the template of details that go as text.
const TEMPLATE: &str = "details";

/// Longer ones fit in no short message, and go by their page.
const TEXT: usize = 1_000;

/// What a template is filled with. Like the details, it cannot be printed.
#[derive(Serialize)]
pub(super) struct Private {
    contact: Option<String>,
    phone: Option<String>,
    from_address: Option<String>,
    to_address: Option<String>,
    /// In the client's own words, line by line.
    notes: Vec<String>,
    extra: Vec<Extra>,
}

#[derive(Serialize)]
struct Extra {
    name: String,
    value: String,
}

impl Private {
    /// Those of the details that may be seen.
    pub(super) fn of(details: &Details, seen: Fields) -> Self {
        // The lead as it came is for the desk.
        let Details { contact_name, phone, from_address, to_address, notes, extra, original: _ } = details;
        let line = |field, text: Option<&str>| {
            text.filter(|_| seen.contain(field)).map(one_line).filter(|text| !text.is_empty())
        };
        let notes = notes.iter().filter(|_| seen.contain(Field::Notes)).flat_map(|notes| notes.lines());
        let extra = extra.iter().filter(|_| seen.contain(Field::Extra));
        Self {
            contact: line(Field::ContactName, contact_name.as_deref()),
            phone: line(Field::Phone, phone.as_ref().map(Phone::as_str)),
            from_address: line(Field::FromAddress, from_address.as_deref()),
            to_address: line(Field::ToAddress, to_address.as_deref()),
            notes: notes.map(one_line).collect(),
            extra: extra.map(|(name, value)| Extra { name: one_line(name), value: one_line(value) }).collect(),
        }
    }

    /// How many letters they are.
    fn len(&self) -> usize {
        let Self { contact, phone, from_address, to_address, notes, extra } = self;
        let lines = [contact, phone, from_address, to_address].into_iter().flatten().chain(notes);
        let extra = extra.iter().flat_map(|field| [&field.name, &field.value]);
        lines.chain(extra).map(|text| text.chars().count() + 1).sum()
    }
}

impl Wording {
    /// Puts the private details of a release into a message that is to say them itself.
    pub(super) fn with_details(&self, errand: &Errand, values: Values) -> Result<Values, WordingError> {
        let Say::Job { job, released: Some(released), .. } = &errand.say else { return Ok(values) };
        let ReleasedShown { text: Some((sealed, seen)), .. } = &**released else { return Ok(values) };
        let keyring = self.keyring.as_ref().ok_or(WordingError::Sealed)?;
        let details = keyring.open(job.job, sealed).map_err(|_| WordingError::Sealed)?;
        Ok(said(values, Private::of(&details, *seen)))
    }

    /// What is wrong with its templates, found with everything there can be and with nothing.
    pub(super) fn mistakes_of_details(&self) -> Vec<WordingError> {
        let job = samples::view(samples::full_brief());
        let errand = |locale: &str| samples::errand(samples::about_job(Topic::Released(1), &job, true), locale, true);
        let tried = self.locales.iter().flat_map(|locale| [(locale, lead::sample()), (locale, Details::default())]);
        let tried = tried.flat_map(|(locale, details)| match self.values(&errand(locale)) {
            Ok(values) => self.faults_of(&said(values, Private::of(&details, Fields::ALL))),
            Err(mistake) => vec![mistake],
        });
        tried.collect()
    }

    fn faults_of(&self, values: &Values) -> Vec<WordingError> {
        let parts = ["telegram.html", "whatsapp.text", "sms.text", "email.text", "email.html"];
        let filled = parts.iter().filter_map(|part| self.fill(values.name, part, values).err());
        let needed =
            [self.plain_text(values).err(), self.fill_or(values.name, "message", "email.subject", values).err()];
        filled.chain(needed.into_iter().flatten()).collect()
    }
}

/// The message with the details in it; where they are too long for that, it leads to their page as ever.
fn said(mut values: Values, private: Private) -> Values {
    if private.len() > TEXT {
        return values;
    }
    values.name = TEMPLATE;
    values.details = Some(private);
    values
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sealing::Keyring;

    fn worded(details: &Details, seen: Fields) -> (Wording, Errand) {
        let keyring = Arc::new(Keyring::for_dev(None).expect("a key"));
        let job = samples::view(samples::full_brief());
        let sealed = keyring.seal(job.job, details).expect("small");
        let url = "https://example.com/public/details/token".to_owned();
        let mut say = samples::about_job(Topic::Released(1), &job, true);
        if let Say::Job { released, .. } = &mut say {
            *released = Some(Box::new(ReleasedShown { url, text: Some((sealed, seen)) }));
        }
        let errand = Errand { possible_repeat: false, ..samples::errand(say, "en", true) };
        (Wording::builtin(samples::links()).expect("ours are valid").with_keyring(keyring), errand)
    }

    #[test]
    fn what_was_granted_stands_in_the_message_on_every_channel_and_nothing_else() {
        let seen = [Field::Phone, Field::ToAddress, Field::Notes].into_iter().collect();
        let (wording, errand) = worded(&lead::sample(), seen);
        let mail = wording.mail(&errand).unwrap();
        let texts = [
            wording.telegram(&errand).unwrap(),
            wording.whatsapp(&errand).unwrap(),
            wording.sms(&errand).unwrap(),
            wording.plain(&errand).unwrap(),
            mail.text,
            mail.html,
        ];
        for text in texts {
            for part in ["+447700900001", "2 Example Road", "ring twice", "second door"] {
                assert!(text.contains(part), "{part} in {text}");
            }
            for part in ["Test Person", "1 Example Street", "blue", "example.com/1", "public/details", "none"] {
                assert!(!text.contains(part), "{part} in {text}");
            }
        }
        assert!(!mail.subject.contains("Example") && !format!("{errand:?}").contains("details/token"), "{errand:?}");
    }

    #[test]
    fn long_ones_go_by_the_page_and_what_does_not_open_goes_not_at_all() {
        let long = Details { notes: Some("ring twice ".repeat(100)), ..lead::sample() };
        let (wording, errand) = worded(&long, Fields::ALL);
        let text = wording.plain(&errand).unwrap();
        assert!(text.contains("public/details/token") && !text.contains("ring twice"), "{text}");
        let other = Wording::builtin(samples::links()).unwrap();
        assert!(matches!(other.telegram(&errand), Err(WordingError::Sealed)));
        let other = other.with_keyring(Arc::new(Keyring::for_dev(None).unwrap()));
        assert!(matches!(other.mail(&errand), Err(WordingError::Sealed)));
    }

    #[test]
    fn every_language_words_them() {
        assert!(Wording::builtin(samples::links()).unwrap().mistakes_of_details().is_empty());
    }
}
