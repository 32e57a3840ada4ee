//! Every command in every stage, one line a case, in `table.txt`.

use std::collections::BTreeSet;

use super::*;
use crate::gates::{Dial, Gate, OwnGates};
use crate::job::release::HowReleased;

const TABLE: &str = include_str!("table.txt");

const STAGES: [&str; 18] = [
    "needs_approval",
    "scheduled",
    "offering",
    "paused",
    "room",
    "seat",
    "claimed",
    "line",
    "confirmed",
    "paid",
    "released",
    "in_progress",
    "unfilled",
    "rejected",
    "cancelled",
    "expired",
    "completed",
    "failed",
];

/// A job in a stage. Ana and bo are asked together, cy after them; whoever claims is reminded after ten minutes.
fn in_stage(stage: &str) -> Desk {
    let stall = Some(Stall { remind_after: minutes(10), return_after: minutes(20) });
    let two_by_two = Plan { waves: vec![Wave::new(Mode::Several(2), minutes(30))], stall, ..Plan::default() };
    let given = Mode::Direct { agent: id("ana"), answer_needed: false };
    let plan = match stage {
        "seat" => {
            Plan { waves: vec![Wave::new(given, minutes(30)), Wave::new(Mode::OneByOne, minutes(30))], ..two_by_two }
        }
        "expired" => Plan { search_for: Some(minutes(5)), ..two_by_two },
        _ => two_by_two,
    };
    let mut desk = Desk::with(&["ana", "bo", "cy"]);
    if stage == "room" {
        desk.everybody_is_full();
    }
    let start_at = (stage == "scheduled").then(|| desk.now + minutes(60));
    let approval = if matches!(stage, "needs_approval" | "rejected") { Approval::Link } else { Approval::None };
    desk.publish(NewJob { approval, start_at, has_details: true, ..new_job(plan) });
    let done = match stage {
        "needs_approval" | "scheduled" | "offering" | "room" | "seat" => Ok(Answer::Done),
        "paused" => desk.asks(Command::Pause),
        "claimed" => desk.claims("ana"),
        "line" => desk.claims("ana").and_then(|_| match desk.claims("bo") {
            Err(Refusal::AlreadyClaimed { place: Some(1) }) => Ok(Answer::Done),
            other => other,
        }),
        "unfilled" => ["ana", "bo", "cy"].into_iter().try_fold(Answer::Done, |_, name| desk.declines(name)),
        "rejected" => desk.asks(Command::Reject { reason: None }),
        "cancelled" => desk.asks(Command::Cancel { reason: None }),
        "expired" => {
            desk.pass(minutes(5));
            Ok(Answer::Done)
        }
        "confirmed" | "paid" | "released" | "in_progress" => {
            let steps = [
                ("claimed", Command::Claim { agent: id("ana"), no: 1, via: None, heard: Heard::default() }),
                ("confirmed", pass(Gate::Confirm)),
                ("invoiced", pass(Gate::Invoice)),
                ("paid", pass(Gate::Payment)),
                ("released", Command::Release(HowReleased::default())),
                ("in_progress", Command::StartWork { agent: None }),
            ];
            let last = steps.iter().position(|(reached, _)| *reached == stage).expect("a step");
            steps.into_iter().take(last + 1).try_fold(Answer::Done, |_, (_, command)| desk.asks(command))
        }
        "completed" => desk.claims("ana").and_then(|_| desk.asks(Command::Complete)),
        "failed" => desk.claims("ana").and_then(|_| desk.asks(Command::Fail { reason: None })),
        unknown => panic!("no stage {unknown}"),
    };
    assert_eq!(done, Ok(Answer::Done), "{stage}");
    desk
}

fn command(desk: &Desk, who: &str, word: &str) -> Command {
    let agent = id(who);
    let no = desk.job().offer_to(&agent).map_or(0, |offer| offer.no);
    let named = (who != "desk").then_some(agent);
    match word {
        "approve" => Command::Approve,
        "reject" => Command::Reject { reason: None },
        "start" => Command::Start,
        "claim" => Command::Claim { agent, no, via: None, heard: Heard::default() },
        "claim-of-bo" => Command::Claim { agent, no: desk.offer_to("bo"), via: None, heard: Heard::default() },
        "decline" => Command::Decline { agent, no },
        "seat" => Command::Seat { agent, no },
        "assign-bo" => Command::Assign { agent: id("bo"), channel: ChannelKind::Console },
        "assign-cy" => Command::Assign { agent: id("cy"), channel: ChannelKind::Console },
        "withdraw" => Command::Withdraw { agent: named, reason: None },
        "acknowledge" => Command::Acknowledge { agent: named },
        "cancel" => Command::Cancel { reason: None },
        "pause" => Command::Pause,
        "resume" => Command::Resume,
        "extend" => Command::Extend { by: minutes(10) },
        "skip" => Command::SkipWave,
        "restart" => Command::Restart { plan: None, skip_declined: false },
        "restart-others" => Command::Restart { plan: None, skip_declined: true },
        "complete" => Command::Complete,
        "fail" => Command::Fail { reason: None },
        "confirm" => pass(Gate::Confirm),
        "invoice" => pass(Gate::Invoice),
        "paid" => pass(Gate::Payment),
        "refuse" => Command::Refuse { agent: named, reason: None },
        "release" => Command::Release(HowReleased::default()),
        "override" => Command::Release(HowReleased { although: Some("a reason".to_owned()), ..HowReleased::default() }),
        "revoke" => Command::Revoke { reason: None },
        "open" => Command::OpenGrant { no: 1 },
        "start-work" => Command::StartWork { agent: named },
        "no-gates" => {
            let off = Some(Dial::Off);
            Command::SetGates {
                gates: OwnGates { confirm: off, invoice: off, payment: off, release: off },
                publish: None,
            }
        }
        unknown => panic!("no command {unknown}"),
    }
}

