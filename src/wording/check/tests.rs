//! What is told of a template before anybody gets it.

use super::*;
use crate::wording::samples;

fn body(parts: &[(Part, &str)], variables: &[(&str, bool, Option<&str>)]) -> TemplateBody {
    TemplateBody {
        parts: parts.iter().map(|(part, text)| (*part, (*text).to_owned())).collect(),
        variables: variables
            .iter()
            .map(|(name, required, sample)| Variable {
                name: (*name).to_owned(),
                required: *required,
                sample: sample.map(str::to_owned),
            })
            .collect(),
        providers: Vec::new(),
    }
}

fn place(channel: ChannelKind, locale: &str) -> Place<'_> {
    Place { key: "pickup", channel, locale }
}

fn wording() -> Wording {
    Wording::builtin(samples::links()).expect("ours are valid")
}

fn told(channel: ChannelKind, body: &TemplateBody) -> Vec<String> {
    let told = |mistake: Mistake| {
        let line = mistake.line.map_or_else(String::new, |line| format!(":{line}"));
        format!("{} {}{line}: {}", mistake.kind.as_str(), mistake.place, mistake.message)
    };
    wording().check(place(channel, "en"), body).into_iter().map(told).collect()
}

#[test]
fn f4_every_mistake_is_told_at_once_with_its_line() {
    let text = "{{ agent }}, we come\n{{ at|moment }} to {{ adress }}\n{% if floor %}{{ floor }}{% endif %} {{ loop }}";
    let mail = body(
        &[(Part::Subject, "{{ when }}"), (Part::Text, text), (Part::Html, "{% if %}")],
        &[("at", true, Some("\"2027-01-30T14:30:00Z\""))],
    );
    let mistakes = told(ChannelKind::Email, &mail);
    let expected = [
        "invalid parts.html:1: syntax error",
        "unknown parts.subject:1: when is used and not declared",
        "unknown parts.text:2: adress is used and not declared",
        "unknown parts.text:3: floor is used and not declared",
    ];
    assert_eq!(mistakes.len(), expected.len(), "{mistakes:?}");
    for (mistake, expected) in mistakes.iter().zip(expected) {
        assert!(mistake.starts_with(expected), "{mistake} is not {expected}");
    }
}

#[test]
fn f4_parts_of_another_channel_and_broken_markup_are_refused() {
    let sms = body(&[(Part::Html, "<b>x</b>")], &[]);
    let mistakes = told(ChannelKind::Sms, &sms);
    assert!(mistakes.iter().any(|mistake| mistake.contains("needs this part")), "{mistakes:?}");
    assert!(mistakes.iter().any(|mistake| mistake.contains("has no such part")), "{mistakes:?}");
    let telegram = body(&[(Part::Html, "<b>{{ agent }}</i>")], &[]);
    let mistakes = told(ChannelKind::Telegram, &telegram);
    assert!(mistakes[0].starts_with("invalid parts.html: Telegram would not take it"), "{mistakes:?}");
    assert!(told(ChannelKind::Telegram, &body(&[(Part::Html, "<b>{{ agent }}</b>")], &[])).is_empty());
}

#[test]
fn f4_a_template_that_falls_without_what_is_optional_is_refused() {
    let optional = body(&[(Part::Text, "{{ place.street }}")], &[("place", false, Some("{\"street\":\"x\"}"))]);
    let mistakes = told(ChannelKind::Sms, &optional);
    assert!(mistakes[0].starts_with("unknown parts.text:1: place.street is not defined"), "{mistakes:?}");
    let asks = body(
        &[(Part::Text, "{% if place %}{{ place.street }}{% endif %}")],
        &[("place", false, Some("{\"street\":\"x\"}"))],
    );
    assert_eq!(told(ChannelKind::Sms, &asks), Vec::<String>::new());
    let list = body(&[(Part::Text, "{{ items }}")], &[("items", true, Some("[1,2]"))]);
    assert!(told(ChannelKind::Sms, &list)[0].contains("a list or an object cannot stand in a text"));
}

