//! What is wrong with a plan before it asks anybody: errors keep it from being stored, warnings are shown.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Mode, Plan, WAVE_MAX, Wave};
use crate::agent::Agent;
use crate::crew::GROUP_NAME_MAX;
use crate::roster::Roster;

/// No plan has more waves.
pub const WAVES_MAX: usize = 32;
/// No plan is gone through more often.
pub const ROUNDS_MAX: u16 = 20;
/// No more later claimants wait behind a winner.
pub const STANDBY_MAX: u16 = 256;
/// No wave asks for more tags.
pub const TAGS_MAX: usize = 8;
/// No tag is longer, in bytes.
pub const TAG_BYTES_MAX: usize = 32;
/// Nobody is given less time to answer.
pub const CLAIM_WITHIN_MIN: Duration = Duration::from_millis(10);
/// Nobody is given more.
pub const CLAIM_WITHIN_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// No search is longer.
pub const SEARCH_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

/// Something that is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it can be used all the same.
    pub severity: Severity,
    /// The stable word for it.
    pub code: &'static str,
    /// The wave it is about, from 0.
    pub wave: Option<u16>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub cure: String,
}

/// How wrong it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It cannot be used.
    Error,
    /// It can, but hardly does what was meant.
    Warning,
}

impl Severity {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Whether a plan can be used.
pub fn is_sound(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity == Severity::Warning)
}

/// Everything that is wrong with a plan, in the order of its waves.
pub fn lint(plan: &Plan, roster: &Roster) -> Vec<Finding> {
    let mut findings = Findings::default();
    whole(plan, &mut findings);
    for (at, wave) in plan.waves.iter().enumerate().take(WAVES_MAX) {
        findings.wave = u16::try_from(at).ok();
        limits(wave, plan, &mut findings);
        people(wave, roster, &mut findings);
        if let Some(earlier) = plan.waves[..at].iter().position(|earlier| leaves_nobody(earlier, wave, roster)) {
            findings.warning(
                "wave-unreachable",
                format!("everybody this wave can ask was asked by wave {} before: nobody is left", earlier + 1),
                "remove it, put it before that wave, or ask that wave for more tags",
            );
        }
    }
    findings.found
}

#[derive(Default)]
struct Findings {
    found: Vec<Finding>,
    wave: Option<u16>,
}

impl Findings {
    fn error(&mut self, code: &'static str, message: impl Into<String>, cure: impl Into<String>) {
        self.add(Severity::Error, code, message.into(), cure.into());
    }

    fn warning(&mut self, code: &'static str, message: impl Into<String>, cure: impl Into<String>) {
        self.add(Severity::Warning, code, message.into(), cure.into());
    }

    fn add(&mut self, severity: Severity, code: &'static str, message: String, cure: String) {
        self.found.push(Finding { severity, code, wave: self.wave, message, cure });
    }
}

/// What is wrong with the plan as a whole.
fn whole(plan: &Plan, findings: &mut Findings) {
    if plan.waves.is_empty() {
        findings.error("no-waves", "the plan has no waves: nobody would be asked", "add a wave");
    }
    if plan.waves.len() > WAVES_MAX {
        findings.error(
            "too-many-waves",
            format!("the plan has {} waves", plan.waves.len()),
            format!("use at most {WAVES_MAX}; a wave that asks several at a time goes on by itself"),
        );
    }
    if plan.rounds == 0 || plan.rounds > ROUNDS_MAX {
        findings.error(
            "rounds",
            format!("the waves are gone through {} times", plan.rounds),
            format!("choose 1 to {ROUNDS_MAX}"),
        );
    }
    if plan.standby > STANDBY_MAX {
        findings.error(
            "standby",
            format!("{} later claimants may wait", plan.standby),
            format!("choose 0 to {STANDBY_MAX}"),
        );
    }
    if let Some(stall) = plan.stall {
        if stall.remind_after < CLAIM_WITHIN_MIN || stall.return_after > CLAIM_WITHIN_MAX {
            findings.error("stall-time", "the stall watch is too quick or too slow", "choose 10 ms to 30 days");
        }
        if stall.remind_after >= stall.return_after {
            findings.error(
                "stall-order",
                "a silent winner would lose the job before they are reminded",
                "let return_after be longer than remind_after",
            );
        }
    }
    match plan.search_for {
        Some(search) if !(CLAIM_WITHIN_MIN..=SEARCH_MAX).contains(&search) => {
            findings.error("search-for", "the search is too short or too long", "choose 10 ms to 366 days");
        }
        Some(_) | None => {}
    }
}

