//! How many rows a second reach the disk: producers hand steps to one committing thread, which gathers what waits into a
//! group, stores it in one flush with fdatasync, and answers. `cargo bench --bench commit [folder] [seconds]`.
//!
//! A step is one row of 600 bytes under a version check, every second one an update. The folder must lie on the disk to
//! be measured; a temporary folder in memory says nothing.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unchecked_time_subtraction,
    reason = "a program for developers that measures real time"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use baton::store::{SledOptions, SledStore};
use baton_actors::store::envelope::{self, Header, Kind};
use baton_actors::store::{GROUP_MAX, StepWrites, Store, Verdict, VersionCheck, Write};
use tokio::sync::oneshot;

const PAYLOAD: usize = 572;

struct Asked {
    step: StepWrites,
    answer: oneshot::Sender<Verdict>,
}

struct Figures {
    rows: usize,
    groups: usize,
    took: Duration,
    p50: Duration,
    p99: Duration,
    cpu: Duration,
    grown: u64,
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/bench".to_owned()));
    let seconds = arguments.next().map_or(5, |seconds| seconds.parse().unwrap());
    println!("producers    rows/s   rows/flush   p50 ms   p99 ms   cpu us/row   disk bytes/row");
    for producers in [1, 64, 512] {
        let folder = folder.join(format!("commit-{producers}"));
        let _ = std::fs::remove_dir_all(&folder);
        let store = Arc::new(SledStore::open(&folder, SledOptions::default()).unwrap());
        let figures = measure(&store, producers, Duration::from_secs(seconds));
        println!(
            "{producers:9} {:9.0} {:12.1} {:8.2} {:8.2} {:12.1} {:16.0}",
            figures.rows as f64 / figures.took.as_secs_f64(),
            figures.rows as f64 / figures.groups as f64,
            figures.p50.as_secs_f64() * 1e3,
            figures.p99.as_secs_f64() * 1e3,
            figures.cpu.as_secs_f64() * 1e6 / figures.rows as f64,
            figures.grown as f64 / figures.rows as f64,
        );
        drop(store);
        let _ = std::fs::remove_dir_all(&folder);
    }
}

fn measure(store: &Arc<SledStore>, producers: u64, span: Duration) -> Figures {
    let (ask, asked) = channel();
    let committing = std::thread::spawn({
        let store = store.clone();
        move || commit_groups(&*store, &asked)
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let (cpu, written) = (cpu_time(), written_bytes());
    let began = Instant::now();
    let producing: Vec<_> = (0..producers).map(|n| runtime.spawn(produce(n, ask.clone(), over.clone()))).collect();
    drop(ask);
    std::thread::sleep(span);
    over.store(true, Ordering::Relaxed);
    let mut waits: Vec<Duration> = producing.into_iter().flat_map(|task| runtime.block_on(task).unwrap()).collect();
    let took = began.elapsed();
    let groups = committing.join().unwrap();
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    let (p50, p99, grown) = (at(0.5), at(0.99), written_bytes() - written);
    Figures { rows: waits.len(), groups, took, p50, p99, cpu: cpu_time() - cpu, grown }
}

fn commit_groups(store: &dyn Store, asked: &Receiver<Asked>) -> usize {
    let mut groups = 0;
    while let Ok(first) = asked.recv() {
        let (mut steps, mut answers) = (vec![first.step], vec![first.answer]);
        while steps.len() < GROUP_MAX
            && let Ok(next) = asked.try_recv()
        {
            steps.push(next.step);
            answers.push(next.answer);
        }
        let verdicts = store.commit(&steps).unwrap();
        for (answer, verdict) in answers.into_iter().zip(verdicts) {
            let _ = answer.send(verdict);
        }
        groups += 1;
    }
    groups
}

async fn produce(producer: u64, ask: Sender<Asked>, over: Arc<AtomicBool>) -> Vec<Duration> {
    let mut waits = Vec::new();
    let mut row = 0_u64;
    while !over.load(Ordering::Relaxed) {
        row += 1;
        for version in 1..=2 {
            let (answer, answered) = oneshot::channel();
            let asked = Instant::now();
            ask.send(Asked { step: step(producer, row, version), answer }).unwrap();
            assert_eq!(answered.await.unwrap(), Verdict::Stored);
            waits.push(asked.elapsed());
        }
    }
    waits
}

/// Rows lie scattered, as ids do.
fn step(producer: u64, row: u64, version: u64) -> StepWrites {
    let scattered = (row << 16 | producer).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let key = [&scattered.to_be_bytes()[..], &producer.to_be_bytes()].concat();
    let header = Header { kind: Kind::Meta, schema: 1, flags: 0, version, epoch: 1 };
    let value = envelope::seal(&header, &[version as u8; PAYLOAD]);
    StepWrites {
        check: Some(VersionCheck { key: key.clone(), version: version - 1 }),
        writes: vec![Write { key, value: Some(value) }],
    }
}

/// Of the whole process, in user and kernel mode.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn written_bytes() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap().parse().unwrap()
}
