//! A route, as it comes in.

use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fleet::sheet::{Point, STOPS_MAX, Sheet, Stop};
use crate::http::form::{Field, Form};
use crate::http::given::{Given, Wanted, object};
use crate::http::problem::FieldError;
use crate::http::strangers::Strangers;

const NAME: usize = 200;
const WORD: usize = 60;
const ADDRESS: usize = 300;
const INSTRUCTIONS: usize = 1_000;
const POLYLINE: usize = 16_384;

/// What a driver drives, stop by stop.
#[derive(Default, ToSchema)]
#[schema(as = Route)]
pub struct RouteShape {
    /// What it is called.
    #[schema(value_type = Option<String>, max_length = 200, example = "North")]
    name: Given<String>,
    /// Its short name.
    #[schema(value_type = Option<String>, max_length = 60, example = "N-7")]
    code: Given<String>,
    /// The day.
    #[schema(value_type = Option<String>, format = Date, example = "2030-01-30")]
    date: Given<String>,
    /// When it begins, on the driver's clock.
    #[schema(value_type = Option<String>, max_length = 60, example = "08:00")]
    start_time: Given<String>,
    /// When it ends.
    #[schema(value_type = Option<String>, max_length = 60, example = "16:00")]
    end_time: Given<String>,
    /// How far it is.
    #[schema(value_type = Option<f64>, example = 12.5)]
    distance_km: Given<Number>,
    /// How long it takes.
    #[schema(value_type = Option<f64>, example = 480)]
    duration_minutes: Given<Number>,
    /// The vehicle it is driven with.
    #[schema(value_type = Option<String>, format = "uuid")]
    vehicle_id: Given<String>,
    /// Its line on a map, encoded.
    #[schema(value_type = Option<String>, max_length = 16384)]
    polyline: Given<String>,
    /// Where it begins.
    #[schema(value_type = Option<PointShape>)]
    start: Given<PointShape>,
    /// Where it ends.
    #[schema(value_type = Option<PointShape>)]
    end: Given<PointShape>,
    /// Its stops.
    #[schema(value_type = Vec<StopShape>, max_items = 100)]
    stops: Given<Vec<Given<StopShape>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A place on a map.
#[derive(Default, ToSchema)]
#[schema(as = Point)]
pub struct PointShape {
    /// Degrees north.
    #[schema(value_type = f64, minimum = -90, maximum = 90, example = 53.8)]
    lat: Given<Number>,
    /// Degrees east.
    #[schema(value_type = f64, minimum = -180, maximum = 180, example = -1.55)]
    lng: Given<Number>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A stop.
#[derive(Default, ToSchema)]
#[schema(as = Stop)]
pub struct StopShape {
    /// Its place in the route; that in the list where it is left out.
    #[schema(value_type = Option<u32>, example = 1)]
    sequence: Given<u32>,
    /// At whose.
    #[schema(value_type = Option<String>, max_length = 200)]
    client: Given<String>,
    /// Where.
    #[schema(value_type = Option<String>, max_length = 300)]
    address: Given<String>,
    /// Degrees north.
    #[schema(value_type = Option<f64>, minimum = -90, maximum = 90)]
    lat: Given<Number>,
    /// Degrees east.
    #[schema(value_type = Option<f64>, minimum = -180, maximum = 180)]
    lng: Given<Number>,
    /// When.
    #[schema(value_type = Option<String>, max_length = 60, example = "14:30")]
    time: Given<String>,
    /// What is to be done.
    #[schema(value_type = Option<String>, max_length = 200)]
    service: Given<String>,
    /// How long that takes.
    #[schema(value_type = Option<f64>)]
    duration_minutes: Given<Number>,
    /// What else there is to know.
    #[schema(value_type = Option<String>, max_length = 1000)]
    instructions: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    RouteShape {
        name, code, date, start_time, end_time, distance_km, duration_minutes, vehicle_id, polyline, start, end, stops
    }
    PointShape { lat, lng }
    StopShape { sequence, client, address, lat, lng, time, service, duration_minutes, instructions }
}

/// A number with or without a point.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Number(f64);

impl Wanted<'_> for Number {
    const WANTED: &'static str = "a number";
    fn from_u64(value: u64) -> Option<Self> {
        u32::try_from(value).ok().map(|value| Self(value.into()))
    }
    fn from_i64(value: i64) -> Option<Self> {
        i32::try_from(value).ok().map(|value| Self(value.into()))
    }
    fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value))
    }
}

