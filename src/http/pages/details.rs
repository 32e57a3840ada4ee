//! The page where the winner sees the private details of a job. The only place where they are written out: there is no cache that
//! may keep it, and nothing on it leads elsewhere.

use askama::Template;
use baton_core::job::Job;
use baton_core::job::settlement::{Field, Fields};
use baton_core::phone::Phone;

use crate::details::Details;
use crate::http::pages::summary::{Line, summary};
use crate::wording::Words;

/// The page.
#[derive(Template)]
#[template(path = "details.html")]
pub struct DetailsPage<'a> {
    code: String,
    /// None: they are behind the button.
    details: Option<Vec<(String, &'a str)>>,
    summary: Vec<Line>,
    words: Words,
}

impl<'a> DetailsPage<'a> {
    /// With a button, and nothing private.
    pub fn shut(job: &Job, words: Words) -> Self {
        Self { code: job.id.code().to_string(), details: None, summary: summary(&job.brief, &words), words }
    }

    /// With those of the details that were granted.
    pub fn open(job: &Job, details: &'a Details, granted: Fields, words: Words) -> Self {
        let lines = lines(details, granted, &words);
        Self { details: Some(lines), ..Self::shut(job, words) }
    }
}

fn lines<'a>(details: &'a Details, granted: Fields, words: &Words) -> Vec<(String, &'a str)> {
    // The lead as it came is for the desk.
    let Details { contact_name, phone, from_address, to_address, notes, extra, original: _ } = details;
    let known = [
        (Field::ContactName, "details.contact_name", contact_name.as_deref()),
        (Field::Phone, "details.phone", phone.as_ref().map(Phone::as_str)),
        (Field::FromAddress, "details.from_address", from_address.as_deref()),
        (Field::ToAddress, "details.to_address", to_address.as_deref()),
        (Field::Notes, "details.notes", notes.as_deref()),
    ];
    let known = known.into_iter().filter(|(field, ..)| granted.contain(*field));
    let known = known.filter_map(|(_, label, value)| Some((words.say(label), value?)));
    let extra = extra.iter().filter(|_| granted.contain(Field::Extra));
    known.chain(extra.map(|(name, value)| (name.to_owned(), value))).collect()
}
