//! `[channels.email.smtp]`: e-mail through a mail server.

use std::time::Duration;

use baton_actors::channel::{Budget, Rate};
use lettre::message::Mailbox;
use lettre::transport::smtp::client::Certificate;
use secrecy::SecretString;

use super::email::sender;
use super::reader::Section;
use super::setting::Switch;

/// How a certificate begins in a PEM file.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The e-mail channel by SMTP, when it is on.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// An authority that is trusted besides those of the machine.
    pub authority: Option<Certificate>,
    /// Name and password to log in with.
    pub login: Option<(String, SecretString)>,
    /// Sender of every mail.
    pub from: Mailbox,
    /// How long a connection or a reply may take.
    pub request_timeout: Duration,
    /// How long the confirmation of a mail may take that was given whole.
    pub data_timeout: Duration,
    /// What may be sent.
    pub budget: Budget,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// It begins in the open and is protected before anything is said.
    StartTls,
    /// It is protected from the first byte.
    Implicit,
    /// Not at all.
    None,
}

impl Smtp {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let enabled = section.get::<Switch>("enabled");
        let host = section.get::<String>("host");
        let username = section.get::<String>("username");
        let password = section.secret("password");
        let on = enabled.or(!host.is_empty());
        section.expect("host", !on || !host.is_empty(), || {
            (
                "the channel is on and has no host".to_owned(),
                "name the mail server, or set the channel to \"off\"".to_owned(),
            )
        });
        section.expect("password", username.is_empty() || password.is_some(), || {
            ("there is a username and no password".to_owned(), "set password or password_file".to_owned())
        });
        let from = sender(section, on);
        let port = section.within::<u64>("port", 1..=65_535) as u16;
        let tls = section.word("tls", &[("starttls", Tls::StartTls), ("implicit", Tls::Implicit), ("none", Tls::None)]);
        let authority = authority(section);
        let request_timeout = section.some("request_timeout");
        let data_timeout = section.some("data_timeout");
        let budget = Budget {
            account: section.get::<Option<Rate>>("rate_account"),
            chat: section.get::<Option<Rate>>("rate_chat"),
            group: None,
            in_flight: section.within::<u64>("in_flight", 1..=1_000) as u16,
        };
        let login = password.filter(|_| !username.is_empty()).map(|password| (username, password));
        // Without a sender there is a fault already, and the configuration is not given out.
        let from = from?;
        on.then_some(Self { host, port, tls, authority, login, from, request_timeout, data_timeout, budget })
    }
}

/// The certificates of `ca_file`.
fn authority(section: &mut Section<'_, '_>) -> Option<Certificate> {
    let file = section.get::<String>("ca_file");
    if file.is_empty() {
        return None;
    }
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(error) => {
            let cure = "name a file that exists and that this user may read".to_owned();
            section.fault("ca_file", format!("the file cannot be read ({error})"), cure);
            return None;
        }
    };
    let holds_one = text.windows(BEGIN.len()).any(|here| here == BEGIN);
    let certificate = Certificate::from_pem(&text).ok().filter(|_| holds_one);
    section.expect("ca_file", certificate.is_some(), || {
        let cure = "name a PEM file, in which each certificate begins with -----BEGIN CERTIFICATE-----".to_owned();
        ("the file holds no certificate".to_owned(), cure)
    });
    certificate
}
