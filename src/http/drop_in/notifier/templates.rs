//! `/internal/templates`: which templates there are. There they had no texts: one that comes without says what the payload brings.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::records::TemplateState;
use baton_actors::tenants::library::TemplateAsk;
use serde_json::{Map, Value, json};

use super::words::OF_TEMPLATES;
use super::{of_own_tenant, views, wrong_tenant};
use crate::http::caller::{Caller, Read, Write};
use crate::http::door::Door;
use crate::http::drop_in::{Old, given, renamed, shape, take};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::shapes::template::{TemplateShape, channel};
use crate::http::templates::create;

/// `POST /internal/templates`.
pub async fn post(caller: Caller<Write>, State(door): State<Door>, Old(mut body): Old) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    of_own_tenant(&door, tenant, &mut body)?;
    let state = take(&mut body, "status");
    // Ours become so only once they are there.
    let disabled = state.as_ref().is_some_and(|state| state == "disabled");
    let native = native(&mut body, state.filter(|_| !disabled));
    let named = |problem| renamed(problem, &OF_TEMPLATES);
    let shape = shape::<TemplateShape>(&native)?;
    let mut stored = create::store(&door, tenant, caller.name(), shape).await.map_err(named)?;
    if disabled {
        let ask = TemplateAsk::Turn { id: stored.id.clone(), to: TemplateState::Disabled };
        stored = door.engine.change_template(tenant, ask, caller.name().to_owned()).await?;
    }
    Ok((StatusCode::CREATED, axum::Json(views::template(&door, tenant, &stored))).into_response())
}

/// A template as our own door reads it. `parts`, `variables` and `providers` are ours, for whoever sends texts along.
fn native(body: &mut Map<String, Value>, state: Option<Value>) -> Value {
    let (channel, language) = (take(body, "channelType"), take(body, "language"));
    let form = take(body, "providerTemplateName").map(|name| {
        let language = language
            .clone()
            .map(|language| language.as_str().map_or(language.clone(), |text| Value::from(text.replace('-', "_"))));
        let parameters = take(body, "parameters");
        json!([given([
            ("provider", Some(Value::from("meta"))),
            ("name", Some(name)),
            ("language", language),
            ("parameters", parameters)
        ])])
    });
    let (mut parts, mut variables) = (take(body, "parts"), take(body, "variables"));
    if parts.is_none() {
        let (texts, names) = of_the_payload(channel.as_ref(), form.is_some());
        parts = Some(texts);
        variables = match variables {
            Some(Value::Array(given)) => Some(given.into_iter().chain(names).collect()),
            None => Some(names.into()),
            other => other,
        };
    }
    given([
        ("key", take(body, "key")),
        ("channel", channel),
        ("locale", language),
        ("version", Some(take(body, "version").unwrap_or(Value::from(1)))),
        ("state", state),
        ("parts", parts),
        ("variables", variables),
        ("providers", take(body, "providers").or(form)),
    ])
}

/// Texts that are the payload's own, and what it has to bring. What a provider keeps needs none: there a text is only sent to
/// those who wrote lately.
fn of_the_payload(channel: Option<&Value>, has_form: bool) -> (Value, Vec<Value>) {
    let of = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({ "name": name, "required": !has_form })).collect()
    };
    match channel.and_then(Value::as_str) {
        Some("email") => (json!({ "subject": "{{ subject }}", "text": "{{ body }}" }), of(&["subject", "body"])),
        Some("telegram") => (json!({ "html": "{{ body }}" }), of(&["body"])),
        Some(_) | None if has_form => (json!({ "text": "{{ body or event_type }}" }), of(&["body"])),
        Some(_) | None => (json!({ "text": "{{ body }}" }), of(&["body"])),
    }
}

/// `GET /internal/templates`: all of them.
pub async fn get(caller: Caller<Read>, mut query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    query.only(&["tenantId", "channelType"]);
    let tenant = caller.tenant();
    let wanted = query.read(|form, query| {
        let named = query.take("tenantId").value();
        if let Some(wrong) = wrong_tenant(&door, tenant, named.as_deref()) {
            form.blame("tenantId", wrong.message, wrong.cure);
        }
        Some(channel(form.field("channelType", query.take("channelType"))))
    })?;
    let view = door.engine.tenants().view(tenant);
    let templates =
        view.templates.iter().filter(|template| wanted.is_none_or(|channel| channel == template.id.channel));
    let items: Vec<Value> = templates.map(|template| views::template(&door, tenant, template)).collect();
    Ok(axum::Json(json!({ "items": items })).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::form::Form;
    use crate::http::sample;

    /// What is wrong with a template that its client sent.
    fn wrong(body: &Value) -> Vec<String> {
        let Value::Object(mut body) = body.clone() else { return Vec::new() };
        let native = native(&mut body, None);
        let read = Form::body(shape::<TemplateShape>(&native).unwrap(), |form, shape| shape.read(form));
        let new =
            read.unwrap_or_else(|errors| panic!("{:?}", errors.iter().map(|error| &error.field).collect::<Vec<_>>()));

        sample::wording().check(new.place(), &new.body).into_iter().map(|mistake| mistake.place).collect()
    }

    #[test]
    fn f4_a_template_without_texts_says_what_the_payload_brings() {
        for channel in ["email", "whatsapp", "sms", "telegram", "console"] {
            let bare = json!({ "key": "welcome", "channelType": channel, "language": "en" });
            assert_eq!(wrong(&bare), [""; 0], "{channel}");
        }
        let kept = json!({ "key": "welcome", "channelType": "whatsapp", "language": "en-GB", "providerTemplateName": "welcome_1" });
        assert_eq!(wrong(&kept), [""; 0]);
        let Value::Object(mut body) = kept else { return };
        let native = native(&mut body, None);
        assert_eq!(native["providers"], json!([{ "provider": "meta", "name": "welcome_1", "language": "en_GB" }]));
        assert_eq!((&native["version"], &native["variables"][0]["required"]), (&json!(1), &json!(false)));
    }
}
