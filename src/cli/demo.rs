//! `baton demo`: the newcomer's first minute.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::exit::Failure;

/// Shows Baton at work.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  baton demo\n  baton demo --jobs 500 --speed 20\n  baton demo --keep\n\n\
    Everything stays on this machine: the drivers live in a simulated Telegram on loopback.")]
pub struct Demo {
    /// How many sample jobs to send in
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub jobs: u32,
    /// How many times faster than life the drivers answer
    #[arg(long, value_name = "X", default_value_t = 10.0, value_parser = positive)]
    pub speed: f64,
    /// Stays up after the last job, until Ctrl-C, and keeps the store
    #[arg(long)]
    pub keep: bool,
    /// Address and port to listen on; port 0: any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// A CSV of jobs in place of the sample
    #[arg(long, value_name = "FILE.csv")]
    pub file: Option<PathBuf>,
}

impl Demo {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        Err(Failure::not_built("demo"))
    }
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "a number above 0 is wanted".to_owned())
}
