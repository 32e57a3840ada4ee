//! The rooms of Baton.
