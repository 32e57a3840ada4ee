//! E-mail as its readers see it: against a server that speaks SMTP.

use std::time::Duration;

use baton_actors::channel::{Budget, Say};
use baton_actors::clock::SystemClock;
use baton_core::brief::Brief;
use baton_core::message::{Over, Topic};

use super::*;
use crate::config::smtp::Tls;
use crate::simulator::mailbox::{Mailbox, Twist};
use crate::wording::samples;

const ANA: &str = "ana@example.com";

struct Town {
    mailbox: Mailbox,
    email: Email,
}

impl Town {
    async fn open() -> Self {
        let mailbox = Mailbox::start().await.expect("loopback");
        let email = account(&account_at(&mailbox));
        Self { mailbox, email }
    }

    async fn tells(&self, errand: Errand) -> Outcome {
        self.email.send(errand).await
    }
}

fn account_at(mailbox: &Mailbox) -> Smtp {
    Smtp {
        host: mailbox.address().ip().to_string(),
        port: mailbox.address().port(),
        tls: Tls::None,
        authority: None,
        login: None,
        from: "Dispatch <dispatch@example.com>".parse().expect("a sender"),
        request_timeout: Duration::from_secs(5),
        data_timeout: Duration::from_millis(300),
        budget: Budget { in_flight: 4, ..Budget::default() },
    }
}

fn account(smtp: &Smtp) -> Email {
    let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
    Email::new(smtp, Unsubscribe::default(), wording, Arc::new(SystemClock)).expect("set up")
}

fn errand(say: Say) -> Errand {
    let sample = samples::errands("en").remove(0);
    Errand { to: Address::Email(ANA.to_owned()), key: "job-3-1".to_owned(), say, possible_repeat: false, ..sample }
}

fn offer() -> Errand {
    errand(samples::about_job(Topic::Offer(1), &samples::view(samples::full_brief()), true))
}

/// The text of a mail with its soft line breaks joined.
fn readable(text: &str) -> String {
    text.replace("=\r\n", "").replace("=3D", "=")
}

