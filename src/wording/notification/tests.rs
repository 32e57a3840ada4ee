//! What notifications promise: found where they should be, escaped for their channel, and nothing printed that is not there.

use baton_actors::records::{TemplateId, TemplateState};
use baton_actors::tenants::Tenants;
use baton_actors::tenants::library::Library;
use baton_core::tenant::Settings;
use baton_core::time::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::channels::sms::segments;
use crate::simulator::telegram::visible_text;
use crate::wording::samples;

const T: TenantId = TenantId::DEFAULT;

fn template(channel: ChannelKind, locale: &str, parts: &[(Part, &str)], variables: &[(&str, bool)]) -> Template {
    Template {
        id: TemplateId { key: "pickup".to_owned(), channel, locale: locale.to_owned(), version: 1 },
        state: TemplateState::Active,
        parts: parts.iter().map(|(part, text)| (*part, (*text).to_owned())).collect(),
        variables: variables
            .iter()
            .map(|(name, required)| Variable { name: (*name).to_owned(), required: *required, sample: None })
            .collect(),
        providers: Vec::new(),
        created_at: Timestamp(1),
        created_by: "desk".to_owned(),
        changed_at: Timestamp(1),
        changed_by: "desk".to_owned(),
    }
}

fn wording(templates: impl IntoIterator<Item = Template>) -> Wording {
    wording_in("en", templates)
}

fn wording_in(locale: &str, templates: impl IntoIterator<Item = Template>) -> Wording {
    let wording = Wording::builtin(samples::links()).expect("ours are valid");
    let settings = Settings { locale: locale.to_owned(), ..Settings::default() };
    wording.with_tenants(Tenants::default().with_templates(T, Library::of(templates), settings))
}

fn matter<'a>(channel: ChannelKind, locale: &'a str, payload: &'a Json) -> Matter<'a> {
    Matter {
        tenant: T,
        template: "pickup",
        channel,
        locale,
        time_zone: "Europe/London",
        name: "Ana",
        event_type: "pickup.tomorrow",
        payload,
        preferences_url: None,
        possible_repeat: false,
    }
}

fn text(worded: Result<Worded, WordingError>) -> String {
    match worded {
        Ok(Worded::Text(text) | Worded::Telegram(text)) => text,
        Ok(Worded::Mail(mail)) => mail.text,
        Err(error) => panic!("{error}"),
    }
}

fn error(worded: Result<Worded, WordingError>) -> String {
    worded.err().expect("not worded").to_string()
}

#[test]
fn f4_the_template_is_looked_for_in_the_persons_language_the_tenants_and_english() {
    let sms = |locale: &str, text: &str| template(ChannelKind::Sms, locale, &[(Part::Text, text)], &[]);
    let all = [sms("en", "english"), sms("ru", "русский"), sms("pt-BR", "brasil")];
    let wording = wording_in("ru", all);
    let said = |locale: &str| text(wording.notification(&matter(ChannelKind::Sms, locale, &json!({}))));
    assert_eq!(
        ["ru-RU", "pt-br", "en-GB", "he", "pt"].map(said),
        ["русский", "brasil", "english", "русский", "русский"]
    );
    let wording = wording_in("he", [sms("en", "english")]);
    assert_eq!(text(wording.notification(&matter(ChannelKind::Sms, "de", &json!({})))), "english");
}

#[test]
fn f4_what_is_not_active_or_not_there_is_an_error_that_says_which() {
    let mut draft = template(ChannelKind::Sms, "en", &[(Part::Text, "x")], &[]);
    draft.state = TemplateState::Draft;
    let sms = |template: &Template| {
        error(wording([template.clone()]).notification(&matter(ChannelKind::Sms, "en", &json!({}))))
    };
    assert_eq!(sms(&draft), "the template pickup for sms is a draft");
    draft.state = TemplateState::Disabled;
    assert_eq!(sms(&draft), "the template pickup for sms is disabled");
    let telegram = wording([draft]).notification(&matter(ChannelKind::Telegram, "ru", &json!({})));
    assert_eq!(error(telegram), "there is no template pickup for telegram in ru, nor in a language to fall back on");
    let ours = Matter { template: "offer", ..matter(ChannelKind::Sms, "en", &Json::Null) };
    assert!(error(wording([]).notification(&ours)).starts_with("there is no template offer"));
}

