//! The mind of Baton.
