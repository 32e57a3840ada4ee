//! A mail as it goes over the wire. Values reach headers only through lettre's encoding and on one line, so that none can
//! begin a header of its own.

use std::time::{Duration, UNIX_EPOCH};

use baton_actors::channel::Errand;
use baton_core::delivery::ChannelKind;
use baton_core::time::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::channels::email::Unsubscribe;
use crate::channels::trace;
use crate::wording::{Mail, one_line};

/// A mail and the addresses on its envelope.
pub(super) struct Letter {
    /// Without angle brackets.
    pub(super) message_id: String,
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) text: Vec<u8>,
}

/// Why there is no letter.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotALetter {
    #[error("not a mail address")]
    Address,
    #[error("the mail cannot be written: {0}")]
    Unwritable(String),
}

/// Whose mail it is, whom it is for, and where it is answered.
pub(super) struct Ends<'a> {
    pub(super) from: &'a Mailbox,
    pub(super) to: &'a str,
    pub(super) reply_to: Option<Mailbox>,
}

impl Letter {
    pub(super) fn write(
        ends: Ends<'_>,
        errand: &Errand,
        mail: Mail,
        unsubscribe: &Unsubscribe,
        now: Timestamp,
    ) -> Result<Self, NotALetter> {
        let Ends { from, to, reply_to } = ends;
        let to: Address = to.trim().parse().map_err(|_| NotALetter::Address)?;
        let name = Some(one_line(&errand.name)).filter(|name| !name.is_empty());
        let message_id = message_id(&errand.key, from.email.domain());
        let written = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
        let mut letter = Message::builder()
            .message_id(Some(format!("<{message_id}>")))
            .date(written)
            .from(from.clone())
            .to(Mailbox::new(name, to.clone()))
            .subject(one_line(&mail.subject))
            // Holiday replies to a machine help nobody.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let Some(reply_to) = reply_to {
            letter = letter.reply_to(reply_to);
        }
        for (name, value) in unsubscribe.headers(errand) {
            letter = letter.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        }
        if let Some(earlier) = errand.replaces.as_ref().filter(|receipt| receipt.channel == ChannelKind::Email) {
            let earlier = format!("<{}>", one_line(&earlier.message));
            letter = letter.in_reply_to(earlier.clone()).references(earlier);
        }
        let letter = letter.multipart(body(mail)).map_err(|error| NotALetter::Unwritable(error.to_string()))?;
        let text = letter.formatted();
        Ok(Self { message_id, from: from.email.clone(), to, text })
    }
}

/// The text, then the document with the picture it shows.
fn body(mail: Mail) -> MultiPart {
    let Mail { subject: _, text, html, picture } = mail;
    let Some(picture) = picture else { return MultiPart::alternative_plain_html(text, html) };
    let kind = ContentType::parse("image/png").unwrap_or(ContentType::TEXT_PLAIN);
    let picture = Attachment::new_inline(Mail::PICTURE.to_owned()).body(picture, kind);
    let document = MultiPart::related().singlepart(SinglePart::html(html)).singlepart(picture);
    MultiPart::alternative().singlepart(SinglePart::plain(text)).multipart(document)
}

/// The same for every attempt at the same errand: many receivers then show one mail where two arrive.
fn message_id(key: &str, domain: &str) -> String {
    format!("{}@{domain}", trace::plain(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_is_stable_and_never_more_than_an_id() {
        assert_eq!(message_id("0952ef82-3-1", "example.com"), "0952ef82-3-1@example.com");
        let odd = message_id("a b>\r\nBcc: x", "example.com");
        assert_eq!(odd, message_id("a b>\r\nBcc: x", "example.com"));
        assert!(odd.ends_with("@example.com") && odd.len() == 22 + 12, "{odd}");
    }
}
