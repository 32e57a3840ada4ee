//! `baton release-quarantine`: lets a restored copy send.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use baton_actors::records;
use baton_actors::store::keys::{Prefix, Space};
use baton_actors::store::{Store, restored};
use clap::Args;

use super::backup::open;
use super::exit::{Exit, Failure};
use super::output::print;
use super::settings::Settings;

/// Lets a restored copy send what it showed it would send.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  baton release-quarantine --data /var/lib/baton-restored          show what would be sent\n  \
    baton release-quarantine --data /var/lib/baton-restored --yes    let it send"
)]
pub struct ReleaseQuarantine {
    /// Releases; without it the command only shows
    #[arg(long)]
    pub yes: bool,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl ReleaseQuarantine {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Store, error.to_string());
        let store = open(&self.settings, "look at its health with GET /api/v1/health")?;
        let Some(mark) = restored::restored(&store).map_err(|error| failed(&error))? else {
            return print("this store is not in quarantine: it was not restored, or it was released");
        };
        print(&format!("restored at {} from a backup of {}", mark.at, mark.taken))?;
        let owed = owed(&store).map_err(|error| failed(&error))?;
        if owed.is_empty() {
            print("nothing is owed to anybody")?;
        }
        for ((topic, channel), (count, oldest)) in &owed {
            print(&format!("{count:>8} × {topic} by {channel}, the oldest owed since {oldest}"))?;
        }
        if !self.yes {
            return print("with --yes all of this is sent at the next start, unless its time has passed");
        }
        restored::release(&store).map_err(|error| failed(&error))?;
        print("released: the next start sends it")
    }
}

type Owed = BTreeMap<(&'static str, &'static str), (u64, baton_core::time::Timestamp)>;

/// What the live jobs owe, by topic and channel, with the oldest of each.
fn owed(store: &dyn Store) -> Result<Owed, baton_actors::store::StoreError> {
    let mut owed = Owed::new();
    store.scan(&Prefix::space(Space::LiveJobs), None, &mut |_, record| {
        if let Ok(job) = records::open_job(record) {
            for debt in &job.owed {
                let what = (debt.message.topic.template(), debt.message.channel.as_str());
                let entry = owed.entry(what).or_insert((0, debt.at));
                *entry = (entry.0 + 1, entry.1.min(debt.at));
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(owed)
}
