//! What a person's text means. Only what is certain is understood: a text that says more than a known phrase and a job's
//! code is answered with the words that are.

use crate::ids::Code;

pub mod resolve;
mod words;

pub use resolve::{About, Known, QUESTION_MAX, Question, Resolved, resolve};
pub use words::{LANGUAGES, OPT_OUT};

/// What a text says, before anybody asks which job it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What they want.
    pub reply: Reply,
    /// The job they name, if they name one.
    pub which: Option<Which>,
}

/// What they want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Take the job.
    Yes,
    /// `OK`: what a reminder asks for; a yes where nobody was reminded.
    Ok,
    /// Pass it on.
    No,
    /// Show that they are on a job they have.
    Acknowledge,
    /// Give back a job they have.
    Withdraw,
    /// Nothing but a number or a code: the answer to a question.
    Choice,
    /// What can be written.
    Help,
    /// No more messages. Never an answer to a job.
    OptOut,
    /// Messages again.
    OptIn,
    /// Not understood.
    Unrecognized,
}

/// The job a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// By its place in the question that was asked, from 1.
    Number(u8),
    /// By its code.
    Code(Code),
}

impl Reading {
    const UNRECOGNIZED: Self = Self { reply: Reply::Unrecognized, which: None };
}

/// Longer texts are no answers, and are not looked through.
const TEXT_MAX: usize = 200;

/// Reads a text in a person's language; English and the words that stop messages are understood in every language.
pub fn read(text: &str, locale: &str) -> Reading {
    if text.len() > TEXT_MAX {
        return Reading::UNRECOGNIZED;
    }
    let lower = text.to_lowercase().replace('\u{2019}', "'");
    let mut which = None;
    let mut said: Vec<&str> = Vec::new();
    // A sign before a number is no part of a choice.
    if lower.split_whitespace().any(|token| matches!(token.as_bytes(), [b'-' | b'+', b'0'..=b'9', ..])) {
        return Reading::UNRECOGNIZED;
    }
    for token in lower.split_whitespace().flat_map(unfold).filter(|token| !token.is_empty()) {
        match name(token) {
            Some(_) if which.is_some() => return Reading::UNRECOGNIZED,
            Some(named) => which = Some(named),
            None => said.push(token),
        }
    }
    let reply = match (said.as_slice(), which) {
        ([], Some(_)) => Reply::Choice,
        (said, _) => words::meaning(&said.join(" "), locale).unwrap_or(Reply::Unrecognized),
    };
    match reply {
        Reply::Unrecognized => Reading::UNRECOGNIZED,
        Reply::Help | Reply::OptOut | Reply::OptIn => Reading { reply, which: None },
        Reply::Yes | Reply::Ok | Reply::No | Reply::Acknowledge | Reply::Withdraw | Reply::Choice => {
            Reading { reply, which }
        }
    }
}

/// The words of a token. A bot command may be addressed (`/claim@OurBot`) and may carry its argument (`/claim_0952ef82`).
fn unfold(token: &str) -> impl Iterator<Item = &str> {
    let command = token.strip_prefix('/').map(|command| command.split('@').next().unwrap_or(command));
    let parts = if command.is_some() { '_' } else { ' ' };
    command.unwrap_or(token).split(parts).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
}

