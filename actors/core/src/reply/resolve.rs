//! Which of a person's jobs a text is about.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Reading, Reply, Which};
use crate::ids::{Code, JobId, OfferId};
use crate::time::Timestamp;

/// A question lists no more jobs than this: others can be named by their codes.
pub const QUESTION_MAX: usize = 9;

/// So long the answer to a question may be a mere number.
const QUESTION_LASTS: Duration = Duration::from_secs(30 * 60);

/// What is known of a person's jobs at the moment of the text, each list with what is to come first in front.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Offers that wait for their answer.
    pub open: &'a [OfferId],
    /// Offers that wait no longer, of jobs that are not closed, the latest first: a late yes is told the truth by its job,
    /// and may stand in line.
    pub past: &'a [OfferId],
    /// The offers by which they have their jobs.
    pub claims: &'a [OfferId],
    /// Those of the claims whose winner was reminded and should say that they are on it.
    pub reminded: &'a [OfferId],
}

/// A question that was put to a person: which job do you mean?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The offers to choose from, in the order in which they were numbered.
    pub choices: Vec<OfferId>,
    /// What they want with it.
    pub about: About,
    /// A mere number answers it until then.
    pub until: Timestamp,
}

/// What somebody wants with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    /// Take it.
    Claim,
    /// Pass it on.
    Decline,
    /// Show that they are on it.
    Acknowledge,
    /// Give it back.
    Withdraw,
}

/// What a text comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// Claim by this offer; the job decides.
    Claim(OfferId),
    /// Decline this offer; the job decides.
    Decline(OfferId),
    /// They are on this job of theirs.
    Acknowledge(JobId),
    /// They give this job of theirs back.
    Withdraw(JobId),
    /// Ask which, with numbered choices, and remember the question.
    Ask(Question),
    /// Say what can be written.
    Help,
    /// Nothing is open for them.
    NoOpenOffer,
    /// They have no job that could be acknowledged or given back.
    NoClaim,
    /// None of their jobs has this code.
    UnknownCode(Code),
    /// No more messages to them.
    OptOut,
    /// Messages to them again.
    OptIn,
    /// Not understood.
    Unrecognized,
}

/// Finds the job a text is about. `hint` is the job of the message they replied to, where the channel tells, or the one
/// the caller names; a code in the text goes before it.
pub fn resolve(
    reading: Reading,
    hint: Option<JobId>,
    known: &Known<'_>,
    question: Option<&Question>,
    now: Timestamp,
) -> Resolved {
    let asked = question.is_some();
    let question = question.filter(|question| now < question.until);
    match reading.reply {
        Reply::Yes | Reply::Ok => answer(yes_means(reading, hint, known), reading.which, hint, known, question, now),
        Reply::No => answer(About::Decline, reading.which, hint, known, question, now),
        Reply::Acknowledge => answer(About::Acknowledge, reading.which, hint, known, question, now),
        Reply::Withdraw => answer(About::Withdraw, reading.which, hint, known, question, now),
        Reply::Choice => match question {
            Some(question) => answer(question.about, reading.which, hint, known, Some(question), now),
            // Whoever was asked once may mean the second of what they were shown.
            None if asked => Resolved::Unrecognized,
            None => by_number(reading.which, hint, known),
        },
        Reply::Help => Resolved::Help,
        Reply::OptOut => Resolved::OptOut,
        Reply::OptIn => Resolved::OptIn,
        Reply::Unrecognized => Resolved::Unrecognized,
    }
}

/// Where one offer is open and no more, 1 is a yes and 2 is a no, as in many a text message.
fn by_number(which: Option<Which>, hint: Option<JobId>, known: &Known<'_>) -> Resolved {
    let mut open = known.open.iter().filter(|offer| hint.is_none_or(|job| offer.job == job));
    match (which, open.next(), open.next()) {
        (Some(Which::Number(1)), Some(only), None) => Resolved::Claim(*only),
        (Some(Which::Number(2)), Some(only), None) => Resolved::Decline(*only),
        _ => Resolved::Unrecognized,
    }
}

