//! What was tried to bring a server down by a template, and that ordinary ones stay what they were.

use std::sync::LazyLock;

use baton_actors::clock::Stopwatch;
use proptest::prelude::*;

use super::*;
use crate::wording::{Wording, samples};

fn told(source: &str) -> String {
    check(source).err().map_or_else(|| "fine".to_owned(), |refused| format!("{}: {}", refused.line, refused.reason))
}

#[test]
fn f4_what_piles_up_or_nests_without_end_is_refused_with_its_line() {
    let nested = format!("{{{{ {}1{} }}}}", "(".repeat(99), ")".repeat(99));
    let lists = format!("{{{{ {}1{} }}}}", "[".repeat(99), "]".repeat(99));
    let ifs = format!("{}{}", "{% if a %}".repeat(99), "{% endif %}".repeat(99));
    let elifs = format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(9000));
    let loops = format!("{}{}", "{% for b in a %}".repeat(4), "{% endfor %}".repeat(4));
    let cases: &[(&str, &str)] = &[
        (
            "{% if n %}{% set ns=namespace(x=[]) %}{% for i in range(9000) %}{% set ns.x=[ns.x] %}{% endfor %}\
             {{ ns.x|string|length }}{% else %}ok{% endif %}",
            "1: set cannot be used",
        ),
        (&format!("\n{{{{ {}1 }}}}", "-".repeat(9000)), "2: a tag has 200"),
        (&format!("{{{{ {}1 }}}}", "not ".repeat(9000)), "1: a tag has 200"),
        (&format!("{{{{ {}1 }}}}", "1+".repeat(9000)), "1: a tag has 8 of ~ and +"),
        (&format!("{{{{ a{} }}}}", "|upper".repeat(20)), "1: a tag has 8 filters"),
        (&format!("{{{{ a{} }}}}", ".a".repeat(9000)), "1: a tag has 200"),
        ("{% set ns.x = ns.x ~ ns.x %}", "1: set cannot be used"),
        ("{{ range(99999)|join('x'*10000)|length }}", "1: nothing can be called"),
        ("{{ a|join('x'*10000) }}", "1: * and ** cannot"),
        ("{{ 9**9 }}", "1: * and ** cannot"),
        (&nested, "1: brackets stand 12 deep"),
        (&lists, "1: brackets stand 12 deep"),
        (&ifs, "1: if, elif, for and block stand 40 deep"),
        (&elifs, "1: if, elif, for and block stand 40 deep"),
        (&loops, "1: loops stand 3 deep"),
        ("{{ [a, a, a]|upper }}", "1: a list that is written out"),
        ("{{ {'a': 1} }}", "1: an object cannot be written out"),
        ("{{ a|center(99999999) }}", "1: the filter center cannot be used"),
        ("{{ a|map('upper') }}", "1: the filter map cannot be used"),
        ("{{ a|upper.x(1) }}", "1: nothing can be called"),
        ("{% for b in a recursive %}{{ loop(b) }}{% endfor %}", "1: a loop cannot be recursive"),
        ("{{ self.body() }}", "1: nothing can be called"),
        ("{{ (a)() }}{{ a[0]() }}", "1: nothing can be called"),
        ("{% for is in range(9) %}{% endfor %}", "1: nothing can be called"),
        ("{%- macro x() %}{% endmacro %}", "1: macro cannot be used"),
        ("{% include 'job.plain.text' %}", "1: include cannot be used"),
        ("{% import 'x' as y %}", "1: import cannot be used"),
        ("{% filter upper %}x{% endfilter %}", "1: filter cannot be used"),
        ("{% do x %}", "1: do cannot be used"),
        ("{% with x = a %}{% endwith %}", "1: with cannot be used"),
        ("{% extends a ~ b %}", "1: extends takes the name"),
    ];
    for (source, expected) in cases {
        let told = told(source);
        assert!(told.starts_with(expected), "{told} is not {expected}");
    }
}

