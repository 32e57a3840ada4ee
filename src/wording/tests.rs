//! What wording promises: everything is worded, nothing breaks the markup, mistakes name their place.

use proptest::prelude::*;

use super::*;
use baton_actors::channel::Answer;
use baton_core::brief::{Brief, Item};
use baton_core::message::Topic;

fn builtin() -> Wording {
    Wording::builtin(samples::links()).expect("the built-in templates are valid")
}

fn first(say: impl Fn(&Say) -> bool) -> Errand {
    samples::errands("en").into_iter().find(|errand| say(&errand.say)).expect("there is a sample of everything")
}

fn offer_of(brief: Brief) -> Errand {
    let say = samples::about_job(Topic::Offer(1), &samples::view(brief), true);
    Errand { say, ..samples::errands("en").remove(0) }
}

#[test]
fn everything_there_is_to_say_has_wording_in_every_family() {
    assert!(builtin().mistakes().is_empty(), "{:#?}", builtin().mistakes());
    let wording = builtin();
    for errand in ["en", "ru", "he"].into_iter().flat_map(samples::errands) {
        let mail = wording.mail(&errand).expect("worded");
        let plain = wording.plain(&errand).expect("worded");
        let telegram = wording.telegram(&errand).expect("worded");
        let (whatsapp, sms) = (wording.whatsapp(&errand).expect("worded"), wording.sms(&errand).expect("worded"));
        let html = mail.html.replace("text-decoration:none", "");
        for text in [&mail.subject, &mail.text, &html, &plain, &telegram, &whatsapp, &sms] {
            assert!(!text.trim().is_empty(), "{:?}", errand.say);
            for leftover in ["{{", "{%", "undefined", "none", "null", "\n\n\n"] {
                assert!(!text.contains(leftover), "{leftover} in {text}");
            }
        }
    }
}

#[test]
fn an_offer_says_what_one_needs_to_answer_it() {
    let errand = first(|say| matches!(say, Say::Job { topic: Topic::Offer(_), .. }));
    let (plain, telegram) = (builtin().plain(&errand).expect("worded"), builtin().telegram(&errand).expect("worded"));
    let mail = builtin().mail(&errand).expect("worded");
    let (whatsapp, sms) = (builtin().whatsapp(&errand).expect("worded"), builtin().sms(&errand).expect("worded"));
    let code = samples::view(Brief::default()).code.to_string();
    for text in [&plain, &telegram, &mail.text, &mail.html, &whatsapp, &sms] {
        for needed in ["Leeds", "Manchester", "Sat 30 Jan 2027", &code, "NO", "Sat 30 Jan, 14:30 GMT"] {
            assert!(text.contains(needed), "no {needed} in {text}");
        }
        // A "YES" by SMS is taken by carriers for a wish to hear more.
        assert!(text.contains(if *text == sms { "ACCEPT" } else { "YES" }), "{text}");
    }
    assert_eq!(mail.subject, format!("Job offer {code}: Leeds to Manchester, Sat 30 Jan 2027"));
    for text in [&mail.text, &whatsapp, &sms] {
        assert!(text.contains("https://example.com/public/offers/"), "{text}");
    }
}

#[test]
fn a_question_which_offer_numbers_the_choices() {
    let errand = first(|say| matches!(say, Say::Answer(Answer::Which(_))));
    let plain = builtin().plain(&errand).expect("worded");
    let numbered: Vec<_> = plain.lines().filter_map(|line| line.split_once(". ")).map(|(no, _)| no).collect();
    assert_eq!(numbered, ["Which one? Reply with its number.", "1", "2"][1..].to_vec(), "{plain}");
}

#[test]
fn a_message_that_may_be_a_repeat_says_so() {
    let errand = offer_of(samples::full_brief());
    let once = Errand { possible_repeat: false, ..errand.clone() };
    assert!(builtin().plain(&errand).expect("worded").contains("may have had this before"));
    assert!(!builtin().plain(&once).expect("worded").contains("may have had this before"));
}

#[test]
fn a_language_nobody_worded_is_said_in_english() {
    let errand = Errand { locale: "xx-YY".to_owned(), ..offer_of(samples::full_brief()) };
    assert!(builtin().plain(&errand).expect("worded").starts_with("(You may"));
}

