//! Amounts of money as a language writes them.

use icu_decimal::input::Decimal;
use iso_currency::Currency;

use super::language;

/// Signs that stand for one currency alone; every other is called by its code, which nobody mistakes.
const SIGNS: [(&str, &str); 6] = [("EUR", "€"), ("GBP", "£"), ("ILS", "₪"), ("RUB", "₽"), ("UAH", "₴"), ("USD", "$")];

/// `£1,250.50` in English, `1 250,50 £` elsewhere; whole amounts without decimals.
pub(super) fn amount(amount: &Decimal, currency: &str, locale: &str) -> Option<String> {
    let known = Currency::from_code(currency)?;
    let decimals = i16::try_from(known.exponent().unwrap_or(2)).unwrap_or(2);
    let mut amount = amount.clone();
    amount.round(-decimals);
    amount.trim_end();
    if amount.nonzero_magnitude_end() < 0 {
        amount.pad_end(-decimals);
    } else {
        amount.trim_end_if_integer();
    }
    Some(with_currency(&language::number(&amount, locale), currency, locale))
}

/// The sign that stands for a currency alone.
pub(super) fn sign(currency: &str) -> Option<&'static str> {
    SIGNS.iter().find(|(code, _)| *code == currency).map(|(_, sign)| *sign)
}

/// Puts the currency where a language has it. CLDR has it before the amount in English and behind it in Russian and Hebrew.
pub(super) fn with_currency(amount: &str, currency: &str, locale: &str) -> String {
    match sign(currency) {
        Some(sign) if language::language_of(locale) == "en" => format!("{sign}{amount}"),
        Some(sign) => format!("{amount}\u{a0}{sign}"),
        None => format!("{amount}\u{a0}{currency}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, currency: &str, locale: &str) -> Option<String> {
        amount(&text.parse().expect("a number"), currency, locale)
    }

    #[test]
    fn f4_amounts_are_written_as_the_language_writes_them() {
        for (text, currency, locale, expected) in [
            ("1250.5", "GBP", "en", "£1,250.50"),
            ("1250.5", "GBP", "ru", "1\u{a0}250,50\u{a0}£"),
            ("1250.5", "ILS", "he", "1,250.50\u{a0}₪"),
            ("120", "GBP", "en", "£120"),
            ("120.00", "EUR", "ru", "120\u{a0}€"),
            ("0", "GBP", "en", "£0"),
            ("0.005", "GBP", "en", "£0"),
            ("99.5", "JPY", "en", "100\u{a0}JPY"),
            ("1.5", "KWD", "en", "1.500\u{a0}KWD"),
            ("-3", "USD", "ru", "-3\u{a0}$"),
        ] {
            assert_eq!(shown(text, currency, locale).as_deref(), Some(expected), "{text} {currency} {locale}");
        }
        assert_eq!(shown("1", "pounds", "en"), None);
    }
}