#[test]
fn f4_what_messages_need_can_be_said() {
    for source in [
        "Hello {{ agent or 'you' }}, we come {{ at|moment }} ({{ a ~ ' ' ~ b }}).",
        "{% if a is defined and not (b or c) %}{{ a }}{% elif n is divisibleby(3) %}x{% else %}y{% endif %}",
        "{% for a in b if a.x in ['x', -1] %}{{ loop.index }}{{ a['x']|default('-')|trim }}{% else %}{% endfor %}",
        "{% extends 'layout.email.html' %}{% block body %}{{ n|plural(one='#', other='#') }}{% endblock %}",
        "{{ a.in }}{{ 'yes' if n > 3 else 'no' }}{{ list|join(', ') }}{{ (n - 1) / 2 }}{# {% set %} #}",
        "{% raw %}{% set x %}{{ range(1) }}{% endraw %}",
    ] {
        assert_eq!(told(source), "fine", "{source}");
    }
}

/// Words of the language in any order, and a loop that does something costly with what it is given.
fn soup() -> impl Strategy<Value = String> {
    let words = [
        "{{ ",
        " }}",
        "{% if ",
        "{% elif ",
        "{% else %}",
        "{% endif %}",
        "{% for a in ",
        "{% endfor %}",
        " %}",
        "x",
        "xs",
        "text",
        "|join(x)",
        "|upper",
        "~",
        "+",
        "-",
        "(",
        ")",
        "[",
        "]",
        ",",
        "not ",
        " in ",
        " is ",
        "range",
        "'#'",
        "9",
        ".",
        "*",
        "{% set a = ",
        "{% block a %}",
        "{% endblock %}",
        " if ",
        " else ",
    ];
    let costly =
        ["|upper", "|urlencode", "|escape", "~x", "~text", "|replace('#', x)", "|plural(other=x)", "|join(x)", "+x"];
    let any = proptest::collection::vec((proptest::sample::select(words.to_vec()), 1_usize..40), 0..60)
        .prop_map(|parts| parts.iter().map(|(word, times)| word.repeat(*times)).collect::<String>());
    let looped = proptest::collection::vec(proptest::sample::select(costly.to_vec()), 0..18).prop_map(|parts| {
        format!(
            "{{% for a in xs %}}{{% for b in xs %}}{{% if x{} == 1 %}}{{% endif %}}{{% endfor %}}{{% endfor %}}",
            parts.concat()
        )
    });
    prop_oneof![any, looped]
}

static WORDING: LazyLock<Wording> = LazyLock::new(|| Wording::builtin(samples::links()).expect("ours are valid"));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn f4_no_soup_of_words_takes_long_or_makes_much(source in soup()) {
        let values = minijinja::context! { x => "#<".repeat(500), text => "y".repeat(2000), xs => vec!["x"; 4000], locale => "en" };
        let begun = Stopwatch::start();
        if let Ok(filled) = WORDING.fill_source("en/soup.email.html", &source, &values) {
            prop_assert!(filled.len() <= 512 * 1024);
        }
        prop_assert!(begun.elapsed().as_secs() < 5, "{source}");
    }
}

#[test]
fn f4_filters_that_make_much_of_little_stop() {
    let wording = Wording::builtin(samples::links()).expect("ours are valid");
    let values =
        minijinja::context! { x => "<".repeat(9000), n => "1".repeat(900), xs => vec!["x"; 4000], locale => "en" };
    for source in [
        "{{ xs|join(x) }}",
        "{{ x|replace('', x) }}",
        "{{ x|replace('<', x) }}",
        "{{ x|replace('&'|safe, x) }}",
        &format!("{{{{ n|plural(other='{}') }}}}", "#".repeat(900)),
    ] {
        let error = wording.fill_source("en/x.email.html", source, &values).expect_err(source).to_string();
        assert!(error.contains("more than 64 KiB"), "{source}: {error}");
    }
    let fine =
        wording.fill_source("en/x.email.html", "{{ xs|first|replace('x', '<') }}{{ [1, 2]|join(', ') }}", &values);
    assert_eq!(fine.expect("short"), "&lt;1, 2");
}
