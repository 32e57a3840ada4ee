//! Texts for SMS: signs that a keyboard makes curly are made plain again where that alone keeps a text within the alphabet of
//! GSM, in which a message holds more than twice as many characters.

use crate::channels::sms::is_gsm;

/// Curly signs and what they stand for.
const SIGNS: [(char, &str); 22] = [
    ('\u{2018}', "'"),
    ('\u{2019}', "'"),
    ('\u{201a}', "'"),
    ('\u{02bc}', "'"),
    ('`', "'"),
    ('\u{201c}', "\""),
    ('\u{201d}', "\""),
    ('\u{201e}', "\""),
    ('\u{00ab}', "\""),
    ('\u{00bb}', "\""),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2212}', "-"),
    ('\u{2026}', "..."),
    ('\u{00a0}', " "),
    ('\u{202f}', " "),
    ('\u{2009}', " "),
    ('\u{2022}', "-"),
    ('\u{200b}', ""),
];

/// The text with plain signs, if those alone make it one of the GSM alphabet; else as it is.
pub(super) fn plain_signs(text: String) -> String {
    if is_gsm(&text) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match SIGNS.iter().find(|(sign, _)| *sign == c) {
            Some((_, stands_for)) => plain.push_str(stands_for),
            None => plain.push(c),
        }
    }
    if is_gsm(&plain) { plain } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curly_signs_cost_nothing() {
        let plain = plain_signs("It\u{2019}s yours \u{2013} \u{201c}today\u{201d}\u{2026}".to_owned());
        assert_eq!(plain, "It's yours - \"today\"...");
        // What cannot be written in that alphabet anyway keeps its signs.
        let russian = "Заказ \u{2013} ваш";
        assert_eq!(plain_signs(russian.to_owned()), russian);
    }
}
