//! The layers a configuration is put together from, the later over the earlier, each value with where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use toml::{Table, Value};

use super::fault::{Fault, nearest};

/// The settings as they are built in: every key there is, with its default.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// What `--dev` lays over the defaults.
const DEV: &str = include_str!("../../config/dev.toml");

/// What the environment's variables begin with.
pub const PREFIX: &str = "BATON__";

/// Variables that are no settings.
const OTHER_VARIABLES: [&str; 5] = ["BATON_CONFIG", "BATON_DEV_FALLS", "BATON_DEV_KEY", "BATON_KEY", "BATON_SERVER"];

/// Tables whose next part is a name that the user chooses.
const NAMED: [&str; 6] =
    ["api_keys", "sealing.keys", "sealing.key_files", "sealing.older", "sealing.older_files", "tenants"];

/// Where a configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file of `--config`.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The flags that set something.
    pub flags: Flags,
}

/// The flags that set something.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--dev`
    pub dev: bool,
    /// `--listen`
    pub listen: Option<String>,
    /// `--data`
    pub data: Option<PathBuf>,
}

impl Sources {
    /// This file, these flags, and the environment of the process. A variable that is not Unicode is none of ours.
    pub fn of_process(file: Option<PathBuf>, flags: Flags) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("BATON"))
            .collect();
        Self { file, environment, flags }
    }
}

/// One setting: its value and where it came from; none: built in.
#[derive(Clone)]
pub(super) struct Entry {
    pub value: Value,
    pub origin: Option<String>,
}

/// All settings by `section.key`.
#[derive(Clone, Default)]
pub(super) struct Layers {
    /// What holds.
    pub entries: BTreeMap<String, Entry>,
    /// The keys that are built in, with their defaults.
    pub defaults: BTreeMap<String, Value>,
}

/// Says how many there are: the values are as they were written, secrets among them.
impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} settings", self.entries.len())
    }
}

impl Layers {
    /// Lays one source over the other. What cannot be read or is no setting becomes a fault and is left out.
    pub fn gather(sources: &Sources, faults: &mut Vec<Fault>) -> Self {
        let defaults = read_table(DEFAULTS, "config/default.toml", faults);
        let mut layers = Self { entries: BTreeMap::new(), defaults };
        let built_in = layers.defaults.clone();
        for (key, value) in built_in {
            layers.entries.insert(key, Entry { value, origin: None });
        }
        if sources.flags.dev {
            layers.lay(read_table(DEV, "config/dev.toml", faults), "--dev", faults);
        }
        if let Some(path) = &sources.file {
            let origin = path.display().to_string();
            match std::fs::read_to_string(path) {
                Ok(text) => layers.lay(read_table(&text, &origin, faults), &origin, faults),
                Err(error) => faults.push(Fault {
                    key: origin,
                    origin: None,
                    what: format!("the configuration file cannot be read ({error})"),
                    cure: "give --config the path of a file that exists and can be read".to_owned(),
                }),
            }
        }
        layers.lay_environment(&sources.environment, faults);
        for (key, flag, value) in [
            ("server.listen", "--listen", sources.flags.listen.clone()),
            ("store.path", "--data", sources.flags.data.as_ref().map(|path| path.display().to_string())),
        ] {
            if let Some(value) = value {
                layers
                    .entries
                    .insert(key.to_owned(), Entry { value: Value::String(value), origin: Some(flag.to_owned()) });
            }
        }
        layers
    }

    fn lay(&mut self, table: BTreeMap<String, Value>, origin: &str, faults: &mut Vec<Fault>) {
        for (key, value) in table {
            self.set(key, value, origin.to_owned(), faults);
        }
    }

