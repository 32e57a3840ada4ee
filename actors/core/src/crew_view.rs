//! What a crew may see of a job: built field by field from the brief's typed values, never from free text or details.

use serde::{Deserialize, Serialize};

use crate::brief::Brief;
use crate::ids::{Code, JobId};

/// A job as it is shown to those who are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewView {
    /// Which job.
    pub job: JobId,
    /// What people call it.
    pub code: Code,
    /// What there is to do.
    pub brief: Brief,
}
