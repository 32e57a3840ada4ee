//! Golden files: what was once written must stay readable, and must still be written the same.
//!
//! A file holds the bytes of one record in hexadecimal, 32 bytes a line, under `actors/tests/golden/`. A test that has
//! none fails and says how to write it; one that differs fails: a stored layout changed, which needs a new schema.

use std::fmt::Write as _;
use std::path::PathBuf;

/// Holds a record to its golden file, which `BATON_GOLDEN=write` creates where it is missing.
pub(crate) fn check(name: &str, bytes: &[u8]) {
    let path = path(name);
    if !path.exists() && may_write() {
        std::fs::write(&path, to_hex(bytes)).unwrap();
    }
    assert!(path.exists(), "no golden file {name}; write it with BATON_GOLDEN=write cargo test -p baton-actors golden");
    assert_eq!(
        to_hex(bytes),
        std::fs::read_to_string(&path).unwrap(),
        "{name} is written otherwise than it was: leave the old schema as it is and add a new one"
    );
}

/// The bytes of a golden file.
pub(crate) fn read(name: &str) -> Vec<u8> {
    let text: String = std::fs::read_to_string(path(name)).unwrap().split_whitespace().collect();
    let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digits).collect()
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.hex"))
}

#[expect(clippy::disallowed_methods, reason = "a switch for developers, not a setting")]
fn may_write() -> bool {
    std::env::var("BATON_GOLDEN").is_ok_and(|mode| mode == "write")
}

fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(32) {
        for byte in line {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    text
}

mod envelopes {
    use super::super::envelope::{self, Header, Kind};
    use super::super::job_head::JobHead;
    use super::*;
    use baton_core::time::Timestamp;

    #[test]
    fn the_envelope_is_written_as_it_always_was() {
        let header = Header { kind: Kind::Agent, schema: 0x0102, flags: 0x0304, version: 0x05, epoch: 0x06 };
        let record = envelope::seal(&header, b"payload");
        check("envelope", &record);
        assert_eq!(envelope::open(&read("envelope")).unwrap().header, header);
    }

    #[test]
    fn the_head_of_a_job_is_written_as_it_always_was() {
        let header = Header { kind: Kind::Job, schema: 1, flags: 0, version: 3, epoch: 2 };
        let head = JobHead { due: Some(Timestamp(1_767_225_600_123)), stage: 4, owes: true };
        let record = envelope::seal(&header, &head.bytes());
        check("job_head", &record);
        assert_eq!(JobHead::read(&read("job_head")).unwrap(), (header, head));
    }
}
