//! `baton ledger verify`: whether an exported claim ledger is whole and unchanged.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;

use crate::cli::count::count;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::print;
use crate::ledger;

/// Holds an exported claim ledger against its hashes, without any server.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    curl -H \"X-Api-Key: $KEY\" \"$URL/api/v1/jobs/$JOB/ledger?format=ndjson\" > claims.ndjson\n  \
    baton ledger verify claims.ndjson\n\n\
    It shows that nothing in the file was changed, left out or put in, but for the order of a line's\n\
    members and the spaces between them. That it is the ledger of that job to its end is shown by the\n\
    last hash: compare it with one you kept (--head), or with the job's own (`ledger` in\n\
    GET /api/v1/jobs/{id}). Exit code 65: it does not hold.")]
pub struct Verify {
    /// The export: what GET /api/v1/jobs/{id}/ledger gives with format=ndjson
    pub file: PathBuf,
    /// The hash it must end with, in hexadecimal
    #[arg(long)]
    pub head: Option<String>,
}

impl Verify {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        let name = self.file.display();
        let file = File::open(&self.file)
            .map_err(|error| Failure::new(Exit::Data, format!("{name} cannot be opened: {error}")))?;
        let holds = ledger::verify(BufReader::new(file))
            .map_err(|broken| Failure::new(Exit::Data, format!("{name} does not hold; {broken}")))?;
        let head = holds.head.hash.map(hex::encode).unwrap_or_default();
        if self.head.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(&head)) {
            return Err(Failure::new(Exit::Data, format!("{name} holds, but ends with another hash: {head}")));
        }
        let count = count(holds.head.count as usize, "attempt");
        print(&format!("{name} holds: {count} to claim job {}, ending with {head}", holds.job))
    }
}
