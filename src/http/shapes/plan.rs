//! The rules of asking, as they come in.

use std::time::Duration;

use baton_core::crew::GROUP_NAME_MAX;
use baton_core::ids::{AgentId, TenantId};
use baton_core::plan::lint::{
    CLAIM_WITHIN_MAX, CLAIM_WITHIN_MIN, ROUNDS_MAX, SEARCH_MAX, STANDBY_MAX, TAG_BYTES_MAX, TAGS_MAX, WAVES_MAX,
};
use baton_core::plan::{ClockStart, Mode, Plan, Stall, WAVE_MAX, Wave};
use serde::de::MapAccess;
use utoipa::ToSchema;

use crate::config::duration::{parse_duration, show_duration};
use crate::http::form::{Field, Form, value};
use crate::http::given::{Given, Wanted, object};
use crate::http::strangers::Strangers;

const NAME: usize = 128;

/// The rules of asking: a list of waves.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Plan)]
pub struct PlanShape {
    /// Who is asked, in order.
    #[schema(value_type = Vec<WaveShape>, min_items = 1, max_items = 32)]
    waves: Given<Vec<Given<WaveShape>>>,
    /// How many later claimants may wait behind the winner; 16 where it is left out.
    #[schema(value_type = Option<u16>, maximum = 256, example = 16)]
    standby: Given<u16>,
    /// How long to search before the job expires; until the waves are used up where it is left out.
    #[schema(value_type = Option<String>, example = "2h")]
    search_for: Given<String>,
    /// What happens to a winner who goes silent; nothing where it is left out.
    #[schema(value_type = Option<StallShape>)]
    stall: Given<StallShape>,
    /// How often the waves are gone through; once where it is left out.
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 20, example = 1)]
    rounds: Given<u16>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// Those asked together, one group after the other.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Wave)]
pub struct WaveShape {
    /// `one_by_one`, `several` (with `size`), `everybody`, `direct` (with `agent`), or `group` (with `group`).
    #[schema(value_type = String, example = "one_by_one")]
    mode: Given<String>,
    /// With `several`: how many at a time.
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 256)]
    size: Given<u16>,
    /// With `direct`: the agent's reference.
    #[schema(value_type = Option<String>, max_length = 100)]
    agent: Given<String>,
    /// With `direct`: whether they may decline; true where it is left out. Otherwise the job is theirs at once.
    #[schema(value_type = Option<bool>)]
    answer_needed: Given<bool>,
    /// With `group`: the name of a crew group of the tenant's; where there is none of that name, everybody is asked in private.
    #[schema(value_type = Option<String>, max_length = 32, example = "movers")]
    group: Given<String>,
    /// How long each group has; 30 minutes where it is left out.
    #[schema(value_type = Option<String>, example = "30m")]
    claim_within: Given<String>,
    /// When that time begins: `offered`, or `delivered` once the provider has delivered the offer.
    #[schema(value_type = Option<String>, example = "offered")]
    starts: Given<String>,
    /// Only agents with all of these tags.
    #[schema(value_type = Option<Vec<String>>, max_items = 8)]
    tags: Given<Vec<Given<String>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// The watch over a silent winner.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Stall)]
pub struct StallShape {
    /// They are reminded after this time.
    #[schema(value_type = String, example = "10m")]
    remind_after: Given<String>,
    /// The job returns to the pool after this time.
    #[schema(value_type = String, example = "30m")]
    return_after: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A plan of its own, or the name of one that is kept.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum PlanChoice<P> {
    /// The name.
    Named(String),
    /// The rules themselves.
    Inline(P),
}

object! {
    PlanShape { waves, standby, search_for, stall, rounds }
    WaveShape { mode, size, agent, answer_needed, group, claim_within, starts, tags }
    StallShape { remind_after, return_after }
}

impl<'de> Wanted<'de> for PlanChoice<PlanShape> {
    const WANTED: &'static str = "an object, or the name of a plan";
    fn from_text(name: &str) -> Option<Self> {
        Some(Self::Named(name.to_owned()))
    }
    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(PlanShape::from_object(object)?.map(Self::Inline))
    }
    fn strangers(&mut self) -> Strangers {
        match self {
            Self::Named(_) => Strangers::default(),
            Self::Inline(plan) => plan.strangers(),
        }
    }
}

impl PlanChoice<Plan> {
    /// Reads a field that is either.
    pub fn read(field: Field<'_, PlanChoice<PlanShape>>, tenant: TenantId) -> Option<Self> {
        field.refine(value, |form, name, plan| match plan {
            PlanChoice::Named(plan) => form.field(name, Given::Is(plan)).line(NAME).map(Self::Named),
            PlanChoice::Inline(plan) => {
                form.field(name, Given::Is(plan)).within(|form, plan| plan.read(form, tenant)).map(Self::Inline)
            }
        })
    }
}

impl PlanShape {
    /// The rules of asking; agents are named by the tenant's own references.
    pub fn read(self, form: &mut Form, tenant: TenantId) -> Option<Plan> {
        let waves = form.field("waves", self.waves).required().each(WAVES_MAX, |form, wave| wave.read(form, tenant));
        if waves.as_ref().is_some_and(Vec::is_empty) {
            form.blame("waves", "is empty", "give at least one wave");
        }
        let standby = form.field("standby", self.standby).between(0, STANDBY_MAX);
        let search_for = search_time(form.field("search_for", self.search_for));
        let stall = form.field("stall", self.stall).within(|form, stall| stall.read(form));
        let rounds = form.field("rounds", self.rounds).between(1, ROUNDS_MAX);
        let plain = Plan::default();
        Some(Plan {
            waves: waves?,
            standby: standby.unwrap_or(plain.standby),
            search_for,
            stall,
            rounds: rounds.unwrap_or(plain.rounds),
        })
    }
}

