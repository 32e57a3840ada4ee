//! A change of one field: left out keeps, `null` clears, a value sets.

use crate::http::form::Field;
use crate::http::given::{Given, Wanted};

/// What becomes of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Change<T> {
    /// It stays.
    #[default]
    Keep,
    /// It is taken away.
    Clear,
    /// It gets this value.
    Set(T),
}

impl<T> Change<T> {
    /// Reads a field that may be cleared.
    pub fn of<G: for<'de> Wanted<'de>>(field: Field<'_, G>, read: impl FnOnce(Field<'_, G>) -> Option<T>) -> Self {
        match field.given() {
            Given::Absent => Self::Keep,
            Given::Null => Self::Clear,
            Given::Is(_) | Given::Wrong(_) => read(field).map_or(Self::Keep, Self::Set),
        }
    }

    /// Changes a value that there may be.
    pub fn onto(self, value: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *value = None,
            Self::Set(new) => *value = Some(new),
        }
    }

    /// Changes a value that there always is; cleared, it falls back to this.
    pub fn onto_or(self, value: &mut T, cleared: T) {
        match self {
            Self::Keep => {}
            Self::Clear => *value = cleared,
            Self::Set(new) => *value = new,
        }
    }
}
