//! The doors of Baton.
