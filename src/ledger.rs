//! A claim ledger as lines: what an export writes and `baton ledger verify` reads. The first line says whose it is, then comes a line
//! for each attempt, and the last one says how it ends, so that neither a change nor a missing line goes unnoticed.
//!
//! It is held against its hashes with nothing but itself. Whether its end is the true one, the job's own record says: a copy of the last
//! hash, kept elsewhere, ties the whole of it down.

use std::io::BufRead;

use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::ledger::{Attempt, Head, Heard};
use baton_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// No line of an export is longer.
const LINE_MAX: usize = 4 * 1024;

/// What is wrong with a line that means what was exported and says it otherwise: whoever wrote it so was not the export.
const OTHERWISE: &str = "is not as it was exported";

/// Whose ledger it is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    tenant: String,
    job: String,
}

/// One attempt to claim, with all that its hash is made of.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: u32,
    at: String,
    arrived_at: Option<String>,
    told_at: Option<String>,
    agent: String,
    offer: u16,
    channel: Option<String>,
    verdict: String,
    hash: String,
}

/// How it ends.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    count: u32,
    head: Option<String>,
}

/// A ledger that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holds {
    /// Whose.
    pub job: JobId,
    /// How it ends.
    pub head: Head,
}

/// Why a ledger does not hold: the line, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Broken {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// Writes a ledger as lines.
pub fn lines(job: JobId, attempts: &[Attempt], head: &Head) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string(&First::of(&job))?;
    for attempt in attempts {
        text.push('\n');
        text.push_str(&serde_json::to_string(&Line::of(attempt))?);
    }
    text.push('\n');
    text.push_str(&serde_json::to_string(&Last { count: head.count, head: head.hash.map(hex::encode) })?);
    text.push('\n');
    Ok(text)
}

/// Holds the lines of a ledger against its hashes.
pub fn verify(reader: impl BufRead) -> Result<Holds, Broken> {
    let mut read = Vec::new();
    for (line, text) in (1..).zip(reader.lines()) {
        let what = "cannot be read as text";
        let text = text.map_err(|_| Broken { line, what })?;
        if text.len() > LINE_MAX {
            return Err(Broken { line, what: "is longer than a line of a ledger" });
        }
        read.push((line, text));
    }
    let ([(line, first), rest @ ..], Some(_)) = (read.as_slice(), read.get(1)) else {
        return Err(Broken { line: 1, what: "is not the beginning of a ledger" });
    };
    let job = job(first).ok_or(Broken { line: *line, what: "is not the beginning of a ledger" })?;
    if !is_as_exported(first, &First::of(&job)) {
        return Err(Broken { line: *line, what: OTHERWISE });
    }
    let Some(((last_line, last), attempts)) = rest.split_last() else {
        return Err(Broken { line: 1, what: "is all there is" });
    };
    let mut before: Option<Attempt> = None;
    for (line, text) in attempts {
        let attempt = attempt(job.tenant, text).ok_or(Broken { line: *line, what: "is no attempt to claim" })?;
        if !is_as_exported(text, &Line::of(&attempt)) {
            return Err(Broken { line: *line, what: OTHERWISE });
        }
        if !attempt.follows(&job, before.as_ref()) {
            return Err(Broken { line: *line, what: "does not follow from what stands before it" });
        }
        before = Some(attempt);
    }
    let head = Head { count: before.as_ref().map_or(0, |last| last.seq), hash: before.map(|last| last.hash) };
    let end = serde_json::from_str::<Last>(last).ok();
    let end = end.ok_or(Broken { line: *last_line, what: "is not the end of a ledger: lines are missing" })?;
    if (end.count, &end.head) != (head.count, &head.hash.map(hex::encode)) {
        return Err(Broken { line: *last_line, what: "says that it ends otherwise: lines are missing" });
    }
    if !is_as_exported(last, &end) {
        return Err(Broken { line: *last_line, what: OTHERWISE });
    }
    Ok(Holds { job, head })
}

/// Whether a line says what is written of the same; the order of its members and the spaces between them say nothing.
fn is_as_exported(text: &str, written: &impl Serialize) -> bool {
    let read = serde_json::from_str::<Value>(text);
    matches!((read, serde_json::to_value(written)), (Ok(read), Ok(written)) if read == written)
}

fn job(text: &str) -> Option<JobId> {
    let first: First = serde_json::from_str(text).ok()?;
    JobId::parse(TenantId::new(&first.tenant).ok()?, &first.job).ok()
}

fn attempt(tenant: TenantId, text: &str) -> Option<Attempt> {
    let line: Line = serde_json::from_str(text).ok()?;
    // A time that cannot be read is not the same as none.
    let time = |text: Option<String>| match text {
        None => Some(None),
        Some(text) => Timestamp::parse(&text).map(Some),
    };
    let mut hash = [0; 32];
    hex::decode_to_slice(&line.hash, &mut hash).ok()?;
    let via = match line.channel {
        None => None,
        Some(word) => Some(word.parse::<ChannelKind>().ok()?),
    };
    Some(Attempt {
        seq: line.seq,
        at: Timestamp::parse(&line.at)?,
        agent: AgentId::parse(tenant, &line.agent).ok()?,
        no: line.offer,
        via,
        verdict: line.verdict,
        hash,
        heard: Heard { at: time(line.arrived_at)?, told_at: time(line.told_at)? },
    })
}

