//! Messages as the Cloud API takes them.

use std::collections::BTreeSet;

use baton_core::crew_view::CrewView;
use serde_json::{Value, json};

use crate::wording::{MetaMessage, one_line};

/// What a variable of a template may hold.
const VARIABLE_MAX: usize = 1000;

/// What a button may say.
const TITLE_MAX: usize = 20;

/// What may stand over a list, how many rows it has, and what each may say.
const LIST_MAX: usize = 4096;
const ROWS_MAX: usize = 10;
const ROW_TITLE_MAX: usize = 24;
const ROW_LINE_MAX: usize = 72;

fn message(digits: &str, trace: &str, kind: &str, content: Value) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": digits,
        "biz_opaque_callback_data": trace,
        "type": kind,
        kind: content,
    })
}

pub(super) fn text(digits: &str, text: &str, trace: &str) -> Value {
    message(digits, trace, "text", json!({ "body": text, "preview_url": false }))
}

/// With buttons: what each carries and says.
pub(super) fn buttons(digits: &str, text: &str, buttons: &[(String, String)], trace: &str) -> Value {
    let button = |(id, title): &(String, String)| {
        let title: String = title.chars().take(TITLE_MAX).collect();
        json!({ "type": "reply", "reply": { "id": id, "title": title } })
    };
    let buttons: Vec<_> = buttons.iter().map(button).collect();
    let content = json!({ "type": "button", "body": { "text": text }, "action": { "buttons": buttons } });
    message(digits, trace, "interactive", content)
}

/// A question as a list to choose from; each row comes back as the code of its job. None where it does not fit.
pub(super) fn list(
    digits: &str,
    text: &str,
    button: &str,
    jobs: &[CrewView],
    lines: &[String],
    trace: &str,
) -> Option<Value> {
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let codes: BTreeSet<_> = jobs.iter().map(|job| job.code.to_string()).collect();
    // Two jobs of one code could not be told apart, and their rows would have one id.
    let fits = (1..=ROWS_MAX).contains(&jobs.len()) && codes.len() == jobs.len() && text.chars().count() <= LIST_MAX;
    if !fits || lines.len() < jobs.len() {
        return None;
    }
    let row = |(at, (job, line)): (usize, (&CrewView, &String))| {
        let title = cut(&format!("{}. {}", at + 1, job.code), ROW_TITLE_MAX);
        json!({ "id": job.code.to_string(), "title": title, "description": cut(line, ROW_LINE_MAX) })
    };
    let rows: Vec<_> = jobs.iter().zip(lines).enumerate().map(row).collect();
    let action = json!({ "button": cut(button, TITLE_MAX), "sections": [{ "rows": rows }] });
    let content = json!({ "type": "list", "body": { "text": text }, "action": action });
    Some(message(digits, trace, "interactive", content))
}

/// A template that a tenant's own names, with what it is filled with.
pub(super) fn filled(digits: &str, message: &MetaMessage, trace: &str) -> Value {
    let MetaMessage { name, language, parameters } = message;
    let parameters: Vec<_> = parameters.iter().map(|text| json!({ "type": "text", "text": text })).collect();
    let components =
        if parameters.is_empty() { json!([]) } else { json!([{ "type": "body", "parameters": parameters }]) };
    let content = json!({ "name": name, "language": { "code": language }, "components": components });
    self::message(digits, trace, "template", content)
}

/// A template of this name and language, whose one variable is the text and whose quick replies carry these.
pub(super) fn template(
    digits: &str,
    (name, language): (&str, &str),
    text: &str,
    payloads: &[String],
    trace: &str,
) -> Value {
    // A variable holds no line breaks.
    let text: String = one_line(text).chars().take(VARIABLE_MAX).collect();
    let mut components = vec![json!({ "type": "body", "parameters": [{ "type": "text", "text": text }] })];
    components.extend(payloads.iter().enumerate().map(|(at, payload)| {
        json!({
            "type": "button",
            "sub_type": "quick_reply",
            "index": at.to_string(),
            "parameters": [{ "type": "payload", "payload": payload }],
        })
    }));
    let content = json!({ "name": name, "language": { "code": language }, "components": components });
    message(digits, trace, "template", content)
}

#[cfg(test)]
mod tests {
    use baton_core::brief::Brief;
    use baton_core::ids::{JobId, TenantId};

    use super::*;

    fn jobs(count: usize) -> Vec<CrewView> {
        let job = |no| {
            let job = JobId::of_reference(TenantId::DEFAULT, &format!("job {no}"));
            CrewView { job, code: job.code(), brief: Brief::default() }
        };
        (0..count).map(job).collect()
    }

    fn listed(jobs: &[CrewView], lines: usize) -> Option<Value> {
        let lines =
            vec!["Leeds to Manchester, by way of York and Harrogate, and what else lies there".repeat(2); lines];
        list("447700900001", "Which one?", "Choose one of these, please", jobs, &lines, "t")
    }

    #[test]
    fn a_list_keeps_to_what_the_cloud_api_takes() {
        let list = listed(&jobs(ROWS_MAX), ROWS_MAX).expect("it fits");
        let action = &list["interactive"]["action"];
        assert!(action["button"].as_str().expect("a text").chars().count() <= TITLE_MAX);
        let rows = action["sections"][0]["rows"].as_array().expect("rows");
        for (row, job) in rows.iter().zip(jobs(ROWS_MAX)) {
            let count = |name: &str| row[name].as_str().expect("a text").chars().count();
            assert!(count("title") <= ROW_TITLE_MAX && count("description") <= ROW_LINE_MAX, "{row}");
            assert_eq!(row["id"].as_str().expect("a text"), job.code.to_string());
        }
    }

    #[test]
    fn what_does_not_fit_is_no_list() {
        assert!(listed(&[], 0).is_none(), "no rows");
        assert!(listed(&jobs(ROWS_MAX + 1), ROWS_MAX + 1).is_none(), "too many");
        assert!(listed(&jobs(2), 1).is_none(), "a row that is not worded");
        let twins = vec![jobs(1).remove(0), jobs(1).remove(0)];
        assert!(listed(&twins, 2).is_none(), "two of one code");
    }
}