fn pass(gate: Gate) -> Command {
    Command::Pass { gate, reference: None }
}

/// Where a job stands, in a few words.
fn stands(desk: &Desk) -> String {
    let job = desk.job();
    let name = |agent: &AgentId| desk.roster.get(agent).map_or("?", |agent| agent.name.as_str()).to_owned();
    let mut words = match &job.stage {
        Stage::Offering(offering) => {
            let awaits = match &offering.awaiting {
                Awaiting::Answers if desk.open().is_empty() => "nobody".to_owned(),
                Awaiting::Answers => desk.open().join(" "),
                Awaiting::Room { .. } => "room".to_owned(),
                Awaiting::Seat { agent, .. } => format!("a seat for {}", name(agent)),
                Awaiting::Publisher => "a publisher".to_owned(),
            };
            let paused = if offering.paused_at.is_some() { "paused" } else { "offering" };
            format!("{paused}, awaits {awaits}")
        }
        Stage::Claimed(claim) => {
            let watch = match claim.watch {
                Watch::Off => "acknowledged",
                Watch::Silent { .. } => "silent",
                Watch::Reminded { .. } => "reminded",
            };
            let open = if job.live_grant(desk.now).is_some() { ", details open" } else { "" };
            format!("{} by {}, {watch}{open}", job.status(), name(&claim.agent))
        }
        other @ (Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Unfilled { .. } | Stage::Closed { .. }) => {
            other.status().to_owned()
        }
    };
    for waiting in &job.standby {
        words = format!("{words}, then {}", name(&waiting.agent));
    }
    words
}

fn verdict(answer: Result<Answer, Refusal>, before: &str, after: &str) -> String {
    let word = match answer {
        Ok(Answer::Done) => "done".to_owned(),
        Ok(Answer::Already) => "already".to_owned(),
        Err(Refusal::AlreadyClaimed { place: Some(place) }) => format!("refused job-already-claimed, place {place}"),
        Err(refusal) => format!("refused {}", refusal.code()),
    };
    if before == after { word } else { format!("{word}: {after}") }
}

fn run(stage: &str, asked_by: &str, word: &str) -> String {
    let mut desk = in_stage(stage);
    let (who, late) = asked_by.split_once(' ').map_or((asked_by, false), |(who, _late)| (who, true));
    let before = stands(&desk);
    let command = command(&desk, who, word);
    if late {
        desk.now = desk.now + minutes(30);
    }
    let answer = desk.asks(command);
    verdict(answer, &before, &stands(&desk))
}

fn rows() -> impl Iterator<Item = [&'static str; 4]> {
    TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(|line| {
        let mut cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        std::array::from_fn(|_| cells.next().unwrap_or_else(|| panic!("four cells: {line}")))
    })
}

#[test]
fn every_command_in_every_stage_has_its_verdict() {
    let mut wrong = String::new();
    for [stage, asked_by, word, expected] in rows() {
        let found = run(stage, asked_by, word);
        if found != expected {
            wrong = format!("{wrong}\n  {stage:<14}  {asked_by:<8}  {word:<14}  {found}   (not: {expected})");
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn no_command_is_missing_in_any_stage() {
    let desk = in_stage("offering");
    let all: BTreeSet<&str> = [
        "approve",
        "reject",
        "start",
        "claim",
        "decline",
        "seat",
        "assign",
        "withdraw",
        "acknowledge",
        "cancel",
        "pause",
        "resume",
        "extend",
        "skip_wave",
        "restart",
        "complete",
        "fail",
        "confirm",
        "invoice",
        "paid",
        "refuse",
        "release",
        "revoke",
        "open_grant",
        "start_work",
        "gates",
    ]
    .into();
    for stage in STAGES {
        let covered: BTreeSet<&str> =
            rows().filter(|row| row[0] == stage).map(|row| command(&desk, "ana", row[2]).name()).collect();
        assert_eq!(covered, all, "{stage}");
    }
}
