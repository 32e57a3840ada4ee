//! A job, as it comes in.

use std::time::Duration;

use baton_core::brief::Brief;
use baton_core::crew::Publish;
use baton_core::gates::OwnGates;
use baton_core::ids::TenantId;
use baton_core::job::Approval;
use baton_core::plan::Plan;
use baton_core::time::Timestamp;
use utoipa::ToSchema;

use crate::details::Details;
use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::brief::BriefShape;
use crate::http::shapes::details::DetailsShape;
use crate::http::shapes::plan::{PlanChoice, PlanShape, search_time};
use crate::http::shapes::settlement::JobGatesShape;
use crate::http::strangers::Strangers;

const REFERENCE: usize = 128;

/// Further ahead than this, nobody can promise to keep a deadline.
const HORIZON: Duration = Duration::from_hours(5 * 365 * 24);

/// A piece of work to be done by someone.
#[derive(Default, Hash, ToSchema)]
#[schema(as = NewJob)]
pub struct JobShape {
    /// The client's own name for it: the same reference is the same job.
    #[schema(value_type = Option<String>, max_length = 128, example = "VC8Y-3")]
    external_ref: Given<String>,
    /// What a crew may see.
    #[schema(value_type = BriefShape)]
    brief: Given<BriefShape>,
    /// What only the winner learns: sealed at rest.
    #[schema(value_type = Option<DetailsShape>)]
    details: Given<DetailsShape>,
    /// What stands before offering: `none`, `link`, or `email` (the desk gets the link); `none` where it is left out.
    #[schema(value_type = Option<String>, example = "link")]
    approval: Given<String>,
    /// The rules of asking, or the name of a plan; the tenant's default plan where it is left out.
    #[schema(value_type = Option<PlanShape>)]
    plan: Given<PlanChoice<PlanShape>>,
    /// Not before this moment, in RFC 3339; at once where it is left out.
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-29T08:00:00Z")]
    start_at: Given<String>,
    /// How long to search before the job expires; the plan's own time where it is left out.
    #[schema(value_type = Option<String>, example = "2h")]
    search_for: Given<String>,
    /// Who publishes it in groups and who passes the gates behind the claim; what is left out follows the tenant.
    #[schema(value_type = Option<JobGatesShape>)]
    gates: Given<JobGatesShape>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    JobShape { external_ref, brief, details, approval, plan, start_at, search_for, gates }
}

/// What was read of it.
pub struct JobRead {
    /// The client's own name for it.
    pub external_ref: Option<String>,
    /// What a crew may see.
    pub brief: Brief,
    /// What only the winner learns.
    pub details: Option<Details>,
    /// What stands before offering.
    pub approval: Approval,
    /// The rules of asking; none: the tenant's default.
    pub plan: Option<PlanChoice<Plan>>,
    /// Not before this moment.
    pub start_at: Option<Timestamp>,
    /// In the place of the plan's own search time.
    pub search_for: Option<Duration>,
    /// What it says of its gates.
    pub gates: OwnGates,
    /// What it says of who publishes it in groups.
    pub publish: Option<Publish>,
    /// Whether it is a finished lead, of which the desk hears.
    pub is_lead: bool,
}

impl JobShape {
    /// The job, or everything that is wrong with it.
    pub fn into_core(self, tenant: TenantId, now: Timestamp) -> Result<JobRead, Vec<FieldError>> {
        Form::body(self, |form, shape| shape.read(form, tenant, now))
    }

    /// Reads it as a part of a body.
    pub fn read(self, form: &mut Form, tenant: TenantId, now: Timestamp) -> Option<JobRead> {
        let approvals = [("none", Approval::None), ("link", Approval::Link), ("email", Approval::Email)];
        let external_ref = form.field("external_ref", self.external_ref).line(REFERENCE);
        let brief = form.field("brief", self.brief).required().within(|form, brief| brief.read(form));
        let details = form.field("details", self.details).within(|form, details| details.read(form));
        let approval = form.field("approval", self.approval).one_of(&approvals).unwrap_or_default();
        let plan = PlanChoice::read(form.field("plan", self.plan), tenant);
        let start_at = moment(form.field("start_at", self.start_at), now);
        let search_for = search_time(form.field("search_for", self.search_for));
        let (gates, publish) =
            form.field("gates", self.gates).within(|form, gates| Some(gates.read(form))).unwrap_or_default();
        Some(JobRead {
            external_ref,
            brief: brief?,
            details,
            approval,
            plan,
            start_at,
            search_for,
            gates,
            publish,
            is_lead: false,
        })
    }
}

