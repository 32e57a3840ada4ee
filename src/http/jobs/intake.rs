//! A job on its way in: from what was read to what the engine stores. One way for single creates and for batches.

use baton_actors::job_actor::Done;
use baton_actors::tenants::TenantView;
use baton_core::ids::{JobId, TenantId};
use baton_core::job::{Answer, Approval, By, Job, LeadNews, NewJob, Refusal};
use baton_core::message::Topic;
use baton_core::plan::Plan;

use baton_actors::error::Failure;

use crate::http::door::Door;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::request_id::drawn_uuid;
use crate::http::shapes::job::{JobRead, JobShape};
use crate::http::shapes::job_view::JobView;
use crate::http::shapes::occupancy::occupancy;
use crate::http::shapes::plan::PlanChoice;
use crate::sealing::SealingError;

/// Takes a job in. `key`: what stands behind its id where it has no reference.
pub async fn take_in(
    door: &Door,
    tenant: TenantId,
    by: By,
    shape: JobShape,
    key: Option<&str>,
) -> Result<Done, Problem> {
    let fingerprint = door.fingerprints.of(&shape);
    let job = shape.into_core(tenant, door.clock.now()).map_err(Problem::of_fields)?;
    take(door, tenant, by, job, fingerprint, key).await
}

/// Takes in what was read of a request with this fingerprint.
pub async fn take(
    door: &Door,
    tenant: TenantId,
    by: By,
    job: JobRead,
    fingerprint: [u8; 16],
    key: Option<&str>,
) -> Result<Done, Problem> {
    let id = match (&job.external_ref, key) {
        (Some(reference), _) => JobId::of_reference(tenant, reference),
        (None, Some(key)) => JobId::of_idempotency_key(tenant, key),
        (None, None) => JobId::drawn(tenant, drawn_uuid(door.clock.now())),
    };
    let view = door.engine.tenants().view(tenant);
    let undoable = undoable(door, tenant, &job);
    // What was taken in before the tenant changed is not refused when it is sent once more.
    if !undoable.is_empty() && door.engine.job(id)?.is_none() {
        return Err(Problem::of_fields(undoable));
    }
    let (mut plan, plan_name) = plan(&view, job.plan)?;
    if job.search_for.is_some() {
        plan.search_for = job.search_for;
    }
    let sealed = job.details.map(|details| door.keyring.seal(id, &details)).transpose().map_err(not_sealed)?;
    let has_reference = job.external_ref.is_some();
    let new = NewJob {
        id,
        external_ref: job.external_ref,
        fingerprint,
        occupies: occupancy(&job.brief, &view.settings),
        brief: job.brief,
        has_details: sealed.is_some(),
        approval: job.approval,
        plan,
        plan_name,
        start_at: job.start_at,
        gates: job.gates,
        publish: job.publish,
        lead: if job.is_lead { lead_news(door, &view) } else { None },
        assignment: None,
    };
    door.engine.create(new, sealed, by).await.map_err(|failure| match failure {
        Failure::Refused(Refusal::ReferenceConflict, _) if !has_reference => Refusal::KeyReused.into(),
        Failure::Refused(Refusal::ReferenceConflict, _) => {
            Problem::from(Refusal::ReferenceConflict).with("job", id.to_string())
        }
        other => other.into(),
    })
}

/// What the desk gets of a finished lead, as the tenant says, or else as it is configured.
fn lead_news(door: &Door, view: &TenantView) -> Option<LeadNews> {
    let (all, desk) = (door.settings.dispatch, &view.settings.desk);
    let text = desk.crew_fallback.unwrap_or(all.send_crew_fallback);
    let full = desk.full_lead.unwrap_or(all.send_full);
    full.then(|| LeadNews { text_after: text.then_some(all.crew_fallback_after) })
}

/// What is right in itself and cannot be done as the tenant stands.
fn undoable(door: &Door, tenant: TenantId, job: &JobRead) -> Vec<FieldError> {
    door.engine.with_world(tenant, |world| {
        let nobody = job.approval == Approval::Email && world.way_to_desk(&Topic::ApprovalWanted).is_none();
        let unasked = nobody.then(|| FieldError {
            field: "approval".to_owned(),
            message: "is \"email\", and no mail can reach the desk".into(),
            cure: "set the desk's email with PATCH /api/v1/desk and configure channels.email, or give \"link\"".into(),
        });
        unasked.into_iter().collect()
    })
}

/// The rules of asking of a job.
pub fn plan(view: &TenantView, choice: Option<PlanChoice<Plan>>) -> Result<(Plan, Option<(String, u32)>), Problem> {
    match choice {
        None => Ok(view.default_plan()),
        Some(PlanChoice::Inline(plan)) => Ok((plan, None)),
        Some(PlanChoice::Named(name)) => match view.plans.get(&name) {
            Some(named) => Ok((named.plan.clone(), Some((named.name.clone(), named.version)))),
            None => Err(Problem::new(Code::PlanNotFound, format!("there is no plan {name:?}"))),
        },
    }
}

fn not_sealed(error: SealingError) -> Problem {
    match error {
        SealingError::TooLarge => Problem::of_fields(vec![FieldError {
            field: "details".to_owned(),
            message: "are too long in all".into(),
            cure: error.to_string().into(),
        }]),
        SealingError::NoKey(_)
        | SealingError::UnknownKey(_)
        | SealingError::NotAuthentic
        | SealingError::Unreadable
        | SealingError::KeyLength
        | SealingError::Erased
        | SealingError::Salts(_)
        | SealingError::NoSalts
        | SealingError::DevKey(_) => Problem::internal(&error),
    }
}

/// The page where a job is approved; none where it needs no approval.
pub fn approve_url(door: &Door, job: &Job) -> Option<String> {
    match job.approval {
        Approval::None => None,
        Approval::Link | Approval::Email => {
            let view = door.engine.tenants().view(job.id.tenant);
            Some(door.engine.house().approve_url(job, &view))
        }
    }
}

/// A created job as it is shown to whoever created it.
pub fn created<'a>(door: &Door, done: &'a Done) -> JobView<'a> {
    let view = door.engine.tenants().view(done.job.id.tenant);
    let mut shown = JobView::of(&done.job, &view.roster);
    shown.approve_url = approve_url(door, &done.job);
    shown.message = matches!(done.answer, Answer::Already).then_some("already_exists");
    shown
}
