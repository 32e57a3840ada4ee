//! The page of a problem, for a person who opened a link.

use askama::Template;

use crate::http::problem::{Code, Problem};
use crate::wording::Words;

/// The page.
#[derive(Template)]
#[template(path = "mistake.html")]
pub struct MistakePage<'a> {
    title: String,
    text: String,
    request_id: &'a str,
    words: Words,
}

impl<'a> MistakePage<'a> {
    /// Shows a problem in somebody's words.
    pub fn of(problem: &Problem, request_id: &'a str, words: Words) -> Self {
        let line = kind(problem.code);
        let text = problem.told.line.map_or_else(|| words.say(&format!("mistake.{line}_text")), |line| words.say(line));
        Self { title: words.say(&format!("mistake.{line}")), text, request_id, words }
    }
}

/// What it comes to for a person: they can open the link again, wait, or ask for help.
fn kind(code: Code) -> &'static str {
    match code {
        Code::LinkUnknown => "unknown_link",
        Code::LinkExpired => "expired_link",
        Code::ReleaseOver => "shut_details",
        Code::NotFound | Code::MethodNotAllowed | Code::HostNotAllowed => "nothing_here",
        Code::ValidationFailed
        | Code::MalformedJson
        | Code::UnsupportedMediaType
        | Code::BodyTooLarge
        | Code::BodyTooSlow => "not_valid",
        Code::RateLimited => "too_often",
        // The others are met by programs, or are ours to mend.
        _ => "not_now",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::sample;

    #[test]
    fn f4_every_problem_is_told_in_every_language() {
        for locale in ["en", "ru", "he"] {
            for code in Code::ALL {
                let problem = Problem::new(*code, "in English");
                let html = MistakePage::of(&problem, "17", sample::words(locale)).render().unwrap();
                assert!(!html.contains("in English") && html.contains("17"), "{html}");
                let title = html.split_once("<h1>").unwrap().1;
                assert!(!title.starts_with("</h1>") && !html.contains("status\"></p>"), "{html}");
            }
        }
    }
}
