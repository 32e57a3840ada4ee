//! `BATON_DEV_FALLS`: a folder in which a file is a fall to come, for servers that are tried out with `--dev`.
//!
//! `job-<id>` is for a job's actor, `agent-<id>` for an agent's, `channel-<name>` for a channel's. The file says how often it falls, and
//! after how many messages: `1 2` once, after two that it takes. A folder, and no endpoint: there is nothing that a caller could reach, whatever their key, and a production server never looks here, because
//! its configuration holds no such folder (`src/config.rs`).

use std::path::PathBuf;

use baton_actors::falls::{Falls, Place};

/// The falls of a folder.
pub fn from(folder: PathBuf) -> Falls {
    Box::new(move |place| {
        let name = match place {
            Place::Job(job) => format!("job-{job}"),
            Place::Agent(agent) => format!("agent-{agent}"),
            Place::Channel(kind) => format!("channel-{}", kind.as_str()),
        };
        fall(&folder.join(name));
    })
}

/// Panics when it is time: this is what it is for.
fn fall(file: &std::path::Path) {
    let Ok(text) = std::fs::read_to_string(file) else { return };
    let mut numbers = text.split_whitespace().map(|number| number.parse::<u32>().unwrap_or(0));
    let (falls, after) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let left = match (falls, after) {
        (0, _) => return,
        (falls, 0) => format!("{}", falls - 1),
        (falls, after) => format!("{falls} {}", after - 1),
    };
    if let Err(error) = std::fs::write(file, left) {
        // Without the count it would fall for ever.
        return tracing::error!(%error, "a fall was left out");
    }
    assert!(after > 0, "made to fall by {}", file.display());
}
