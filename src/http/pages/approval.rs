//! The page behind an approval link.

use askama::Template;
use baton_core::job::{Ending, Job, Stage};

use crate::http::pages::summary::{Line, summary};
use crate::wording::Words;

/// The page.
#[derive(Template)]
#[template(path = "approval.html")]
pub struct ApprovalPage<'a> {
    name: String,
    code: String,
    external_ref: Option<&'a str>,
    state: ApprovalState,
    summary: Vec<Line>,
    words: Words,
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
    pub fn of(job: &'a Job, words: Words) -> Self {
        let code = job.id.code().to_string();
        Self {
            name: job.external_ref.clone().unwrap_or_else(|| code.clone()),
            code,
            external_ref: job.external_ref.as_deref(),
            state: ApprovalState::of(job),
            summary: summary(&job.brief, &words),
            words,
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

    /// What the lines about it begin with.
    fn line(self) -> &'static str {
        match self {
            Self::Open => "approval.open",
            Self::Approved => "approval.approved",
            Self::Claimed => "approval.claimed",
            Self::Closed(Ending::Rejected) => "approval.rejected",
            Self::Closed(Ending::Cancelled) => "approval.cancelled",
            Self::Closed(Ending::Expired) => "approval.expired",
            Self::Closed(Ending::Completed) => "approval.completed",
            Self::Closed(Ending::Failed | Ending::NoShow) => "approval.failed",
        }
    }

    fn heading(self, words: &Words) -> String {
        words.say(self.line())
    }

    fn text(self, words: &Words) -> String {
        words.say(&format!("{}_text", self.line()))
    }

    fn is_open(self) -> bool {
        self == Self::Open
    }

    fn is_good(self) -> bool {
        !matches!(
            self,
            Self::Closed(Ending::Rejected | Ending::Cancelled | Ending::Expired | Ending::Failed | Ending::NoShow)
        )
    }
}

#[cfg(test)]
mod tests {
    use baton_core::job::Command;
    use baton_core::job::ledger::Heard;

    use super::*;
    use crate::http::sample;

    #[test]
    fn a12_what_a_client_wrote_is_escaped() {
        let job = sample::job_after("<script>alert(1)</script>", []);
        let html = ApprovalPage::of(&job, sample::words("en")).render().unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{html}");
    }

    #[test]
    fn a11_there_is_a_button_only_while_there_is_something_to_do() {
        let page = |commands: Vec<Command>| {
            let job = sample::job_after("VC8Y-3", commands);
            ApprovalPage::of(&job, sample::words("en")).render().unwrap()
        };
        assert!(page(vec![]).contains("<button name=\"action\" value=\"approve\">"));
        let claim = Command::Claim { agent: sample::agent("ana"), no: 1, via: None, heard: Heard::default() };
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

    #[test]
    fn f4_it_speaks_the_language_of_whoever_looks() {
        for (locale, heading, direction) in [
            ("ru-RU", "Одобрить этот заказ?", "ltr"),
            ("he", "לאשר את העבודה הזאת?", "rtl"),
            ("xx", "Approve this job?", "ltr"),
        ] {
            let job = sample::job_after("<b>1</b>", []);
            let html = ApprovalPage::of(&job, sample::words(locale)).render().unwrap();
            assert!(
                html.contains(&format!("<h1>{heading}</h1>")) && html.contains(&format!("dir=\"{direction}\"")),
                "{html}"
            );
            assert!(!html.contains("<b>") && (locale == "xx" || !html.contains("Approve")), "{html}");
        }
    }
}