#[test]
fn f4_every_language_names_the_words_that_are_understood_in_it() {
    use baton_core::reply::{Reply, read};
    for (locale, yes, no, help) in
        [("en", "YES", "NO", "HELP"), ("ru", "ДА", "НЕТ", "ПОМОЩЬ"), ("he", "כן", "לא", "עזרה")]
    {
        let say = Say::Answer(Answer::Unrecognized);
        let said = builtin().plain(&Errand { say, ..samples::errands(locale).remove(0) }).expect("worded");
        for (word, reply) in [(yes, Reply::Yes), (no, Reply::No), (help, Reply::Help)] {
            assert!(said.contains(word), "{said}");
            assert_eq!(read(word, locale).reply, reply, "{word}");
        }
        let say = Say::Answer(Answer::OptedIn);
        let said = builtin().plain(&Errand { say, ..samples::errands(locale).remove(0) }).expect("worded");
        assert!(said.contains("STOP"), "{said}");
    }
    assert_eq!(read("ACCEPT", "en").reply, Reply::Yes);
}

#[test]
fn f4_a_text_message_names_only_words_that_carriers_leave_to_us() {
    use baton_core::reply::{OPT_OUT, Reply, read};
    // What Twilio takes for a wish to hear more, beside START, which is told to those who want that.
    let taken = ["YES", "UNSTOP"];
    for locale in ["en", "ru", "he"] {
        for errand in samples::errands(locale) {
            let said = builtin().sms(&errand).expect("worded");
            let words = said.split(|c: char| !c.is_alphanumeric());
            for word in words.filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase())) {
                assert!(!taken.contains(&word), "{word} in {said}");
                // The words of an answer are understood as one, and those that end messages only as that.
                let reply = read(word, locale).reply;
                let ends = OPT_OUT.contains(&word.to_lowercase().as_str());
                assert_eq!(reply == Reply::OptOut, ends, "{word} in {said}");
            }
        }
        let help = |say| builtin().sms(&Errand { say: Say::Answer(say), ..samples::errands(locale).remove(0) });
        for answer in [Answer::Help, Answer::OptedIn, Answer::Unrecognized, Answer::Welcome] {
            let said = help(answer).expect("worded");
            let replies: Vec<Reply> =
                said.split(|c: char| !c.is_alphanumeric()).map(|word| read(word, locale).reply).collect();
            assert!(replies.contains(&Reply::Yes) && replies.contains(&Reply::No), "{said}");
        }
    }
}

