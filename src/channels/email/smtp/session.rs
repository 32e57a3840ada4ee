//! One connection to a mail server, and a mail handed over in it step by step: what a failure means depends on the step.

use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret;

use super::EmailError;
use super::letter::Letter;
use crate::config::smtp::{Smtp, Tls};

/// How to get to a mail server.
pub(super) struct Route {
    host: String,
    port: u16,
    mode: Tls,
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
    hello: ClientId,
    reply_timeout: Duration,
    data_timeout: Duration,
}

/// The steps of handing a mail over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Connection, greeting, TLS.
    Connect,
    /// The log-in.
    Login,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`: the mail itself has not left yet.
    Data,
    /// The mail, up to the reply to its last dot.
    Confirm,
}

/// What a step failed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) step: Step,
    pub(super) cause: Cause,
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The server said so.
    Said { code: u16, text: String },
    /// No answer, or none that can be read.
    NoAnswer(&'static str),
    /// The connection cannot be protected, or not believed.
    Tls(&'static str),
    /// The server does not offer what is needed.
    NotOffered(&'static str),
}

/// A connection that is greeted, protected and logged in.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
    reply_timeout: Duration,
    data_timeout: Duration,
    broken: bool,
}

impl Route {
    pub(super) fn new(smtp: &Smtp) -> Result<Self, EmailError> {
        let host = smtp.host.clone();
        if smtp.tls == Tls::None && smtp.login.is_some() && !is_loopback(&host) {
            return Err(EmailError::OpenPassword { host });
        }
        let tls = match smtp.tls {
            Tls::None => None,
            Tls::StartTls | Tls::Implicit => {
                let parameters = TlsParameters::builder(host.clone());
                let parameters = match &smtp.authority {
                    Some(authority) => parameters.add_root_certificate(authority.clone()),
                    None => parameters,
                };
                Some(parameters.build().map_err(|source| EmailError::Tls { host: host.clone(), source })?)
            }
        };
        let credentials = |(name, password): &(String, secrecy::SecretString)| {
            Credentials::new(name.clone(), password.expose_secret().to_owned())
        };
        Ok(Self {
            host,
            port: smtp.port,
            mode: smtp.tls,
            tls,
            login: smtp.login.as_ref().map(credentials),
            hello: ClientId::default(),
            reply_timeout: smtp.request_timeout,
            data_timeout: smtp.data_timeout,
        })
    }

    pub(super) async fn open(&self) -> Result<Session, Trouble> {
        let implicit = self.tls.clone().filter(|_| self.mode == Tls::Implicit);
        let address = (self.host.as_str(), self.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, implicit, None);
        let mut connection = within(self.reply_timeout, Step::Connect, connecting).await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.mode == Tls::StartTls) {
            if !connection.can_starttls() {
                return Err(Trouble { step: Step::Connect, cause: Cause::NotOffered("STARTTLS") });
            }
            within(self.reply_timeout, Step::Connect, connection.starttls(tls, &self.hello)).await?;
        }
        if let Some(login) = &self.login {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            if connection.server_info().get_auth_mechanism(&mechanisms).is_none() {
                return Err(Trouble { step: Step::Login, cause: Cause::NotOffered("a log-in with a password") });
            }
            within(self.reply_timeout, Step::Login, connection.auth(&mechanisms, login)).await?;
        }
        let (reply_timeout, data_timeout) = (self.reply_timeout, self.data_timeout);
        Ok(Session { connection, reply_timeout, data_timeout, broken: false })
    }
}

impl Session {
    /// Whether another mail can go over it.
    pub(super) fn is_usable(&self) -> bool {
        !self.broken && !self.connection.has_broken()
    }

    /// Whether the server is still there.
    pub(super) async fn is_alive(&mut self) -> bool {
        within(self.reply_timeout, Step::Connect, self.connection.command(Noop)).await.is_ok()
    }

    /// Hands a mail over; done once the server has taken responsibility.
    pub(super) async fn hand_over(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let handed_over = self.steps(letter).await;
        if let Err(Trouble { step, cause }) = &handed_over {
            // After a plain no the connection is as good as before. Whatever else happened, nobody knows where it stands.
            let plain_no = matches!(cause, Cause::Said { code, .. } if *code != 421);
            let clean = *step == Step::Confirm
                || within(self.reply_timeout, Step::Connect, self.connection.command(Rset)).await.is_ok();
            self.broken = !plain_no || !clean;
        }
        handed_over
    }

    async fn steps(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let (connection, patience) = (&mut self.connection, self.reply_timeout);
        let mut parameters = Vec::new();
        if ![&letter.from, &letter.to].into_iter().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Trouble { step: Step::Recipient, cause: Cause::NotOffered("addresses beyond ASCII") });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !letter.text.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let mail = Mail::new(Some(letter.from.clone()), parameters);
        within(patience, Step::Sender, connection.command(mail)).await?;
        let rcpt = Rcpt::new(letter.to.clone(), Vec::new());
        within(patience, Step::Recipient, connection.command(rcpt)).await?;
        within(patience, Step::Data, connection.command(Data)).await?;
        within(self.data_timeout, Step::Confirm, connection.message(&letter.text)).await?;
        Ok(())
    }
}

async fn within<T>(
    patience: Duration,
    step: Step,
    doing: impl Future<Output = Result<T, Error>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(patience, doing).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Trouble { step, cause: Cause::of(&error) }),
        Err(_) => Err(Trouble { step, cause: Cause::NoAnswer("it took too long") }),
    }
}

impl Cause {
    fn of(error: &Error) -> Self {
        if let Some(code) = error.status() {
            let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            return Self::Said { code: code.into(), text };
        }
        if error.is_tls() || speaks_of_tls(error) {
            return Self::Tls("the connection cannot be protected");
        }
        Self::NoAnswer(if error.is_response() { "the answer cannot be read" } else { "the connection broke" })
    }
}

/// A certificate that cannot be believed comes as invalid data of the connection.
fn speaks_of_tls(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::InvalidData;
        }
        source = cause.source();
    }
    false
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
