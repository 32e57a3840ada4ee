//! E-mail under the suite: an account at the simulated mail server.

use std::sync::Arc;

use baton_actors::channel::Budget;
use baton_actors::clock::SystemClock;

use super::*;
use crate::channels::email::Unsubscribe;
use crate::channels::email::smtp::Email;
use crate::config::smtp::{Smtp, Tls};
use crate::simulator::mailbox::{Mailbox, Twist};
use crate::wording::Wording;

const ANA: &str = "ana@example.com";

struct Town {
    mailbox: Option<Mailbox>,
    email: Email,
}

impl Bench for Town {
    fn channel(&self) -> &dyn Channel {
        &self.email
    }
    fn address(&self) -> Address {
        Address::Email(ANA.to_owned())
    }
    fn secret(&self) -> Option<&'static str> {
        Some("TEST-PASSWORD")
    }
    fn class_of(&self, trouble: Trouble) -> Option<&'static str> {
        Some(match trouble {
            Trouble::Blocked => "recipient",
            Trouble::TooMany => return None,
            Trouble::Broken | Trouble::Away => "retry",
            Trouble::Garbage | Trouble::Silence => "unknown",
            Trouble::Stranger => "sender",
            Trouble::BadMessage => "content",
        })
    }
    fn meets(&mut self, trouble: Trouble) {
        let Some(mailbox) = &self.mailbox else { return };
        let next = |twist| mailbox.next_mail_to(ANA, twist);
        match trouble {
            Trouble::Blocked => next(Twist::Refuse(format!("550 5.1.1 <{ANA}> unknown"))),
            Trouble::TooMany => {}
            Trouble::Broken => next(Twist::RefuseWhole("451 4.3.0 not now".into())),
            Trouble::Garbage => next(Twist::RefuseWhole("<html>".into())),
            Trouble::Silence => next(Twist::KeptAndSilent),
            Trouble::Away => self.mailbox = None,
            Trouble::Stranger => mailbox.wants_login("baton", "ANOTHER-PASSWORD"),
            Trouble::BadMessage => next(Twist::RefuseWhole("552 5.3.4 too big".into())),
        }
    }
    fn seen(&self) -> Vec<String> {
        // Without the soft line breaks of the way, and only what is for people.
        let text = |mail: &crate::simulator::mailbox::Mail| {
            let text = mail.text.replace("=\r\n", "");
            text.split_once("text/plain").map(|(_, body)| body.to_owned()).unwrap_or_default()
        };
        self.mailbox.iter().flat_map(Mailbox::mails).map(|mail| text(&mail)).collect()
    }
}

#[tokio::test]
async fn email_conforms() {
    conforms(|| {
        Box::pin(async {
            let mailbox = Mailbox::start().await.expect("loopback");
            mailbox.wants_login("baton", "TEST-PASSWORD");
            let smtp = Smtp {
                host: mailbox.address().ip().to_string(),
                port: mailbox.address().port(),
                tls: Tls::None,
                authority: None,
                login: Some(("baton".to_owned(), "TEST-PASSWORD".to_owned().into())),
                from: "Dispatch <dispatch@example.com>".parse().expect("a sender"),
                request_timeout: Duration::from_secs(2),
                data_timeout: Duration::from_millis(300),
                budget: Budget { in_flight: 4, ..Budget::default() },
            };
            let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
            let email = Email::new(&smtp, Unsubscribe::default(), wording, Arc::new(SystemClock)).expect("set up");
            Box::new(Town { mailbox: Some(mailbox), email }) as Box<dyn Bench>
        })
    })
    .await;
}