#[test]
fn f4_a_template_without_an_end_is_refused() {
    let endless = "{% for a in n %}{% for b in n %}x{% endfor %}{% endfor %}";
    let many = format!("\"{}\"", "x".repeat(900));
    let mistakes = told(
        ChannelKind::Sms,
        &body(&[(Part::Text, endless)], &[("n", true, Some(&format!("[{}1]", "1,".repeat(900))))]),
    );
    assert!(mistakes[0].contains("fuel"), "{mistakes:?}");
    let huge = format!("{{% for a in n %}}{}{{% endfor %}}", "{{ x }}".repeat(20));
    let list = format!("[{}1]", "1,".repeat(200));
    let mistakes =
        told(ChannelKind::Sms, &body(&[(Part::Text, &huge)], &[("n", true, Some(&list)), ("x", true, Some(&many))]));
    assert!(mistakes[0].contains("too long"), "{mistakes:?}");
    let calls = told(ChannelKind::Sms, &body(&[(Part::Text, "x\n{{ range(9)|join }}")], &[]));
    assert_eq!(
        calls,
        ["invalid parts.text:2: nothing can be called; give what it makes as a variable, or use a filter"]
    );
}

#[test]
fn f4_what_providers_are_given_is_checked_as_well() {
    let mut whatsapp = body(&[(Part::Text, "{{ at|moment }}")], &[("at", true, Some("\"2027-01-30T14:30:00Z\""))]);
    whatsapp.providers = vec![ProviderTemplate::Meta {
        name: "pickup".to_owned(),
        language: "en".to_owned(),
        variables: vec!["agent".to_owned(), "at|moment".to_owned(), "price|money('GBP')".to_owned(), "at|".to_owned()],
    }];
    let mistakes = told(ChannelKind::Whatsapp, &whatsapp);
    assert_eq!(mistakes.len(), 2, "{mistakes:?}");
    assert!(mistakes[0].starts_with("unknown providers[0].variables[2]:1: price is used"), "{mistakes:?}");
    assert!(mistakes[1].starts_with("invalid providers[0].variables[3]"), "{mistakes:?}");
}

#[test]
fn f4_a_preview_tells_missing_and_unknown_values_and_fills_in_samples() {
    let sms = body(
        &[(
            Part::Text,
            "Hello {{ agent }}, {{ boxes|plural(one='# box', other='# boxes') }}{% if note %}: {{ note }}{% endif %}",
        )],
        &[("boxes", true, Some("2")), ("floor", true, None), ("note", false, None)],
    );
    let wording = wording();
    let reader = Reader { name: "Ana", locale: None, time_zone: "UTC" };
    let preview = |given: Json| {
        wording.preview_body(place(ChannelKind::Sms, "en"), &sms, reader, given.as_object().expect("an object"))
    };
    let wrong = preview(serde_json::json!({"boxes": null, "colour": "red"}));
    let told: Vec<_> = wrong.mistakes.iter().map(|m| (m.kind, m.variable.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        told,
        [(MistakeKind::Missing, "boxes"), (MistakeKind::Missing, "floor"), (MistakeKind::Unknown, "colour")]
    );
    let right = preview(serde_json::json!({"floor": 0}));
    assert!(right.mistakes.is_empty(), "{:?}", right.mistakes);
    assert!(right.worded == Some(Worded::Text("Hello Ana, 2 boxes".to_owned())));
}

#[test]
fn the_line_of_a_name_is_where_it_stands_in_a_tag() {
    for (source, line) in [
        ("x", None),
        ("x\n{{ xy }} x {{ y.x }}\n{{ x }}", Some(3)),
        ("{% if x %}", Some(1)),
        ("{{ a }} x\n\n{{ b or x }}", Some(3)),
    ] {
        assert_eq!(line_of(source, "x"), line, "{source}");
    }
}