/// A reminder asks for an OK: where somebody was reminded, it must never take another job by accident. A yes answers a
/// reminder only where there is nothing to be taken.
fn yes_means(reading: Reading, hint: Option<JobId>, known: &Known<'_>) -> About {
    let named = |offer: &OfferId| match (reading.which, hint) {
        (Some(Which::Code(code)), _) => offer.job.code() == code,
        (Some(Which::Number(_)), _) => false,
        (None, Some(job)) => offer.job == job,
        (None, None) => true,
    };
    let open = known.open.iter().any(named);
    let takes = reading.reply == Reply::Yes && open;
    // With nothing to be taken, an OK is about the job they have, reminded or not.
    let theirs = reading.reply == Reply::Ok && !open && known.claims.iter().any(named);
    if theirs || (known.reminded.iter().any(named) && !takes) { About::Acknowledge } else { About::Claim }
}

fn answer(
    about: About,
    which: Option<Which>,
    hint: Option<JobId>,
    known: &Known<'_>,
    question: Option<&Question>,
    now: Timestamp,
) -> Resolved {
    let candidates = match (which, hint) {
        (Some(Which::Number(number)), _) => return numbered(number, about, question),
        (Some(Which::Code(code)), _) => {
            let found = those(about, known, &|offer| offer.job.code() == code);
            if found.is_empty() {
                return Resolved::UnknownCode(code);
            }
            found
        }
        (None, Some(job)) => those(about, known, &|offer| offer.job == job),
        (None, None) => those(about, known, &|_| true),
    };
    match candidates.as_slice() {
        [] => match about {
            About::Claim | About::Decline => Resolved::NoOpenOffer,
            About::Acknowledge | About::Withdraw => Resolved::NoClaim,
        },
        [only] => settled(about, *only),
        [..] => {
            let choices = candidates.into_iter().take(QUESTION_MAX).collect();
            Resolved::Ask(Question { choices, about, until: now + QUESTION_LASTS })
        }
    }
}

fn numbered(number: u8, about: About, question: Option<&Question>) -> Resolved {
    let Some(question) = question else { return Resolved::Unrecognized };
    let choice = usize::from(number).checked_sub(1).and_then(|at| question.choices.get(at));
    match choice {
        Some(offer) => settled(about, *offer),
        None => Resolved::Ask(question.clone()),
    }
}

/// The offers a text can be about: several only where nobody but the person can tell.
fn those(about: About, known: &Known<'_>, named: &dyn Fn(&OfferId) -> bool) -> Vec<OfferId> {
    let all = |offers: &[OfferId]| offers.iter().copied().filter(|offer| named(offer)).collect::<Vec<_>>();
    let first = |offers: &[OfferId]| offers.iter().copied().find(|offer| named(offer));
    let open = match about {
        About::Claim | About::Decline => all(known.open),
        About::Acknowledge => match all(known.reminded) {
            none if none.is_empty() => all(known.claims),
            reminded => reminded,
        },
        About::Withdraw => all(known.claims),
    };
    match about {
        // Nothing is open: the latest of what was goes to its job, which knows what became of it.
        About::Claim | About::Decline if open.is_empty() => first(known.past).into_iter().collect(),
        About::Claim | About::Decline | About::Acknowledge | About::Withdraw => open,
    }
}