impl First {
    fn of(job: &JobId) -> Self {
        Self { tenant: job.tenant.to_string(), job: job.to_string() }
    }
}

impl Line {
    fn of(attempt: &Attempt) -> Self {
        Self {
            seq: attempt.seq,
            at: attempt.at.to_string(),
            arrived_at: attempt.heard.at.map(|at| at.to_string()),
            told_at: attempt.heard.told_at.map(|at| at.to_string()),
            agent: attempt.agent.to_string(),
            offer: attempt.no,
            channel: attempt.via.map(|via| via.as_str().to_owned()),
            verdict: attempt.verdict.clone(),
            hash: hex::encode(attempt.hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger of three attempts, one of them from before it kept when they came.
    fn exported() -> String {
        let job = JobId::of_reference(TenantId::DEFAULT, "j");
        let (mut head, mut attempts) = (Head::default(), Vec::new());
        for (n, verdict) in (1..).zip(["claimed", "job-already-claimed", "offer-closed"]) {
            let agent = AgentId::of_reference(TenantId::DEFAULT, &n.to_string());
            let at = Timestamp(1_800_000_000_000 + n);
            let heard = if n == 1 { Heard::default() } else { Heard { at: Some(at), told_at: (n == 3).then_some(at) } };
            let claim = (agent, 1, (n != 2).then_some(ChannelKind::Telegram));
            let (attempt, next) = Attempt::chain(head, &job, at, claim, heard, verdict);
            attempts.push(attempt);
            head = next;
        }
        lines(job, &attempts, &head).unwrap()
    }

    fn held(text: &str) -> Result<u32, (usize, &'static str)> {
        verify(text.as_bytes()).map(|holds| holds.head.count).map_err(|broken| (broken.line, broken.what))
    }

    #[test]
    fn x16_what_was_exported_holds_and_so_does_a_ledger_of_nothing() {
        assert_eq!(held(&exported()), Ok(3));
        let job = JobId::of_reference(TenantId::DEFAULT, "j");
        assert_eq!(held(&lines(job, &[], &Head::default()).unwrap()), Ok(0));
    }

    #[test]
    fn x16_whatever_is_changed_or_left_out_shows() {
        let whole = exported();
        let text: Vec<&str> = whole.lines().collect();
        let does_not_follow = "does not follow from what stands before it";
        let without = |gone: usize| {
            let left: Vec<&str> =
                text.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| *line).collect();
            held(&left.join("\n"))
        };
        assert_eq!(without(0), Err((1, "is not the beginning of a ledger")));
        assert_eq!(without(1), Err((2, does_not_follow)));
        assert_eq!(without(2), Err((3, does_not_follow)));
        assert_eq!(without(3), Err((4, "says that it ends otherwise: lines are missing")));
        assert_eq!(without(4), Err((4, "is not the end of a ledger: lines are missing")));
        for (from, to, line) in [
            ("job-already-claimed", "claimed", 3),
            ("00:00.002Z\",\"arrived_at\":\"", "00:00.002Z\",\"arrived_at\":null,\"x\":\"", 3),
            ("\"offer\":1", "\"offer\":2", 2),
            ("telegram", "sms", 2),
            ("\"seq\":2", "\"seq\":3", 3),
        ] {
            let changed = whole.replacen(from, to, 1);
            assert_ne!(changed, whole, "{from}");
            assert_eq!(held(&changed).map_err(|(line, _)| line), Err(line), "{from}");
        }
        assert!(held("").is_err() && held("{}").is_err() && held("\u{0}\n\n").is_err());
    }

    #[test]
    fn x16_a_line_that_says_the_same_otherwise_is_not_as_it_was_exported() {
        let whole = exported();
        let text: Vec<&str> = whole.lines().collect();
        let with = |at: usize, line: String| {
            let mut changed: Vec<&str> = text.clone();
            assert_ne!(changed[at], line);
            changed[at] = &line;
            held(&changed.join("\n"))
        };
        let otherwise = |line| Err((line, "is not as it was exported"));
        let instead = |at: usize, from: &str, to: &str| with(at, text[at].replacen(from, to, 1));
        assert_eq!(instead(2, "00.002Z", "00.002999Z"), otherwise(3), "a finer time");
        assert_eq!(instead(2, "00.002Z", "00.002+00:00"), otherwise(3), "another way to say UTC");
        assert_eq!(instead(1, "\"told_at\":null,", ""), otherwise(2), "nothing where it says that there is none");
        let hash = hex::encode(attempt(TenantId::DEFAULT, text[3]).unwrap().hash);
        assert_eq!(instead(3, &hash, &hash.to_uppercase()), otherwise(4), "capitals in a hash");
        let id = JobId::of_reference(TenantId::DEFAULT, "j").to_string();
        assert_eq!(instead(0, &id, &id.to_uppercase()), otherwise(1), "capitals in the job's id");
        let spaced = text[2].replace("\":", "\" : ");
        assert_eq!(with(2, spaced), Ok(3), "spaces between its members say nothing");
        let empty = lines(JobId::of_reference(TenantId::DEFAULT, "j"), &[], &Head::default()).unwrap();
        assert_eq!(held(&empty.replacen(",\"head\":null", "", 1)), otherwise(2));
    }
}
