//! What SendGrid's inbound parse hands over: a mail as the fields of a form, each in a character set of its own, or whole.

use std::borrow::Cow;
use std::collections::BTreeMap;

use encoding_rs::Encoding;
use futures_util::stream;
use mail_parser::{HeaderValue, MessageParser};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::webhooks::news::{Mailed, News, Told, clipped};
use crate::webhooks::read::Unreadable;
use crate::webhooks::read::mail::{Vouched, address, by_itself, own_words, plain, token};

/// The fields that matter; attachments and all others are passed over.
const FIELDS: [&str; 10] = ["headers", "text", "html", "from", "to", "envelope", "charsets", "dkim", "SPF", "email"];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    to: Vec<String>,
    from: String,
}

/// The news of a call. `kind`: its content type, which says where its fields part.
pub async fn read(kind: &str, body: bytes::Bytes) -> Result<Told, Unreadable> {
    let fields = Fields::of(kind, body).await?;
    let envelope: Envelope = serde_json::from_str(&fields.text("envelope")).unwrap_or_default();
    let mail = match fields.0.get("email") {
        Some(whole) => Mail::whole(whole)?,
        None => Mail {
            from: address(&fields.text("from")),
            to: fields.text("to").split(',').map(str::to_owned).collect(),
            headers: headers(&fields.text("headers")),
            text: plain(Some(&fields.text("text")), Some(&fields.text("html"))),
        },
    };
    let sender = envelope.from.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    let vouched = Vouched::default().spf(&fields.text("SPF"), sender).dkim(&fields.text("dkim"));
    let from = if mail.from.is_empty() { address(&envelope.from) } else { mail.from };
    let pairs = mail.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let id = mail.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("message-id")).map(|(_, id)| id.as_str());
    // SendGrid has no name of its own for a mail.
    let mut hash = Sha256::new();
    for part in [id.unwrap_or(&mail.text), &from, &envelope.to.join(",")] {
        hash.update(part);
        hash.update([0]);
    }
    let mailed = Mailed {
        token: token(envelope.to.iter().chain(&mail.to).map(String::as_str)),
        text: clipped(&own_words(&mail.text)),
        fetch: None,
        by_itself: by_itself(&from, pairs),
        doubtful: vouched.doubts(&from),
        from,
    };
    Ok(Told { id: format!("mail/{}", hex::encode(&hash.finalize()[..16])), news: News::Mailed(mailed) })
}

struct Mail {
    from: String,
    to: Vec<String>,
    headers: Vec<(String, String)>,
    text: String,
}

impl Mail {
    /// As it came over the wire, where the parse is set to hand it over so.
    fn whole(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mail = MessageParser::default().parse(bytes).ok_or(Unreadable)?;
        let first = |header: Option<&mail_parser::Address<'_>>| {
            header.and_then(|all| all.first()?.address()).unwrap_or_default().to_lowercase()
        };
        let all = mail.to().into_iter().flat_map(|all| all.iter().filter_map(|one| one.address().map(str::to_owned)));
        let raw = |header: &mail_parser::Header<'_>| {
            if let HeaderValue::Text(text) = &header.value {
                return text.to_string();
            }
            let (from, to) = (header.offset_start as usize, header.offset_end as usize);
            String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()).trim().to_owned()
        };
        Ok(Self {
            from: first(mail.from()),
            to: all.collect(),
            headers: mail.headers().iter().map(|header| (header.name().to_owned(), raw(header))).collect(),
            text: mail.body_text(0).map(Cow::into_owned).unwrap_or_default(),
        })
    }
}

/// The lines of a mail's head; one that begins with a space goes on with the line before.
fn headers(text: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = all.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            all.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    all
}

/// The fields as they came.
struct Fields(BTreeMap<String, Vec<u8>>);

impl Fields {
    async fn of(kind: &str, body: bytes::Bytes) -> Result<Self, Unreadable> {
        let boundary = multer::parse_boundary(kind).map_err(|_| Unreadable)?;
        let body = stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
        let mut parts = multer::Multipart::new(body, boundary);
        let mut fields = BTreeMap::new();
        while let Some(field) = parts.next_field().await.map_err(|_| Unreadable)? {
            let Some(name) = field.name().filter(|name| FIELDS.contains(name)).map(str::to_owned) else { continue };
            let bytes = field.bytes().await.map_err(|_| Unreadable)?;
            fields.entry(name).or_insert_with(|| bytes.to_vec());
        }
        Ok(Self(fields))
    }

    /// A field as text, in the character set that the mail had there.
    fn text(&self, name: &str) -> String {
        let Some(bytes) = self.0.get(name) else { return String::new() };
        let charsets: BTreeMap<String, String> =
            self.0.get("charsets").and_then(|all| serde_json::from_slice(all).ok()).unwrap_or_default();
        let charset = charsets.get(name).and_then(|label| Encoding::for_label(label.trim().as_bytes()));
        charset.unwrap_or(encoding_rs::UTF_8).decode(bytes).0.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::provider::sendgrid::parsed;

    async fn mail(fields: &[(&str, &[u8])]) -> (String, Mailed) {
        let (kind, body) = parsed(fields);
        let told = read(&kind, body.into()).await.expect("a mail");
        match told.news {
            News::Mailed(mail) => (told.id, mail),
            other => unreachable!("{other:?}"),
        }
    }

    const ENVELOPE: (&str, &[u8]) = ("envelope", br#"{"to":["reply+abc@in.example.com"],"from":"ana@example.com"}"#);

    #[tokio::test]
    async fn every_field_is_read_in_its_own_character_set() {
        // "Да" in windows-1251.
        let (id, read) = mail(&[
            ENVELOPE,
            ("from", "Анна <ana@example.com>".as_bytes()),
            ("to", b"Reply <reply+abc@in.example.com>"),
            ("text", b"\xc4\xe0\r\n\r\n> Reply YES or NO"),
            ("charsets", br#"{"from":"UTF-8","text":"windows-1251"}"#),
            ("headers", b"Message-ID: <1@example.com>\r\nSubject: Re: offer\r\n of today"),
            ("SPF", b"pass"),
            ("dkim", b"{@example.com : pass}"),
            ("attachment1", b"\x00\x01"),
        ])
        .await;
        assert_eq!(
            (read.text.as_str(), read.from.as_str(), read.token.as_deref()),
            ("Да", "ana@example.com", Some("abc"))
        );
        assert!(!read.by_itself && !read.doubtful);
        let again = mail(&[ENVELOPE, ("from", b"ana@example.com"), ("headers", b"Message-ID: <1@example.com>")]).await;
        assert_eq!(again.0, id, "the same mail handed over again");
    }

    #[tokio::test]
    async fn a_whole_mail_is_read_as_well() {
        let whole = b"From: Ana <ana@example.com>\r\nTo: reply+abc@in.example.com\r\nAuto-Submitted: auto-replied\r\n\
            Content-Type: text/html; charset=utf-8\r\n\r\n<p>Yes</p>\r\n";
        let (_, read) = mail(&[ENVELOPE, ("email", whole), ("SPF", b"fail"), ("dkim", b"none")]).await;
        assert_eq!(
            (read.text.as_str(), read.from.as_str(), read.token.as_deref()),
            ("Yes", "ana@example.com", Some("abc"))
        );
        assert!(read.by_itself && read.doubtful);
    }

    #[tokio::test]
    async fn what_is_no_form_is_not_read() {
        assert!(read("text/plain", "x".into()).await.is_err());
        assert!(read("multipart/form-data; boundary=x", "--y".into()).await.is_err());
    }
}
