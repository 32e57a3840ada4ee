//! JSON pointers (RFC 6901), as far as `serde_json` has none of it: what is well formed, and what of a payload none leads to.

use std::collections::BTreeSet;

use serde_json::Value;

/// No list of unused parts is longer.
const UNUSED_MAX: usize = 200;

/// Whether this is a pointer.
pub fn is_one(text: &str) -> bool {
    let escapes_are_whole = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    (text.is_empty() || text.starts_with('/')) && escapes_are_whole
}

/// The pointer to a part of what a pointer leads to.
pub fn join(pointer: &str, part: &str) -> String {
    format!("{pointer}/{}", part.replace('~', "~0").replace('/', "~1"))
}

/// The parts of a payload that none of these pointers leads to, each as high up as it is unused; at most 200.
pub fn unused(payload: &Value, used: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    walk(payload, String::new(), used, &mut found);
    found
}

fn walk(value: &Value, at: String, used: &BTreeSet<String>, found: &mut Vec<String>) {
    if found.len() >= UNUSED_MAX || used.contains(&at) {
        return;
    }
    let below = format!("{at}/");
    // In the order of the set, what lies below a pointer begins with it and a slash.
    let is_used_below = used.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below));
    match value {
        Value::Object(fields) if is_used_below => {
            for (name, value) in fields {
                walk(value, join(&at, name), used, found);
            }
        }
        Value::Array(values) if is_used_below => {
            for (n, value) in values.iter().enumerate() {
                walk(value, join(&at, &n.to_string()), used, found);
            }
        }
        _ => found.push(at),
    }
}
