//! Reading a shape field by field into what the core knows, collecting everything that is wrong on the way.
//!
//! ```text
//! let name = form.field("name", shape.name).required().line(100);
//! let priority = form.field("priority", shape.priority).value().unwrap_or(100);
//! let items = form.field("items", shape.items).each(50, |form, item: ItemShape| item.read(form));
//! ```

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use std::borrow::Cow;
use std::fmt::Write as _;

use crate::http::given::{Given, Wanted};
use crate::http::problem::FieldError;
use crate::http::strangers::Strangers;

/// No answer lists more mistakes than this.
const MOST_ERRORS: usize = 100;

/// What is wrong so far, and where we are.
#[derive(Default)]
pub struct Form {
    place: Vec<Step>,
    errors: Vec<FieldError>,
    untold: usize,
}

#[derive(Clone, Copy)]
enum Step {
    Field(&'static str),
    Entry(usize),
}

impl Form {
    /// Reads a whole body that is an object: all of it, or everything that is wrong with it, the fields that its shape does
    /// not know among it.
    pub fn body<S: for<'de> Wanted<'de>, T>(
        mut shape: S,
        read: impl FnOnce(&mut Self, S) -> Option<T>,
    ) -> Result<T, Vec<FieldError>> {
        Self::read(|form| {
            form.strange("", &shape.strangers());
            read(form, shape)
        })
    }

    /// Reads what is no body: a query, a path. All of it, or everything that is wrong with it.
    pub fn read<T>(read: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, Vec<FieldError>> {
        let mut form = Self::default();
        let value = read(&mut form);
        form.done(value)
    }

    /// The value, or everything that is wrong.
    fn done<T>(mut self, value: Option<T>) -> Result<T, Vec<FieldError>> {
        if self.untold > 0 {
            let mistakes = if self.untold == 1 { "mistake" } else { "mistakes" };
            let message = format!("has {} further {mistakes}", self.untold);
            let cure = "mend those listed and send it again".into();
            self.errors.push(FieldError { field: String::new(), message: message.into(), cure });
        }
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            Some(_) | None => Err(self.errors),
        }
    }

    /// One field of the present object.
    pub fn field<T>(&mut self, name: &'static str, given: Given<T>) -> Field<'_, T> {
        Field { form: self, name, given }
    }

    /// Says what is wrong with a field of the present object, or, without a name, with the object itself.
    pub fn blame(
        &mut self,
        name: &'static str,
        message: impl Into<Cow<'static, str>>,
        cure: impl Into<Cow<'static, str>>,
    ) {
        if self.is_full() {
            self.untold += 1;
            return;
        }
        self.errors.push(FieldError { field: self.path(name), message: message.into(), cure: cure.into() });
    }

    /// Blames the fields inside a field, or, without a name, inside the present object, that are not known there.
    fn strange(&mut self, name: &'static str, strangers: &Strangers) {
        for stranger in strangers.iter() {
            if self.is_full() {
                self.untold += 1;
                continue;
            }
            let mut field = self.path(name);
            if !field.is_empty() {
                field.push('.');
            }
            field.push_str(stranger.name);
            self.errors.push(FieldError { field, message: "is not known".into(), cure: stranger.cure().into() });
        }
    }

    fn is_full(&self) -> bool {
        self.errors.len() == MOST_ERRORS
    }

    fn path(&self, name: &'static str) -> String {
        let mut path = String::new();
        let last = (!name.is_empty()).then_some(Step::Field(name));
        for step in self.place.iter().copied().chain(last) {
            // Writing to a string does not fail.
            let _ = match step {
                Step::Field(name) if path.is_empty() => write!(path, "{name}"),
                Step::Field(name) => write!(path, ".{name}"),
                Step::Entry(no) => write!(path, "[{no}]"),
            };
        }
        path
    }

    fn inside<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> T) -> T {
        self.place.push(step);
        let value = read(self);
        self.place.pop();
        value
    }

    /// Reads the entries of a body that is itself a list.
    pub fn entries<T, U>(
        &mut self,
        entries: Vec<Given<T>>,
        mut read: impl FnMut(&mut Self, T) -> Option<U>,
    ) -> Option<Vec<U>>
    where
        T: for<'de> Wanted<'de>,
    {
        let mut values = Vec::with_capacity(entries.len());
        let mut whole = true;
        for (no, entry) in entries.into_iter().enumerate() {
            let value = self
                .inside(Step::Entry(no), |form| form.field("", entry).required().value().and_then(|v| read(form, v)));
            match value {
                Some(value) => values.push(value),
                None => whole = false,
            }
        }
        whole.then_some(values)
    }
}

/// A field that is being read. Each way of reading it blames what is wrong and gives the value only where it is right.
pub struct Field<'f, T> {
    form: &'f mut Form,
    name: &'static str,
    given: Given<T>,
}

