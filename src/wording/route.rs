//! What a driver gets of a route that is theirs. Its private part is opened here, for the one message, and every value of it stands on
//! one line under the escaping of its template.

use baton_actors::channel::{Errand, RouteShown};
use baton_actors::records::Vehicle;
use baton_core::ids::TenantId;
use icu_decimal::input::Decimal;
use minijinja::value::Serde;
use minijinja::{HtmlEscape, Value};
use reqwest::Url;
use serde::Serialize;

use super::language::Direction;
use super::{Mail, Wording, WordingError, dates, gsm, language, one_line, with_footer};
use crate::fleet::sheet::{Point, STOPS_MAX, Sheet, Stop};

/// The name of its templates.
const NAME: &str = RouteShown::TEMPLATE;

/// A map shows the way by no more places between the first and the last.
const WAYPOINTS: usize = 9;

/// What the templates are filled with. Like a route itself, it cannot be printed.
#[derive(Serialize)]
struct Values {
    name: &'static str,
    locale: String,
    direction: &'static str,
    time_zone: String,
    /// What the driver is called.
    agent: Option<String>,
    /// The short code of the job that it is.
    code: String,
    route: RouteValues,
    vehicle: Option<VehicleValues>,
    stops: Vec<StopValues>,
    /// How many stops there are.
    count: usize,
    /// When it was handed over.
    at: String,
    preferences_url: Option<String>,
    possible_repeat: bool,
    /// The text of a mail, while its HTML is being laid out.
    text: Option<String>,
}

#[derive(Serialize)]
struct RouteValues {
    name: Option<String>,
    code: Option<String>,
    date: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    distance_km: Option<String>,
    duration_minutes: Option<String>,
    map_url: Option<String>,
}

#[derive(Serialize)]
struct VehicleValues {
    name: Option<String>,
    plate: Option<String>,
}

#[derive(Serialize)]
struct StopValues {
    no: u32,
    client: Option<String>,
    address: Option<String>,
    map_url: Option<String>,
    time: Option<String>,
    service: Option<String>,
    duration_minutes: Option<String>,
    instructions: Option<String>,
}

impl Wording {
    /// For Telegram, in its HTML.
    pub(super) fn route_html(&self, errand: &Errand, shown: &RouteShown) -> Result<String, WordingError> {
        let values = self.route_values(errand, shown)?;
        match self.fill_route("telegram.html", &values)? {
            Some(html) => Ok(html),
            None => self.route_text(&values).map(|text| HtmlEscape(&text).to_string()),
        }
    }

    /// Without markup.
    pub(super) fn route_plain(&self, errand: &Errand, shown: &RouteShown) -> Result<String, WordingError> {
        self.route_text(&self.route_values(errand, shown)?)
    }

    /// For SMS: which route it is and where it begins.
    pub(super) fn route_sms(&self, errand: &Errand, shown: &RouteShown) -> Result<String, WordingError> {
        let values = self.route_values(errand, shown)?;
        let text = match self.fill_route("sms.text", &values)? {
            Some(text) => text,
            None => self.route_text(&values)?,
        };
        Ok(gsm::plain_signs(text))
    }

    /// For e-mail.
    pub(super) fn route_mail(&self, errand: &Errand, shown: &RouteShown) -> Result<Mail, WordingError> {
        let mut values = self.route_values(errand, shown)?;
        let part = |part: &'static str, found: Option<String>| found.ok_or_else(|| WordingError::missing(NAME, part));
        let subject = part("email.subject", self.fill_route("email.subject", &values)?)?;
        let text = self.route_text(&values)?;
        values.text = Some(text.clone());
        let html = part("email.html", self.fill_route("email.html", &values)?)?;
        let footer = self.fill_file(&format!("{}/footer.email.text", values.locale), &Value::from(Serde(&values)))?;
        Ok(Mail {
            subject: one_line(&subject),
            text: with_footer(text, &footer.unwrap_or_default()),
            html,
            picture: None,
        })
    }

    /// What the button says by which a driver says that they have it.
    pub fn route_button(&self, errand: &Errand) -> Result<String, WordingError> {
        let locale = self.locale(&errand.locale);
        let label = self.fill_file(&format!("{locale}/{NAME}.telegram.buttons"), &Value::from(()))?;
        let label = label.map(|label| one_line(&label)).filter(|label| !label.is_empty());
        label.ok_or_else(|| WordingError::missing(NAME, "telegram.buttons"))
    }

