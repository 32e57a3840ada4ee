//! `BATON_DEV_FALLS`: a folder in which a file is a fall to come, for servers that are tried out with `--dev`.
//!
//! `job-<id>` is for a job's actor, `channel-<name>` for a channel's; the number in the file is how often it falls. A folder, and
//! no endpoint: there is nothing that a caller could reach, whatever their key, and a production server never looks here, because
//! its configuration holds no such folder (`src/config.rs`).

use std::path::PathBuf;

use baton_actors::falls::{Falls, Place};

/// The falls of a folder.
pub fn from(folder: PathBuf) -> Falls {
    Box::new(move |place| {
        let name = match place {
            Place::Job(job) => format!("job-{job}"),
            Place::Channel(kind) => format!("channel-{}", kind.as_str()),
        };
        fall(&folder.join(name));
    })
}

#[expect(clippy::panic, reason = "this is what it is for")]
fn fall(file: &std::path::Path) {
    let Ok(left) = std::fs::read_to_string(file) else { return };
    let left: u32 = left.trim().parse().unwrap_or(0);
    if left == 0 {
        return;
    }
    if let Err(error) = std::fs::write(file, (left - 1).to_string()) {
        // Without the count it would fall for ever.
        return tracing::error!(%error, "a fall was left out");
    }
    panic!("made to fall by {}", file.display());
}
