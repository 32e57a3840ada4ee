//! What pages say that people reach by a link: a line for each key of `<locale>/pages.toml`, filled like every other template. The
//! pages themselves are the same in every language; the words and the direction are not.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_core::time::Timestamp;
use icu_decimal::input::Decimal;
use jiff::civil::Date;
use minijinja::Value;
use sha2::{Digest, Sha256};

use super::error::WordingError;
use super::language::{self, Direction};
use super::{Wording, builtin, dates};

/// The file with the words of pages.
pub(super) const FILE: &str = "pages.toml";

/// A tenant can word purposes of its own: these keys need not be among ours.
const PURPOSE: &str = "purpose.";

/// What is filled into which line.
const FILLED: [(&str, &[&str]); 8] = [
    ("page.title", &["code"]),
    ("offer.by", &["by"]),
    ("offer.taken_in_line", &["place"]),
    ("summary.minutes", &["minutes"]),
    ("summary.hours", &["hours"]),
    ("summary.hours_minutes", &["hours", "minutes"]),
    ("preferences.place", &["channel"]),
    ("preferences.wrong_time_zone", &["given"]),
];

/// The words of pages in one language.
#[derive(Clone)]
pub struct Words {
    wording: Arc<Wording>,
    locale: String,
}

impl Words {
    /// In the nearest language that is worded.
    pub fn of(wording: &Arc<Wording>, locale: &str) -> Self {
        Self { wording: Arc::clone(wording), locale: wording.locale(locale).to_owned() }
    }

    /// In the first language of a browser that is worded: `Accept-Language`, the most wanted first.
    pub fn accepted(wording: &Arc<Wording>, header: &str) -> Self {
        let mut wanted: Vec<(u16, &str)> = header.split(',').take(16).filter_map(weighed).collect();
        // Of equal ones, the first holds: the sort keeps their order.
        wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let known = |wanted: &&str| wording.words(wanted);
        let locale = wanted.iter().map(|(_, locale)| *locale).find(known).unwrap_or("en");
        Self::of(wording, locale)
    }

    /// The language.
    pub fn locale(&self) -> &str {
        &self.locale
    }

    /// The nearest language to another one that is worded.
    pub fn nearest(&self, locale: &str) -> &str {
        self.wording.locale(locale)
    }

    /// Which way it is written, as HTML says it.
    pub fn direction(&self) -> &'static str {
        Direction::of(&self.locale).as_str()
    }

    /// A line.
    pub fn say(&self, key: &str) -> String {
        self.fill(key, &[])
    }

    /// A line with what is filled into it. All of them are tried before the first page is shown.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        match self.wording.page_line(&self.locale, key, values) {
            Ok(Some(line)) => line,
            Ok(None) => {
                debug_assert!(false, "no page says {key}");
                String::new()
            }
            Err(error) => {
                tracing::error!(%error, "a line of a page cannot be filled");
                String::new()
            }
        }
    }

    /// A line with one value.
    pub fn with(&self, key: &str, name: &str, value: &str) -> String {
        self.fill(key, &[(name, value)])
    }

    /// A moment on somebody's own clock.
    pub fn moment(&self, at: Timestamp, zone: &str) -> String {
        dates::moment(at, zone, &self.locale)
    }

    /// A day.
    pub fn day(&self, date: Date) -> String {
        dates::day(date, &self.locale)
    }

    /// A whole number.
    pub fn number(&self, whole: u32) -> String {
        language::number(&Decimal::from(whole), &self.locale)
    }

    /// What messages of a purpose are called; one of the tenant's own by its slug, where nobody has worded it.
    pub fn purpose(&self, slug: &str) -> String {
        let line = self.wording.page_line(&self.locale, &format!("{PURPOSE}{slug}"), &[]);
        line.ok().flatten().unwrap_or_else(|| slug.replace('-', " "))
    }

    /// The languages there are words in, and what each calls itself.
    pub fn languages(&self) -> Vec<(String, String)> {
        let named = |locale: &String| {
            let name = self.wording.page_line(locale, "page.language", &[]).ok().flatten();
            (locale.clone(), name.unwrap_or_else(|| locale.clone()))
        };
        self.wording.locales.iter().map(named).collect()
    }

    /// Which words somebody has said yes or no to: another version as soon as one of them is another.
    pub fn version(&self, section: &str) -> String {
        let mut hash = Sha256::new();
        for key in keys().filter(|key| key.starts_with(section)) {
            hash.update(self.fill_with_samples(key));
            hash.update([0]);
        }
        format!("{section}.{}.{}", self.locale, hex::encode(&hash.finalize()[..4]))
    }

    fn fill_with_samples(&self, key: &str) -> String {
        self.wording.page_line(&self.locale, key, &samples(key)).ok().flatten().unwrap_or_default()
    }
}

