//! What is wrong with a configuration: every mistake at once, each with its cure.

use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting, as `section.key`; or the file.
    pub key: String,
    /// Where it was set: a file, a variable of the environment, a flag. None: nowhere, and it should be.
    pub origin: Option<String>,
    /// What is wrong. Never shows a secret.
    pub what: String,
    /// What to do.
    pub cure: String,
}

/// Every mistake of a configuration, in the order of their keys. Never empty as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        if let Some(origin) = &self.origin {
            write!(f, " ({origin})")?;
        }
        write!(f, ": {}; {}", self.what, self.cure)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(f, "{count} {} in the configuration:", if count == 1 { "mistake" } else { "mistakes" })?;
        for fault in &self.0 {
            writeln!(f, "  - {fault}")?;
        }
        Ok(())
    }
}

/// The valid key that a misspelt one was most likely meant to be; none where nothing is near.
pub fn nearest<'a>(misspelt: &str, valid: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (section, name) = misspelt.rsplit_once('.').unwrap_or(("", misspelt));
    let alike = strsim::normalized_damerau_levenshtein;
    let likeness = |key: &str| {
        let (valid_section, valid_name) = key.rsplit_once('.').unwrap_or(("", key));
        let name = alike(name, valid_name);
        if key.ends_with(&format!(".{misspelt}")) {
            1.0
        } else if name < 0.5 {
            // A long section that is right must not make a name near that is not.
            0.0
        } else {
            alike(section, valid_section).midpoint(name)
        }
    };
    valid
        .map(|key| (key, likeness(key)))
        .filter(|(_, likeness)| *likeness >= 0.6)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_finds_the_one_that_was_meant() {
        let valid = [
            "server.listen",
            "server.public_url",
            "store.path",
            "channels.telegram.token",
            "channels.telegram.base_url",
        ];
        for (misspelt, meant) in [
            ("server.lisen", Some("server.listen")),
            ("sever.listen", Some("server.listen")),
            ("telegram.token", Some("channels.telegram.token")),
            ("token", Some("channels.telegram.token")),
            ("channels.telegram.baseurl", Some("channels.telegram.base_url")),
            ("channels.telegram.url_of_the_api", None),
            ("nonsense", None),
        ] {
            assert_eq!(nearest(misspelt, valid.into_iter()), meant, "{misspelt}");
        }
    }

    #[test]
    fn all_mistakes_are_listed_with_place_and_cure() {
        let fault = |key: &str, origin: Option<&str>| Fault {
            key: key.to_owned(),
            origin: origin.map(str::to_owned),
            what: "is wrong".to_owned(),
            cure: "mend it".to_owned(),
        };
        let text = Faults(vec![fault("a.b", Some("baton.toml")), fault("c.d", None)]).to_string();
        assert_eq!(
            text,
            "2 mistakes in the configuration:\n  - a.b (baton.toml): is wrong; mend it\n  - c.d: is wrong; mend it\n"
        );
    }
}
