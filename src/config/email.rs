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
    /// Which ways mails go, in the order in which they are tried.
    pub routes: Vec<Route>,
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

impl Email {
    /// The account at Resend, where mails go by it.
    pub fn resend(&self) -> Option<&Resend> {
        self.routes.iter().find_map(|route| match route {
            Route::Resend(set) => Some(&**set),
            Route::Smtp(_) | Route::SendGrid(_) => None,
        })
    }

    /// The account at SendGrid, where mails go by it.
    pub fn sendgrid(&self) -> Option<&SendGrid> {
        self.routes.iter().find_map(|route| match route {
            Route::SendGrid(set) => Some(&**set),
            Route::Smtp(_) | Route::Resend(_) => None,
        })
    }

    /// The mail server, where mails go by it.
    pub fn smtp(&self) -> Option<&Smtp> {
        self.routes.iter().find_map(|route| match route {
            Route::Smtp(set) => Some(&**set),
            Route::Resend(_) | Route::SendGrid(_) => None,
        })
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let smtp = Smtp::read(&mut reader.section("channels.email.smtp"));
        let resend = Resend::read(&mut reader.section("channels.email.resend"));
        let sendgrid = SendGrid::read(&mut reader.section("channels.email.sendgrid"));
        let mut section = reader.section("channels.email");
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
        let (smtp, resend, sendgrid) = (
            smtp.map(|set| Route::Smtp(Box::new(set))),
            resend.map(|set| Route::Resend(Box::new(set))),
            sendgrid.map(|set| Route::SendGrid(Box::new(set))),
        );
        let all = vec![("smtp", smtp.as_ref()), ("resend", resend.as_ref()), ("sendgrid", sendgrid.as_ref())];
        let routes: Vec<Route> = section.providers("provider", all).into_iter().cloned().collect();
        (!routes.is_empty()).then(|| Self { routes, unsubscribe: unsubscribe.unwrap_or_default(), reply_domain })
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
