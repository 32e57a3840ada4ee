//! What every store must do: one suite, run on each of them.
//!
//! A case wants an empty store of its own and panics where the store breaks its word.

#![expect(clippy::expect_used, reason = "a suite for tests: a failure is a panic")]

use std::ops::ControlFlow;

use super::envelope::{self, Header, Kind};
use super::{GROUP_MAX, KEY_MAX, StepWrites, Store, VALUE_MAX, Verdict, VersionCheck, Write};

/// A case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    /// What it holds the store to.
    pub name: &'static str,
    /// Panics where the store, given empty, does otherwise.
    pub check: fn(&dyn Store),
}

/// The suite.
pub const CASES: &[Case] = &[
    Case { name: "what was stored is read byte for byte", check: reads_what_was_stored },
    Case { name: "a step is whole or not at all", check: a_step_is_whole_or_not_at_all },
    Case { name: "a conflict concerns its step alone", check: a_conflict_concerns_its_step_alone },
    Case { name: "a record that must be absent must be absent", check: absent_means_absent },
    Case { name: "steps of one group see each other in order", check: steps_of_one_group_see_each_other },
    Case { name: "the last write of a key holds", check: the_last_write_holds },
    Case { name: "a deleted record is gone and may come again", check: deleted_is_gone },
    Case { name: "a damaged record matches no version", check: damage_matches_no_version },
    Case { name: "a value or key too large is refused alone", check: too_large_is_refused_alone },
    Case { name: "a step without rows is refused", check: a_step_without_rows_is_refused },
    Case { name: "a full group of many rows is stored", check: a_full_group_is_stored },
    Case { name: "a scan visits a prefix in order", check: a_scan_visits_a_prefix_in_order },
    Case { name: "a scan begins after a key and ends when told", check: a_scan_begins_and_ends_where_told },
    Case { name: "a visitor may use the store", check: a_visitor_may_use_the_store },
];

/// For stores that outlive their process: everything is there when `open` is called again, after the one before it
/// was dropped.
pub fn keeps_all_over_a_reopen(mut open: impl FnMut() -> Box<dyn Store>) {
    for round in 0..4_u64 {
        let store = open();
        for earlier in 0..round * 300 {
            assert_eq!(get(&*store, &numbered(earlier)), Some(record(1, b"kept")), "round {round}, row {earlier}");
        }
        let group: Vec<_> = (round * 300..(round + 1) * 300).map(|n| put(&numbered(n), 1)).collect();
        for group in group.chunks(GROUP_MAX) {
            assert!(commit(&*store, group).iter().all(|verdict| *verdict == Verdict::Stored));
        }
    }
}

fn reads_what_was_stored(store: &dyn Store) {
    assert_eq!(get(store, b"a"), None);
    assert_eq!(commit(store, &[put(b"a", 1)]), [Verdict::Stored]);
    assert_eq!(get(store, b"a"), Some(record(1, b"kept")));
    assert!(store.size_on_disk().is_ok_and(|bytes| bytes > 0));
}

fn a_step_is_whole_or_not_at_all(store: &dyn Store) {
    let mut step = put(b"a", 1);
    step.writes.push(Write { key: b"b".to_vec(), value: Some(record(1, b"kept")) });
    let mut stale = checked(step.clone(), b"a", 9);
    stale.writes.push(Write { key: b"c".to_vec(), value: Some(record(1, b"kept")) });
    assert_eq!(commit(store, &[stale]), [Verdict::Conflict]);
    assert_eq!(keys(store, b""), Vec::<Vec<u8>>::new());
    assert_eq!(commit(store, &[step]), [Verdict::Stored]);
    assert_eq!(keys(store, b""), [b"a", b"b"]);
}

fn a_conflict_concerns_its_step_alone(store: &dyn Store) {
    commit(store, &[put(b"a", 1), put(b"b", 1)]);
    let group = [checked(put(b"a", 2), b"a", 1), checked(put(b"b", 7), b"b", 6), checked(put(b"c", 1), b"c", 0)];
    assert_eq!(commit(store, &group), [Verdict::Stored, Verdict::Conflict, Verdict::Stored]);
    assert_eq!(versions(store, [b"a", b"b", b"c"]), [Some(2), Some(1), Some(1)]);
}

