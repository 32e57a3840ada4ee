//! What somebody wrote themselves in a mail: without what they quote, without greetings at its end, no more than the first
//! paragraph. What is cut off too early is asked again; what is left in too long is not understood. Neither takes a job.

/// So many lines of a mail are looked at; an answer stands further up.
const LINES_MAX: usize = 200;

/// How a line ends that says who wrote what follows. Without these, an address or a quote must follow.
const WROTE: [&str; 9] =
    ["wrote:", "writes:", "написал:", "написала:", "написал(а):", "пишет:", "כתב:", "כתבה:", "כתב/ה:"];

/// What stands over a mail that was taken in whole.
const TAKEN_IN: [&str; 5] =
    ["original message", "forwarded message", "исходное сообщение", "הודעה מקורית", "begin forwarded message"];

/// The first words of the lines that programs put over what they take in.
const HEADS: [&str; 6] = ["from:", "sent:", "от:", "отправлено:", "מאת:", "נשלח:"];

/// How a mail ends.
const FAREWELLS: [&str; 21] = [
    "best",
    "best regards",
    "kind regards",
    "warm regards",
    "regards",
    "br",
    "thanks",
    "many thanks",
    "thank you",
    "cheers",
    "sincerely",
    "с уважением",
    "спасибо",
    "всего доброго",
    "בברכה",
    "תודה",
    "תודה רבה",
    "yours",
    "rgds",
    "best wishes",
    "thx",
];

/// What phones put under every mail.
const SENT_FROM: [&str; 6] =
    ["sent from ", "get outlook for", "sent via ", "отправлено с ", "отправлено из ", "נשלח מ"];

/// The first paragraph that is their own.
pub fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(plain).take(LINES_MAX).collect();
    let mut own: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let lower = line.to_lowercase();
        if line.is_empty() || line.starts_with('>') {
            if !own.is_empty() {
                break;
            }
            at += 1;
            continue;
        }
        if let Some(length) = attribution(&lines[at..]) {
            // Over it stands the answer; some write theirs below.
            if !own.is_empty() {
                break;
            }
            at += length;
            continue;
        }
        if ends(&lower) || (!own.is_empty() && is_farewell(&lower)) {
            break;
        }
        own.push(line);
        at += 1;
    }
    own.join("\n")
}

/// A line without the marks of its direction and the spaces around it.
fn plain(line: &str) -> &str {
    let is_mark =
        |c: char| c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}');
    line.trim_matches(is_mark)
}

/// How many lines say who wrote what follows; programs break them.
fn attribution(lines: &[&str]) -> Option<usize> {
    let mut said = String::new();
    for (at, line) in lines.iter().take(3).enumerate() {
        if line.is_empty() {
            return None;
        }
        // Where it goes over several lines, it begins with when that was: an answer above it does not.
        if at > 0 && !has_date(lines[0]) {
            return None;
        }
        said.push_str(line);
        said.push(' ');
        if !line.ends_with(':') {
            continue;
        }
        let lower = said.trim_end().to_lowercase();
        let names = lower.contains('@') && lower.contains(|c: char| c.is_ascii_digit());
        let quotes = lines[at + 1..].iter().find(|line| !line.is_empty()).is_some_and(|line| line.starts_with('>'));
        let wrote = WROTE.iter().any(|end| lower.ends_with(end));
        return (quotes || wrote || names).then_some(at + 1);
    }
    None
}

/// Whether a line names a year or a time of day.
fn has_date(line: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    line.split(|c: char| !c.is_alphanumeric() && c != ':').any(|word| {
        let time = word.split_once(':').is_some_and(|(hour, rest)| digits(hour) && digits(rest.get(..2).unwrap_or("")));
        time || (word.len() == 4 && word.starts_with("20") && digits(word))
    })
}

/// Whether nothing of theirs comes any more.
fn ends(lower: &str) -> bool {
    let bare = lower.trim_matches(|c: char| matches!(c, '-' | '_' | '=' | '*' | ' '));
    // The line over a signature, and lines that only part.
    if bare.is_empty() {
        return true;
    }
    let drawn = lower.starts_with("--") || lower.starts_with("__") || lower.starts_with("begin ");
    (drawn && TAKEN_IN.iter().any(|over| bare.starts_with(over)))
        || HEADS.iter().any(|head| lower.starts_with(head))
        || SENT_FROM.iter().any(|from| lower.starts_with(from))
}

fn is_farewell(lower: &str) -> bool {
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    FAREWELLS.contains(&bare)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_they_wrote_themselves_counts() {
        for (mail, own) in [
            ("YES", "YES"),
            ("\r\n  Yes \r\n", "Yes"),
            (
                "YES\n\nOn Fri, 27 Nov 2026 at 10:00, Dispatch <dispatch@example.com> wrote:\n> Job offer\n> Reply NO",
                "YES",
            ),
            // The line breaks where it is long.
            ("No\nOn Fri, 27 Nov 2026 at 10:00, Dispatch\n<dispatch@example.com> wrote:\n> YES", "No"),
            (
                "Yes 0952ef82\nOn Fri, 27 Nov 2026 at 10:00, Dispatch\n<dispatch@example.com> wrote:\n> x",
                "Yes 0952ef82",
            ),
            ("> Job offer\n> Reply YES or NO\n\nYES", "YES"),
            ("On Fri, 27 Nov 2026, Dispatch wrote:\n> Reply YES or NO\n\nno", "no"),
            ("yes\n\n-----Original Message-----\nFrom: Dispatch\nReply NO", "yes"),
            ("yes\n________________________________\nFrom: Dispatch <dispatch@example.com>\nSent: Friday\nno", "yes"),
            ("Yes\n-- \nAna\nno", "Yes"),
            ("Yes\nBest regards,\nAna", "Yes"),
            ("Yes\n\nSent from my iPhone", "Yes"),
            ("Sent from my iPhone", ""),
            ("да\n\nпт, 27 нояб. 2026 г. в 10:00, Dispatch <dispatch@example.com>:\n> YES", "да"),
            ("\u{200f}כן\n\n\u{200f}בתאריך יום ו׳, 27 בנוב׳ 2026, מאת Dispatch <dispatch@example.com>:\n> YES", "כן"),
            // What goes on is left as it is: it is not certain.
            ("Yes\nbut not before noon", "Yes\nbut not before noon"),
            ("Hello,\nthanks", "Hello,"),
            ("thanks", "thanks"),
            ("see you at 10:", "see you at 10:"),
            ("> only a quote", ""),
            ("", ""),
        ] {
            assert_eq!(own_words(mail), own, "{mail:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_quoted_becomes_an_answer(own in "[A-Za-z]{1,10}", quoted in proptest::collection::vec("[A-Za-z ]{0,20}", 1..5)) {
            let quote: String = quoted.iter().map(|line| format!("> {line}\n")).collect();
            let mail = format!("{own}\n\nOn Fri, 27 Nov 2026 at 10:00, A <a@example.com> wrote:\n{quote}");
            prop_assume!(!FAREWELLS.contains(&own.to_lowercase().as_str()));
            prop_assert_eq!(own_words(&mail), own.clone());
            prop_assert_eq!(own_words(&format!("{quote}\n{own}")), own);
            prop_assert_eq!(own_words(&quote), "");
        }

        #[test]
        fn nothing_that_is_sent_makes_the_reader_fall(mail in "(\\PC|\\n|>){0,200}") {
            let _ = own_words(&mail);
        }
    }
}