#[test]
fn f4_a_note_brings_its_own_words() {
    let payload = json!({"message": "We come at nine.", "subject": "Tomorrow"});
    let note = |channel| Matter { template: "note", ..matter(channel, "he", &payload) };
    let wording = wording([]);
    assert_eq!(text(wording.notification(&note(ChannelKind::Console))), "\u{2068}We come at nine.\u{2069}");
    let Ok(Worded::Mail(mail)) = wording.notification(&note(ChannelKind::Email)) else { panic!("no mail") };
    assert_eq!(mail.subject, "Tomorrow");
    assert!(mail.html.contains("dir=\"rtl\"") && mail.html.contains("We come at nine."), "{}", mail.html);
}

#[test]
fn e17_a_missing_value_is_named_and_one_that_may_be_missing_leaves_nothing_behind() {
    let sms = template(
        ChannelKind::Sms,
        "en",
        &[(
            Part::Text,
            "{{ at|moment }}, {{ count }} boxes{% if note %}, {{ note }}{% endif %}[{{ note }}{{ note|upper }}{{ note ~ note }}]",
        )],
        &[("at", true), ("count", true), ("note", false)],
    );
    let wording = wording([sms]);
    let said = |payload: Json| wording.notification(&matter(ChannelKind::Sms, "en", &payload));
    assert_eq!(error(said(json!({"at": null}))), "template en/pickup.sms needs values that were not given: at, count");
    let at = "2027-07-30T13:30:00Z";
    assert_eq!(text(said(json!({"at": at, "count": 0, "other": 1}))), "Fri 30 Jul, 14:30 BST, 0 boxes[]");
    assert_eq!(text(said(json!({"at": at, "count": 0.0, "note": null}))), "Fri 30 Jul, 14:30 BST, 0 boxes[]");
    assert_eq!(
        text(said(json!({"at": at, "count": "2", "note": "a\nb"}))),
        "Fri 30 Jul, 14:30 BST, 2 boxes, a b[a bA Ba ba b]"
    );
    // A wrong value is an error, and the error does not quote it.
    let wrong = error(said(json!({"at": "+447700900001", "count": 1})));
    assert!(wrong.starts_with("template en/pickup.sms.text, line 1:") && !wrong.contains("447700"), "{wrong}");
}

#[test]
fn g6_what_a_provider_is_given_is_one_line_and_never_empty() {
    let mut whatsapp =
        template(ChannelKind::Whatsapp, "ru", &[(Part::Text, "{{ at|moment }}")], &[("at", true), ("note", false)]);
    whatsapp.providers = vec![
        ProviderTemplate::Meta {
            name: "pickup".to_owned(),
            language: "ru".to_owned(),
            variables: vec!["agent".to_owned(), "at|moment".to_owned(), "note".to_owned()],
        },
        ProviderTemplate::Twilio {
            content_sid: "HX00000000000000000000000000000000".to_owned(),
            variables: [("1".to_owned(), "at|date".to_owned())].into(),
        },
    ];
    let wording = wording([whatsapp]);
    let payload = json!({"at": "2027-07-30T13:30:00Z"});
    let matter = Matter { name: "Ana\n\t   Maria", ..matter(ChannelKind::Whatsapp, "ru", &payload) };
    let Ok(Some(meta)) = wording.meta_message(&matter) else { panic!("no message of Meta") };
    assert_eq!((meta.name.as_str(), meta.language.as_str()), ("pickup", "ru"));
    assert_eq!(meta.parameters, ["Ana Maria", "пт, 30 июл., 14:30 BST", "-"]);
    let Ok(Some(twilio)) = wording.twilio_message(&matter) else { panic!("no message of Twilio") };
    assert_eq!(twilio.variables["1"], "пт, 30 июл. 2027 г.");
}