fn settled(about: About, offer: OfferId) -> Resolved {
    match about {
        About::Claim => Resolved::Claim(offer),
        About::Decline => Resolved::Decline(offer),
        About::Acknowledge => Resolved::Acknowledge(offer.job),
        About::Withdraw => Resolved::Withdraw(offer.job),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;
    use crate::reply::read;

    fn offer(name: &str) -> OfferId {
        JobId::of_reference(TenantId::DEFAULT, name).offer(1)
    }

    fn offers(names: &str) -> Vec<OfferId> {
        names.split_whitespace().map(offer).collect()
    }

    /// One line a case: what is open, past, claimed and reminded; the question's choices and what it is about; the text,
    /// where `<a>` stands for the code of job a; and what it comes to.
    const TABLE: &str = "
        # open | past | claims | reminded | question  | text      | verdict
        a      |      |        |          |           | yes       | claim a
        a      |      |        |          |           | ok        | claim a
        a      |      |        |          |           | no        | decline a
        a b    |      |        |          |           | yes       | ask claim a b
        a b    |      |        |          |           | no        | ask decline a b
        a b    |      |        |          |           | yes <b>   | claim b
        a b    |      |        |          |           | no <a>    | decline a
        a b    |      |        |          |           | yes <c>   | unknown c
        a b    |      |        |          |           | <b>       | unrecognized
        a b    |      |        |          |           | 2         | unrecognized
        a b    |      |        |          |           | yes 2     | unrecognized
        a      |      |        |          |           | 1         | claim a
        a      |      |        |          |           | 2         | decline a
        a      |      |        |          |           | 3         | unrecognized
        a      |      |        |          | over a b    | 2       | unrecognized
               | a    |        |          |           | 1         | unrecognized
        a b    |      |        |          | claim a b   | 2       | claim b
        a b    |      |        |          | claim a b   | <b>     | claim b
        a b    |      |        |          | claim a b   | yes 1   | claim a
        a b    |      |        |          | claim a b   | no 1    | decline a
        a b    |      |        |          | decline a b | 2       | decline b
        a b    |      |        |          | claim a b   | 3       | ask claim a b
        a b    |      |        |          | claim a b   | 0       | ask claim a b
        a b    |      |        |          | claim a b   | yes     | ask claim a b
        a b    |      |        |          | claim a b   | no      | ask decline a b
        c      | b    |        |          | claim a b   | 2       | claim b
        a b    |      |        |          | claim a b   | stop    | opt-out
        a b    |      |        |          | over a b    | 2       | unrecognized
               |      |        |          |           | yes       | no open offer
               |      |        |          |           | no        | no open offer
               | b a  |        |          |           | yes       | claim b
               | b a  |        |          |           | no        | decline b
        a      | b    |        |          |           | yes <b>   | claim b
               | a    | a      |          |           | yes       | claim a
               | a    | a      | a        |           | ok        | acknowledge a
               | a    | a      | a        |           | yes       | acknowledge a
        b      | a    | a      | a        |           | ok        | acknowledge a
        b      | a    | a      | a        |           | yes       | claim b
        b      | a    | a      | a        |           | ok <b>    | claim b
        b      | a    | a      | a        |           | on it     | acknowledge a
        b      | a c  | a c    |          |           | on it     | ask acknowledge a c
        b      | a c  | a c    | c        |           | on it     | acknowledge c
        b      |      |        |          |           | on it     | no claim
        b      | a    | a      |          |           | withdraw  | withdraw a
               | a c  | a c    |          |           | withdraw  | ask withdraw a c
               | a c  | a c    |          | withdraw a c | 2      | withdraw c
               | a c  | a c    |          |           | withdraw <c> | withdraw c
        b      |      |        |          |           | withdraw <b> | unknown b
        a b    |      |        |          |           | help      | help
        a      |      |        |          |           | stop      | opt-out
        a      |      |        |          |           | cancel <a> | opt-out
        a      |      |        |          |           | start     | opt-in
        a      |      |        |          |           | maybe     | unrecognized
    ";

    fn about(word: &str) -> About {
        match word {
            "decline" => About::Decline,
            "acknowledge" => About::Acknowledge,
            "withdraw" => About::Withdraw,
            _ => About::Claim,
        }
    }

    fn shown(resolved: Resolved, names: &[&str]) -> String {
        let name = |job: JobId| names.iter().copied().find(|name| offer(name).job == job).unwrap_or("?");
        match resolved {
            Resolved::Claim(offer) => format!("claim {}", name(offer.job)),
            Resolved::Decline(offer) => format!("decline {}", name(offer.job)),
            Resolved::Acknowledge(job) => format!("acknowledge {}", name(job)),
            Resolved::Withdraw(job) => format!("withdraw {}", name(job)),
            Resolved::Ask(question) => {
                let choices: Vec<_> = question.choices.iter().map(|offer| name(offer.job)).collect();
                format!("ask {} {}", format!("{:?}", question.about).to_lowercase(), choices.join(" "))
            }
            Resolved::Help => "help".into(),
            Resolved::NoOpenOffer => "no open offer".into(),
            Resolved::NoClaim => "no claim".into(),
            Resolved::UnknownCode(code) => {
                let known = names.iter().find(|name| offer(name).job.code() == code);
                format!("unknown {}", known.unwrap_or(&"?"))
            }
            Resolved::OptOut => "opt-out".into(),
            Resolved::OptIn => "opt-in".into(),
            Resolved::Unrecognized => "unrecognized".into(),
        }
    }

    #[test]
    fn a_text_finds_its_job() {
        let names = ["a", "b", "c"];
        let now = Timestamp(1_000);
        for line in TABLE.lines().filter(|line| line.contains('|') && !line.contains('#')) {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let [open, past, claims, reminded] = [0, 1, 2, 3].map(|at| offers(cells[at]));
            let known = Known { open: &open, past: &past, claims: &claims, reminded: &reminded };
            let question = cells[4].split_once(' ').map(|(word, choices)| {
                let until = if word == "over" { now } else { now + QUESTION_LASTS };
                Question { choices: offers(choices), about: about(word), until }
            });
            let mut text = cells[5].to_owned();
            for name in names {
                text = text.replace(&format!("<{name}>"), &offer(name).job.code().to_string());
            }
            let resolved = resolve(read(&text, "en"), None, &known, question.as_ref(), now);
            assert_eq!(shown(resolved, &names), cells[6], "{line}");
        }
    }

    #[test]
    fn a_reply_to_a_message_is_about_its_job_unless_a_code_says_otherwise() {
        let open = offers("a b");
        let known = Known { open: &open, ..Known::default() };
        let hint = Some(offer("b").job);
        let yes = |text: &str| resolve(read(text, "en"), hint, &known, None, Timestamp(0));
        assert_eq!(yes("yes"), Resolved::Claim(offer("b")));
        assert_eq!(yes(&format!("yes {}", offer("a").job.code())), Resolved::Claim(offer("a")));
        let elsewhere = Some(offer("c").job);
        assert_eq!(resolve(read("yes", "en"), elsewhere, &known, None, Timestamp(0)), Resolved::NoOpenOffer);
    }

    #[test]
    fn two_open_jobs_of_one_code_are_asked_about() {
        let other = TenantId::new("other").expect("a slug");
        let twin = JobId { tenant: other, ..offer("a").job }.offer(1);
        let open = [offer("a"), twin];
        let known = Known { open: &open, ..Known::default() };
        let text = format!("yes {}", offer("a").job.code());
        let resolved = resolve(read(&text, "en"), None, &known, None, Timestamp(0));
        assert!(matches!(resolved, Resolved::Ask(question) if question.choices == open));
    }

    #[test]
    fn a_question_is_short_and_bounded() {
        let open: Vec<_> = (0..40).map(|n| offer(&format!("job {n}"))).collect();
        let known = Known { open: &open, ..Known::default() };
        let resolved = resolve(read("yes", "en"), None, &known, None, Timestamp(0));
        assert!(matches!(resolved, Resolved::Ask(question) if question.choices == open[..QUESTION_MAX]));
    }
}
