//! What templates can do with values: dates, times, numbers, money and plurals, as the message's language writes them.
//!
//! An empty value stays empty: what is not there is not said. No error quotes a value, because values are private.

use icu_decimal::input::Decimal;
use jiff::civil::{Date, DateTime};
use minijinja::value::{Kwargs, StringInput, ValueKind};
use minijinja::{Environment, Error, ErrorKind, HtmlEscape, State, Value};

use baton_core::time::Timestamp;

use super::{dates, language, money};

/// The forms that a number can ask for, as CLDR calls them.
const FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// No filter of these makes more: far above what any channel takes.
const LONGEST: usize = 64 * 1024;

/// Lets every template use them.
pub(super) fn add_to(templates: &mut Environment<'static>) {
    templates.add_filter("date", date);
    templates.add_filter("moment", moment);
    templates.add_filter("time", time);
    templates.add_filter("number", number);
    templates.add_filter("money", amount);
    templates.add_filter("plural", plural);
    templates.add_filter("join", join);
    templates.add_filter("replace", replace);
}

/// `{{ day|date }}`: a date, or the day of a moment in the person's own zone.
fn date(state: &State, value: Value) -> Result<String, Error> {
    let Some(text) = given(&value) else { return Ok(String::new()) };
    match When::read(&text) {
        Some(When::Day(day)) => Ok(dates::day(day, &locale(state))),
        Some(When::Civil(at)) => Ok(dates::day(at.date(), &locale(state))),
        Some(When::Moment(at)) => Ok(dates::day(on_clock(at, state).date(), &locale(state))),
        None => Err(wrong("date wants a day such as 2027-01-30 or a moment such as 2027-01-30T14:30:00Z")),
    }
}

/// `{{ at|moment }}`: day and time on the person's own clock, with the name of their time.
fn moment(state: &State, value: Value) -> Result<String, Error> {
    let Some(text) = given(&value) else { return Ok(String::new()) };
    match When::read(&text) {
        Some(When::Moment(at)) => Ok(dates::moment(at, &zone(state), &locale(state))),
        Some(When::Civil(at)) => Ok(dates::civil_moment(at, &locale(state))),
        Some(When::Day(_)) | None => Err(wrong("moment wants a moment such as 2027-01-30T14:30:00Z")),
    }
}

/// `{{ at|time }}`: the time of day on the person's own clock.
fn time(state: &State, value: Value) -> Result<String, Error> {
    let Some(text) = given(&value) else { return Ok(String::new()) };
    match When::read(&text) {
        Some(When::Moment(at)) => Ok(dates::time(on_clock(at, state).time(), &locale(state))),
        Some(When::Civil(at)) => Ok(dates::time(at.time(), &locale(state))),
        Some(When::Day(_)) => Err(wrong("time wants a moment such as 2027-01-30T14:30:00Z, or a time such as 14:30")),
        None => match text.parse() {
            Ok(at) => Ok(dates::time(at, &locale(state))),
            Err(_) => Err(wrong("time wants a moment such as 2027-01-30T14:30:00Z, or a time such as 14:30")),
        },
    }
}

/// `{{ weight|number }}`: with the marks of the language.
fn number(state: &State, value: Value) -> Result<String, Error> {
    let Some(text) = given(&value) else { return Ok(String::new()) };
    Ok(language::number(&decimal(&text, "number")?, &locale(state)))
}

/// `{{ price|money("GBP") }}`.
fn amount(state: &State, value: Value, currency: Value) -> Result<String, Error> {
    let Some(text) = given(&value) else { return Ok(String::new()) };
    let currency = given(&currency).unwrap_or_default();
    money::amount(&decimal(&text, "money")?, &currency, &locale(state))
        .ok_or_else(|| wrong("money wants the code of a currency, such as GBP"))
}

