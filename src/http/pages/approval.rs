//! The page behind an approval link.

use askama::Template;
use baton_core::job::{Ending, Job, Stage};

use crate::http::pages::summary::{Line, summary};

/// The page.
#[derive(Template)]
#[template(path = "approval.html")]
pub struct ApprovalPage<'a> {
    name: String,
    code: String,
    external_ref: Option<&'a str>,
    state: ApprovalState,
    summary: Vec<Line>,
}

/// How the job stands for whoever holds the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    /// It waits for them.
    Open,
    /// It was approved.
    Approved,
    /// Somebody has it.
    Claimed,
    /// It is over.
    Closed(Ending),
}

impl<'a> ApprovalPage<'a> {
    /// Shows a job as it stands.
    pub fn of(job: &'a Job) -> Self {
        let code = job.id.code().to_string();
        Self {
            name: job.external_ref.clone().unwrap_or_else(|| code.clone()),
            code,
            external_ref: job.external_ref.as_deref(),
            state: ApprovalState::of(job),
            summary: summary(&job.brief),
        }
    }
}

impl ApprovalState {
    fn of(job: &Job) -> Self {
        match &job.stage {
            Stage::NeedsApproval => Self::Open,
            Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Unfilled { .. } => Self::Approved,
            Stage::Claimed(_) => Self::Claimed,
            Stage::Closed { outcome, .. } => Self::Closed(*outcome),
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Open => "Approve this job?",
            Self::Approved => "Approved",
            Self::Claimed => "Approved and taken",
            Self::Closed(Ending::Rejected) => "Rejected",
            Self::Closed(Ending::Cancelled) => "Cancelled",
            Self::Closed(Ending::Expired) => "Expired",
            Self::Closed(Ending::Completed) => "Completed",
            Self::Closed(Ending::Failed) => "Failed",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Open => "It is offered to nobody until it is approved.",
            Self::Approved => "The job has been approved. There is nothing more to do here.",
            Self::Claimed => "The job has been approved and somebody has it. There is nothing more to do here.",
            Self::Closed(Ending::Rejected) => "The job has been rejected and is offered to nobody.",
            Self::Closed(Ending::Cancelled) => "The job was called off.",
            Self::Closed(Ending::Expired) => "Nobody was found in time.",
            Self::Closed(Ending::Completed) => "The work is done.",
            Self::Closed(Ending::Failed) => "The work was taken, but not done.",
        }
    }

    fn is_open(self) -> bool {
        self == Self::Open
    }

    fn is_good(self) -> bool {
        !matches!(self, Self::Closed(Ending::Rejected | Ending::Cancelled | Ending::Expired | Ending::Failed))
    }
}

#[cfg(test)]
mod tests {
    use baton_core::job::Command;

    use super::*;
    use crate::http::sample;

    #[test]
    fn a12_what_a_client_wrote_is_escaped() {
        let job = sample::job_after("<script>alert(1)</script>", []);
        let html = ApprovalPage::of(&job).render().unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{html}");
    }

    #[test]
    fn a11_there_is_a_button_only_while_there_is_something_to_do() {
        let page = |commands: Vec<Command>| ApprovalPage::of(&sample::job_after("VC8Y-3", commands)).render().unwrap();
        assert!(page(vec![]).contains("<button name=\"action\" value=\"approve\">"));
        let claim = Command::Claim { agent: sample::agent("ana"), no: 1, via: None };
        for (commands, heading) in [
            (vec![Command::Approve], "Approved"),
            (vec![Command::Approve, claim], "Approved and taken"),
            (vec![Command::Cancel { reason: None }], "Cancelled"),
            (vec![Command::Reject { reason: None }], "Rejected"),
        ] {
            let html = page(commands);
            assert!(html.contains(&format!("<h1>{heading}</h1>")) && !html.contains("<button"), "{html}");
        }
    }
}
