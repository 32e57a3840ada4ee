//! Reads settings one by one and notes every fault, so that all are told at once.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use secrecy::SecretString;
use toml::Value;

use super::fault::Fault;
use super::layers::Layers;
use super::setting::Setting;

/// Reads from all layers.
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    faults: &'a mut Vec<Fault>,
    /// Every key that was asked for: a test holds it against the keys there are.
    asked: BTreeSet<String>,
}

/// Reads one section.
pub(super) struct Section<'r, 'a> {
    reader: &'r mut Reader<'a>,
    name: String,
    /// The section whose values hold where this one says nothing.
    base: Option<String>,
}

impl<'a> Reader<'a> {
    pub fn new(layers: &'a Layers, faults: &'a mut Vec<Fault>) -> Self {
        Self { layers, faults, asked: BTreeSet::new() }
    }

    pub fn section(&mut self, name: &str) -> Section<'_, 'a> {
        Section { reader: self, name: name.to_owned(), base: None }
    }

    /// A section that takes from another what it does not say.
    pub fn section_over(&mut self, name: &str, base: &str) -> Section<'_, 'a> {
        Section { reader: self, name: name.to_owned(), base: Some(base.to_owned()) }
    }

    /// The names that stand directly below a table.
    pub fn names(&self, table: &str) -> BTreeSet<String> {
        let below = self.layers.entries.keys().filter_map(|key| key.strip_prefix(table)?.strip_prefix('.'));
        below.filter_map(|rest| rest.split('.').next()).map(str::to_owned).collect()
    }

    /// Notes a fault that is of no section.
    pub fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Every key that was asked for.
    pub fn asked(self) -> BTreeSet<String> {
        self.asked
    }
}

impl Section<'_, '_> {
    /// A setting.
    pub fn get<T: Setting>(&mut self, key: &str) -> T {
        let Some(value) = self.value(key) else {
            return T::stand_in();
        };
        match T::read(&value) {
            Ok(setting) => setting,
            Err(what) => {
                let cure = self.cure(key);
                self.fault(key, what, cure);
                T::stand_in()
            }
        }
    }

    /// A setting that need not be there.
    pub fn get_or<T: Setting>(&mut self, key: &str, otherwise: impl FnOnce() -> T) -> T {
        if self.value(key).is_some() { self.get(key) } else { otherwise() }
    }

    /// A text that need not be there.
    pub fn optional(&mut self, key: &str) -> String {
        self.get_or(key, String::new)
    }

    /// A setting within bounds.
    pub fn within<T: Setting + PartialOrd + Display>(&mut self, key: &str, bounds: RangeInclusive<T>) -> T {
        let setting = self.get::<T>(key);
        self.expect(key, bounds.contains(&setting), || {
            (format!("{setting} is out of bounds"), format!("{} to {} are allowed", bounds.start(), bounds.end()))
        });
        setting
    }

    /// A duration, size or text that must not be nothing.
    pub fn some<T: Setting + PartialEq + Default>(&mut self, key: &str) -> T {
        let setting = self.get::<T>(key);
        self.expect(key, setting != T::default(), || {
            ("it must not be nothing".to_owned(), "set it, or leave it out".to_owned())
        });
        setting
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> T {
        let said = self.get::<String>(key);
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == said) {
            return *meaning;
        }
        let wanted = words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        self.fault(key, format!("\"{said}\" is none of its words"), format!("write one of {wanted}"));
        words[0].1
    }

    /// Providers in the order in which they are tried, one word or several: those that are set up, of all there are. Who is set up
    /// and not named would never be used, and who is named among others and not set up could not be: both are faults.
    pub fn providers<T: Copy>(&mut self, key: &str, all: Vec<(&str, Option<T>)>) -> Vec<T> {
        let named = self.get::<Vec<String>>(key);
        let wanted = all.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        for (at, word) in named.iter().enumerate() {
            let (known, again) = (all.iter().any(|(one, _)| one == word), named[..at].contains(word));
            self.expect(key, known, || {
                (format!("\"{word}\" is none of its words"), format!("write one of {wanted}, or several in order"))
            });
            self.expect(key, !again, || (format!("\"{word}\" is named twice"), "name it once".to_owned()));
        }
        self.expect(key, !named.is_empty(), || ("nobody is named".to_owned(), format!("write one of {wanted}")));
        for (word, _) in all.iter().filter(|(word, set)| set.is_some() && !named.iter().any(|one| one == word)) {
            let what = format!("{}.{word} is set up as well, and is not named", self.name);
            let mut both = named.clone();
            both.push((*word).to_owned());
            let cure =
                format!("write {key} = \"{word}\" or {key} = {both:?}, or enabled = \"off\" in {}.{word}", self.name);
            self.fault(key, what, cure);
        }
        let found = |word: &String| all.iter().find(|(one, _)| one == word).and_then(|(_, set)| *set);
        let there: Vec<T> = named.iter().filter_map(found).collect();
        // All of them off is a channel that is off.
        if !there.is_empty()
            && let Some(word) = named.iter().find(|word| found(word).is_none())
        {
            let what = format!("{}.{word} is named and not set up", self.name);
            self.fault(key, what, format!("set it up, or leave \"{word}\" out"));
        }
        there
    }

