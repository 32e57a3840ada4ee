//! What becomes of a tenant's source: a pure decision, stored and believed by the [`Roster`](super::roster::Roster).

use baton_core::time::Timestamp;

use crate::records::Source;

/// What is asked of a source.
pub enum SourceChange {
    /// This is its mapping from now on, in JSON.
    Mapping(String),
    /// It has an address from now on for senders that can set no header; an earlier one leads nowhere any more.
    Opened,
    /// It has none any more.
    Shut,
    /// It is removed.
    Removed,
}

impl SourceChange {
    /// The source after it: the very same where nothing changes, none where there is none.
    pub fn onto(self, before: Option<&Source>, name: &str, at: Timestamp, by: String) -> Option<Source> {
        let (mapping, address_since) = match (self, before) {
            (Self::Mapping(mapping), before) => (mapping, before.and_then(|before| before.address_since)),
            (Self::Opened, Some(before)) => {
                // Two within a millisecond are two addresses all the same.
                let since = before.address_since.map_or(at, |last| at.max(Timestamp(last.0 + 1)));
                (before.mapping.clone(), Some(since))
            }
            (Self::Shut, Some(before)) => (before.mapping.clone(), None),
            (Self::Opened | Self::Shut, None) | (Self::Removed, _) => return None,
        };
        if let Some(before) = before.filter(|before| before.mapping == mapping && before.address_since == address_since)
        {
            return Some(before.clone());
        }
        let version = before.map_or(0, |before| before.version) + 1;
        Some(Source { name: name.to_owned(), version, mapping, at, by, address_since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(before: Option<&Source>, change: SourceChange, at: i64) -> Option<Source> {
        change.onto(before, "shop", Timestamp(at), "desk".to_owned())
    }

    #[test]
    fn an_address_outlives_a_new_mapping_and_never_comes_back() {
        let first = changed(None, SourceChange::Mapping("{}".to_owned()), 1).unwrap();
        assert_eq!((first.version, first.address_since), (1, None));
        let opened = changed(Some(&first), SourceChange::Opened, 2).unwrap();
        assert_eq!((opened.version, opened.address_since), (2, Some(Timestamp(2))));
        let mapped = changed(Some(&opened), SourceChange::Mapping("{ }".to_owned()), 3).unwrap();
        assert_eq!((mapped.version, mapped.address_since), (3, Some(Timestamp(2))));
        let again = changed(Some(&mapped), SourceChange::Opened, 2).unwrap();
        assert_eq!(again.address_since, Some(Timestamp(3)));
        let shut = changed(Some(&again), SourceChange::Shut, 4).unwrap();
        assert_eq!((shut.version, shut.address_since), (5, None));
        assert_eq!(changed(Some(&shut), SourceChange::Shut, 5), Some(shut.clone()));
        assert_eq!(changed(Some(&shut), SourceChange::Mapping("{ }".to_owned()), 6), Some(shut.clone()));
        assert_eq!(changed(Some(&shut), SourceChange::Removed, 7), None);
        assert_eq!(changed(None, SourceChange::Opened, 7), None);
    }
}