fn absent_means_absent(store: &dyn Store) {
    assert_eq!(commit(store, &[checked(put(b"a", 1), b"a", 1)]), [Verdict::Conflict]);
    assert_eq!(commit(store, &[checked(put(b"a", 1), b"a", 0)]), [Verdict::Stored]);
    assert_eq!(commit(store, &[checked(put(b"a", 1), b"a", 0)]), [Verdict::Conflict]);
    // A record may stand guard over rows that are not its own.
    assert_eq!(commit(store, &[checked(put(b"b", 1), b"a", 1)]), [Verdict::Stored]);
}

fn steps_of_one_group_see_each_other(store: &dyn Store) {
    let group = [
        checked(put(b"a", 1), b"a", 0),
        checked(put(b"a", 2), b"a", 1),
        checked(put(b"a", 2), b"a", 1),
        checked(delete(b"a"), b"a", 2),
        checked(put(b"a", 3), b"a", 2),
        checked(put(b"a", 5), b"a", 0),
    ];
    let verdicts = commit(store, &group);
    let expected =
        [Verdict::Stored, Verdict::Stored, Verdict::Conflict, Verdict::Stored, Verdict::Conflict, Verdict::Stored];
    assert_eq!(verdicts, expected);
    assert_eq!(versions(store, [b"a"]), [Some(5)]);
}

fn the_last_write_holds(store: &dyn Store) {
    let mut twice = put(b"a", 1);
    twice.writes.push(Write { key: b"a".to_vec(), value: Some(record(2, b"kept")) });
    commit(store, &[twice, put(b"b", 1), put(b"b", 2), put(b"c", 1), delete(b"c")]);
    assert_eq!(versions(store, [b"a", b"b", b"c"]), [Some(2), Some(2), None]);
}

fn deleted_is_gone(store: &dyn Store) {
    commit(store, &[put(b"a", 1)]);
    assert_eq!(commit(store, &[checked(delete(b"a"), b"a", 1)]), [Verdict::Stored]);
    assert_eq!(get(store, b"a"), None);
    assert_eq!(keys(store, b""), Vec::<Vec<u8>>::new());
    // Deleting what is not there is no conflict unless a check says so.
    assert_eq!(commit(store, &[delete(b"a"), checked(put(b"a", 1), b"a", 0)]), [Verdict::Stored; 2]);
}

fn damage_matches_no_version(store: &dyn Store) {
    let mut damaged = record(1, b"kept");
    damaged[30] ^= 1;
    commit(
        store,
        &[StepWrites { check: None, writes: vec![Write { key: b"a".to_vec(), value: Some(damaged.clone()) }] }],
    );
    let group = [checked(put(b"a", 2), b"a", 1), checked(put(b"a", 2), b"a", 0)];
    assert_eq!(commit(store, &group), [Verdict::Conflict; 2]);
    assert_eq!(get(store, b"a"), Some(damaged));
}

fn too_large_is_refused_alone(store: &dyn Store) {
    let sized = |key: &[u8], len| StepWrites {
        check: None,
        writes: vec![
            Write { key: [key, b"-small"].concat(), value: Some(record(1, b"kept")) },
            Write { key: key.to_vec(), value: Some(vec![7; len]) },
        ],
    };
    let group =
        [sized(b"a", VALUE_MAX), sized(b"b", VALUE_MAX + 1), put(&[b'd'; KEY_MAX + 1], 1), put(&[b'c'; KEY_MAX], 1)];
    assert_eq!(commit(store, &group), [Verdict::Stored, Verdict::Refused, Verdict::Refused, Verdict::Stored]);
    assert_eq!(keys(store, b""), [b"a".to_vec(), b"a-small".to_vec(), vec![b'c'; KEY_MAX]]);
    assert_eq!(get(store, b"a"), Some(vec![7; VALUE_MAX]));
}

fn a_step_without_rows_is_refused(store: &dyn Store) {
    assert_eq!(commit(store, &[StepWrites::default(), put(b"a", 1)]), [Verdict::Refused, Verdict::Stored]);
    assert_eq!(commit(store, &[]), []);
}

fn a_full_group_is_stored(store: &dyn Store) {
    // More rows than a store may want to write at once, and checks that reach far back in the group.
    let mut group = Vec::new();
    for n in 0..GROUP_MAX as u64 {
        let mut step = checked(put(&numbered(n), 1), &numbered(n), 0);
        for row in 0..4_u8 {
            step.writes.push(Write { key: [numbered(n).as_slice(), &[row]].concat(), value: Some(vec![row; 3000]) });
        }
        group.push(step);
    }
    group[GROUP_MAX - 1].check = Some(VersionCheck { key: numbered(0), version: 1 });
    assert_eq!(commit(store, &group), vec![Verdict::Stored; GROUP_MAX]);
    assert_eq!(keys(store, b"").len(), GROUP_MAX * 5);
}