#[test]
fn f4_hebrew_runs_from_right_to_left_and_names_in_other_letters_are_set_apart() {
    let errand = Errand { locale: "he-IL".to_owned(), ..offer_of(samples::full_brief()) };
    let mail = builtin().mail(&errand).expect("worded");
    assert!(mail.html.contains(r#"<html lang="he" dir="rtl">"#), "{}", mail.html);
    assert!(mail.html.contains("\u{2068}Leeds\u{2069}"), "{}", mail.html);
    assert!(mail.html.contains(r#"href="https:&#x2f;&#x2f;example.com"#), "a link is no text: {}", mail.html);
    assert!(mail.text.contains("\nhttps://example.com/"), "{}", mail.text);
    assert!(builtin().plain(&errand).expect("worded").contains("מ-\u{2068}Leeds\u{2069} ל-\u{2068}Manchester\u{2069}"));
    // Every mark in an SMS costs.
    assert!(!builtin().sms(&errand).expect("worded").contains('\u{2068}'));
    let english = offer_of(Brief { from: Some("חיפה".to_owned()), ..samples::full_brief() });
    let said = builtin().telegram(&english).expect("worded");
    assert!(said.contains("<b>\u{2068}חיפה\u{2069}</b>") && said.contains("<b>Manchester</b>"), "{said}");
}

#[test]
fn f3_a_mail_to_a_person_ends_with_the_page_of_their_preferences_and_one_to_the_desk_does_not() {
    let wording = builtin().with_preferences(Arc::new(|_| "https://example.com/public/preferences/t".into()));
    let ana = AgentId::of_reference(baton_core::ids::TenantId::DEFAULT, "ana");
    for locale in ["en", "ru", "he"] {
        for errand in samples::errands(locale) {
            let to_desk = wording.mail(&errand).expect("worded");
            assert!(
                !to_desk.text.contains("/preferences/") && !to_desk.html.contains("preferences"),
                "{}",
                to_desk.text
            );
            let mail = wording.mail(&Errand { agent: Some(ana), ..errand }).expect("worded");
            let last = mail.text.lines().last().unwrap_or_default();
            assert!(last.ends_with(": https://example.com/public/preferences/t"), "{}", mail.text);
            assert_eq!(mail.html.matches("preferences&#x2f;t").count(), 1, "{}", mail.html);
        }
    }
}

mod own_templates {
    use super::*;

    fn overriding(files: &[(&str, &str)]) -> Result<Wording, Vec<String>> {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, source) in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("in a locale")).expect("a folder");
            std::fs::write(path, source).expect("a file");
        }
        Wording::with_overrides(folder.path(), samples::links())
            .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn stand_in_place_of_ours_and_english_fills_the_gaps() {
        let wording = overriding(&[("de/offer.plain.text", "Auftrag {{ job.code }}: JA oder NEIN?")]).expect("valid");
        let errand = Errand { locale: "de-AT".to_owned(), ..offer_of(samples::full_brief()) };
        assert!(wording.plain(&errand).expect("worded").starts_with("Auftrag "));
        let won = samples::about_job(Topic::Won, &samples::view(samples::full_brief()), true);
        let said = wording.plain(&Errand { say: won, ..errand }).expect("worded");
        assert!(said.contains("is yours") && said.contains("30.01.2027"), "{said}");
    }

    #[test]
    fn with_a_misspelt_name_are_refused_by_file_line_and_name() {
        let files = [("en/job.plain.text", "{{ job.from }}\n{{ job.form }}"), ("en/won.plain.text", "{{ jbo }}")];
        let mistakes = overriding(&files).err().expect("refused");
        assert!(
            mistakes.contains(&"template en/job.plain.text, line 2: job.form is not defined".to_owned()),
            "{mistakes:?}"
        );
        assert!(
            mistakes.contains(&"template en/won.plain.text, line 1: jbo is not defined".to_owned()),
            "{mistakes:?}"
        );
    }

    #[test]
    fn that_do_not_end_are_refused() {
        let mistakes = overriding(&[(
            "en/won.plain.text",
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ a * b }}{% endfor %}{% endfor %}",
        )]);
        let mistakes = mistakes.err().expect("refused");
        assert!(
            mistakes.iter().any(|mistake| mistake.contains("won.plain.text") && mistake.contains("fuel")),
            "{mistakes:?}"
        );
    }

    #[test]
    fn that_are_no_templates_are_refused() {
        let mistakes = overriding(&[("en/won.plain.text", "{% if %}")]).err().expect("refused");
        assert!(mistakes[0].starts_with("template en/won.plain.text, line 1: syntax error"), "{mistakes:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    // Whatever people are called and wherever they live: the markup is the template's alone.
    #[test]
    fn no_value_breaks_the_markup(name in value(), from in value(), to in value(), kind in value()) {
        let brief = Brief { from: Some(from.clone()), to: Some(to), items: vec![Item { kind, quantity: 1 }], ..samples::full_brief() };
        let tame = Brief { from: Some("a".into()), to: Some("b".into()), items: vec![Item { kind: "c".into(), quantity: 1 }], ..brief.clone() };
        let wording = builtin();
        let wild = Errand { name: format!("x{name}"), ..offer_of(brief) };
        let tame = Errand { name: "d".into(), ..offer_of(tame) };
        let tags = |html: &str| html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or("").to_owned()).collect::<Vec<_>>();
        prop_assert_eq!(tags(&wording.telegram(&wild).unwrap()), tags(&wording.telegram(&tame).unwrap()));
        let (wild_mail, tame_mail) = (wording.mail(&wild).unwrap(), wording.mail(&tame).unwrap());
        prop_assert_eq!(tags(&wild_mail.html), tags(&tame_mail.html));
        prop_assert!(!wild_mail.subject.chars().any(char::is_control));
        for worded in [Wording::plain, Wording::whatsapp, Wording::sms] {
            prop_assert_eq!(worded(&wording, &wild).unwrap().lines().count(), worded(&wording, &tame).unwrap().lines().count());
        }
        if !one_line(&from).is_empty() {
            let shown = one_line(&from);
            prop_assert!(wording.plain(&wild).unwrap().contains(&shown));
        }
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r"[_*\[\]()<>&;/a-z\r\n`~#+=|{}.!-]{1,40}",
        Just("<script>alert(1)</script>".to_owned())
    ]
}