/// `{{ boxes|plural(one="# box", other="# boxes") }}`: the form behind a number, `#` being the number itself.
fn plural(state: &State, value: Value, forms: Kwargs) -> Result<String, Error> {
    let known: Vec<_> = forms.args().collect();
    if let Some(strange) = known.iter().find(|form| !FORMS.contains(form)) {
        return Err(wrong(format!("plural knows no form {strange}; there are {}", FORMS.join(", "))));
    }
    let Some(text) = given(&value) else { return Ok(String::new()) };
    let (count, locale) = (decimal(&text, "plural")?, locale(state));
    let form = language::plural_form(&count, &locale);
    let said = forms.get::<Option<String>>(form)?.or(forms.get::<Option<String>>("other")?);
    let said = said.ok_or_else(|| wrong(format!("plural needs {form}=… in this language, or other=…")))?;
    let number = language::number(&count, &locale);
    bounded(said.len() + said.matches('#').count() * number.len(), "plural")?;
    Ok(said.replace('#', &number))
}

/// `{{ stops|join(", ") }}`, as it always is, but not without end.
fn join(
    state: &mut State,
    value: &Value,
    joiner: Option<StringInput<'_>>,
    attribute: Option<&str>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let between = match &joiner {
        Some(joiner) => joiner.as_str().len(),
        None => kwargs.peek::<Option<&str>>("d").ok().flatten().map_or(0, str::len),
    };
    let items = value.len().or_else(|| value.try_iter().ok().map(Iterator::count)).unwrap_or_default();
    bounded(items.saturating_mul(between), "join")?;
    let joined = minijinja::filters::join(state, value, joiner, attribute, kwargs)?;
    bounded(joined.as_str().map_or(0, str::len), "join")?;
    Ok(joined)
}

/// `{{ street|replace("Street", "St") }}`, as it always is, but not without end.
fn replace(
    state: &mut State,
    value: StringInput<'_>,
    from: StringInput<'_>,
    to: StringInput<'_>,
) -> Result<Value, Error> {
    // Whether they are escaped before is its own affair: the longer way counts.
    let (escaped, to_len) = (HtmlEscape(value.as_str()).to_string(), HtmlEscape(to.as_str()).to_string().len());
    let times = [value.as_str(), &escaped].map(|text| text.matches(from.as_str()).count());
    let most = times.into_iter().max().unwrap_or_default();
    bounded(escaped.len().saturating_add(most.saturating_mul(to_len)), "replace")?;
    minijinja::filters::replace(state, value, from, to)
}

/// A filter that makes much of little stops here.
fn bounded(length: usize, filter: &str) -> Result<(), Error> {
    if length > LONGEST {
        Err(wrong(format!("{filter} makes more than 64 KiB; shorten what it is given")))
    } else {
        Ok(())
    }
}

/// What stands for a point or a stretch of time.
enum When {
    Day(Date),
    Civil(DateTime),
    Moment(Timestamp),
}

impl When {
    fn read(text: &str) -> Option<Self> {
        // A date alone would be read as the beginning of its day.
        if let Some(day) = text.parse::<Date>().ok().filter(|_| text.len() == 10) {
            return Some(Self::Day(day));
        }
        if let Some(at) = Timestamp::parse(text) {
            return Some(Self::Moment(at));
        }
        let has_time = text.contains(['T', ' ']);
        text.parse().ok().filter(|_| has_time).map(Self::Civil)
    }
}

fn on_clock(at: Timestamp, state: &State) -> DateTime {
    let zone = jiff::tz::TimeZone::get(&zone(state)).unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_jiff().to_zoned(zone).datetime()
}

/// The text of a value; none where there is nothing to say.
fn given(value: &Value) -> Option<String> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => None,
        _ => Some(value.to_string()).filter(|text| !text.is_empty()),
    }
}

fn decimal(text: &str, filter: &str) -> Result<Decimal, Error> {
    text.parse().map_err(|_| wrong(format!("{filter} wants a number")))
}

