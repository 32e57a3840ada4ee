//! E-mail by SMTP: text and HTML with the link to the offer's page, under a Message-ID that stays the same over attempts.

mod letter;
mod outcome;
mod pool;
mod session;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use baton_actors::channel::{Address, Budget, Channel, Errand};
use baton_actors::clock::{BoxFuture, Clock};
use baton_core::delivery::{ChannelKind, Outcome, Provider, Receipt};
use lettre::message::Mailbox;

use super::{ReplyTo, Unsubscribe};
use crate::config::smtp::Smtp;
use crate::wording::Wording;

pub use outcome::documented;

use letter::{Ends, Letter, NotALetter};
use pool::Pool;
use session::Route;

/// One account at one mail server.
pub struct Email {
    from: Mailbox,
    unsubscribe: Unsubscribe,
    budget: Budget,
    wording: Arc<Wording>,
    clock: Arc<dyn Clock>,
    pool: Pool,
    reply_to: ReplyTo,
}

/// The way to the mail server cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    /// No certificates, or no name to check one against.
    #[error("TLS for the mail server {host} cannot be set up")]
    Tls {
        /// Which.
        host: String,
        /// Why.
        #[source]
        source: lettre::transport::smtp::Error,
    },
    /// A password must not travel in the open.
    #[error("a log-in at {host} without TLS would show the password to everybody on the way")]
    OpenPassword {
        /// Which.
        host: String,
    },
}

impl Email {
    /// An account as it is configured.
    pub fn new(
        smtp: &Smtp,
        unsubscribe: Unsubscribe,
        wording: Arc<Wording>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, EmailError> {
        let route = Route::new(smtp)?;
        let pool = Pool::new(route, usize::from(smtp.budget.in_flight));
        Ok(Self {
            from: smtp.from.clone(),
            unsubscribe,
            budget: smtp.budget,
            wording,
            clock,
            pool,
            reply_to: ReplyTo::default(),
        })
    }

    /// Where its mails are answered.
    #[must_use]
    pub fn answered_at(self, reply_to: ReplyTo) -> Self {
        Self { reply_to, ..self }
    }

    /// Connects and logs in, and sends nothing: the check of a credential.
    pub async fn check(&self) -> Outcome {
        match self.pool.session(self.clock.now()).await {
            Ok(session) => {
                self.pool.put_back(session, self.clock.now());
                Outcome::Noop
            }
            Err(trouble) => outcome::of(&trouble),
        }
    }

    async fn attempt(&self, errand: &Errand) -> Outcome {
        let Address::Email(address) = &errand.to else {
            return Outcome::Content("not a mail address".to_owned());
        };
        let mail = match self.wording.mail(errand) {
            Ok(mail) => mail,
            Err(error) => return Outcome::Content(error.to_string()),
        };
        let ends = Ends { from: &self.from, to: address, reply_to: self.reply_to.of(errand) };
        let letter = match Letter::write(ends, errand, mail, &self.unsubscribe, self.clock.now()) {
            Ok(letter) => letter,
            Err(error @ NotALetter::Address) => return Outcome::Recipient(error.to_string()),
            Err(error @ NotALetter::Unwritable(_)) => return Outcome::Content(error.to_string()),
        };
        let mut session = match self.pool.session(self.clock.now()).await {
            Ok(session) => session,
            Err(trouble) => return outcome::of(&trouble),
        };
        let handed_over = session.hand_over(&letter).await;
        if session.is_usable() {
            self.pool.put_back(session, self.clock.now());
        }
        match handed_over {
            Ok(()) => Outcome::Accepted(Receipt { channel: ChannelKind::Email, message: letter.message_id }),
            Err(trouble) => outcome::of(&trouble),
        }
    }
}

impl Channel for Email {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn provider(&self) -> Provider {
        Provider::Smtp
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn edits(&self) -> bool {
        false
    }

    fn budget(&self) -> Budget {
        self.budget
    }

    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        Box::pin(async move { self.attempt(&errand).await })
    }
}
