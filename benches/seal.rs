//! What it takes to seal and open the details of one job. `cargo bench --bench seal`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for developers that measures real time"
)]

use std::hint::black_box;
use std::time::Instant;

use baton::details::Details;
use baton::sealing::Keyring;
use baton_core::ids::{JobId, TenantId};
use baton_core::phone::Phone;

const ROUNDS: u32 = 500_000;

fn main() {
    let ring = Keyring::for_dev(None).unwrap();
    let job = JobId::of_reference(TenantId::DEFAULT, "VC8Y-3");
    let details = Details {
        contact_name: Some("Test Person".to_owned()),
        phone: Some(Phone::new("+447700900123").unwrap()),
        from_address: Some("1 Example Street, Leeds".to_owned()),
        to_address: Some("2 Example Road, Manchester".to_owned()),
        notes: Some("ring twice; ".repeat(18)),
        ..Details::default()
    };
    let sealed = ring.seal(job, &details).unwrap();
    println!("{} bytes sealed", sealed.sealed.len());
    report("seal", || drop(black_box(ring.seal(job, &details).unwrap())));
    report("open", || drop(black_box(ring.open(job, &sealed).unwrap())));
}

fn report(what: &str, mut work: impl FnMut()) {
    let began = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    println!("{what} {:.2} us", began.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS));
}
