//! Private details can be erased: on request, or because they are old; and given out to whoever they are about. What is left says that it
//! was done, by whom and why.

use super::command::By;
use super::event::Event;
use super::settlement::Revoked;
use super::turn::Turn;
use super::{Answer, Refusal};

impl Turn<'_> {
    /// Erases the details, and shuts the page behind which they lay. A job that is not over still needs them: `although_open`
    /// says that they go all the same.
    pub(super) fn erase_details(&mut self, reason: String, although_open: bool) -> Result<Answer, Refusal> {
        if !self.job.has_details {
            return Ok(Answer::Already);
        }
        if !self.job.is_closed() && !although_open {
            return Err(Refusal::JobOpen { status: self.job.status() });
        }
        self.revoke_grant(Revoked::Erased, None);
        self.happened(Event::DetailsErased { reason });
        // What waited for the release waits no longer.
        self.advance();
        Ok(Answer::Done)
    }

    /// The details are about to be given out as what is held about the client. What is erased cannot be.
    pub(super) fn exported(&mut self, by: By) {
        if self.job.has_details {
            self.by = by;
            self.happened(Event::DetailsExported);
        }
    }
}
