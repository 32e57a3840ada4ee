//! The settings that hold, for people to look at: secrets masked, with the origin of what is not built in.

use std::fmt::Write as _;

use toml::Value;

use super::layers::Layers;

/// What stands in place of a secret.
const MASK: &str = "********";

pub(super) fn show(layers: &Layers) -> String {
    let mut sections: Vec<(&str, Vec<String>)> = Vec::new();
    for (key, entry) in &layers.entries {
        let (section, name) = split(key);
        let value = if is_secret(key) && entry.value.as_str() != Some("") {
            Value::String(MASK.to_owned())
        } else {
            entry.value.clone()
        };
        let mut line = format!("{} = {value}", quoted(name));
        if let Some(origin) = &entry.origin {
            let _ = write!(line, "  # {}", origin.escape_default());
        }
        match sections.iter_mut().find(|(known, _)| *known == section) {
            Some((_, lines)) => lines.push(line),
            None => sections.push((section, vec![line])),
        }
    }
    let blocks = sections.iter().map(|(section, lines)| format!("[{section}]\n{}\n", lines.join("\n")));
    blocks.collect::<Vec<_>>().join("\n")
}

fn split(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}

fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain { name.to_owned() } else { Value::String(name.to_owned()).to_string() }
}

/// The names of settings that nobody may see; a test holds them against the defaults.
const SECRETS: [&str; 13] = [
    "heartbeat_url",
    "api_key",
    "api_key_secret",
    "app_secret",
    "auth_token",
    "key",
    "password",
    "secret",
    "shared_key",
    "token",
    "verify_token",
    "webhook_secret",
    "inbound_secret",
];

/// Whether a setting is one that nobody may see.
pub(super) fn is_secret(key: &str) -> bool {
    let (section, name) = split(key);
    matches!(section, "sealing.keys" | "sealing.older") || SECRETS.contains(&name)
}
