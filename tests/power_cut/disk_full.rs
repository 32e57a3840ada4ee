//! The disk is full while the store is written to: the failed commit says so, nothing is believed after it, and once there
//! is room again everything acknowledged is there.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use baton::store::{SledOptions, SledStore};
use baton_actors::store::{StepWrites, Store, StoreError, Verdict, Write};

use super::loop_disk::LoopDisk;

#[test]
fn a_full_disk_fails_the_commit_for_good_and_loses_nothing_acknowledged() {
    let work = tempfile::tempdir().unwrap();
    let disk = match LoopDisk::make(work.path(), "small", 64) {
        Ok(disk) => disk,
        Err(reason) => {
            return eprintln!("SKIPPED: a full disk is a loop-mounted file system, which needs root: {reason}");
        }
    };
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 24 << 20]).unwrap();
    let folder = disk.path().join("store");

    // On a thread of its own, with a deadline: an answer that never comes would be a failure too.
    let (done, ended) = mpsc::channel();
    let filled = folder.clone();
    std::thread::spawn(move || done.send(fill(&filled)));
    let (acknowledged, error) = ended.recv_timeout(Duration::from_secs(120)).unwrap();
    assert!(acknowledged > 0, "{error}");

    std::fs::remove_file(ballast).unwrap();
    let store = open(&folder);
    for number in 0..acknowledged {
        assert!(store.get(&key(number)).unwrap().is_some(), "row {number} of {acknowledged}");
    }
}

/// Commits until it fails; how many rows were acknowledged, and the failure.
fn fill(folder: &Path) -> (u64, StoreError) {
    let store = open(folder);
    for number in 0.. {
        if let Err(error) = commit(&store, number) {
            assert!(store.failure().is_some());
            assert!(commit(&store, number).is_err() && store.get(&key(0)).is_err(), "nothing is believed any more");
            return (number, error);
        }
    }
    unreachable!("the disk has an end")
}

fn commit(store: &SledStore, number: u64) -> Result<Vec<Verdict>, StoreError> {
    store.commit(&[StepWrites { check: None, writes: vec![Write { key: key(number), value: Some(vec![7; 8000]) }] }])
}

fn key(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn open(folder: &Path) -> SledStore {
    SledStore::open(folder, SledOptions::default().cache_bytes(16 << 20)).unwrap()
}
