//! `POST /api/v1/route-tokens` and `GET /api/v1/public/route/{token}`: where a route goes, for whoever holds a link.
//!
//! The token is signed like our other links: nothing is stored that could be listed, and it ends with its time, with the route, or
//! with the secret that signed it. It shows places on a map and nothing of whose they are.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::ids::RouteId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::words::No;
use crate::fleet::sheet::{Point, Sheet};
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::json::Json;
use crate::http::problem::Problem;
use crate::http::strangers::Strangers;
use crate::links::{BadLink, Purpose};

/// A link works for a day where nobody says otherwise, and for a month at most.
const HOURS: u32 = 24;
const HOURS_MAX: u32 = 24 * 31;

/// For which route, and for how long.
#[derive(Default)]
pub struct Shape {
    route_id: Given<String>,
    expiration_hours: Given<u32>,
    strangers: Strangers,
}

object! {
    Shape { route_id, expiration_hours }
}

/// `POST /api/v1/route-tokens`.
pub async fn create(caller: Caller<Write>, State(door): State<Door>, Json(shape): Json<Shape>) -> Result<Response, No> {
    let read = Form::body(shape, |form, shape| {
        let id = form.field("route_id", shape.route_id).required();
        let local = id.parsed(|text| Uuid::try_parse(&text).map_err(|_| "give a UUID"));
        let hours = form.field("expiration_hours", shape.expiration_hours).between(1, HOURS_MAX).unwrap_or(HOURS);
        Some((local?, hours))
    });
    let (local, hours) = read.map_err(Problem::of_fields)?;
    let route = RouteId { tenant: caller.tenant(), local };
    if door.engine.route(route)?.is_none() {
        return Err(No::not_found("route", &local.to_string()));
    }
    let until = door.clock.now() + Duration::from_hours(hours.into());
    let token = door.links.token(Purpose::Route(route), until);
    let app = match door.settings.drop_in.fleet_app_url.as_str() {
        "" => door.settings.public_url.as_str(),
        app => app.trim_end_matches('/'),
    };
    let url = format!("{app}/driver/route.html?token={token}");
    let data = json!({ "token": token, "expires_at": until.to_string(), "url": url });
    Ok((StatusCode::CREATED, axum::Json(json!({ "success": true, "data": data }))).into_response())
}

/// `GET /api/v1/public/route/{token}`.
pub async fn show(Path(token): Path<String>, State(door): State<Door>) -> Result<Response, No> {
    let unknown = || No::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such link");
    let route = match door.links.read(&token, door.clock.now()) {
        Ok(Purpose::Route(route)) => route,
        Err(BadLink::Expired(Purpose::Route(_))) => {
            return Err(No::new(StatusCode::GONE, "GONE", "the link has expired"));
        }
        Ok(_) | Err(BadLink::Expired(_) | BadLink::Unknown) => return Err(unknown()),
    };
    let kept = door.engine.route(route)?.ok_or_else(unknown)?;
    let sheet = Sheet::open(&door.keyring, route, &kept.sealed).map_err(|error| Problem::internal(&error))?;
    let point = |point: &Point| json!({ "lat": point.lat, "lng": point.lng });
    let stop = |(at, stop): (usize, &crate::fleet::sheet::Stop)| -> Option<Value> {
        let mut shown = point(stop.point.as_ref()?);
        shown["sequence"] = json!(if stop.sequence == 0 { at + 1 } else { stop.sequence as usize });
        Some(shown)
    };
    let data = json!({
        "polyline": sheet.polyline,
        "stops": sheet.stops.iter().enumerate().filter_map(stop).collect::<Vec<_>>(),
        "start": sheet.start.as_ref().map(point),
        "end": sheet.end.as_ref().map(point),
    });
    Ok(axum::Json(json!({ "success": true, "data": data })).into_response())
}
