//! The name of a town: validated, never cut out of an address.
//!
//! The rule: at most 40 characters in at most four words, letters of one script with hyphens and apostrophes inside; in scripts that
//! have capitals every word but `of`, `upon`, `le` and their like begins with one; and none of the words that addresses and messages
//! are made of. A real town that breaks it is "not specified", which costs a question; a street that passed would cost a secret.

/// The name of a locality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locality(String);

const LONGEST: usize = 40;
const MOST_WORDS: usize = 4;

/// Words inside names that have no capital.
const SMALL: [&str; 20] = [
    "al", "an", "am", "by", "da", "de", "del", "do", "el", "in", "la", "le", "les", "of", "on", "the", "under", "upon",
    "на", "под",
];

/// What towns are not called, and addresses and messages are.
const NEVER: [&str; 91] = [
    "address",
    "alley",
    "apartment",
    "apt",
    "ask",
    "ave",
    "avenue",
    "block",
    "blvd",
    "boulevard",
    "building",
    "call",
    "close",
    "code",
    "court",
    "crescent",
    "dr",
    "drive",
    "entrance",
    "flat",
    "floor",
    "from",
    "handle",
    "highway",
    "house",
    "http",
    "https",
    "lane",
    "ln",
    "mr",
    "mrs",
    "ms",
    "name",
    "phone",
    "please",
    "rd",
    "ring",
    "road",
    "row",
    "sq",
    "square",
    "str",
    "street",
    "suite",
    "telegram",
    "terrace",
    "text",
    "unit",
    "way",
    "whatsapp",
    "www",
    "адрес",
    "бул",
    "бульвар",
    "вход",
    "дом",
    "домофон",
    "звоните",
    "кв",
    "квартира",
    "корп",
    "корпус",
    "наб",
    "набережная",
    "пер",
    "переулок",
    "подъезд",
    "позвоните",
    "пр",
    "проезд",
    "проспект",
    "телефон",
    "тел",
    "ул",
    "улица",
    "шоссе",
    "этаж",
    "בניין",
    "דירה",
    "דרך",
    "טלפון",
    "כביש",
    "כניסה",
    "כתובת",
    "סמטה",
    "סמטת",
    "קומה",
    "רח",
    "רחוב",
    "שד",
    "שדרות",
];

/// What streets are called by, behind their names in Latin letters and on either side of them in Cyrillic ones.
const BEHIND: [&str; 31] = [
    "alley",
    "ave",
    "avenue",
    "blvd",
    "boulevard",
    "close",
    "court",
    "crescent",
    "drive",
    "highway",
    "lane",
    "ln",
    "rd",
    "road",
    "row",
    "sq",
    "square",
    "st",
    "str",
    "street",
    "terrace",
    "way",
    "бульвар",
    "наб",
    "набережная",
    "переулок",
    "проезд",
    "проспект",
    "ул",
    "улица",
    "шоссе",
];

/// The same before their names.
const BEFORE: [&str; 20] = [
    "бул",
    "бульвар",
    "наб",
    "набережная",
    "пер",
    "переулок",
    "пр",
    "проезд",
    "проспект",
    "ул",
    "улица",
    "шоссе",
    "דרך",
    "כביש",
    "סמטה",
    "סמטת",
    "רח",
    "רחוב",
    "שד",
    "שדרות",
];

impl Locality {
    /// Whether a name between these words, in small letters, is that of a street.
    pub fn is_street_between(before: &str, behind: &str) -> bool {
        let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
        let number = |word: &str| word.chars().next().is_some_and(char::is_numeric);
        let (before, behind) = (bare(before), bare(behind));
        number(&before) || number(&behind) || BEFORE.contains(&before.as_str()) || BEHIND.contains(&behind.as_str())
    }

    /// The name, where the text is of the form of one.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > LONGEST {
            return None;
        }
        let words: Vec<&str> = text.split(' ').collect();
        if words.len() > MOST_WORDS || !words.iter().all(|word| is_word(word)) {
            return None;
        }
        let mut scripts = text.chars().filter(|c| c.is_alphabetic()).map(script);
        let first = scripts.next()?;
        if scripts.any(|other| other != first) {
            return None;
        }
        // Before a name it is a saint.
        let street = words.len() > 1 && words.last().is_some_and(|word| word.eq_ignore_ascii_case("st"));
        let never = text.to_lowercase().split([' ', '-']).any(|word| NEVER.contains(&word));
        (!street && !never).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Letters, with hyphens and apostrophes inside, and a capital where it should have one.
fn is_word(word: &str) -> bool {
    let inside = |c: char| matches!(c, '-' | '\'' | '’' | '׳' | '״');
    let Some(first) = word.chars().next() else { return false };
    let letters = word.chars().all(|c| c.is_alphabetic() || inside(c));
    let capital = !first.is_lowercase() || SMALL.contains(&word);
    letters && first.is_alphabetic() && !word.ends_with('-') && capital
}

fn script(c: char) -> u8 {
    match c {
        'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => 0,
        '\u{400}'..='\u{52f}' => 1,
        '\u{590}'..='\u{5ff}' => 2,
        '\u{600}'..='\u{77f}' => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_a_name_is_a_streets_by_what_stands_beside_it() {
        for (before, behind) in [("", "street"), ("", "st."), ("12", ""), ("", "12,"), ("ул.", ""), ("רחוב", "")]
        {
            assert!(Locality::is_street_between(before, behind), "{before} … {behind}");
        }
        for (before, behind) in [("", ""), ("from", "to"), ("street", ""), ("", "flat")] {
            assert!(!Locality::is_street_between(before, behind), "{before} … {behind}");
        }
    }

    #[test]
    fn c3_towns_are_localities_and_addresses_are_not() {
        for town in [
            "Haifa",
            "Kiryat Ata",
            "Tel Aviv",
            "Stoke-on-Trent",
            "King's Lynn",
            "St Albans",
            "Rishon LeZion",
            "Newcastle upon Tyne",
            "Хайфа",
            "Ростов-на-Дону",
            "קריית אתא",
            "בית שמש",
            "Be'er Sheva",
            "Saint-Étienne",
        ] {
            assert!(Locality::read(town).is_some(), "{town}");
        }
        for other in [
            "",
            " ",
            "Herzl 12",
            "Herzl St",
            "Herzl Street",
            "Example Road",
            "ул Ленина",
            "улица Ленина",
            "רחוב הרצל",
            "flat three",
            "Flat Three",
            "@Dana",
            "Dana, Haifa",
            "https",
            "https://example.com",
            "example.com",
            "ring twice",
            "Call Me",
            "+447700900001",
            "Haifa\nDana",
            "Нaifa",
            "Dana Lives Here By The Sea",
            "٠٧٧",
            "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(Locality::read(other), None, "{other}");
        }
    }
}
