//! What a person answered, as whoever relays it tells us.

use utoipa::ToSchema;

use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::strangers::Strangers;

const FROM: usize = 254;
const TEXT: usize = 1_000;
const JOB: usize = 64;

/// An answer that came in some other way.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Reply)]
pub struct ReplyShape {
    /// Whose: a phone number in international form, or a mailbox.
    #[schema(value_type = String, max_length = 254, example = "+447700900001")]
    from: Given<String>,
    /// What they wrote.
    #[schema(value_type = String, max_length = 1000, example = "YES")]
    text: Given<String>,
    /// The id or the code of the job they answer; needed where several offers are open.
    #[schema(value_type = Option<String>, max_length = 64, example = "0952ef82")]
    job: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    ReplyShape { from, text, job }
}

/// What was read of it.
pub struct ReplyRead {
    /// Whose.
    pub from: String,
    /// What they wrote, as it came: how yes and no are recognised is the engine's business.
    pub text: String,
    /// The id or the code of a job.
    pub job: Option<String>,
}

impl ReplyShape {
    /// The reply, or everything that is wrong with it.
    pub fn into_core(self) -> Result<ReplyRead, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let from = form.field("from", shape.from).required().line(FROM);
            let text = form.field("text", shape.text).required().prose(TEXT);
            let job = form.field("job", shape.job).line(JOB);
            Some(ReplyRead { from: from?, text: text?, job })
        })
    }
}