impl Wording {
    /// Everything that is wrong with the lines of pages.
    pub(super) fn mistakes_of_pages(&self) -> Vec<WordingError> {
        let lines = self.locales.iter().flat_map(|locale| keys().map(move |key| (locale, key)));
        lines.filter_map(|(locale, key)| self.page_line(locale, key, &samples(key)).err()).collect()
    }

    fn page_line(&self, locale: &str, key: &str, values: &[(&str, &str)]) -> Result<Option<String>, WordingError> {
        let mut values: BTreeMap<&str, Value> =
            values.iter().map(|(name, value)| (*name, Value::from(*value))).collect();
        values.insert("locale", Value::from(locale));
        self.fill_file(&template(locale, key), &Value::from(values))
    }

    /// Whether a language, or the one it is a kind of, is worded.
    fn words(&self, locale: &str) -> bool {
        let language = locale.split(['-', '_']).next().unwrap_or_default();
        self.locales.iter().any(|known| known.eq_ignore_ascii_case(locale) || known.eq_ignore_ascii_case(language))
    }
}

/// The lines of a file by the names of their templates; a text that is none, or that no page of ours says, is a mistake.
pub(super) fn lines(locale: &str, source: &str, ours: bool) -> Result<Vec<(String, String)>, WordingError> {
    let file = || format!("{locale}/{FILE}");
    let invalid = |line, reason: String| WordingError::Invalid { file: file(), line, reason };
    let sections: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(source).map_err(|error| {
        let line = error.span().map_or(0, |span| source[..span.start.min(source.len())].lines().count());
        invalid(line, error.message().to_owned())
    })?;
    let mut lines = Vec::new();
    for (section, texts) in sections {
        for (name, text) in texts {
            let key = format!("{section}.{name}");
            if !ours && !key.starts_with(PURPOSE) && !keys().any(|known| known == key) {
                return Err(invalid(0, format!("no page says {key}")));
            }
            lines.push((template(locale, &key), text));
        }
    }
    Ok(lines)
}

/// The keys of every line, as our English file has them.
fn keys() -> impl Iterator<Item = &'static str> {
    builtin::page_keys().iter().map(String::as_str)
}

fn template(locale: &str, key: &str) -> String {
    format!("{locale}/page.{key}")
}

fn samples(key: &str) -> Vec<(&'static str, &'static str)> {
    let filled = FILLED.iter().find(|(known, _)| *known == key).map_or(&[][..], |(_, names)| names);
    filled.iter().map(|name| (*name, "7")).collect()
}