    fn route_text(&self, values: &Values) -> Result<String, WordingError> {
        self.fill_route("plain.text", values)?.ok_or_else(|| WordingError::missing(NAME, "plain.text"))
    }

    fn fill_route(&self, part: &str, values: &Values) -> Result<Option<String>, WordingError> {
        let filled = self.fill_file(&format!("{}/{NAME}.{part}", values.locale), &Value::from(Serde(values)))?;
        Ok(filled.map(|text| text.trim_end().to_owned()))
    }

    fn route_values(&self, errand: &Errand, shown: &RouteShown) -> Result<Values, WordingError> {
        let keyring = self.keyring.as_ref().ok_or(WordingError::Sealed)?;
        let sheet = Sheet::open(keyring, shown.route, &shown.sealed).map_err(|_| WordingError::Sealed)?;
        Ok(self.values_of_route(errand, shown, &sheet))
    }

    fn values_of_route(&self, errand: &Errand, shown: &RouteShown, sheet: &Sheet) -> Values {
        let locale = self.locale(&errand.locale);
        let number = |number: Option<f64>| number.and_then(|number| shown_number(number, locale));
        let day = |text: &String| text.parse().map_or_else(|_| one_line(text), |day| dates::day(day, locale));
        let stop = |stop: &Stop| StopValues {
            no: stop.sequence,
            client: line(stop.client.as_ref()),
            address: line(stop.address.as_ref()),
            map_url: map_of(stop),
            time: line(stop.time.as_ref()),
            service: line(stop.service.as_ref()),
            duration_minutes: number(stop.duration_minutes),
            instructions: line(stop.instructions.as_ref()),
        };
        Values {
            name: NAME,
            locale: locale.to_owned(),
            direction: Direction::of(locale).as_str(),
            time_zone: errand.time_zone.clone(),
            agent: line(Some(&errand.name)),
            code: shown.job.code().to_string(),
            route: RouteValues {
                name: line(sheet.name.as_ref()),
                code: line(sheet.code.as_ref()),
                date: sheet.date.as_ref().map(day).filter(|day| !day.is_empty()),
                start_time: line(sheet.start_time.as_ref()),
                end_time: line(sheet.end_time.as_ref()),
                distance_km: number(sheet.distance_km),
                duration_minutes: number(sheet.duration_minutes),
                map_url: way(sheet),
            },
            vehicle: shown.vehicle.as_ref().map(|Vehicle { name, plate, at: _ }| VehicleValues {
                name: line(name.as_ref()),
                plate: line(plate.as_ref()),
            }),
            stops: sheet.stops.iter().map(stop).collect(),
            count: sheet.stops.len(),
            at: dates::moment(shown.at, &errand.time_zone, locale),
            preferences_url: errand.agent.and_then(|agent| self.preferences_url(agent)),
            possible_repeat: errand.possible_repeat,
            text: None,
        }
    }

    /// What is wrong with its templates, found with all there can be, with as much as there can be, and with nothing.
    pub(super) fn mistakes_of_route(&self) -> Vec<WordingError> {
        let mut mistakes = Vec::new();
        for locale in &self.locales {
            for sheet in [
                sample(3),
                sample(STOPS_MAX),
                Sheet::default(),
                Sheet { stops: vec![Stop::default()], ..Sheet::default() },
            ] {
                let errand = sample_errand(locale, !sheet.stops.is_empty());
                let shown = sample_shown(!sheet.stops.is_empty());
                let mut values = self.values_of_route(&errand, &shown, &sheet);
                values.text = Some("text".to_owned());
                for part in ["telegram.html", "plain.text", "sms.text", "email.subject", "email.html"] {
                    match self.fill_route(part, &values) {
                        Ok(Some(_)) => {}
                        Ok(None) if part == "telegram.html" || part == "sms.text" => {}
                        Ok(None) => mistakes.push(WordingError::missing(NAME, part)),
                        Err(mistake) => mistakes.push(mistake),
                    }
                }
                mistakes.extend(self.route_button(&errand).err());
            }
        }
        mistakes
    }
}

