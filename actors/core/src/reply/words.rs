//! The phrases that are understood, by language. A new language is a new table.

use super::Reply;

type Table = [(Reply, &'static [&'static str])];

const EN: &Table = &[
    (Reply::Yes, &["yes", "y", "yes please", "claim"]),
    (Reply::Ok, &["ok", "okay"]),
    (Reply::No, &["no", "n", "no thanks", "no thank you", "decline"]),
    (Reply::Acknowledge, &["ack", "acknowledge", "on it", "i'm on it"]),
    (Reply::Withdraw, &["withdraw", "give back"]),
    (Reply::Help, &["help", "info"]),
    // What carriers oblige everybody to honour.
    (Reply::OptOut, &["stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"]),
    (Reply::OptIn, &["start", "unstop"]),
];

/// What a whole phrase means, in lower case and without punctuation around its words.
pub(super) fn meaning(phrase: &str, locale: &str) -> Option<Reply> {
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    in_table(table(language), phrase).or_else(|| in_table(EN, phrase))
}

fn table(_language: &str) -> &'static Table {
    EN
}

fn in_table(table: &Table, phrase: &str) -> Option<Reply> {
    table.iter().find(|(_, phrases)| phrases.contains(&phrase)).map(|(reply, _)| *reply)
}