/// A moment in RFC 3339, not further ahead than we can promise to keep it.
pub fn moment(field: Field<'_, String>, now: Timestamp) -> Option<Timestamp> {
    field.parsed(|text| match Timestamp::parse(&text) {
        Some(at) if at > now + HORIZON => Err("give a moment within the next five years"),
        Some(at) => Ok(at),
        None => Err("give a moment in RFC 3339, such as 2027-01-29T08:00:00Z"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::idempotency::Fingerprints;
    use crate::http::json;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    /// The body of the contract that scripts rely on.
    const CONTRACT: &str = r#"{"external_ref":"VC8Y-3","brief":{"from":"Leeds","to":"Manchester","date":"2027-01-30","window":"14:30",
        "vehicle":"van","volume":"medium","items":[{"kind":"fridge","quantity":1}]},
        "details":{"contact_name":"Test Person","phone":"+447700900123","from_address":"1 Example Street",
        "to_address":"2 Example Road","notes":"ring twice"},
        "approval":"link","plan":{"waves":[{"mode":"one_by_one","claim_within":"30m"}]}}"#;

    fn shape(body: &str) -> JobShape {
        json::parse(body.as_bytes()).unwrap()
    }

    fn wrong(body: &str) -> Vec<String> {
        let errors = shape(body).into_core(TenantId::DEFAULT, NOW).err().expect("mistakes");
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a6_the_body_of_the_contract_is_read() {
        let job = shape(CONTRACT).into_core(TenantId::DEFAULT, NOW).ok().unwrap();
        assert_eq!(job.external_ref.as_deref(), Some("VC8Y-3"));
        assert_eq!(job.approval, Approval::Link);
        assert_eq!(job.brief.items[0].quantity, 1);
        assert_eq!(job.details.unwrap().phone.unwrap().as_str(), "+447700900123");
        assert!(job.plan == Some(PlanChoice::Inline(Plan { search_for: None, ..Plan::default() })));
    }

    #[test]
    fn a8_every_mistake_in_a_job_is_named_at_once() {
        let body = r#"{"external_ref":"","brief":{"from":7,"to":"call +44 7700 900123","date":"2027-02-30","window":"ask @me",
            "items":[{"quantity":0}],"price":{"from":9,"to":1,"currency":"gbp"},"duration_minutes":0},
            "details":{"phone":"not-a-phone","notes":"a\u0000b","extra":{"k":7}},"approval":"maybe",
            "plan":{"waves":[{"mode":"several","size":300}]},"start_at":"tomorrow","search_for":"2 hours"}"#;
        let expected = [
            "external_ref",
            "brief.from",
            "brief.to",
            "brief.date",
            "brief.window",
            "brief.items[0].kind",
            "brief.items[0].quantity",
            "brief.price.currency",
            "brief.duration_minutes",
            "details.phone",
            "details.notes",
            "details.extra",
            "approval",
            "plan.waves[0].size",
            "start_at",
            "search_for",
        ];
        assert_eq!(wrong(body), expected);
        assert_eq!(wrong("{}"), ["brief"]);
        assert_eq!(wrong(r#"{"brief":{},"plan":7}"#), ["plan"]);
    }

    #[test]
    fn a_misspelt_field_is_named_wherever_it_stands_with_what_was_meant_and_with_the_other_mistakes() {
        let body = r#"{"aproval":"link","brief":{"form":"Leeds","from":7,"items":[{"kind":"fridge","quantty":2}]},
            "details":{"fone":"+447700900123","extra":{"anything":"goes"}},"plan":{"waves":[{"mode":"everybody","tag":[]}],
            "round":2},"zebra":1}"#;
        let errors = shape(body).into_core(TenantId::DEFAULT, NOW).err().expect("mistakes");
        let told: Vec<(&str, &str)> = errors.iter().map(|error| (error.field.as_str(), error.cure.as_ref())).collect();
        let expected = [
            ("aproval", "did you mean `approval`?"),
            (
                "zebra",
                "take it out; the fields here are external_ref, brief, details, approval, plan, start_at, search_for, gates",
            ),
            ("brief.form", "did you mean `from`?"),
            ("brief.from", "give text"),
            ("brief.items[0].quantty", "did you mean `quantity`?"),
            ("details.fone", "did you mean `phone`?"),
            ("plan.round", "did you mean `rounds`?"),
            ("plan.waves[0].tag", "did you mean `tags`?"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_brief_that_is_too_large_is_named_with_its_size_and_the_cure() {
        let brief = |items: usize| {
            let item = format!(r#"{{"kind":"{}"}}"#, "é".repeat(60));
            format!(r#"{{"brief":{{"from":"Leeds","items":[{}]}}}}"#, vec![item; items].join(","))
        };
        let places = format!(r#""via":["{}"]"#, vec!["é".repeat(100); 20].join("\",\""));
        assert!(shape(&brief(100)).into_core(TenantId::DEFAULT, NOW).is_ok());
        let large = brief(100).replace(r#""from":"Leeds""#, &places);
        let errors = shape(&large).into_core(TenantId::DEFAULT, NOW).err().expect("too large");
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["brief"]);
        assert!(errors[0].message.ends_with(" bytes, and at most 16384 are stored"), "{}", errors[0].message);
        assert!(errors[0].cure.contains("shorten"), "{}", errors[0].cure);
    }

    #[test]
    fn x4_a_horizon_that_cannot_be_kept_is_refused() {
        assert_eq!(wrong(r#"{"brief":{},"start_at":"2099-01-01T00:00:00Z"}"#), ["start_at"]);
        assert!(shape(r#"{"brief":{},"start_at":"2027-06-01T00:00:00Z"}"#).into_core(TenantId::DEFAULT, NOW).is_ok());
    }

    #[test]
    fn the_fingerprint_follows_what_is_said_not_how_it_is_written() {
        let prints = Fingerprints::new(b"salt");
        let of = |body: &str| prints.of(&shape(body));
        assert_eq!(
            of(r#"{"external_ref":"a","brief":{"from":"x"}}"#),
            of(r#"{ "brief":{"from":"x"}, "external_ref":"a" }"#)
        );
        assert_ne!(
            of(r#"{"external_ref":"a","brief":{"from":"x"}}"#),
            of(r#"{"external_ref":"a","brief":{"to":"x"}}"#)
        );
        assert_ne!(of(r#"{"brief":{},"plan":"a"}"#), of(r#"{"brief":{}}"#));
    }
}