#[test]
fn f4_a_mail_may_use_the_page_of_all_mails_in_its_language() {
    let html = "{% extends \"layout.email.html\" %}{% block body %}<p>{{ note }}</p>{% endblock %}";
    let parts = [(Part::Subject, "{{ note }}"), (Part::Text, "{{ note }}"), (Part::Html, html)];
    let wording = wording([template(ChannelKind::Email, "he", &parts, &[("note", true)])]);
    let payload = json!({"note": "<b>שלום</b>"});
    let Ok(Worded::Mail(mail)) = wording.notification(&matter(ChannelKind::Email, "he", &payload)) else {
        panic!("no mail")
    };
    assert!(mail.html.contains("dir=\"rtl\"") && mail.html.contains("&lt;b&gt;"), "{}", mail.html);
    assert_eq!(mail.subject, "<b>שלום</b>");
}

/// Every place a value can stand in.
const PLACES: &str = "{{ a }} {{ a|upper }} {{ a ~ a }} {{ o.k }} {% for x in l %}{{ x }}{% endfor %} {{ l|join(', ') }} {{ agent }} {{ event_type }}";

fn everywhere() -> Vec<Template> {
    let html = format!("<b>{PLACES}</b><a href=\"https://example.com/?{{{{ a|urlencode }}}}\">{{{{ a }}}}</a>");
    let mail = format!("<p title=\"{{{{ a }}}}\">{html}</p>");
    let variables = [("a", false), ("o", true), ("l", true)];
    ["en", "he"]
        .into_iter()
        .flat_map(|locale| {
            let mut whatsapp = template(ChannelKind::Whatsapp, locale, &[(Part::Text, PLACES)], &variables);
            whatsapp.providers = vec![ProviderTemplate::Meta {
                name: "pickup".to_owned(),
                language: locale.to_owned(),
                variables: ["a", "o.k", "l|join(', ')", "agent"].map(str::to_owned).to_vec(),
            }];
            [
                whatsapp,
                template(ChannelKind::Telegram, locale, &[(Part::Html, &html)], &variables),
                template(ChannelKind::Sms, locale, &[(Part::Text, PLACES)], &variables),
                template(
                    ChannelKind::Email,
                    locale,
                    &[(Part::Subject, PLACES), (Part::Text, PLACES), (Part::Html, &mail)],
                    &variables,
                ),
            ]
        })
        .collect()
}

/// The elements that a browser makes of a page, each with its attributes but for their values.
fn elements(html: &str) -> Vec<String> {
    use html5ever::tendril::TendrilSink;
    let page =
        html5ever::parse_document(markup5ever_rcdom::RcDom::default(), html5ever::ParseOpts::default()).one(html);
    let (mut found, mut waiting) = (Vec::new(), vec![page.document]);
    while let Some(node) = waiting.pop() {
        if let markup5ever_rcdom::NodeData::Element { name, attrs, .. } = &node.data {
            let names: Vec<_> = attrs.borrow().iter().map(|attribute| attribute.name.local.to_string()).collect();
            found.push(format!("{} {}", name.local, names.join(" ")));
        }
        waiting.extend(node.children.borrow().iter().cloned());
    }
    found
}

fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r"[_*\[\]()<>&;/a-z\r\n\t `~#+=|{}.!\-']{0,40}",
        prop::sample::select(vec![
            "<script>alert(1)</script>",
            "</b></a><b>",
            "\" onmouseover=\"x",
            "&lt;b&gt;&#x41;",
            "{{ a }}{% if %}{# #}",
            "\u{202e}evil\u{202c}\u{2066}x\u{2069}",
            "a\r\nBcc: b@example.com",
            "\u{1f69a}\u{200d}\u{fe0f}",
            "\u{fffd}\u{feff}\u{0}\u{8}",
            "שלום Leeds 12-3",
            "    four    spaces\t\ttabs",
        ])
        .prop_map(str::to_owned),
    ]
}