    fn lay_environment(&mut self, environment: &BTreeMap<String, String>, faults: &mut Vec<Fault>) {
        for (name, value) in environment {
            if let Some(path) = name.strip_prefix(PREFIX) {
                let key = key_of_variable(path);
                self.set(key, Value::String(value.clone()), name.clone(), faults);
            } else if name.starts_with("BATON") && name.contains("__") && !OTHER_VARIABLES.contains(&name.as_str()) {
                faults.push(Fault {
                    key: name.clone(),
                    origin: Some("environment".to_owned()),
                    what: "it looks like a setting and is none".to_owned(),
                    cure: format!("settings begin with {PREFIX} and have two underscores between their parts"),
                });
            }
        }
    }

    fn set(&mut self, key: String, value: Value, origin: String, faults: &mut Vec<Fault>) {
        if self.is_valid(&key) {
            self.entries.insert(key, Entry { value, origin: Some(origin) });
        } else {
            faults.push(self.unknown(key, origin));
        }
    }

    /// Whether there is such a setting.
    fn is_valid(&self, key: &str) -> bool {
        self.defaults.contains_key(key) || self.keys_like(key).iter().any(|valid| valid == key)
    }

    /// The settings of the same named thing (`tenants.<name>.…`), where the key is of one.
    fn keys_like(&self, key: &str) -> Vec<String> {
        let Some((table, rest)) =
            NAMED.iter().find_map(|table| Some((*table, key.strip_prefix(table)?.strip_prefix('.')?)))
        else {
            return Vec::new();
        };
        let name = rest.split('.').next().unwrap_or_default();
        if name.is_empty() {
            return Vec::new();
        }
        match table {
            "api_keys" => {
                ["key", "key_file", "tenant", "scopes"].map(|field| format!("{table}.{name}.{field}")).to_vec()
            }
            "tenants" => {
                let fields = self.defaults.keys().filter_map(|key| key.strip_prefix("tenants.default."));
                fields.map(|field| format!("{table}.{name}.{field}")).collect()
            }
            _ => vec![format!("{table}.{name}")],
        }
    }

    fn unknown(&self, key: String, origin: String) -> Fault {
        let is_section = |prefix: &str| self.defaults.keys().any(|valid| valid.starts_with(&format!("{prefix}.")));
        if is_section(&key) {
            let cure = "write its keys one by one, as config/default.toml shows".to_owned();
            return Fault { key, origin: Some(origin), what: "this is a section, not a setting".to_owned(), cure };
        }
        let like = self.keys_like(&key);
        let valid = self.defaults.keys().map(String::as_str).chain(like.iter().map(String::as_str));
        let from_environment = origin.starts_with(PREFIX);
        let cure = match nearest(&key, valid) {
            Some(meant) if from_environment => format!("did you mean {}?", variable_of_key(meant)),
            Some(meant) => format!("did you mean {meant}?"),
            None => "remove it; `baton config print --defaults` lists every setting".to_owned(),
        };
        Fault { key, origin: Some(origin), what: "there is no such setting".to_owned(), cure }
    }
}

/// The variable that sets a key.
pub fn variable_of_key(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// The key that a variable sets. A tenant's slug has hyphens, which no shell allows in a variable: underscores stand for them.
fn key_of_variable(path: &str) -> String {
    let key = path.to_lowercase().replace("__", ".");
    for table in ["sealing.keys.", "sealing.key_files.", "tenants."] {
        if let Some(rest) = key.strip_prefix(table) {
            let (name, field) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
            return format!("{table}{}{field}", name.replace('_', "-"));
        }
    }
    key
}

/// Reads TOML into `section.key` = value. A syntax error says line and column, and not the line, which may hold a secret.
fn read_table(text: &str, origin: &str, faults: &mut Vec<Fault>) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    match text.parse::<Table>() {
        Ok(table) => flatten("", table, &mut flat),
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            faults.push(Fault {
                key: origin.to_owned(),
                origin: Some(format!("line {line}, column {column}")),
                what: format!("this is not TOML ({})", error.message()),
                cure: "mend this place; until then nothing of the file is read".to_owned(),
            });
        }
    }
    flat
}

fn flatten(prefix: &str, table: Table, flat: &mut BTreeMap<String, Value>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(table) => flatten(&key, table, flat),
            value => {
                flat.insert(key, value);
            }
        }
    }
}