/// A language of a browser with its weight in thousandths: `he-IL`, `en;q=0.8`.
fn weighed(part: &str) -> Option<(u16, &str)> {
    let (locale, weight) = part.split_once(';').unwrap_or((part, "q=1"));
    let weight: f32 = weight.trim().strip_prefix("q=")?.trim().parse().ok()?;
    let thousandths = (weight.clamp(0.0, 1.0) * 1000.0) as u16;
    Some((thousandths, locale.trim())).filter(|(weight, locale)| *weight > 0 && !locale.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::wording::samples::links;

    fn wording() -> Arc<Wording> {
        Arc::new(Wording::builtin(links()).expect("ours are valid"))
    }

    fn keys_of(locale: &str) -> BTreeSet<String> {
        let (_, files) = builtin::BUILTIN.iter().find(|(known, _)| *known == locale).expect("worded");
        let (_, source) = files.iter().find(|(file, _)| *file == FILE).expect("has pages");
        let lines = lines(locale, source, true).expect("ours are valid");
        lines.into_iter().map(|(template, _)| template.split_once("page.").expect("a line").1.to_owned()).collect()
    }

    #[test]
    fn f4_every_line_of_a_page_is_there_in_every_language_and_can_be_filled() {
        let english = keys_of("en");
        assert!(english.len() > 100);
        for locale in ["ru", "he"] {
            assert_eq!(keys_of(locale), english, "{locale}");
        }
        for locale in ["en", "ru", "he"] {
            let words = Words::of(&wording(), locale);
            for key in &english {
                assert!(!words.fill(key, &samples(key)).trim().is_empty(), "{locale} {key}");
            }
        }
        assert_eq!(wording().mistakes_of_pages().len(), 0);
        for (key, _) in FILLED {
            assert!(english.contains(key), "{key}");
        }
    }

    #[test]
    fn every_line_is_said_by_a_page() {
        let mut pages = String::new();
        for folder in ["pages", "public", "public/preferences"] {
            let folder = format!("{}/src/http/{folder}", env!("CARGO_MANIFEST_DIR"));
            for file in std::fs::read_dir(folder).expect("is there") {
                pages += &std::fs::read_to_string(file.expect("readable").path()).unwrap_or_default();
            }
        }
        let dynamic = ["channel.", "purpose.", "page.language"];
        for key in keys().filter(|key| !dynamic.iter().any(|begins| key.starts_with(begins))) {
            let (_, name) = key.split_once('.').expect("a section");
            let bare = name.strip_suffix("_text").unwrap_or(name);
            let said = [format!("\"{key}\""), format!(".{bare}\""), format!("\"{bare}\"")];
            assert!(said.iter().any(|said| pages.contains(said.as_str())), "no page says {key}");
        }
    }

    #[test]
    fn f4_no_line_is_left_in_english() {
        let (english, others) = (Words::of(&wording(), "en"), ["ru", "he"].map(|locale| Words::of(&wording(), locale)));
        let same = ["channel.telegram", "channel.whatsapp", "channel.sms"];
        for key in keys().filter(|key| !same.contains(key)) {
            for words in &others {
                assert_ne!(words.fill(key, &samples(key)), english.fill(key, &samples(key)), "{key}");
            }
        }
    }

    #[test]
    fn f4_a_browser_is_answered_in_the_language_it_wants_most() {
        for (header, locale) in [
            ("he-IL,he;q=0.9,en;q=0.8", "he"),
            ("de, ru;q=0.5, en;q=0.2", "ru"),
            ("en;q=0.2, ru;q=0.5", "ru"),
            ("ru;q=0, he", "he"),
            ("de", "en"),
            ("", "en"),
            (";q=x,,*", "en"),
        ] {
            assert_eq!(Words::accepted(&wording(), header).locale(), locale, "{header}");
        }
        assert_eq!(Words::of(&wording(), "he-IL").direction(), "rtl");
        assert_eq!(Words::of(&wording(), "ru").direction(), "ltr");
    }

    #[test]
    fn the_version_of_words_is_another_where_one_of_them_is() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("en")).expect("a folder");
        let write = |text: &str| std::fs::write(folder.path().join("en").join(FILE), text).expect("a file");
        write("[preferences]\ntitle = \"Your wishes\"\n[purpose]\nnews = \"Our news\"\n");
        let own = Arc::new(Wording::with_overrides(folder.path(), links()).expect("valid"));
        let (own, ours) = (Words::of(&own, "en"), Words::of(&wording(), "en"));
        assert_ne!(own.version("preferences"), ours.version("preferences"));
        assert_eq!(ours.version("preferences"), Words::of(&wording(), "en").version("preferences"));
        assert!(ours.version("preferences").starts_with("preferences.en.") && ours.version("preferences").len() <= 32);
        assert_eq!((own.say("preferences.title"), own.say("preferences.save")), ("Your wishes".into(), "Save".into()));
        assert_eq!((own.purpose("news"), ours.purpose("parcel-news")), ("Our news".into(), "parcel news".into()));
        for (wrong, told) in [
            ("[preferences]\ntitel = \"x\"", "no page says preferences.titel"),
            ("[offer]\nby = \"{{ when }}\"", "when is not defined"),
            ("[offer", "template en/pages.toml, line 1"),
        ] {
            write(wrong);
            let mistakes = Wording::with_overrides(folder.path(), links()).err().expect("refused");
            assert!(mistakes.iter().any(|mistake| mistake.to_string().contains(told)), "{mistakes:?}");
        }
    }
}