fn name(token: &str) -> Option<Which> {
    if let Ok(code) = token.parse() {
        return Some(Which::Code(code));
    }
    match token.parse() {
        Ok(number) if token.len() <= 2 => Some(Which::Number(number)),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line a case: the text, what is wanted, which job.
    const TABLE: &str = "
        YES                      | Yes          |
        y                        | Yes          |
        ' Yes '                  | Yes          |
        Yes!                     | Yes          |
        \"yes\".                 | Yes          |
        yes please               | Yes          |
        OK                       | Ok           |
        okay.                    | Ok           |
        claim                    | Yes          |
        YES 0952ef82             | Yes          | 0952ef82
        yes, 0952EF82.           | Yes          | 0952ef82
        claim #0952ef82          | Yes          | 0952ef82
        0952ef82 yes             | Yes          | 0952ef82
        /claim 0952ef82          | Yes          | 0952ef82
        /claim@OurBot 0952ef82   | Yes          | 0952ef82
        /claim_0952ef82          | Yes          | 0952ef82
        /claim_0952ef82@OurBot   | Yes          | 0952ef82
        yes 2                    | Yes          | 2
        no                       | No           |
        N                        | No           |
        decline                  | No           |
        No, thanks!              | No           |
        no 0952ef82              | No           | 0952ef82
        2                        | Choice       | 2
        #2                       | Choice       | 2
        2.                       | Choice       | 2
        -1                       | Unrecognized |
        +2                       | Unrecognized |
        0952ef82                 | Choice       | 0952ef82
        on it                    | Acknowledge  |
        ack 0952ef82             | Acknowledge  | 0952ef82
        give back 0952ef82       | Withdraw     | 0952ef82
        withdraw                 | Withdraw     |
        help                     | Help         |
        /help@OurBot             | Help         |
        ?                        | Unrecognized |
        STOP                     | OptOut       |
        Stop.                    | OptOut       |
        stopall                  | OptOut       |
        unsubscribe              | OptOut       |
        CANCEL                   | OptOut       |
        cancel 0952ef82          | OptOut       |
        end                      | OptOut       |
        quit                     | OptOut       |
        revoke                   | OptOut       |
        opt-out                  | OptOut       |
        accept                   | Yes          |
        yes stop                 | Unrecognized |
        please stop by at noon   | Unrecognized |
        start                    | OptIn        |
        /start                   | OptIn        |
        maybe                    | Unrecognized |
        yes or no                | Unrecognized |
        y/n                      | Unrecognized |
        yes but not before noon  | Unrecognized |
        no problem               | Unrecognized |
        yes 0952ef82 0952ef83    | Unrecognized |
        yes 100                  | Unrecognized |
        7 8                      | Unrecognized |
        ''                       | Unrecognized |
        ...                      | Unrecognized |
        /start eyJhbGciOi        | Unrecognized |
        \u{418}\u{414}\u{423}    | Unrecognized |
    ";

    #[test]
    fn texts_mean_what_they_say() {
        for line in TABLE.lines().filter(|line| line.contains('|')) {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let text = cells[0].trim_matches('\'');
            let reading = read(text, "en");
            assert_eq!(format!("{:?}", reading.reply), cells[1], "{text}");
            let which = match reading.which {
                Some(Which::Number(number)) => number.to_string(),
                Some(Which::Code(code)) => code.to_string(),
                None => String::new(),
            };
            assert_eq!(which, cells[2], "{text}");
        }
    }

    /// One line a case: the locale, the text, what is wanted.
    const ELSEWHERE: &str = "
        ru    | ДА                | Yes
        ru-RU | «Да!»             | Yes
        ru    | да 0952ef82       | Yes
        ru    | Нет, спасибо.     | No
        ru    | ОК                | Ok
        ru    | уже еду           | Acknowledge
        ru    | Стоп              | OptOut
        ru    | СТАРТ             | OptIn
        ru    | помощь            | Help
        ru    | может быть        | Unrecognized
        he    | כן                | Yes
        he-IL | \u{200f}כן.       | Yes
        iw    | לא תודה           | No
        he    | עזרה              | Help
        he    | הסר               | OptOut
        en    | да                | Unrecognized
        en    | כן                | Unrecognized
        en    | стоп              | OptOut
        ru    | הסר               | OptOut
    ";

    #[test]
    fn everybody_answers_in_their_own_language() {
        for line in ELSEWHERE.lines().filter(|line| line.contains('|')) {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            assert_eq!(format!("{:?}", read(cells[1], cells[0]).reply), cells[2], "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_opts_out_is_never_an_answer_to_a_job(
            word in proptest::sample::select(&OPT_OUT[..]),
            locale in proptest::sample::select(vec!["en", "en-GB", "ru", "ru-RU", "he", "iw", "de", ""]),
            capitals in proptest::collection::vec(proptest::bool::ANY, 12),
            before in "[ \t\n.,!\"'(]{0,4}",
            after in "[ \t\n.,!?\"')]{0,4}",
        ) {
            let written: String = word.chars().zip(capitals.iter().cycle()).flat_map(|(c, up)| {
                if *up { c.to_uppercase().collect::<Vec<_>>() } else { vec![c] }
            }).collect();
            let text = format!("{before}{written}{after}");
            let reading = read(&text, locale);
            proptest::prop_assert_eq!(reading.reply, Reply::OptOut, "{:?} in {}", text, locale);
            // Among other words it is no answer to a job either.
            for among in [format!("yes {written}"), format!("{written} please"), format!("ok, {written}")] {
                let reply = read(&among, locale).reply;
                proptest::prop_assert!(matches!(reply, Reply::Unrecognized | Reply::OptOut), "{:?}: {:?}", among, reply);
            }
        }
    }

    #[test]
    fn english_is_understood_in_every_language() {
        for locale in ["en-GB", "ru", "he", ""] {
            assert_eq!(read("yes", locale).reply, Reply::Yes, "{locale}");
            assert_eq!(read("stop", locale).reply, Reply::OptOut, "{locale}");
        }
    }

    #[test]
    fn a_long_text_is_no_answer() {
        assert_eq!(read(&"yes ".repeat(1000), "en").reply, Reply::Unrecognized);
    }
}
