//! Every store passes the one suite, and each what is its own.

#![expect(clippy::unwrap_used, reason = "a test: a failure is a panic")]

use std::path::Path;

use baton::store::{SledOptions, SledStore};
use baton_actors::store::conformance::{self, CASES};
use baton_actors::store::memory::MemoryStore;
use baton_actors::store::{StepWrites, Store, StoreError, VALUE_MAX, Verdict, Write};
use tempfile::tempdir;

fn open(folder: &Path) -> SledStore {
    SledStore::open(folder, SledOptions::default().cache_bytes(8 << 20)).unwrap()
}

fn put(key: u64, value: Vec<u8>) -> StepWrites {
    StepWrites { check: None, writes: vec![Write { key: key.to_be_bytes().to_vec(), value: Some(value) }] }
}

#[test]
fn the_memory_store_passes_the_suite() {
    for case in CASES {
        eprintln!("memory: {}", case.name);
        (case.check)(&MemoryStore::new());
    }
}

#[test]
fn the_sled_store_passes_the_suite() {
    for case in CASES {
        eprintln!("sled: {}", case.name);
        let folder = tempdir().unwrap();
        (case.check)(&open(folder.path()));
    }
}

#[test]
fn the_sled_store_keeps_all_over_a_reopen() {
    let folder = tempdir().unwrap();
    conformance::keeps_all_over_a_reopen(|| Box::new(open(folder.path())));
}

#[test]
fn a_second_baton_in_the_same_folder_is_told_so() {
    let folder = tempdir().unwrap();
    let _first = open(folder.path());
    let second = SledStore::open(folder.path(), SledOptions::default()).err();
    assert!(matches!(second, Some(StoreError::InUse(_))), "{second:?}");
    assert!(second.unwrap().to_string().starts_with("another baton is using the folder"));
}

/// sled never syncs what it puts into `blobs`, so nothing may get there: not even pages full of the largest values.
#[test]
fn the_largest_values_side_by_side_stay_in_the_synced_file() {
    let folder = tempdir().unwrap();
    let store = open(folder.path());
    for round in 0..3_u8 {
        for group in (0..120_u64).collect::<Vec<_>>().chunks(12) {
            let steps: Vec<_> = group.iter().map(|key| put(*key, vec![round; VALUE_MAX])).collect();
            assert_eq!(store.commit(&steps).unwrap(), vec![Verdict::Stored; steps.len()]);
        }
    }
    // Merging pages makes the fullest ones.
    for key in (0..120_u64).filter(|key| key % 5 != 0) {
        let delete = Write { key: key.to_be_bytes().to_vec(), value: None };
        store.commit(&[StepWrites { check: None, writes: vec![delete] }]).unwrap();
        assert_eq!(std::fs::read_dir(folder.path().join("blobs")).unwrap().count(), 0, "after deleting {key}");
    }
}