/// What is out of bounds in a wave.
fn limits(wave: &Wave, plan: &Plan, findings: &mut Findings) {
    match wave.mode {
        Mode::Several(size) if size == 0 || size > WAVE_MAX => {
            findings.error("wave-size", format!("the wave asks {size} at a time"), format!("choose 1 to {WAVE_MAX}"));
        }
        Mode::Group(ref name) if name.is_empty() || name.len() > GROUP_NAME_MAX => {
            findings.error("group-name", "no group can be called so", format!("use 1 to {GROUP_NAME_MAX} bytes"));
        }
        Mode::OneByOne | Mode::Several(_) | Mode::Everybody | Mode::Direct { .. } | Mode::Group(_) => {}
    }
    if !(CLAIM_WITHIN_MIN..=CLAIM_WITHIN_MAX).contains(&wave.claim_within) {
        findings.error("claim-within", "the time to answer is too short or too long", "choose 10 ms to 30 days");
    } else if plan.search_for.is_some_and(|search| search < wave.claim_within) {
        findings.warning(
            "search-ends-first",
            "the search is over before those asked have had their time",
            "let search_for be longer than claim_within",
        );
    }
    if wave.tags.len() > TAGS_MAX || wave.tags.iter().any(|tag| tag.len() > TAG_BYTES_MAX) {
        findings.error(
            "tags",
            "the wave asks for too many tags, or for one that is too long",
            format!("use at most {TAGS_MAX} tags of at most {TAG_BYTES_MAX} bytes"),
        );
    }
}

/// What is wrong between a wave and those there are.
fn people(wave: &Wave, roster: &Roster, findings: &mut Findings) {
    if let Mode::Direct { agent, .. } = wave.mode {
        match roster.get(&agent) {
            None => findings.error(
                "direct-unknown",
                format!("there is no agent {agent}"),
                "name an agent of this tenant, or register them first",
            ),
            Some(named) if !named.active => findings.warning(
                "direct-inactive",
                format!("{} is switched off and would not be asked", named.name),
                "switch them on or name somebody else",
            ),
            Some(named) if !can_be_asked(named, wave) => findings.warning(
                "direct-tags",
                format!("{} does not have the wave's tags and would not be asked", named.name),
                "remove the tags: a named agent needs none",
            ),
            Some(_) => {}
        }
        return;
    }
    let able = roster.takers().filter(|agent| agent.active && can_be_asked(agent, wave)).count();
    if able == 0 && !wave.tags.is_empty() && !roster.is_empty() {
        findings.warning(
            "tags-nobody-has",
            format!("no active agent has the tags {}", wave.tags.join(", ")),
            "mend the tags, or give them to somebody",
        );
    }
    if wave.mode == Mode::Everybody && able > usize::from(WAVE_MAX) {
        findings.warning(
            "everybody-capped",
            format!("{able} agents could be asked, and no more than {WAVE_MAX} are asked at once"),
            "the others follow when those have answered; use tags to ask the right ones first",
        );
    }
}

fn can_be_asked(agent: &Agent, wave: &Wave) -> bool {
    wave.tags.iter().all(|tag| agent.tags.iter().any(|own| own.eq_ignore_ascii_case(tag)))
}