/// SMS segments counted a second time, over the whole alphabet as numbers, and by filling segment after segment.
fn counted_again(text: &str) -> u64 {
    const EXTENSION: [char; 10] = ['\u{c}', '^', '{', '}', '\\', '[', '~', ']', '|', '\u{20ac}'];
    let one = |c: char| {
        matches!(c, ' '..='Z' | 'a'..='z' | '\n' | '\r' | '_' | '\u{a1}' | '\u{a3}'..='\u{a5}' | '\u{a7}' | '\u{bf}')
            && c != '`'
            || "ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ".contains(c)
    };
    let gsm = text.chars().all(|c| one(c) || EXTENSION.contains(&c));
    let width = |c: char| if gsm { 1 + usize::from(EXTENSION.contains(&c)) } else { c.len_utf16() };
    let (whole, part) = if gsm { (160, 153) } else { (70, 67) };
    if text.chars().map(width).sum::<usize>() <= whole {
        return 1;
    }
    let mut rest: std::collections::VecDeque<usize> = text.chars().map(width).collect();
    let mut segments = 0;
    while !rest.is_empty() {
        segments += 1;
        let mut room = part;
        while rest.front().is_some_and(|width| *width <= room) {
            room -= rest.pop_front().unwrap_or_default();
        }
    }
    segments
}

fn tracked(buttons: &str) -> Wording {
    let parts = [(Part::Html, "<b>{{ a }}</b>"), (Part::Buttons, buttons)];
    wording([template(ChannelKind::Telegram, "en", &parts, &[("a", true), ("more", false)])])
}

fn buttons_of(wording: &Wording, payload: &Json) -> Result<Vec<(String, String)>, String> {
    let kept = wording.kept(&matter(ChannelKind::Telegram, "en", payload)).expect("kept").expect("of the tenant");
    let buttons = wording.buttons_of(&Filling::of(&kept.0), &kept.1).map_err(|error| error.to_string())?;
    Ok(buttons.into_iter().map(|button| (button.text, button.url)).collect())
}

