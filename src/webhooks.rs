//! What providers tell us: proved to be theirs, read into a few kinds of news, stored before anything follows from it.

pub mod accounts;
mod act;
pub mod inbox;
mod manners;
pub mod news;
pub mod read;
pub mod verify;

pub(crate) use act::lasting;
pub use act::{Forms, Means, NotDone};
pub use manners::Manners;