impl RouteShape {
    /// What the route says and its vehicle, or everything that is wrong.
    pub fn into_core(self) -> Result<(Sheet, Option<Uuid>), Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let vehicle = form
                .field("vehicle_id", blank(shape.vehicle_id))
                .parsed(|text| Uuid::try_parse(&text).map_err(|_| "give the id of a vehicle of yours, a UUID"));
            let mut stops = form.field("stops", shape.stops).each(STOPS_MAX, |form, stop| Some(stop.read(form)));
            for (at, stop) in stops.iter_mut().flatten().enumerate() {
                stop.sequence =
                    if stop.sequence == 0 { u32::try_from(at + 1).unwrap_or(u32::MAX) } else { stop.sequence };
            }
            if let Some(stops) = &mut stops {
                stops.sort_by_key(|stop| stop.sequence);
            }
            let sheet = Sheet {
                name: line(form.field("name", blank(shape.name)), NAME),
                code: line(form.field("code", blank(shape.code)), WORD),
                date: form.field("date", blank(shape.date)).parsed(|text| match text.parse::<Date>() {
                    Ok(day) => Ok(day.to_string()),
                    Err(_) => Err("give a day such as 2030-01-30"),
                }),
                start_time: line(form.field("start_time", blank(shape.start_time)), WORD),
                end_time: line(form.field("end_time", blank(shape.end_time)), WORD),
                distance_km: amount(form.field("distance_km", shape.distance_km)),
                duration_minutes: amount(form.field("duration_minutes", shape.duration_minutes)),
                polyline: line(form.field("polyline", blank(shape.polyline)), POLYLINE),
                start: form.field("start", shape.start).within(|form, point| point.read(form)),
                end: form.field("end", shape.end).within(|form, point| point.read(form)),
                stops: stops.unwrap_or_default(),
            };
            Some((sheet, vehicle))
        })
    }
}

impl PointShape {
    fn read(self, form: &mut Form) -> Option<Point> {
        let lat = degrees(form.field("lat", self.lat).required(), 90.0);
        let lng = degrees(form.field("lng", self.lng).required(), 180.0);
        Some(Point { lat: lat?, lng: lng? })
    }
}

impl StopShape {
    fn read(self, form: &mut Form) -> Stop {
        if self.lat.is_missing() != self.lng.is_missing() {
            form.blame(if self.lat.is_missing() { "lat" } else { "lng" }, "is missing", "give both, or neither");
        }
        let lat = degrees(form.field("lat", self.lat), 90.0);
        let lng = degrees(form.field("lng", self.lng), 180.0);
        Stop {
            sequence: form.field("sequence", self.sequence).value().unwrap_or(0),
            client: line(form.field("client", blank(self.client)), NAME),
            address: line(form.field("address", blank(self.address)), ADDRESS),
            point: lat.zip(lng).map(|(lat, lng)| Point { lat, lng }),
            time: line(form.field("time", blank(self.time)), WORD),
            service: line(form.field("service", blank(self.service)), NAME),
            duration_minutes: amount(form.field("duration_minutes", self.duration_minutes)),
            instructions: form.field("instructions", blank(self.instructions)).prose(INSTRUCTIONS),
        }
    }
}

fn line(field: Field<'_, String>, longest: usize) -> Option<String> {
    field.line(longest)
}

/// A text of spaces alone says nothing.
fn blank(given: Given<String>) -> Given<String> {
    match given {
        Given::Is(text) if text.trim().is_empty() => Given::Null,
        other => other,
    }
}

fn degrees(field: Field<'_, Number>, most: f64) -> Option<f64> {
    field.parsed(
        |Number(degrees)| {
            if degrees.abs() <= most { Ok(degrees) } else { Err(format!("give a number from -{most} to {most}")) }
        },
    )
}

fn amount(field: Field<'_, Number>) -> Option<f64> {
    const MOST: f64 = 1_000_000.0;
    field.parsed(
        |Number(amount)| {
            if (0.0..=MOST).contains(&amount) { Ok(amount) } else { Err("give a number from 0 to 1000000") }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::json;

    fn read(body: &str) -> Result<(Sheet, Option<Uuid>), Vec<FieldError>> {
        json::parse::<RouteShape>(body.as_bytes()).unwrap().into_core()
    }

    #[test]
    fn e20_stops_are_driven_in_their_sequence() {
        let body = r#"{"name":" North ","date":"2030-01-30","distance_km":0,"stops":[
            {"sequence":3,"client":"c"},{"sequence":1,"client":"a","lat":53.8,"lng":-1},{"client":"b","address":" "}]}"#;
        let Ok((sheet, None)) = read(body) else { panic!("not read") };
        let clients: Vec<_> = sheet.stops.iter().map(|stop| (stop.sequence, stop.client.as_deref().unwrap())).collect();
        assert_eq!(clients, [(1, "a"), (3, "c"), (3, "b")]);
        assert_eq!((sheet.name.as_deref(), sheet.distance_km), (Some("North"), Some(0.0)));
        assert!(sheet.stops[0].point.is_some() && sheet.stops[2].address.is_none());
    }

    #[test]
    fn e20_everything_that_is_wrong_is_told_at_once() {
        let body = r#"{"date":"30/01/2030","distance_km":-1,"vehicle_id":"van","start":{"lat":91},"zebra":1,
            "stops":[{"lat":1},{"lat":"x","lng":1,"sequence":-1},{"duration_minutes":"long"}]}"#;
        let errors = read(body).err().unwrap();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        for field in [
            "zebra",
            "vehicle_id",
            "stops[0].lng",
            "stops[1].lat",
            "stops[1].sequence",
            "stops[2].duration_minutes",
            "date",
            "distance_km",
            "start.lat",
            "start.lng",
        ] {
            assert!(fields.contains(&field), "{field} in {fields:?}");
        }
    }
}
