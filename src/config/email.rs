//! `[channels.email]`: which way mails go, and what they all carry.

use lettre::message::Mailbox;

use super::reader::{Reader, Section};
use super::resend::Resend;
use super::sendgrid::SendGrid;
use super::smtp::Smtp;
use crate::channels::email::Unsubscribe;

/// The e-mail channel, when it is on.
#[derive(Clone, Debug)]
pub struct Email {
    /// Which way mails go.
    pub route: Route,
    /// How a reader's mail program ends them.
    pub unsubscribe: Unsubscribe,
    /// The domain whose mail comes back to us, where mails are answered; empty: none.
    pub reply_domain: String,
}

/// Which way mails go.
#[derive(Clone, Debug)]
pub enum Route {
    /// By a mail server.
    Smtp(Box<Smtp>),
    /// By Resend.
    Resend(Box<Resend>),
    /// By SendGrid.
    SendGrid(Box<SendGrid>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    Smtp,
    Resend,
    SendGrid,
}

/// The providers by their words.
const PROVIDERS: [(&str, Provider); 3] =
    [("smtp", Provider::Smtp), ("resend", Provider::Resend), ("sendgrid", Provider::SendGrid)];

impl Email {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let smtp = Smtp::read(&mut reader.section("channels.email.smtp"));
        let resend = Resend::read(&mut reader.section("channels.email.resend"));
        let sendgrid = SendGrid::read(&mut reader.section("channels.email.sendgrid"));
        let mut section = reader.section("channels.email");
        let provider = section.word("provider", &PROVIDERS);
        let unsubscribe = Unsubscribe::of(section.get::<Vec<String>>("unsubscribe"));
        section.expect("unsubscribe", unsubscribe.is_ok(), || {
            let wrong = unsubscribe.as_ref().err().cloned().unwrap_or_default();
            let cure = "write https:// or mailto:, such as \"mailto:stop@example.com\"".to_owned();
            (format!("\"{wrong}\" ends no mails"), cure)
        });
        let reply_domain = section.get::<String>("reply_domain");
        let answered = lettre::Address::new("reply", reply_domain.as_str());
        section.expect("reply_domain", reply_domain.is_empty() || answered.is_ok(), || {
            (format!("\"{reply_domain}\" is no domain"), "write one such as \"in.example.com\"".to_owned())
        });
        let on = [smtp.is_some(), resend.is_some(), sendgrid.is_some()];
        for ((word, other), _) in PROVIDERS.iter().zip(on).filter(|((_, other), on)| *on && *other != provider) {
            let _ = other;
            section.fault(
                "provider",
                format!("channels.email.{word} is set up as well, and mails go one way only"),
                format!("write provider = \"{word}\", or enabled = \"off\" in channels.email.{word}"),
            );
        }
        let route = match provider {
            Provider::Smtp => smtp.map(|set| Route::Smtp(Box::new(set))),
            Provider::Resend => resend.map(|set| Route::Resend(Box::new(set))),
            Provider::SendGrid => sendgrid.map(|set| Route::SendGrid(Box::new(set))),
        };
        Some(Self { route: route?, unsubscribe: unsubscribe.unwrap_or_default(), reply_domain })
    }
}

/// Who every mail is from.
pub(super) fn sender(section: &mut Section<'_, '_>, on: bool) -> Option<Mailbox> {
    let from = section.get::<String>("from");
    let mailbox = from.parse::<Mailbox>().ok();
    section.expect("from", mailbox.is_some() || (from.is_empty() && !on), || {
        let cure = "write an address, with or without a name: \"Dispatch <dispatch@example.com>\"".to_owned();
        ("the sender is no mail address".to_owned(), cure)
    });
    mailbox
}