fn a_scan_visits_a_prefix_in_order(store: &dyn Store) {
    commit(store, &[put(b"b2", 1), put(b"a", 1), put(b"c", 1), put(b"b", 1), put(b"b\xff\xff", 1), put(b"b10", 1)]);
    assert_eq!(keys(store, b"b"), [b"b".to_vec(), b"b10".to_vec(), b"b2".to_vec(), b"b\xff\xff".to_vec()]);
    assert_eq!(keys(store, b"d"), Vec::<Vec<u8>>::new());
    assert_eq!(keys(store, b"").len(), 6);
}

fn a_scan_begins_and_ends_where_told(store: &dyn Store) {
    for n in (0..600_u64).rev().collect::<Vec<_>>().chunks(GROUP_MAX) {
        commit(store, &n.iter().map(|n| put(&numbered(*n), 1)).collect::<Vec<_>>());
    }
    // Beginning after a key that is there, one that is not, and one before the prefix.
    let between = [numbered(9).as_slice(), b"-"].concat();
    for (after, expected) in [(numbered(9), 10), (between, 10), (b"a".to_vec(), 0), (numbered(599), 600)] {
        let mut visited = expected;
        let scanned = store.scan(b"n", Some(&after), &mut |key, _| {
            assert_eq!(key, numbered(visited));
            visited += 1;
            ControlFlow::Continue(())
        });
        assert!(scanned.is_ok());
        assert_eq!(visited, 600, "after {after:?}");
    }
    assert_eq!(collect(store, b"n", Some(b"z"), usize::MAX), Vec::<Vec<u8>>::new());
    assert_eq!(collect(store, b"n", None, 3), [numbered(0), numbered(1), numbered(2)]);
}

fn a_visitor_may_use_the_store(store: &dyn Store) {
    commit(store, &[put(b"a1", 1), put(b"a2", 1)]);
    let scanned = store.scan(b"a", None, &mut |key, _| {
        assert_eq!(commit(store, &[checked(delete(key), key, 1)]), [Verdict::Stored]);
        ControlFlow::Continue(())
    });
    assert!(scanned.is_ok());
    assert_eq!(keys(store, b"a"), Vec::<Vec<u8>>::new());
}

fn numbered(n: u64) -> Vec<u8> {
    [b"n".as_slice(), &n.to_be_bytes()].concat()
}

fn record(version: u64, payload: &[u8]) -> Vec<u8> {
    envelope::seal(&Header { kind: Kind::Meta, schema: 1, flags: 0, version, epoch: 1 }, payload)
}

fn put(key: &[u8], version: u64) -> StepWrites {
    StepWrites { check: None, writes: vec![Write { key: key.to_vec(), value: Some(record(version, b"kept")) }] }
}

fn delete(key: &[u8]) -> StepWrites {
    StepWrites { check: None, writes: vec![Write { key: key.to_vec(), value: None }] }
}

fn checked(step: StepWrites, key: &[u8], version: u64) -> StepWrites {
    StepWrites { check: Some(VersionCheck { key: key.to_vec(), version }), ..step }
}

fn commit(store: &dyn Store, group: &[StepWrites]) -> Vec<Verdict> {
    store.commit(group).expect("the commit succeeds")
}

fn get(store: &dyn Store, key: &[u8]) -> Option<Vec<u8>> {
    store.get(key).expect("the read succeeds")
}

fn versions<const N: usize>(store: &dyn Store, keys: [&[u8; 1]; N]) -> [Option<u64>; N] {
    keys.map(|key| get(store, key).map(|record| envelope::open(&record).expect("a whole record").header.version))
}

fn keys(store: &dyn Store, prefix: &[u8]) -> Vec<Vec<u8>> {
    collect(store, prefix, None, usize::MAX)
}

fn collect(store: &dyn Store, prefix: &[u8], after: Option<&[u8]>, at_most: usize) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    store
        .scan(prefix, after, &mut |key, value| {
            assert!(!value.is_empty());
            found.push(key.to_vec());
            if found.len() == at_most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .expect("the scan succeeds");
    found
}
