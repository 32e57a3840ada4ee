//! The power goes while the store is written to: nothing acknowledged may be lost, and every step is whole or not there.
//!
//! A writer process commits to a store on a file system of its own and reports what was acknowledged. It is stopped at
//! some moment, the file system's image is copied (what the kernel has not written is not in it), the copy is mounted and
//! the store in it compared with a model. The same is done without our fdatasync, where it must fail: else the emulation
//! proves nothing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: a failure is a panic")]

mod disk_full;
mod loop_disk;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use baton::store::{SledOptions, SledStore};
use baton_actors::store::envelope::{self, Header, Kind};
use baton_actors::store::{StepWrites, Store, Verdict, VersionCheck, Write};
use loop_disk::LoopDisk;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// How often the power goes; `BATON_POWER_CUT_ROUNDS` makes it more.
const ROUNDS: u64 = 6;
const DISK_MIB: u64 = 512;
const FOLDER: &str = "BATON_POWER_CUT_FOLDER";
const UNSYNCED: &str = "BATON_POWER_CUT_UNSYNCED";
const MORE_ROUNDS: &str = "BATON_POWER_CUT_ROUNDS";

/// Batches per commit: they share a flush, as steps of a group do.
const GROUP: u64 = 4;

#[test]
fn nothing_acknowledged_is_lost_in_a_power_cut() {
    let Some(work) = workplace() else { return };
    let rounds = variable(MORE_ROUNDS).map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        let (cut, acknowledged) = cut_the_power(work.path(), round, true);
        let kept = kept_after(cut.path(), acknowledged);
        eprintln!("round {round}: {acknowledged} batches acknowledged, {kept:?}");
        assert!(kept.is_ok(), "round {round}, {acknowledged} batches acknowledged: {kept:?}");
    }
}

#[test]
fn without_the_fdatasync_a_power_cut_loses_what_was_acknowledged() {
    let Some(work) = workplace() else { return };
    let lost = (0..ROUNDS).any(|round| {
        let (cut, acknowledged) = cut_the_power(work.path(), round, false);
        let kept = kept_after(cut.path(), acknowledged);
        eprintln!("round {round}: {acknowledged} batches acknowledged, {kept:?}");
        kept.is_err()
    });
    assert!(lost, "the emulated power cut harmed nothing even without fdatasync: it proves nothing");
}

/// Not a test: the process that writes until it is stopped.
#[test]
#[ignore = "the others run it as a process of its own"]
fn writer() {
    let Some(folder) = variable(FOLDER) else { return };
    let options = SledOptions::default().cache_bytes(16 << 20);
    let options = if variable(UNSYNCED).is_some() { options.without_fdatasync() } else { options };
    let store = SledStore::open(&PathBuf::from(folder), options).unwrap();
    let mut model = Model::default();
    for first in (1..).step_by(GROUP as usize) {
        let group: Vec<StepWrites> = (first..first + GROUP).map(|number| model.batch(number)).collect();
        assert!(store.commit(&group).unwrap().iter().all(|verdict| *verdict == Verdict::Stored));
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {}", first + GROUP - 1).unwrap();
        out.flush().unwrap();
    }
}

/// What must be in the store after so many batches: the number of the batch that last wrote each key.
#[derive(Clone, Default, PartialEq)]
struct Model(BTreeMap<Vec<u8>, u64>);

impl Model {
    fn after(batches: u64) -> Self {
        let mut model = Self::default();
        for number in 1..=batches {
            model.batch(number);
        }
        model
    }

    /// The next batch, the same for the same number: some new rows, some updates, some deletes.
    fn batch(&mut self, number: u64) -> StepWrites {
        let mut dice = StdRng::seed_from_u64(number);
        let mut step = StepWrites::default();
        for row in 0..dice.random_range(5..55_u64) {
            let hot = dice.random_range(0..3_000_u64).to_be_bytes();
            let (key, value) = match dice.random_range(0..10) {
                0..4 => ([b"new".as_slice(), &number.to_be_bytes(), &row.to_be_bytes()].concat(), Some(number)),
                4..9 => ([b"hot".as_slice(), &hot].concat(), Some(number)),
                _ => ([b"hot".as_slice(), &hot].concat(), None),
            };
            match value {
                Some(value) => self.0.insert(key.clone(), value),
                None => self.0.remove(&key),
            };
            let size = if dice.random_range(0..40) == 0 { 40 * 1024 } else { 572 };
            step.writes.push(Write { key, value: value.map(|number| record(number, size)) });
        }
        // A record that is written by every batch, checked as a job's is.
        let counter = b"counter".to_vec();
        step.check = Some(VersionCheck { key: counter.clone(), version: number - 1 });
        self.0.insert(counter.clone(), number);
        step.writes.push(Write { key: counter, value: Some(record(number, 16)) });
        step
    }
}