impl<T> Field<'_, T> {
    /// What was given.
    pub fn given(&self) -> &Given<T> {
        &self.given
    }

    /// Reads the field, and then what only its value tells; the second step blames the field by the name it gets.
    pub fn refine<U, V>(
        self,
        read: impl FnOnce(Field<'_, T>) -> Option<U>,
        refine: impl FnOnce(&mut Form, &'static str, U) -> Option<V>,
    ) -> Option<V> {
        let Self { form, name, given } = self;
        let value = read(form.field(name, given))?;
        refine(form, name, value)
    }

    /// Blames the field where it is missing.
    #[must_use]
    pub fn required(self) -> Self {
        if self.given.is_missing() {
            self.form.blame(self.name, "is missing", "give a value");
        }
        self
    }
}

impl<T: for<'de> Wanted<'de>> Field<'_, T> {
    /// The value, if it has the right type.
    pub fn value(self) -> Option<T> {
        match self.given {
            Given::Is(mut value) => {
                self.form.strange(self.name, &value.strangers());
                Some(value)
            }
            Given::Absent | Given::Null => None,
            Given::Wrong(found) => {
                let (message, cure) = (format!("is {found}"), format!("give {}", T::WANTED));
                self.form.blame(self.name, message, cure);
                None
            }
        }
    }

    /// The value, turned into what the core knows; the error of the turning says what would be right.
    pub fn parsed<U, E: std::fmt::Display>(self, read: impl FnOnce(T) -> Result<U, E>) -> Option<U> {
        let Self { form, name, given } = self;
        let value = form.field(name, given).value()?;
        read(value).map_err(|wrong| form.blame(name, "is not valid", wrong.to_string())).ok()
    }

    /// A value inside the field, read by its own shape.
    pub fn within<U>(self, read: impl FnOnce(&mut Form, T) -> Option<U>) -> Option<U> {
        let Self { form, name, given } = self;
        let value = form.field(name, given).value()?;
        form.inside(Step::Field(name), |form| read(form, value))
    }
}

impl<T> Field<'_, T>
where
    T: for<'de> Wanted<'de> + PartialOrd + std::fmt::Display + Copy,
{
    /// A number within bounds.
    pub fn between(self, least: T, most: T) -> Option<T> {
        let Self { form, name, given } = self;
        let value = form.field(name, given).value()?;
        if value < least || value > most {
            form.blame(name, "is out of bounds", format!("give a whole number from {least} to {most}"));
            return None;
        }
        Some(value)
    }
}

impl Field<'_, String> {
    /// One line of 1 to `longest` characters without control characters; what surrounds it is trimmed.
    pub fn line(self, longest: usize) -> Option<String> {
        self.text(longest, |_| false)
    }

    /// The same, where line breaks and tabs are allowed inside.
    pub fn prose(self, longest: usize) -> Option<String> {
        self.text(longest, |c| matches!(c, '\n' | '\r' | '\t'))
    }

    fn text(self, longest: usize, allowed: impl Fn(char) -> bool) -> Option<String> {
        let Self { form, name, given } = self;
        let text = form.field(name, given).value()?;
        match fault(&text, longest, allowed) {
            None if text.trim().len() == text.len() => Some(text),
            None => Some(text.trim().to_owned()),
            Some((message, cure)) => {
                form.blame(name, message, cure);
                None
            }
        }
    }

    /// One of a few words.
    pub fn one_of<U: Copy>(self, words: &[(&'static str, U)]) -> Option<U> {
        let Self { form, name, given } = self;
        let word = form.field(name, given).value()?;
        let found = words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<String> = words.iter().map(|(known, _)| format!("\"{known}\"")).collect();
            form.blame(name, "is not one of the words known here", format!("give one of {}", known.join(", ")));
        }
        found
    }
}

