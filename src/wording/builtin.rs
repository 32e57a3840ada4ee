//! The built-in templates, compiled in: the same files in every language.

use std::sync::LazyLock;

use super::pages;

macro_rules! templates {
    ($($file:literal),* $(,)?) => {
        /// Every file of `config/templates`, by locale.
        pub(super) const BUILTIN: &[(&str, &[(&str, &str)])] = &[
            ("en", &[$(($file, include_str!(concat!("../../config/templates/en/", $file)))),*]),
            ("he", &[$(($file, include_str!(concat!("../../config/templates/he/", $file)))),*]),
            ("ru", &[$(($file, include_str!(concat!("../../config/templates/ru/", $file)))),*]),
        ];
    };
}

templates![
    "address_paused.email.subject",
    "address_paused.plain.text",
    "details.email.subject",
    "details.plain.text",
    "endpoint_off.email.subject",
    "endpoint_off.plain.text",
    "answer_acknowledged.plain.text",
    "answer_already_registered.plain.text",
    "answer_bad_link.plain.text",
    "answer_registered_elsewhere.plain.text",
    "answer_claimed.plain.text",
    "answer_cooling_down.plain.text",
    "answer_declined.plain.text",
    "answer_full.plain.text",
    "answer_help.plain.text",
    "answer_help.sms.text",
    "answer_invited.email.html",
    "answer_invited.email.subject",
    "answer_invited.plain.text",
    "answer_no_open_offer.plain.text",
    "answer_no_such_job.plain.text",
    "answer_not_for_them.plain.text",
    "answer_not_published.plain.text",
    "answer_offer_over.plain.text",
    "answer_opted_in.plain.text",
    "answer_opted_in.sms.text",
    "answer_opted_out.plain.text",
    "answer_order.plain.text",
    "answer_register.plain.text",
    "answer_taken.plain.text",
    "answer_too_often.plain.text",
    "answer_unknown.plain.text",
    "answer_unreachable.plain.text",
    "answer_unrecognized.plain.text",
    "answer_unrecognized.sms.text",
    "answer_welcome.plain.text",
    "answer_welcome.sms.text",
    "answer_which.plain.text",
    "answer_which.whatsapp.buttons",
    "approval_wanted.email.html",
    "approval_wanted.email.subject",
    "approval_wanted.plain.text",
    "approval_wanted.telegram.html",
    "asked.plain.text",
    "asked.telegram.html",
    "claim_ended.email.subject",
    "claim_ended.plain.text",
    "claim_ended.telegram.html",
    "crew.plain.text",
    "desk.telegram.buttons",
    "crew_group.plain.text",
    "crew_group.telegram.buttons",
    "footer.email.text",
    "job.email.html",
    "job.plain.text",
    "job.telegram.html",
    "layout.email.html",
    "lead.plain.text",
    "message.email.html",
    "message.email.subject",
    "note.email.subject",
    "note.plain.text",
    "note_done.plain.text",
    "notice.email.subject",
    "notice.plain.text",
    "notice.telegram.html",
    "offer.email.html",
    "offer.email.subject",
    "offer.email.text",
    "offer.plain.text",
    "offer.sms.text",
    "offer.telegram.buttons",
    "offer.telegram.html",
    "offer.whatsapp.buttons",
    "offer.whatsapp.text",
    "offer_over.email.subject",
    "offer_over.plain.text",
    "offer_over.telegram.html",
    "pages.toml",
    "released.email.subject",
    "released.plain.text",
    "released.sms.text",
    "released.telegram.html",
    "reminder.email.subject",
    "reminder.plain.text",
    "reminder.telegram.html",
    "route.email.html",
    "route.email.subject",
    "route.plain.text",
    "route.sms.text",
    "route.telegram.buttons",
    "route.telegram.html",
    "settled.email.subject",
    "settled.plain.text",
    "won.email.html",
    "won.email.subject",
    "won.plain.text",
    "won.sms.text",
    "won.telegram.html",
];

/// The template of notifications that brings its own words.
const NOTE: &str = "note";

/// The built-in files of a language; where there are none, the English ones.
pub(super) fn of_language(language: &str) -> &'static [(&'static str, &'static str)] {
    let of =
        |wanted: &str| BUILTIN.iter().find(|(locale, _)| locale.eq_ignore_ascii_case(wanted)).map(|(_, files)| *files);
    of(language).or_else(|| of("en")).unwrap_or_default()
}

/// The keys of every line that pages say.
pub(super) fn page_keys() -> &'static [String] {
    static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let source = of_language("en").iter().find(|(file, _)| *file == pages::FILE).map_or("", |(_, source)| *source);
        let lines = pages::lines("en", source, true).unwrap_or_default();
        lines.into_iter().filter_map(|(file, _)| Some(file.strip_prefix("en/page.")?.to_owned())).collect()
    });
    &KEYS
}

/// Whether a name is one of ours for jobs, answers, or what they include: no notification can be worded by it.
pub(super) fn is_of_jobs(name: &str) -> bool {
    name != NOTE && of_language("en").iter().any(|(file, _)| file.split('.').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_template_of_the_folder_is_compiled_in() {
        for (locale, files) in BUILTIN {
            let folder = format!("{}/config/templates/{locale}", env!("CARGO_MANIFEST_DIR"));
            let there: BTreeSet<_> = std::fs::read_dir(folder)
                .expect("the folder is part of the repository")
                .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
                .collect();
            let known: BTreeSet<_> = files.iter().map(|(file, _)| (*file).to_owned()).collect();
            assert_eq!(there, known, "{locale}");
        }
    }
}
