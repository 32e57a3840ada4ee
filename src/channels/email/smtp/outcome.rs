//! What a mail server's answer means: by the step it came at, then by its enhanced code (RFC 3463), then by its plain one.

use std::time::Duration;

use baton_core::delivery::{Outcome, Scope};

use super::session::{Cause, Step, Trouble};

/// A server that greylists takes nothing for some minutes.
const GREYLISTED: Duration = Duration::from_mins(5);

/// The class of a failure.
pub(super) fn of(trouble: &Trouble) -> Outcome {
    let Trouble { step, cause } = trouble;
    match cause {
        Cause::Said { code, text } => of_reply(*step, *code, text),
        Cause::NoAnswer(why) if *step == Step::Confirm => {
            Outcome::Unknown(format!("no answer to the whole mail: {why}"))
        }
        Cause::NoAnswer(why) => Outcome::Retry(format!("no answer: {why}")),
        Cause::Tls(why) => Outcome::Sender((*why).to_owned()),
        Cause::NotOffered(what) if *step == Step::Recipient => {
            Outcome::Recipient(format!("the mail server does not offer {what}"))
        }
        Cause::NotOffered(what) => Outcome::Sender(format!("the mail server does not offer {what}")),
    }
}

#[expect(
    clippy::match_same_arms,
    reason = "one row a rule, in the order they hold; merged, the table could not be read"
)]
fn of_reply(step: Step, code: u16, text: &str) -> Outcome {
    let said = said(step, code, text);
    if !(500..=599).contains(&code) {
        let greylisted = step >= Step::Recipient && code != 421 && text.to_lowercase().contains("greylist");
        return if greylisted { Outcome::RetryAfter(GREYLISTED, Scope::Chat) } else { Outcome::Retry(said) };
    }
    let enhanced = enhanced(text);
    match (step, enhanced, code) {
        (Step::Connect | Step::Login, _, _) | (_, _, 530 | 534 | 535 | 538) => Outcome::Sender(said),
        (_, Some((3, 4) | (6, _)), _) => Outcome::Content(said),
        (Step::Sender, None, 552) => Outcome::Content(said),
        (Step::Sender, _, _) => Outcome::Sender(said),
        (_, Some((1 | 2, _)), _) => Outcome::Recipient(said),
        (Step::Recipient, Some((4, _)), _) => Outcome::Recipient(said),
        (Step::Recipient, Some((7, _)), _) => Outcome::Sender(said),
        (Step::Recipient, Some((5, _)), _) | (Step::Recipient, None, 500..=504 | 555) => Outcome::Content(said),
        (Step::Recipient, _, _) => Outcome::Recipient(said),
        // 5.7.20 and above are about who sends (DKIM, SPF, DMARC, reverse DNS); below, about what is sent.
        (Step::Data | Step::Confirm, Some((7, 20..)), _) => Outcome::Sender(said),
        (Step::Data | Step::Confirm, _, _) => Outcome::Content(said),
    }
}

/// Subject and detail of `5.1.1`.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    let mut parts = text.split_whitespace().next()?.split('.');
    let class = parts.next()?;
    let (subject, detail) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (matches!(class, "4" | "5") && parts.next().is_none()).then_some((subject, detail))
}

/// What the server said, without addresses; at the log-in nothing but its code, since a server may repeat what it was told.
fn said(step: Step, code: u16, text: &str) -> String {
    if step == Step::Login {
        return format!("the log-in was refused with {code}");
    }
    let plain = |word: &str| if word.contains('@') { "(address)" } else { word }.to_owned();
    let text: Vec<_> = crate::wording::one_line(text).split(' ').map(plain).collect();
    format!("{code} {}", text.join(" ")).trim_end().chars().take(200).collect()
}

/// The replies that stand for their kind.
const DOCUMENTED: &str = "
    # step     reply                                                      class
    connect    421 4.3.2 too busy                                       | retry
    connect    554 no service                                           | sender
    login      535 5.7.8 wrong                                          | sender
    login      534 5.7.9 too weak                                       | sender
    login      530 5.7.0 authentication required                        | sender
    login      454 4.7.0 try later                                      | retry
    sender     451 4.3.0 try later                                      | retry
    sender     550 5.7.1 not yours                                      | sender
    sender     530 5.7.0 authentication required                        | sender
    sender     552 too big                                              | content
    sender     552 5.3.4 too big                                        | content
    recipient  450 4.2.0 try later                                      | retry
    recipient  451 4.7.1 Greylisting in effect                          | retry_after
    recipient  452 4.2.2 full                                           | retry
    recipient  421 4.7.0 too many                                       | retry
    recipient  550 5.1.1 no such user                                   | recipient
    recipient  551 5.1.6 moved                                          | recipient
    recipient  553 5.1.3 bad address                                    | recipient
    recipient  550 no such user                                         | recipient
    recipient  550 5.2.1 disabled                                       | recipient
    recipient  552 5.2.2 full                                           | recipient
    recipient  550 5.4.1 access denied                                  | recipient
    recipient  554 5.7.1 relay access denied                            | sender
    recipient  501 5.5.4 what                                           | content
    recipient  501 what                                                 | content
    data       451 4.3.0 try later                                      | retry
    data       554 5.5.1 no valid recipients                            | content
    confirm    451 4.3.0 try later                                      | retry
    confirm    421 4.3.2 going down                                     | retry
    confirm    550 5.1.1 no such user after all                         | recipient
    confirm    552 5.2.2 full                                           | recipient
    confirm    552 5.3.4 too big                                        | content
    confirm    550 5.7.1 looks like spam                                | content
    confirm    550 5.7.26 unauthenticated                               | sender
    confirm    554 no                                                   | content
";

fn step(name: &str) -> Option<Step> {
    Some(match name {
        "connect" => Step::Connect,
        "login" => Step::Login,
        "sender" => Step::Sender,
        "recipient" => Step::Recipient,
        "data" => Step::Data,
        "confirm" => Step::Confirm,
        _ => return None,
    })
}

/// The replies that stand for their kind, each with its step, its class as it comes out, and its class as it should.
pub fn documented() -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str)> {
    DOCUMENTED.lines().filter_map(|line| {
        let (reply, class) = line.trim().split_once('|')?;
        let (name, reply) = reply.trim().split_once(' ')?;
        let (code, text) = reply.trim().split_once(' ')?;
        let cause = Cause::Said { code: code.parse().ok()?, text: text.to_owned() };
        Some((name, reply.trim(), of(&Trouble { step: step(name)?, cause }).class(), class.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reply_has_its_class() {
        assert_eq!(documented().count(), DOCUMENTED.lines().filter(|line| line.contains('|')).count());
        for (step, reply, class, expected) in documented() {
            assert_eq!(class, expected, "{step} {reply}");
        }
    }

    #[test]
    fn only_a_mail_that_was_given_whole_may_have_arrived() {
        for at in [Step::Connect, Step::Login, Step::Sender, Step::Recipient, Step::Data] {
            assert_eq!(of(&Trouble { step: at, cause: Cause::NoAnswer("x") }).class(), "retry", "{at:?}");
        }
        assert_eq!(of(&Trouble { step: Step::Confirm, cause: Cause::NoAnswer("x") }).class(), "unknown");
    }

    #[test]
    fn a_reason_names_no_address() {
        let text = "5.1.1 <d1@example.com>: no such user".to_owned();
        let cause = Cause::Said { code: 550, text };
        let outcome = of(&Trouble { step: Step::Recipient, cause });
        assert_eq!(outcome, Outcome::Recipient("550 5.1.1 (address) no such user".into()));
    }
}