fn line(text: Option<&String>) -> Option<String> {
    text.map(|text| one_line(text)).filter(|text| !text.is_empty())
}

/// With the marks of the language; zero is a number like any other.
fn shown_number(number: f64, locale: &str) -> Option<String> {
    // To a tenth: nobody drives by metres. `-0` is no number that anybody writes.
    let rounded = (number * 10.0).round() / 10.0 + 0.0;
    let text = format!("{rounded}");
    text.parse::<Decimal>().ok().map(|number| language::number(&number, locale))
}

fn spot(point: Point) -> String {
    format!("{:.6},{:.6}", point.lat, point.lng)
}

/// Where a stop lies, for the driver's own map.
fn map_of(stop: &Stop) -> Option<String> {
    let to = stop.point.map(spot).or_else(|| line(stop.address.as_ref()))?;
    maps(&[("destination", to)])
}

/// The whole way, where a map can show it.
fn way(sheet: &Sheet) -> Option<String> {
    let stops: Vec<Point> = sheet.stops.iter().filter_map(|stop| stop.point).collect();
    if stops.len() < sheet.stops.len() {
        return None;
    }
    let all: Vec<Point> = sheet.start.into_iter().chain(stops).chain(sheet.end).collect();
    let [first, between @ .., last] = all.as_slice() else { return None };
    if between.len() > WAYPOINTS {
        return None;
    }
    let mut fields = vec![("origin", spot(*first)), ("destination", spot(*last))];
    if !between.is_empty() {
        fields.push(("waypoints", between.iter().map(|point| spot(*point)).collect::<Vec<_>>().join("|")));
    }
    maps(&fields)
}

fn maps(fields: &[(&str, String)]) -> Option<String> {
    let all = [("api", "1".to_owned())].into_iter().chain(fields.iter().cloned());
    Url::parse_with_params("https://www.google.com/maps/dir/", all).ok().map(|url| url.to_string())
}

fn sample(stops: usize) -> Sheet {
    let text = |text: &str| Some(text.to_owned());
    let point = |at: usize| Some(Point { lat: 53.8, lng: -1.5 + f64::from(u32::try_from(at).unwrap_or(0)) / 100.0 });
    let stop = |at: usize| Stop {
        sequence: u32::try_from(at + 1).unwrap_or(u32::MAX),
        client: text("Test Person"),
        address: text("1 Example Street"),
        point: point(at),
        time: text("14:30"),
        service: text("Deep clean"),
        duration_minutes: Some(45.0),
        instructions: text("ring twice"),
    };
    Sheet {
        name: text("North"),
        code: text("N-7"),
        date: text("2030-01-30"),
        start_time: text("08:00"),
        end_time: text("16:00"),
        distance_km: Some(12.5),
        duration_minutes: Some(480.0),
        polyline: text("abc"),
        start: point(0),
        end: point(stops),
        stops: (0..stops).map(stop).collect(),
    }
}

fn sample_errand(locale: &str, full: bool) -> Errand {
    Errand {
        key: "sample".to_owned(),
        tenant: TenantId::DEFAULT,
        agent: None,
        to: baton_actors::channel::Address::Console,
        name: if full { "Driver One".to_owned() } else { String::new() },
        locale: locale.to_owned(),
        time_zone: "Europe/London".to_owned(),
        say: baton_actors::channel::Say::Answer(baton_actors::channel::Answer::Help),
        replaces: None,
        possible_repeat: full,
        lifetime: None,
    }
}

fn sample_shown(full: bool) -> RouteShown {
    let (name, plate) = (Some("Van 7".to_owned()), Some("AB12 CDE".to_owned()));
    RouteShown {
        job: baton_core::ids::JobId::of_reference(TenantId::DEFAULT, "sample"),
        route: baton_core::ids::RouteId { tenant: TenantId::DEFAULT, local: uuid::Uuid::nil() },
        sealed: baton_core::details::SealedPayload { key: 0, sealed: Vec::new() },
        vehicle: full.then_some(Vehicle { name, plate, at: baton_core::time::Timestamp(1) }),
        at: baton_core::time::Timestamp(1_801_319_400_000),
    }
}

#[cfg(test)]
mod tests;