#[tokio::test]
async fn an_offer_arrives_as_text_and_html_with_the_link_to_its_page() {
    let town = Town::open().await;
    let accepted = Receipt { channel: ChannelKind::Email, message: "job-3-1@example.com".into() };
    assert_eq!(town.tells(offer()).await, Outcome::Accepted(accepted));
    let mail = town.mailbox.mails().remove(0);
    assert_eq!((mail.from.as_str(), mail.to.as_slice()), ("dispatch@example.com", &[ANA.to_owned()][..]));
    assert_eq!(mail.header("Message-ID").as_deref(), Some("<job-3-1@example.com>"));
    assert_eq!(mail.header("To").as_deref(), Some("\"Driver One\" <ana@example.com>"));
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert!(mail.header("Subject").expect("one").contains("Leeds to Manchester"));
    let text = readable(&mail.text);
    for part in
        ["Content-Type: text/plain", "Content-Type: text/html", "https://example.com/public/offers/", "<a href="]
    {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

#[tokio::test]
async fn an_errand_about_an_earlier_mail_refers_to_it() {
    let town = Town::open().await;
    let over = samples::about_job(Topic::OfferOver(1, Over::Taken), &samples::view(samples::full_brief()), true);
    let replaces = Some(Receipt { channel: ChannelKind::Email, message: "job-3-1@example.com".into() });
    let over = Errand { replaces, key: "job-4-1".to_owned(), ..errand(over) };
    assert_eq!(town.tells(over).await.class(), "accepted");
    assert_eq!(town.mailbox.mails()[0].header("In-Reply-To").as_deref(), Some("<job-3-1@example.com>"));
}

#[tokio::test]
async fn no_value_can_begin_a_header() {
    let town = Town::open().await;
    let evil = "x\r\nBcc: everybody@example.com\r\n\r\n<script>alert(1)</script>";
    let brief = Brief { from: Some(evil.to_owned()), ..samples::full_brief() };
    let say = samples::about_job(Topic::Offer(1), &samples::view(brief), true);
    let errand = Errand { name: evil.to_owned(), key: evil.to_owned(), ..errand(say) };
    assert_eq!(town.tells(errand).await.class(), "accepted");
    let mail = town.mailbox.mails().remove(0);
    assert_eq!(mail.to, [ANA]);
    assert_eq!(mail.header("Bcc"), None);
    assert!(!readable(&mail.text).split("text/html").nth(1).expect("a part").contains("<script>"), "{}", mail.text);
}

#[tokio::test]
async fn an_attempt_whose_end_is_unknown_is_repeated_under_the_same_message_id() {
    let town = Town::open().await;
    town.mailbox.next_mail_to(ANA, Twist::KeptAndCut);
    town.mailbox.next_mail_to(ANA, Twist::KeptAndSilent);
    assert_eq!(town.tells(offer()).await.class(), "unknown");
    assert_eq!(town.tells(offer()).await.class(), "unknown");
    assert_eq!(town.tells(offer()).await.class(), "accepted");
    let ids: Vec<_> = town.mailbox.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids, vec![Some("<job-3-1@example.com>".to_owned()); 3]);
}

#[tokio::test]
async fn one_connection_serves_many_mails_also_after_a_refusal() {
    let town = Town::open().await;
    town.mailbox.next_mail_to(ANA, Twist::Refuse("550 5.1.1 <ana@example.com> unknown".to_owned()));
    assert_eq!(town.tells(offer()).await, Outcome::Recipient("550 5.1.1 (address) unknown".into()));
    for _ in 0..5 {
        assert_eq!(town.tells(offer()).await.class(), "accepted");
    }
    assert_eq!(town.mailbox.connections(), 1);
    town.mailbox.next_mail_to(ANA, Twist::Cut);
    assert_eq!(town.tells(offer()).await.class(), "retry");
    assert_eq!(town.tells(offer()).await.class(), "accepted");
    assert_eq!(town.mailbox.connections(), 2);
}

#[tokio::test]
async fn a_log_in_is_made_and_its_password_never_told() {
    let mailbox = Mailbox::start().await.expect("loopback");
    mailbox.wants_login("baton", "TEST-PASSWORD");
    let login =
        |password: &str| Smtp { login: Some(("baton".to_owned(), password.to_owned().into())), ..account_at(&mailbox) };
    assert_eq!(account(&login("TEST-PASSWORD")).check().await, Outcome::Noop);
    assert_eq!(account(&login("TEST-PASSWORD")).send(offer()).await.class(), "accepted");
    let refused = account(&login("WRONG-PASSWORD")).send(offer()).await;
    assert_eq!(refused, Outcome::Sender("the log-in was refused with 535".into()));
    assert_eq!(account(&account_at(&mailbox)).send(offer()).await.class(), "sender");
}

#[tokio::test]
async fn a_password_never_travels_in_the_open() {
    let mailbox = Mailbox::start().await.expect("loopback");
    let login = Some(("baton".to_owned(), "TEST-PASSWORD".to_owned().into()));
    // The server offers no STARTTLS at all, or only pretends to.
    let protected = Smtp { tls: Tls::StartTls, login: login.clone(), ..account_at(&mailbox) };
    assert_eq!(account(&protected).send(offer()).await.class(), "sender");
    mailbox.breaks_tls();
    assert_eq!(account(&protected).send(offer()).await.class(), "sender");
    assert_eq!(mailbox.mails(), []);
    let open = Smtp { host: "mail.example.com".to_owned(), tls: Tls::None, login, ..account_at(&mailbox) };
    let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
    assert!(matches!(
        Email::new(&open, Unsubscribe::default(), wording, Arc::new(SystemClock)),
        Err(EmailError::OpenPassword { .. })
    ));
}

#[tokio::test]
async fn a_busy_or_absent_server_is_tried_again() {
    let town = Town::open().await;
    town.mailbox.next_greeting("421 4.3.2 too busy");
    assert_eq!(town.tells(offer()).await.class(), "retry");
    let away = account_at(&town.mailbox);
    drop(town);
    assert_eq!(account(&away).send(offer()).await.class(), "retry");
    let no_address = Errand { to: Address::Email("not an address".to_owned()), ..offer() };
    assert_eq!(account(&away).send(no_address).await.class(), "recipient");
}