impl<T: for<'de> Wanted<'de>> Field<'_, Vec<Given<T>>> {
    /// A list of at most `most` entries, each read by its own shape.
    pub fn each<U>(self, most: usize, read: impl FnMut(&mut Form, T) -> Option<U>) -> Option<Vec<U>> {
        let Self { form, name, given } = self;
        let entries = form.field(name, given).value()?;
        if entries.len() > most {
            let message = format!("has {} entries", entries.len());
            form.blame(name, message, format!("give at most {most}"));
            return None;
        }
        form.inside(Step::Field(name), |form| form.entries(entries, read))
    }
}

impl Field<'_, Vec<Given<String>>> {
    /// A list of at most `most` lines.
    pub fn lines(self, most: usize, longest: usize) -> Option<Vec<String>> {
        self.each(most, |form, text| form.field("", Given::Is(text)).line(longest))
    }
}

/// The value of a field, if it has the right type: [`Field::value`] as a function of any field.
pub fn value<T: for<'de> Wanted<'de>>(field: Field<'_, T>) -> Option<T> {
    field.value()
}

/// What is wrong with a text.
fn fault(text: &str, longest: usize, allowed: impl Fn(char) -> bool) -> Option<(&'static str, Cow<'static, str>)> {
    // Bytes first: most texts are short enough not to be counted character by character.
    if text.len() > longest && text.chars().nth(longest).is_some() {
        return Some(("is too long", format!("give at most {longest} characters").into()));
    }
    let mut blank = true;
    for c in text.chars() {
        if c.is_control() && !allowed(c) {
            return Some(("has control characters in it", "take them out".into()));
        }
        // Most texts show something at once: only until then is it looked up.
        blank = blank && (c.is_whitespace() || !shows(c));
    }
    blank.then_some(("is empty", "give a value, or leave the field out".into()))
}

/// Whether a character is seen at all: a text without one says nothing, whatever it is made of.
fn shows(c: char) -> bool {
    // Unicode does not count the empty Braille pattern among them.
    c != '\u{2800}' && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c12_a_text_that_shows_nothing_is_empty() {
        for nothing in
            ["", " ", "\u{a0}", "\u{200b}", "\u{3164}", "\u{2060} \u{ad}", "\u{202e}", "\u{feff}", "\u{2800}"]
        {
            assert_eq!(fault(nothing, 9, |_| false).map(|(message, _)| message), Some("is empty"), "{nothing:?}");
        }
        for something in ["x", "\u{202a}+44\u{202c}", "\u{5e9}", "\u{1f69a}"] {
            assert!(fault(something, 9, |_| false).is_none(), "{something:?}");
        }
    }

    fn paths(result: Result<(), Vec<FieldError>>) -> Vec<String> {
        result.expect_err("mistakes").into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn every_mistake_is_listed_with_its_path() {
        let found = Form::read(|form| {
            form.field::<String>("name", Given::Absent).required().line(10);
            form.field::<bool>("active", Given::Wrong("text")).value();
            form.field("agents", Given::Is(vec![Given::Is("ok".to_owned()), Given::Is(String::new()), Given::Null]))
                .lines(5, 9);
            form.field("brief", Given::Is("x".to_owned()))
                .within(|form, text| form.field("from", Given::Is(text)).one_of(&[("y", ())]));
            Some(())
        });
        assert_eq!(paths(found), ["name", "active", "agents[1]", "agents[2]", "brief.from"]);
    }

    #[test]
    fn texts_are_bounded_and_free_of_control_characters() {
        let line = |text: &str| Form::read(|form| form.field("x", Given::Is(text.to_owned())).line(5)).ok();
        assert_eq!(line("  ab "), Some("ab".to_owned()));
        assert_eq!(line("grüße"), Some("grüße".to_owned()));
        for bad in ["", "   ", "abcdef", "a\nb", "a\0b", "a\u{85}b"] {
            assert_eq!(line(bad), None, "{bad:?}");
        }
        let prose = Form::read(|form| form.field("x", Given::Is("a\nb".to_owned())).prose(5)).ok();
        assert_eq!(prose, Some("a\nb".to_owned()));
    }

    #[test]
    fn the_list_of_mistakes_is_bounded() {
        let entries: Vec<Given<u32>> = (0..500).map(|_| Given::Wrong("text")).collect();
        let found = Form::read(|form| form.field("list", Given::Is(entries)).each(1000, |_, n| Some(n)).map(|_| ()));
        let errors = found.expect_err("mistakes");
        assert_eq!(errors.len(), MOST_ERRORS + 1);
        assert_eq!(errors[MOST_ERRORS].message, "has 400 further mistakes");
    }
}
