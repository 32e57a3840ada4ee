//! `baton backup`, `restore` and `verify`: the store as one file.

use std::path::PathBuf;

use clap::Args;

use super::exit::Failure;
use super::settings::Settings;

/// Copies the store into one checksummed file.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton backup /var/backups/baton-2027-01-30.bak --data /var/lib/baton")]
pub struct Backup {
    /// The file to write; it must not exist
    pub file: PathBuf,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

/// Fills an empty folder from a backup.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  baton restore /var/backups/baton-2027-01-30.bak --data /var/lib/baton-restored\n\n\
    The copy starts in quarantine: it shows what it would send and sends nothing before\n`baton release-quarantine`."
)]
pub struct Restore {
    /// The backup
    pub file: PathBuf,
    /// Where the configuration comes from; --data names the empty folder.
    #[command(flatten)]
    pub settings: Settings,
}

/// Opens a copy and runs the invariants over every record.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  baton verify /var/backups/baton-2027-01-30.bak\n  baton verify --data /var/lib/baton-restored"
)]
pub struct Verify {
    /// A backup; without one, the folder of --data is looked at
    pub file: Option<PathBuf>,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl Backup {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        Err(Failure::not_built("backup"))
    }
}

impl Restore {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        Err(Failure::not_built("restore"))
    }
}

impl Verify {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        Err(Failure::not_built("verify"))
    }
}