#[test]
fn f4_buttons_lead_where_the_template_says_and_one_that_says_nothing_is_left_out() {
    let source = "Track {{ a }} | https://example.com/t/{{ a | urlencode }}\n\n{% if more %}More{% endif %} | https://example.com/more";
    let wording = tracked(source);
    let track = ("Track 1 2".to_owned(), "https://example.com/t/1%202".to_owned());
    assert_eq!(buttons_of(&wording, &json!({"a": "1 2"})), Ok(vec![track.clone()]));
    let more = ("More".to_owned(), "https://example.com/more".to_owned());
    assert_eq!(buttons_of(&wording, &json!({"a": "1 2", "more": "yes"})), Ok(vec![track, more]));
    for (source, told) in [
        ("Track it", "line 1: a button is one line"),
        ("\nTrack | {{ a }}", "line 2: a button leads to an address"),
        (&"x | https://example.com/\n".repeat(11), "ten buttons at most"),
    ] {
        let error = buttons_of(&tracked(source), &json!({"a": "javascript:alert(1)"})).expect_err(source);
        assert!(error.contains(told) && !error.contains("alert"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    // Whatever comes with a notification: the buttons are the template's alone, and lead where it says.
    #[test]
    fn f4_no_value_makes_another_button_or_leads_elsewhere(a in r#"[ |/?#@:.\\a-z{}%&<>"\n]{0,40}|\PC{0,40}"#) {
        let source = "Track {{ a }} | https://example.com/t/{{ a|urlencode }}?x={{ a|urlencode }}\nMore | https://example.com/more";
        let buttons = buttons_of(&tracked(source), &json!({"a": a})).expect("worded");
        prop_assert_eq!(buttons.len(), 2);
        prop_assert!(buttons[0].0.starts_with("Track") && !buttons[0].0.contains('\n'), "{:?}", buttons);
        let url = reqwest::Url::parse(&buttons[0].1).expect("an address");
        prop_assert_eq!((url.scheme(), url.host_str(), url.fragment()), ("https", Some("example.com"), None));
        prop_assert_eq!(&buttons[1], &("More".to_owned(), "https://example.com/more".to_owned()));
    }

    // Whatever comes with a notification: the markup is the template's alone.
    #[test]
    fn e17_no_value_breaks_the_markup_of_a_notification(a in values(), k in values(), x in values(), name in values(), hebrew: bool) {
        let locale = if hebrew { "he" } else { "en" };
        let wording = wording(everywhere());
        let wild = json!({"a": a, "o": {"k": k}, "l": [x, null, 0], "stranger": a});
        let tame = json!({"a": "a", "o": {"k": "k"}, "l": ["x", 0]});
        let worded = |channel, payload: &Json, name: &str| {
            wording.notification(&Matter { name, event_type: name, ..matter(channel, locale, payload) })
        };
        // Telegram takes it.
        let Ok(Worded::Telegram(html)) = worded(ChannelKind::Telegram, &wild, &name) else { panic!("not worded") };
        let tags = |html: &str| html.split('<').skip(1).map(|tag| tag.split(['>', ' ']).next().unwrap_or("").to_owned()).collect::<Vec<_>>();
        prop_assert!(visible_text(&html).is_ok(), "{}", html);
        prop_assert_eq!(tags(&html), ["b", "/b", "a", "/a"]);
        // A browser sees the same elements and attributes.
        let Ok(Worded::Mail(mail)) = worded(ChannelKind::Email, &wild, &name) else { panic!("not worded") };
        let Ok(Worded::Mail(other)) = worded(ChannelKind::Email, &tame, "n") else { panic!("not worded") };
        prop_assert_eq!(elements(&mail.html), elements(&other.html));
        prop_assert!(!mail.subject.chars().any(char::is_control));
        // Texts stay on their lines, and nothing turns them around but our own marks, in pairs.
        for channel in [ChannelKind::Sms, ChannelKind::Whatsapp] {
            let text = text(worded(channel, &wild, &name));
            prop_assert_eq!(text.lines().count(), 1);
            let turns = text.chars().any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}'));
            prop_assert!(!turns);
            let marks = ['\u{2068}', '\u{2069}'].map(|mark| text.matches(mark).count());
            prop_assert_eq!(marks[0], marks[1]);
            prop_assert_eq!(segments(&text), counted_again(&text));
        }
        let Ok(Some(meta)) = wording.meta_message(&Matter { name: &name, ..matter(ChannelKind::Whatsapp, locale, &wild) }) else { panic!("no message") };
        for parameter in &meta.parameters {
            prop_assert!(!parameter.is_empty() && !parameter.contains(['\n', '\r', '\t']) && !parameter.contains("    "), "{}", parameter);
        }
    }

    // Whatever is missing: nothing is said about it, and a zero is a zero.
    #[test]
    fn e17_nothing_is_printed_that_is_not_there(given in prop::option::of(prop_oneof![Just(json!(0)), Just(json!(0.0)), Just(json!("")), Just(json!(null)), Just(json!(false)), Just(json!([null])), Just(json!({}))])) {
        let wording = wording(everywhere());
        let mut payload = json!({"o": {"k": null}, "l": [null, 0]});
        if let Some(given) = given.as_ref().filter(|given| !given.is_array() && !given.is_object()) {
            payload["a"] = given.clone();
        }
        for channel in [ChannelKind::Sms, ChannelKind::Whatsapp, ChannelKind::Telegram, ChannelKind::Email] {
            let text = text(wording.notification(&matter(channel, "en", &payload))).replace("example.com", "");
            for never in ["{{", "}}", "undefined", "null", "none", "None", "0.0"] {
                prop_assert!(!text.contains(never), "{} in {}", never, text);
            }
            prop_assert!(text.contains('0'), "{}", text);
        }
    }
}

#[test]
fn f4_what_was_stored_before_it_was_looked_at_fails_and_brings_nothing_down() {
    let poison = "{% if n %}{% set ns=namespace(x=[]) %}{% for i in range(9000) %}{% set ns.x=[ns.x] %}{% endfor %}\
                  {{ ns.x|string|length }}{% else %}ok{% endif %}";
    let deep = format!("{{{{ {}1 }}}}", "-".repeat(9000));
    let payload = json!({"n": 1});
    for source in [poison, &deep, "{{ range(99999)|join('x'*10000)|length }}"] {
        let wording = wording([template(ChannelKind::Sms, "en", &[(Part::Text, source)], &[("n", true)])]);
        let failed = wording.notification(&matter(ChannelKind::Sms, "en", &payload));
        assert!(matches!(failed, Err(WordingError::Invalid { line: 1, .. })), "{source:.40}");
    }
}
