//! A backup is the store as of one moment, also of one that goes on; a damaged one restores nothing; a restored store starts
//! in quarantine.

#![expect(clippy::unwrap_used, reason = "a test: a failure is a panic")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use baton::store::backup::{BackupError, backup};
use baton::store::restore::{inspect, restore};
use baton::store::{SledOptions, SledStore};
use baton_actors::store::envelope::{self, Header, Kind};
use baton_actors::store::keys::{Key, Space};
use baton_actors::store::restored::{self, Restored};
use baton_actors::store::verify::verify;
use baton_actors::store::{StepWrites, Store, StoreError, Verdict, Write};
use baton_core::ids::{JobId, TenantId};
use baton_core::time::Timestamp;
use tempfile::tempdir;

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn open(folder: &Path) -> SledStore {
    SledStore::open(folder, options()).unwrap()
}

fn options() -> SledOptions {
    SledOptions::default().cache_bytes(8 << 20)
}

fn rows(store: &dyn Store) -> Rows {
    let mut rows = Rows::new();
    store
        .scan(b"", None, &mut |key, value| {
            rows.insert(key.to_vec(), value.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    rows
}

fn job(number: u32) -> JobId {
    JobId::of_reference(TenantId::DEFAULT, &number.to_string())
}

fn record(number: u32) -> Vec<u8> {
    let header = Header { kind: Kind::Job, schema: 1, flags: 0, version: 1, epoch: 1 };
    envelope::seal(&header, &[number as u8; 300])
}

fn put(key: &Key, number: u32) -> Write {
    Write { key: key.bytes(), value: Some(record(number)) }
}

fn commit(store: &SledStore, writes: Vec<Write>) {
    assert_eq!(store.commit(&[StepWrites { check: None, writes }]).unwrap(), [Verdict::Stored]);
}

/// A store of live jobs.
fn filled(folder: &Path, jobs: u32) -> SledStore {
    let store = open(folder);
    for page in (0..jobs).collect::<Vec<_>>().chunks(100) {
        commit(&store, page.iter().map(|number| put(&Key::LiveJob(job(*number)), *number)).collect());
    }
    store
}

#[test]
fn a_backup_restores_to_the_same_rows_and_is_in_quarantine_until_released() {
    let work = tempdir().unwrap();
    let (file, copy) = (work.path().join("one.bak"), work.path().join("copy"));
    let store = filled(&work.path().join("store"), 3000);
    let mut told = Vec::new();
    let taken = backup(&store, &file, Timestamp(7), &mut |rows| told.push(rows)).unwrap();
    assert_eq!((taken.taken, taken.rows), (Timestamp(7), 3000));
    assert_eq!(told, [1000, 2000, 3000]);
    assert_eq!(inspect(&file).unwrap(), taken);
    assert_eq!(taken.bytes, std::fs::metadata(&file).unwrap().len());

    let restored_rows = restore(&file, &copy, options(), Timestamp(9), &mut |_| ()).unwrap();
    assert_eq!(restored_rows, taken);
    let copy = open(&copy);
    let expected = Restored { taken: Timestamp(7), at: Timestamp(9), complete: true };
    assert_eq!(restored::restored(&copy).unwrap(), Some(expected));

    let findings = verify(&copy, &mut |_, _, _| ()).unwrap();
    assert_eq!((findings.broken, findings.whole.get(&Space::LiveJobs)), (0, Some(&3000)));

    // A backup of a restored store says nothing about itself.
    let second = work.path().join("two.bak");
    assert_eq!(backup(&copy, &second, Timestamp(8), &mut |_| ()).unwrap().rows, 3000);
    restored::release(&copy).unwrap();
    assert_eq!(rows(&copy), rows(&store));
}

#[test]
fn a_backup_of_a_store_that_goes_on_is_as_of_one_moment() {
    const JOBS: u32 = 2000;
    let work = tempdir().unwrap();
    let store = filled(&work.path().join("store"), JOBS);
    let over = AtomicBool::new(false);
    let (moved, moves) = mpsc::channel();
    let file = work.path().join("live.bak");
    std::thread::scope(|scope| {
        // Every job goes from live to closed and back, over and over: a torn copy has some twice or not at all.
        scope.spawn(|| {
            let moved = moved;
            for round in 0.. {
                for number in 0..JOBS {
                    let (live, closed) = (Key::LiveJob(job(number)), Key::ClosedJob(job(number)));
                    let (from, to) = if round % 2 == 0 { (live, closed) } else { (closed, live) };
                    commit(&store, vec![Write { key: from.bytes(), value: None }, put(&to, number)]);
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    if number % 500 == 0 {
                        let _ = moved.send(());
                    }
                }
            }
        });
        let mut again = None;
        let taken = backup(&store, &file, Timestamp(7), &mut |_| {
            // Waits for many more to move; at the end, when commits are held, in vain.
            while moves.try_recv().is_ok() {}
            for _ in 0..2 {
                let _ = moves.recv_timeout(Duration::from_millis(500));
            }
            again.get_or_insert_with(|| backup(&store, &work.path().join("x"), Timestamp(7), &mut |_| ()).is_err());
        });
        over.store(true, Ordering::Relaxed);
        assert!(taken.unwrap().rows > u64::from(JOBS), "nothing was written meanwhile, so nothing was shown");
        assert_eq!(again, Some(true), "two backups at once");
    });
    let copy = work.path().join("copy");
    restore(&file, &copy, options(), Timestamp(9), &mut |_| ()).unwrap();
    let copy = rows(&open(&copy));
    for number in 0..JOBS {
        let there = [Key::LiveJob(job(number)), Key::ClosedJob(job(number))].map(|key| copy.contains_key(&key.bytes()));
        assert_eq!(there.iter().filter(|there| **there).count(), 1, "job {number}: live, closed: {there:?}");
    }
}

#[test]
fn a_damaged_backup_restores_nothing() {
    let work = tempdir().unwrap();
    let (file, copy) = (work.path().join("one.bak"), work.path().join("copy"));
    let store = filled(&work.path().join("store"), 5);
    backup(&store, &file, Timestamp(7), &mut |_| ()).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let error = restore(&file, &copy, options(), Timestamp(9), &mut |_| ()).err();
        matches!(error, Some(BackupError::Damaged { .. })) && !copy.exists()
    };
    // The moment it was taken is as good as any other, were it not for the checksum.
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        assert!(refused(&damaged), "byte {at}");
    }
    for cut in 0..whole.len() {
        assert!(refused(&whole[..cut]), "cut at {cut}");
    }
    assert!(refused(&[&whole[..], b"more"].concat()));
    std::fs::write(&file, &whole).unwrap();
    assert!(restore(&file, &copy, options(), Timestamp(9), &mut |_| ()).is_ok());
}

#[test]
fn nothing_is_overwritten() {
    let work = tempdir().unwrap();
    let (folder, file) = (work.path().join("store"), work.path().join("one.bak"));
    let store = filled(&folder, 5);
    backup(&store, &file, Timestamp(7), &mut |_| ()).unwrap();
    assert!(matches!(backup(&store, &file, Timestamp(8), &mut |_| ()), Err(BackupError::Exists(_))));
    drop(store);
    let restored = restore(&file, &folder, options(), Timestamp(9), &mut |_| ());
    assert!(matches!(restored, Err(BackupError::NotEmpty(_))));
}

#[test]
fn a_restore_that_was_broken_off_is_not_taken_for_a_store() {
    let work = tempdir().unwrap();
    let (file, copy) = (work.path().join("one.bak"), work.path().join("copy"));
    backup(&filled(&work.path().join("store"), 3000), &file, Timestamp(7), &mut |_| ()).unwrap();
    let broken_off = std::panic::catch_unwind(|| {
        restore(&file, &copy, options(), Timestamp(9), &mut |rows| assert!(rows < 1000, "the power goes"))
    });
    assert!(broken_off.is_err());
    assert!(matches!(restored::restored(&open(&copy)), Err(StoreError::HalfRestored)));
}