fn record(number: u64, size: usize) -> Vec<u8> {
    let header = Header { kind: Kind::Meta, schema: 1, flags: 0, version: number, epoch: 1 };
    envelope::seal(&header, &vec![number as u8; size])
}

/// Where the disks are made; none, with the reason printed, where this machine cannot.
fn workplace() -> Option<tempfile::TempDir> {
    let work = tempfile::tempdir().unwrap();
    match LoopDisk::make(work.path(), "try", 16) {
        Ok(_) => Some(work),
        Err(reason) => {
            eprintln!("SKIPPED: a power cut is emulated on a loop-mounted file system, which needs root: {reason}");
            None
        }
    }
}

/// Lets a writer work for a while, cuts the power, and gives what the disk then holds and what was acknowledged.
fn cut_the_power(work: &Path, round: u64, synced: bool) -> (LoopDisk, u64) {
    let disk = LoopDisk::make(work, "written", DISK_MIB).unwrap();
    let mut writer = start_writer(&disk.path().join("store"), synced);
    let mut told = BufReader::new(writer.stdout.take().unwrap());
    let wanted = 40 + 70 * round;
    let mut acknowledged = 0;
    while acknowledged < wanted {
        acknowledged = next_acknowledged(&mut told).unwrap_or_else(|| panic!("the writer ended early"));
    }
    signal(&writer, "STOP");
    let cut = disk.after_a_power_cut("cut").unwrap();
    // What it told before it was stopped counts as well.
    writer.kill().unwrap();
    writer.wait().unwrap();
    while let Some(more) = next_acknowledged(&mut told) {
        acknowledged = more;
    }
    (cut, acknowledged)
}

/// How many batches are there; or what is broken.
fn kept_after(mounted: &Path, acknowledged: u64) -> Result<u64, String> {
    let options = SledOptions::default().cache_bytes(16 << 20);
    let store = SledStore::open(&mounted.join("store"), options).map_err(|error| error.to_string())?;
    let mut found = Model::default();
    let mut damaged = 0;
    let scanned = store.scan(b"", None, &mut |key, value| {
        match envelope::open(value) {
            Ok(opened) => drop(found.0.insert(key.to_vec(), opened.header.version)),
            Err(_) => damaged += 1,
        }
        ControlFlow::Continue(())
    });
    scanned.map_err(|error| error.to_string())?;
    let batches = found.0.get(b"counter".as_slice()).copied().unwrap_or(0);
    if damaged > 0 {
        return Err(format!("{damaged} records are damaged"));
    }
    if batches < acknowledged {
        return Err(format!("only {batches} batches of {acknowledged} are there"));
    }
    if found != Model::after(batches) {
        return Err(format!("the rows are not those of {batches} whole batches"));
    }
    Ok(batches)
}

fn start_writer(folder: &Path, synced: bool) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["writer", "--exact", "--ignored", "--nocapture"]).env(FOLDER, folder);
    if !synced {
        command.env(UNSYNCED, "yes");
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
}

fn next_acknowledged(told: &mut impl BufRead) -> Option<u64> {
    let mut line = String::new();
    while told.read_line(&mut line).unwrap() > 0 {
        if let Some(number) = line.trim().strip_prefix("acknowledged ") {
            return number.parse().ok();
        }
        line.clear();
    }
    None
}

/// Stopped, a process does nothing more, not even in its threads.
fn signal(process: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(process.id().to_string()).status().unwrap();
    assert!(sent.success());
    let stat = format!("/proc/{}/stat", process.id());
    while !std::fs::read_to_string(&stat).unwrap().contains(") T ") {
        std::thread::yield_now();
    }
}

#[expect(clippy::disallowed_methods, reason = "how the writer is told what to do, not a setting")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
