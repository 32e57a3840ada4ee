//! The fields of an object that its shape does not know. A misspelt field must not be passed over: `"aproval": "link"` would
//! send a job out that nobody approved.

use std::hash::{Hash, Hasher};

use crate::config::fault::nearest;

/// Of one object, no more are kept: no answer lists more mistakes.
const MOST: usize = 100;

/// Longer names are cut: they are told back to the sender, who knows them.
const NAME: usize = 64;

/// The names that were given and are not known, and those that would have been.
#[derive(Default)]
pub struct Strangers {
    names: Vec<String>,
    known: &'static [&'static str],
}

/// One of them.
pub struct Stranger<'a> {
    /// What it is called.
    pub name: &'a str,
    known: &'static [&'static str],
}

impl Strangers {
    /// Keeps a name that is none of those known.
    pub fn add(&mut self, name: &str, known: &'static [&'static str]) {
        if self.names.len() < MOST {
            self.names.push(name.chars().take(NAME).collect());
        }
        self.known = known;
    }

    /// Each of them, as they came.
    pub fn iter(&self) -> impl Iterator<Item = Stranger<'_>> {
        self.names.iter().map(|name| Stranger { name, known: self.known })
    }
}

/// A body with strangers is refused, so they never tell two bodies apart.
impl Hash for Strangers {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Stranger<'_> {
    /// What was most likely meant, or what there is.
    pub fn cure(&self) -> String {
        match nearest(self.name, self.known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("take it out; the fields here are {}", self.known.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_told_the_nearest_name_or_all_of_them() {
        let mut strangers = Strangers::default();
        for name in ["aproval", "zebra", &"x".repeat(1_000)] {
            strangers.add(name, &["approval", "plan"]);
        }
        let told: Vec<_> = strangers.iter().map(|stranger| (stranger.name.len(), stranger.cure())).collect();
        let all = "take it out; the fields here are approval, plan".to_owned();
        assert_eq!(told, [(7, "did you mean `approval`?".to_owned()), (5, all.clone()), (NAME, all)]);
    }
}