fn locale(state: &State) -> String {
    of(state, "locale").unwrap_or_else(|| "en".to_owned())
}

fn zone(state: &State) -> String {
    of(state, "time_zone").unwrap_or_else(|| "UTC".to_owned())
}

fn of(state: &State, name: &str) -> Option<String> {
    state.lookup(name).and_then(|value| value.as_str().map(str::to_owned))
}

fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn said(source: &str, locale: &str) -> Result<String, String> {
        let mut templates = Environment::new();
        add_to(&mut templates);
        let values = context! { locale, time_zone => "Europe/London", at => "2027-07-30T13:30:00Z", day => "2027-01-30",
        civil => "2027-01-30T14:30:00", clock => "14:30", zero => 0, two => 2, many => 5, half => 1.5, price => "1250.50", nothing => "" };
        templates.render_named_str("t", source, values).map_err(|error| error.detail().unwrap_or_default().to_owned())
    }

    #[test]
    fn f4_dates_times_and_money_speak_the_language() {
        for (source, english, russian) in [
            ("{{ day|date }}", "Sat 30 Jan 2027", "сб, 30 янв. 2027\u{202f}г."),
            ("{{ at|date }}", "Fri 30 Jul 2027", "пт, 30 июл. 2027\u{202f}г."),
            ("{{ at|moment }}", "Fri 30 Jul, 14:30 BST", "пт, 30 июл., 14:30 BST"),
            ("{{ civil|moment }}", "Sat 30 Jan, 14:30", "сб, 30 янв., 14:30"),
            ("{{ at|time }} {{ clock|time }} {{ civil|time }}", "14:30 14:30 14:30", "14:30 14:30 14:30"),
            ("{{ price|number }}", "1,250.50", "1\u{a0}250,50"),
            ("{{ price|money('GBP') }}", "£1,250.50", "1\u{a0}250,50\u{a0}£"),
            ("{{ zero|money('GBP') }}{{ zero|number }}", "£00", "0\u{a0}£0"),
            ("{{ nothing|date }}{{ nothing|moment }}{{ nothing|time }}{{ nothing|money('GBP') }}", "", ""),
        ] {
            assert_eq!(said(source, "en").as_deref(), Ok(english), "{source}");
            assert_eq!(said(source, "ru").as_deref(), Ok(russian), "{source}");
        }
    }

    #[test]
    fn f4_plurals_choose_the_form_of_the_language() {
        let source = "{{ X|plural(one='# коробка', few='# коробки', many='# коробок', other='# коробки') }}";
        for (count, expected) in
            [("zero", "0 коробок"), ("two", "2 коробки"), ("many", "5 коробок"), ("half", "1,5 коробки")]
        {
            assert_eq!(said(&source.replace('X', count), "ru").as_deref(), Ok(expected));
        }
        assert_eq!(said("{{ two|plural(one='# box', other='# boxes') }}", "en").as_deref(), Ok("2 boxes"));
        assert_eq!(said("{{ two|plural(two='קופסתיים', other='# קופסאות') }}", "he").as_deref(), Ok("קופסתיים"));
    }

    #[test]
    fn e17_what_cannot_be_said_is_an_error_and_quotes_no_value() {
        for (source, expected) in [
            ("{{ clock|date }}", "date wants a day"),
            ("{{ day|moment }}", "moment wants a moment"),
            ("{{ day|time }}", "time wants a moment"),
            ("{{ clock|number }}", "number wants a number"),
            ("{{ two|money('pounds') }}", "money wants the code"),
            ("{{ two|plural(one='# box') }}", "plural needs other"),
            ("{{ two|plural(single='# box') }}", "plural knows no form single"),
        ] {
            let error = said(source, "en").expect_err(source);
            assert!(error.starts_with(expected), "{source}: {error}");
            assert!(!error.contains("14:30:") || error.contains("such as"), "{error}");
        }
    }
}