/// Whether everybody a wave could ask was asked by an earlier one: every wave but a direct one goes on until nobody is left.
fn leaves_nobody(earlier: &Wave, wave: &Wave, roster: &Roster) -> bool {
    let lower = |wave: &Wave| wave.tags.iter().map(|tag| tag.to_ascii_lowercase()).collect::<BTreeSet<_>>();
    match (&earlier.mode, &wave.mode) {
        (Mode::Direct { agent: first, .. }, Mode::Direct { agent: second, .. }) => first == second,
        (Mode::Group(first), Mode::Group(second)) => first == second,
        // Whoever has not answered in a group can be asked in private, and the other way round.
        (Mode::Group(_), _)
        | (_, Mode::Group(_))
        | (Mode::Direct { .. }, Mode::OneByOne | Mode::Several(_) | Mode::Everybody) => false,
        (Mode::OneByOne | Mode::Several(_) | Mode::Everybody, Mode::Direct { agent, .. }) => {
            roster.get(agent).is_some_and(|named| can_be_asked(named, earlier))
        }
        (Mode::OneByOne | Mode::Several(_) | Mode::Everybody, Mode::OneByOne | Mode::Several(_) | Mode::Everybody) => {
            lower(earlier).is_subset(&lower(wave))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AgentId, TenantId};
    use crate::plan::Stall;
    use crate::time::Timestamp;

    fn id(name: &str) -> AgentId {
        AgentId::of_reference(TenantId::DEFAULT, name)
    }

    fn agent(name: &str, tags: &[&str]) -> Agent {
        Agent { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..Agent::named(id(name), name, Timestamp(0)) }
    }

    fn roster() -> Roster {
        let off = Agent { active: false, ..agent("off", &[]) };
        Roster::of([agent("ana", &["van"]), agent("bo", &["van", "lift"]), off])
    }

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(count * 60)
    }

    fn wave(mode: Mode, tags: &[&str]) -> Wave {
        Wave { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..Wave::new(mode, minutes(30)) }
    }

    fn direct(name: &str) -> Mode {
        Mode::Direct { agent: id(name), answer_needed: true }
    }

    fn of(waves: Vec<Wave>) -> Plan {
        Plan { waves, ..Plan::default() }
    }

    fn found(plan: &Plan) -> String {
        let word = |finding: &Finding| {
            let wave = finding.wave.map_or_else(String::new, |wave| format!("@{wave}"));
            format!("{} {}{wave}", finding.severity.as_str(), finding.code)
        };
        lint(plan, &roster()).iter().map(word).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_plan_without_faults_has_no_findings() {
        assert_eq!(found(&Plan::default()), "");
        let plan = of(vec![
            wave(direct("ana"), &[]),
            wave(Mode::OneByOne, &["van", "lift"]),
            wave(Mode::Several(3), &["Van"]),
            wave(Mode::Everybody, &[]),
        ]);
        assert_eq!(found(&plan), "");
    }

    #[test]
    fn what_is_out_of_bounds_is_an_error() {
        let one = || wave(Mode::OneByOne, &[]);
        let within = |claim_within| of(vec![Wave { claim_within, ..one() }]);
        let stall = |remind, back| Plan {
            stall: Some(Stall { remind_after: minutes(remind), return_after: minutes(back) }),
            ..Plan::default()
        };
        let table = [
            (of(vec![]), "error no-waves"),
            (Plan { rounds: 0, ..Plan::default() }, "error rounds"),
            (Plan { rounds: 21, ..Plan::default() }, "error rounds"),
            (Plan { standby: 257, ..Plan::default() }, "error standby"),
            (stall(10, 20), ""),
            (stall(20, 20), "error stall-order"),
            (stall(0, 20), "error stall-time"),
            (of(vec![wave(Mode::Several(0), &[])]), "error wave-size@0"),
            (of(vec![wave(Mode::Several(257), &[])]), "error wave-size@0"),
            (of(vec![wave(Mode::Several(256), &[])]), ""),
            (within(Duration::from_millis(9)), "error claim-within@0"),
            (within(CLAIM_WITHIN_MIN), ""),
            (within(CLAIM_WITHIN_MAX), ""),
            (within(CLAIM_WITHIN_MAX + Duration::from_millis(1)), "error claim-within@0"),
            (
                Plan { search_for: Some(Duration::from_millis(1)), ..Plan::default() },
                "error search-for, warning search-ends-first@0",
            ),
            (Plan { search_for: Some(minutes(29)), ..Plan::default() }, "warning search-ends-first@0"),
            (
                of(vec![wave(Mode::OneByOne, &["123456789012345678901234567890123"])]),
                "error tags@0, warning tags-nobody-has@0",
            ),
        ];
        for (plan, expected) in table {
            assert_eq!(found(&plan), expected, "{plan:?}");
        }
        let many = (0..33).map(|_| wave(direct("ana"), &[])).collect();
        assert!(found(&of(many)).starts_with("error too-many-waves"));
    }

    #[test]
    fn what_the_people_do_not_fit_is_said() {
        let table = [
            (vec![wave(direct("zoe"), &[])], "error direct-unknown@0"),
            (vec![wave(direct("off"), &[])], "warning direct-inactive@0"),
            (vec![wave(direct("ana"), &["lift"])], "warning direct-tags@0"),
            (vec![wave(Mode::OneByOne, &["boat"])], "warning tags-nobody-has@0"),
        ];
        for (waves, expected) in table {
            assert_eq!(found(&of(waves.clone())), expected, "{waves:?}");
        }
        let many = Roster::of((0..300).map(|n| agent(&format!("a{n}"), &[])));
        let findings = lint(&of(vec![wave(Mode::Everybody, &[])]), &many);
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["everybody-capped"]);
        assert!(is_sound(&findings));
        assert_eq!(lint(&of(vec![wave(Mode::OneByOne, &["van"])]), &Roster::default()), []);
    }

    #[test]
    fn a_wave_for_which_nobody_is_left_is_said() {
        let everybody = || wave(Mode::Everybody, &[]);
        let table = [
            (vec![everybody(), wave(Mode::OneByOne, &["van"])], "warning wave-unreachable@1"),
            (
                vec![wave(Mode::OneByOne, &["VAN"]), wave(Mode::Everybody, &["lift", "van"])],
                "warning wave-unreachable@1",
            ),
            (vec![wave(Mode::OneByOne, &["van"]), everybody()], ""),
            (vec![wave(Mode::OneByOne, &["van"]), wave(direct("ana"), &[])], "warning wave-unreachable@1"),
            (vec![wave(Mode::OneByOne, &["lift"]), wave(direct("ana"), &[])], ""),
            (vec![wave(direct("ana"), &[]), everybody(), wave(direct("ana"), &[])], "warning wave-unreachable@2"),
        ];
        for (waves, expected) in table {
            assert_eq!(found(&of(waves.clone())), expected, "{waves:?}");
        }
    }
}
