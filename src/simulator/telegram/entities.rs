//! Telegram's HTML, as strict as the real one: a tag it does not know, or one that is not closed, is an error.

use std::fmt::Write as _;

/// What can stand between `<` and `>`.
const TAGS: &[&str] = &[
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "a",
    "code",
    "pre",
    "blockquote",
    "tg-spoiler",
    "span",
];

/// The text that a person sees; or what is wrong, in the words of the Bot API.
pub(crate) fn visible_text(html: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut rest = html;
    while let Some(first) = rest.chars().next() {
        let offset = html.len() - rest.len();
        match first {
            '<' => {
                let end = rest
                    .find('>')
                    .ok_or_else(|| format!("can't parse entities: Unclosed start tag at byte offset {offset}"))?;
                let tag = &rest[1..end];
                rest = &rest[end + 1..];
                match tag.strip_prefix('/') {
                    Some(name) => match open.pop() {
                        Some((opened, _)) if opened == name.trim() => {}
                        Some((opened, _)) => {
                            return Err(format!(
                                "can't parse entities: Unmatched end tag at byte offset {offset}, expected \"</{opened}>\", found \"</{name}>\""
                            ));
                        }
                        None => {
                            return Err(format!("can't parse entities: Unexpected end tag at byte offset {offset}"));
                        }
                    },
                    None => open.push((name_of(tag, offset)?, offset)),
                }
            }
            '&' => {
                let (decoded, len) = entity(rest);
                text.push(decoded);
                rest = &rest[len..];
            }
            other => {
                text.push(other);
                rest = &rest[other.len_utf8()..];
            }
        }
    }
    match open.pop() {
        Some((name, _)) => {
            Err(format!("can't parse entities: Can't find end tag corresponding to start tag \"{name}\""))
        }
        None => Ok(text),
    }
}

fn name_of(tag: &str, offset: usize) -> Result<&str, String> {
    let name = tag.split_whitespace().next().unwrap_or_default();
    if TAGS.contains(&name) {
        return Ok(name);
    }
    let mut reason = String::from("can't parse entities: ");
    let _ = match name {
        "" => write!(reason, "Empty start tag at byte offset {offset}"),
        name => write!(reason, "Unsupported start tag \"{name}\" at byte offset {offset}"),
    };
    Err(reason)
}

/// A character behind `&`, and how many bytes it took; what is no entity stands for itself.
fn entity(text: &str) -> (char, usize) {
    let Some(end) = text.find(';').filter(|end| *end <= 10) else {
        return ('&', 1);
    };
    let decoded = match &text[1..end] {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        number => numeric(number),
    };
    decoded.map_or(('&', 1), |decoded| (decoded, end + 1))
}

fn numeric(number: &str) -> Option<char> {
    let number = number.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_text_and_no_markup() {
        let html = "<b>Leeds</b> &lt;&amp;&gt; <a href=\"https://example.com\">x</a> &#x27;&#47; & &unknown;";
        assert_eq!(visible_text(html), Ok("Leeds <&> x '/ & &unknown;".to_owned()));
    }

    #[test]
    fn broken_markup_is_refused_as_the_real_one_does() {
        for (html, said) in [
            ("<script>", "Unsupported start tag \"script\" at byte offset 0"),
            ("a<", "Unclosed start tag at byte offset 1"),
            ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
            ("<b>x</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            ("<>", "Empty start tag at byte offset 0"),
        ] {
            assert_eq!(visible_text(html), Err(format!("can't parse entities: {said}")), "{html}");
        }
    }
}
