//! The phrases that are understood, by language. A new language is a new table.

use super::Reply;

type Table = [(Reply, &'static [&'static str])];

/// The languages that have a table.
pub const LANGUAGES: [&str; 3] = ["en", "ru", "he"];

/// What carriers oblige everybody to honour, whatever language they speak: never an answer to a job.
pub const OPT_OUT: [&str; 11] =
    ["stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "opt-out"];

const EN: &Table = &[
    (Reply::Yes, &["yes", "y", "yes please", "claim", "accept"]),
    (Reply::Ok, &["ok", "okay"]),
    (Reply::No, &["no", "n", "no thanks", "no thank you", "decline"]),
    (Reply::Acknowledge, &["ack", "acknowledge", "on it", "i'm on it"]),
    (Reply::Withdraw, &["withdraw", "give back"]),
    (Reply::Help, &["help", "info"]),
    (Reply::OptIn, &["start", "unstop"]),
];

const RU: &Table = &[
    (Reply::Yes, &["да", "д", "да спасибо", "беру", "принять", "принимаю", "согласен", "согласна"]),
    (Reply::Ok, &["ок", "окей", "хорошо"]),
    (Reply::No, &["нет", "н", "нет спасибо", "отказ", "отказываюсь", "отклонить", "не беру", "не могу"]),
    (Reply::Acknowledge, &["еду", "уже еду", "в работе", "подтверждаю"]),
    (Reply::Withdraw, &["вернуть", "возвращаю", "отдать"]),
    (Reply::Help, &["помощь", "справка", "инфо"]),
    (Reply::OptOut, &["стоп", "отписаться", "отписка", "отпишите"]),
    (Reply::OptIn, &["старт", "начать", "подписаться"]),
];

const HE: &Table = &[
    (Reply::Yes, &["כן", "כן בבקשה", "כן תודה", "מקבל", "מקבלת", "לוקח", "לוקחת", "מאשר", "מאשרת"]),
    (Reply::Ok, &["אוקיי", "אוקי", "בסדר"]),
    (Reply::No, &["לא", "לא תודה", "דוחה", "מסרב", "מסרבת", "לא יכול", "לא יכולה"]),
    (Reply::Acknowledge, &["בדרך", "אני בדרך", "בטיפול"]),
    (Reply::Withdraw, &["מחזיר", "מחזירה", "להחזיר"]),
    (Reply::Help, &["עזרה", "מידע"]),
    (Reply::OptOut, &["עצור", "עצרו", "הסר", "הסירו", "הפסק", "להסיר"]),
    (Reply::OptIn, &["התחל", "התחלה", "להתחיל"]),
];

/// What a whole phrase means, in lower case and without punctuation around its words.
pub(super) fn meaning(phrase: &str, locale: &str) -> Option<Reply> {
    if OPT_OUT.contains(&phrase) {
        return Some(Reply::OptOut);
    }
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    in_table(table(language), phrase).or_else(|| in_table(EN, phrase)).or_else(|| consent(phrase))
}

/// Who wants to hear no more must not be asked to say so in another language.
fn consent(phrase: &str) -> Option<Reply> {
    let said = LANGUAGES.iter().find_map(|language| in_table(table(language), phrase))?;
    matches!(said, Reply::OptOut | Reply::OptIn).then_some(said)
}

fn table(language: &str) -> &'static Table {
    match language {
        "ru" => RU,
        // Its code was another one once, and some programs still say so.
        "he" | "iw" => HE,
        _ => EN,
    }
}

fn in_table(table: &Table, phrase: &str) -> Option<Reply> {
    table.iter().find(|(_, phrases)| phrases.contains(&phrase)).map(|(reply, _)| *reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_means_one_thing_in_a_language() {
        for language in LANGUAGES {
            let all: Vec<&str> = table(language).iter().flat_map(|(_, phrases)| phrases.iter().copied()).collect();
            for phrase in &all {
                assert_eq!(all.iter().filter(|other| *other == phrase).count(), 1, "{language} {phrase}");
                assert_eq!(phrase.to_lowercase(), **phrase, "{language} {phrase} is written in lower case");
                assert!(language == "en" || in_table(EN, phrase).is_none(), "{language} {phrase} is an English word");
            }
        }
    }
}
