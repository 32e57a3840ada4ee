//! Posts calls that were made beforehand at a fixed rate, and says how long each took from the moment it was due: what stands in
//! line because the one before was slow counts as slow too.
//!
//! `cargo bench --bench paced -- HOST:PORT FILE RATE SECONDS CONNECTIONS`: FILE holds one call a line, path, content type, a header's
//! name, its value and the body, parted by tabs.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench falls over what it does not expect, prints what it measured, and measures time"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let [address, file, rate, seconds, connections] = args.as_slice() else {
        println!("usage: paced HOST:PORT FILE RATE SECONDS CONNECTIONS");
        return;
    };
    let (rate, seconds): (f64, f64) = (rate.parse().unwrap(), seconds.parse().unwrap());
    let calls = (rate * seconds) as usize;
    let calls: Vec<Vec<u8>> = std::fs::read_to_string(file).unwrap().lines().take(calls).map(call).collect();
    let calls = Arc::new(calls);
    let (next, began) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let lines: Vec<_> = (0..connections.parse().unwrap())
        .map(|_| {
            let (calls, next) = (Arc::clone(&calls), Arc::clone(&next));
            let mut line = TcpStream::connect(address).unwrap();
            line.set_nodelay(true).unwrap();
            std::thread::spawn(move || {
                let (mut waits, mut refused, mut read) = (Vec::new(), 0, Vec::new());
                loop {
                    let no = next.fetch_add(1, Ordering::Relaxed);
                    let Some(call) = calls.get(no) else { return (waits, refused) };
                    let due = Duration::from_secs_f64(no as f64 / rate);
                    if let Some(early) = due.checked_sub(began.elapsed()) {
                        std::thread::sleep(early);
                    }
                    line.write_all(call).unwrap();
                    refused += usize::from(!answer(&mut line, &mut read).starts_with('2'));
                    waits.push(began.elapsed().saturating_sub(due));
                }
            })
        })
        .collect();
    let (mut waits, mut refused) = (Vec::new(), 0);
    for line in lines {
        let (some, no) = line.join().unwrap();
        waits.extend(some);
        refused += no;
    }
    let took = began.elapsed().as_secs_f64();
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{:.0} calls/s, p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms from the moment each was due; not 2xx: {refused}",
        waits.len() as f64 / took,
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn call(line: &str) -> Vec<u8> {
    let mut parts = line.splitn(5, '\t');
    let [path, kind, name, value, body] = std::array::from_fn(|_| parts.next().unwrap());
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\n{name}: {value}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// The status of the next answer.
fn answer(line: &mut TcpStream, read: &mut Vec<u8>) -> String {
    let mut some = [0; 4096];
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            let whole = end + 4 + length.map_or(0, |length| length.trim().parse().unwrap());
            if read.len() >= whole {
                read.drain(..whole);
                return head.split(' ').nth(1).unwrap().to_owned();
            }
        }
        let count = line.read(&mut some).unwrap();
        assert!(count > 0, "the server has hung up");
        read.extend_from_slice(&some[..count]);
    }
}
