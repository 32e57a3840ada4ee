//! What Baton tells about itself: logs without private data, metrics from a documented list.

pub mod logs;
pub mod metrics;
pub mod redact;
