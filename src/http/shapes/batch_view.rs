//! What became of each job of a batch, as it goes out: short, because there are many.

use baton_actors::job_actor::Done;
use baton_core::job::Answer;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::problem::{Body, Problem};

/// What became of one job.
#[derive(Serialize, ToSchema)]
pub struct BatchItem {
    /// Which job of the request, from 0.
    index: usize,
    /// The HTTP status it would have had alone: 201, 200 (it was there), or that of its problem.
    status: u16,
    /// The job's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    job_status: Option<&'static str>,
    /// The client's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<String>,
    /// The page where it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    approve_url: Option<String>,
    /// What is wrong with it, as a problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<serde_json::Value>,
}

/// How many of each.
#[derive(Serialize, ToSchema)]
pub struct Summary {
    /// In all.
    total: usize,
    /// Stored by this request.
    created: usize,
    /// There before.
    existing: usize,
    /// Refused.
    refused: usize,
}

impl BatchItem {
    /// A job that is stored.
    pub fn taken(index: usize, done: &Done, approve_url: Option<String>) -> Self {
        let job = &done.job;
        let status = match done.answer {
            Answer::Done => 201,
            Answer::Already => 200,
        };
        Self {
            index,
            status,
            id: Some(job.id.to_string()),
            code: Some(job.id.code().to_string()),
            job_status: Some(job.status()),
            external_ref: job.external_ref.clone(),
            approve_url,
            problem: None,
        }
    }

    /// A job that is not.
    pub fn refused(index: usize, problem: &Problem, body: &Body<'_>) -> Self {
        Self {
            index,
            status: problem.code.status().as_u16(),
            id: None,
            code: None,
            job_status: None,
            external_ref: None,
            approve_url: None,
            problem: serde_json::to_value(body).ok(),
        }
    }
}

impl Summary {
    /// Counts results.
    pub fn of(items: &[BatchItem]) -> Self {
        let count = |status: u16| items.iter().filter(|item| item.status == status).count();
        let (total, created, existing) = (items.len(), count(201), count(200));
        Self { total, created, existing, refused: total - created - existing }
    }
}