#[derive(Clone, Copy)]
enum Word {
    OneByOne,
    Several,
    Everybody,
    Direct,
    Group,
}

impl WaveShape {
    fn read(self, form: &mut Form, tenant: TenantId) -> Option<Wave> {
        let modes = [
            ("one_by_one", Word::OneByOne),
            ("several", Word::Several),
            ("everybody", Word::Everybody),
            ("direct", Word::Direct),
            ("group", Word::Group),
        ];
        let word = form.field("mode", self.mode).required().one_of(&modes);
        let mut size = form.field("size", self.size);
        if matches!(word, Some(Word::Several)) {
            size = size.required();
        }
        let size = size.between(1, WAVE_MAX);
        let mut agent = form.field("agent", self.agent);
        if matches!(word, Some(Word::Direct)) {
            agent = agent.required();
        }
        let agent = agent.line(100).map(|reference| AgentId::of_reference(tenant, &reference));
        let answer_needed = form.field("answer_needed", self.answer_needed).value().unwrap_or(true);
        let mut group = form.field("group", self.group);
        if matches!(word, Some(Word::Group)) {
            group = group.required();
        }
        let group = group.line(GROUP_NAME_MAX);
        let claim_within =
            answer_time(form.field("claim_within", self.claim_within)).unwrap_or(Duration::from_mins(30));
        let starts = [("offered", ClockStart::Offered), ("delivered", ClockStart::Delivered)];
        let starts = form.field("starts", self.starts).one_of(&starts).unwrap_or_default();
        let tags = form.field("tags", self.tags).lines(TAGS_MAX, TAG_BYTES_MAX).unwrap_or_default();
        let mode = match word? {
            Word::OneByOne => Mode::OneByOne,
            Word::Several => Mode::Several(size?),
            Word::Everybody => Mode::Everybody,
            Word::Direct => Mode::Direct { agent: agent?, answer_needed },
            Word::Group => Mode::Group(group?),
        };
        Some(Wave { mode, claim_within, starts, tags })
    }
}

impl StallShape {
    fn read(self, form: &mut Form) -> Option<Stall> {
        let remind_after = answer_time(form.field("remind_after", self.remind_after).required());
        let return_after = answer_time(form.field("return_after", self.return_after).required());
        let (remind_after, return_after) = (remind_after?, return_after?);
        if return_after <= remind_after {
            form.blame("return_after", "is not after remind_after", "remind first, take the job back later");
            return None;
        }
        Some(Stall { remind_after, return_after })
    }
}

/// How long a search takes.
pub fn search_time(field: Field<'_, String>) -> Option<Duration> {
    duration(field, CLAIM_WITHIN_MIN, SEARCH_MAX)
}

/// How long somebody has.
fn answer_time(field: Field<'_, String>) -> Option<Duration> {
    duration(field, CLAIM_WITHIN_MIN, CLAIM_WITHIN_MAX)
}

/// A duration within bounds.
pub fn duration(field: Field<'_, String>, least: Duration, most: Duration) -> Option<Duration> {
    field.parsed(|text| match parse_duration(&text) {
        Ok(span) if span < least || span > most => {
            Err(format!("give a duration from {} to {}", show_duration(least), show_duration(most)))
        }
        read => read,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::json;
    use crate::http::problem::FieldError;

    fn read(body: &str) -> Result<Plan, Vec<FieldError>> {
        let shape: PlanShape = json::parse(body.as_bytes()).unwrap();
        Form::body(shape, |form, shape| shape.read(form, TenantId::DEFAULT))
    }

    #[test]
    fn every_way_of_asking_is_read() {
        let plan = read(
            r#"{"waves":[
                {"mode":"direct","agent":"d1","answer_needed":false,"claim_within":"10ms"},
                {"mode":"one_by_one"},
                {"mode":"several","size":3,"claim_within":"1h30m","starts":"delivered","tags":["van"]},
                {"mode":"everybody"}],
               "standby":0,"search_for":"2h","stall":{"remind_after":"10m","return_after":"30m"},"rounds":2}"#,
        )
        .unwrap();
        let direct = Mode::Direct { agent: AgentId::of_reference(TenantId::DEFAULT, "d1"), answer_needed: false };
        assert_eq!(plan.waves[0], Wave::new(direct, Duration::from_millis(10)));
        assert_eq!(plan.waves[1], Plan::default().waves[0]);
        assert_eq!((plan.waves[2].starts, plan.waves[2].tags.len()), (ClockStart::Delivered, 1));
        assert_eq!((plan.standby, plan.rounds, plan.search_for), (0, 2, Some(Duration::from_hours(2))));
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_said_wave_by_wave() {
        let body = r#"{"waves":[{"mode":"several"},{"mode":"ring","claim_within":"30"},{"mode":"direct"},{"claim_within":"0s"}],
                       "rounds":0,"stall":{"remind_after":"10m","return_after":"5m"}}"#;
        let fields: Vec<String> = read(body).unwrap_err().into_iter().map(|error| error.field).collect();
        let expected = [
            "waves[0].size",
            "waves[1].mode",
            "waves[1].claim_within",
            "waves[2].agent",
            "waves[3].mode",
            "waves[3].claim_within",
            "stall.return_after",
            "rounds",
        ];
        assert_eq!(fields, expected);
        assert_eq!(read("{}").unwrap_err()[0].field, "waves");
        assert_eq!(read(r#"{"waves":[]}"#).unwrap_err()[0].message, "is empty");
    }
}
