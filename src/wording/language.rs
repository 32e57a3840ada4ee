//! What a language asks for beside its words: the direction of writing, the form behind a number, digits and their marks.

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralOperands, PluralRules};

/// Which way a line runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From left to right.
    LeftToRight,
    /// From right to left.
    RightToLeft,
}

impl Direction {
    /// The direction of a language.
    pub(crate) fn of(locale: &str) -> Self {
        match language_of(locale).as_str() {
            "he" | "iw" | "ar" | "fa" | "ur" | "yi" => Self::RightToLeft,
            _ => Self::LeftToRight,
        }
    }

    /// As HTML says it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// `pt` of `pt-BR`.
pub(crate) fn language_of(locale: &str) -> String {
    locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// The nearest locale that Unicode's data know; a tag that is none counts as English.
pub(super) fn known(locale: &str) -> Locale {
    locale.replace('_', "-").parse().unwrap_or(icu_locale_core::locale!("en"))
}

/// The name of the form that stands behind a number: `one`, `few`, `many`, … as CLDR calls them.
pub(super) fn plural_form(number: &Decimal, locale: &str) -> &'static str {
    let category = PluralRules::try_new_cardinal(known(locale).into())
        .map_or(PluralCategory::Other, |rules| rules.category_for(PluralOperands::from(number)));
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

/// A number with the marks of a language: `1,250.5`, `1 250,5`.
pub(super) fn number(number: &Decimal, locale: &str) -> String {
    match DecimalFormatter::try_new(known(locale).into(), icu_decimal::options::DecimalFormatterOptions::default()) {
        Ok(formatter) => formatter.format(number).to_string(),
        Err(_) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    #[test]
    fn f4_every_number_has_its_form() {
        for (number, english, russian, hebrew) in [
            ("0", "other", "many", "other"),
            ("1", "one", "one", "one"),
            ("2", "other", "few", "two"),
            ("4", "other", "few", "other"),
            ("5", "other", "many", "other"),
            ("11", "other", "many", "other"),
            ("21", "other", "one", "other"),
            ("22", "other", "few", "other"),
            ("112", "other", "many", "other"),
            ("1.5", "other", "other", "other"),
        ] {
            let forms = ["en", "ru", "he"].map(|locale| plural_form(&of(number), locale));
            assert_eq!(forms, [english, russian, hebrew], "{number}");
        }
        assert_eq!(plural_form(&of("1"), "no language at all"), "one");
    }

    #[test]
    fn numbers_have_the_marks_of_the_language() {
        assert_eq!(number(&of("1250.5"), "en"), "1,250.5");
        assert_eq!(number(&of("1250.5"), "ru"), "1\u{a0}250,5");
        assert_eq!(number(&of("1250.5"), "he"), "1,250.5");
        assert_eq!(number(&of("0"), "de-AT"), "0");
    }

    #[test]
    fn hebrew_and_arabic_run_from_right_to_left() {
        assert_eq!(Direction::of("he-IL"), Direction::RightToLeft);
        assert_eq!(Direction::of("AR"), Direction::RightToLeft);
        assert_eq!(Direction::of("ru"), Direction::LeftToRight);
        assert_eq!(Direction::of("hello"), Direction::LeftToRight);
    }
}