    /// An address of the web without its last slash; empty where that is allowed by being the default.
    pub fn url(&mut self, key: &str) -> String {
        let text = self.get::<String>(key);
        let url =
            reqwest::Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let plain =
            url.is_some_and(|url| url.username().is_empty() && url.password().is_none() && url.query().is_none());
        self.expect(key, text.is_empty() || plain, || {
            let cure = "write http:// or https://, a host and perhaps a path; no user, password or query".to_owned();
            ("this is no address of the web that can be built upon".to_owned(), cure)
        });
        text.trim_end_matches('/').to_owned()
    }

    /// A secret: in the setting itself or in the file that `<key>_file` names; none where neither is set.
    pub fn secret(&mut self, key: &str) -> Option<SecretString> {
        let inline = self.get::<String>(key);
        let file_key = format!("{key}_file");
        let file = self.get::<String>(&file_key);
        self.secret_from(key, inline, &file_key, &file)
    }

    /// A secret whose two settings have been read.
    pub fn secret_from(&mut self, key: &str, inline: String, file_key: &str, file: &str) -> Option<SecretString> {
        let text = match (inline.is_empty(), file.is_empty()) {
            (true, true) => return None,
            (false, true) => inline,
            (false, false) => {
                self.fault(file_key, format!("{}.{key} is set as well", self.name), "keep one of the two".to_owned());
                return None;
            }
            (true, false) => match std::fs::read_to_string(file) {
                Ok(text) => text.trim().to_owned(),
                Err(error) => {
                    let cure = "name a file that exists and that this user may read".to_owned();
                    self.fault(file_key, format!("the file cannot be read ({error})"), cure);
                    return None;
                }
            },
        };
        if text.is_empty() {
            self.fault(file_key, "the file is empty".to_owned(), "write the secret into it".to_owned());
            return None;
        }
        Some(text.into())
    }

    /// A schedule in UTC, by the parser that will run it.
    pub fn cron(&mut self, key: &str) -> String {
        let text = self.get::<String>(key);
        let valid = tokio_cron_scheduler::Job::new(text.as_str(), |_, _| {}).is_ok();
        self.expect(key, valid, || {
            let cure = "write seconds minutes hours day month weekday, such as \"0 30 3 * * *\" (UTC)".to_owned();
            (format!("\"{text}\" is no schedule"), cure)
        });
        text
    }

    /// Notes a fault of the section itself.
    pub fn fault_of_section(&mut self, what: String, cure: String) {
        let key = self.name.clone();
        self.reader.fault(Fault { key, origin: None, what, cure });
    }

    /// Notes a fault of a setting unless `holds`.
    pub fn expect(&mut self, key: &str, holds: bool, fault: impl FnOnce() -> (String, String)) {
        if !holds {
            let (what, cure) = fault();
            self.fault(key, what, cure);
        }
    }

    /// Notes a fault of a setting. Where it has one already, that one says enough.
    pub fn fault(&mut self, key: &str, what: String, cure: String) {
        let key = self.path(key);
        let origin = self.reader.layers.entries.get(&key).and_then(|entry| entry.origin.clone());
        if !self.reader.faults.iter().any(|fault| fault.key == key) {
            self.reader.faults.push(Fault { key, origin, what, cure });
        }
    }

    fn path(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }

    fn value(&mut self, key: &str) -> Option<Value> {
        let own = self.path(key);
        let base = self.base.as_ref().map(|base| format!("{base}.{key}"));
        self.reader.asked.insert(own.clone());
        let entries = &self.reader.layers.entries;
        let entry = entries.get(&own).or_else(|| base.as_ref().and_then(|base| entries.get(base)));
        entry.map(|entry| entry.value.clone())
    }

    /// What to write instead: the default shows the form.
    fn cure(&self, key: &str) -> String {
        let own = self.path(key);
        let base = self.base.as_ref().map(|base| format!("{base}.{key}"));
        let defaults = &self.reader.layers.defaults;
        match defaults.get(&own).or_else(|| base.as_ref().and_then(|base| defaults.get(base))) {
            Some(default) => format!("the default is {default}"),
            None => "mend it or leave it out".to_owned(),
        }
    }
}
