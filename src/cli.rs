//! The command line. Every command says with `--help` what it is for and shows an example.
//!
//! Exit codes: see [`exit::Exit`].

pub mod agents;
pub mod backup;
pub mod check;
pub mod client;
pub mod config;
mod count;
pub mod demo;
pub mod details;
pub mod doctor;
pub mod exit;
pub mod health;
mod import;
pub mod jobs;
pub mod keys;
pub mod ledger;
pub mod moving;
pub mod notifications;
pub mod openapi;
mod output;
pub mod quarantine;
pub mod sealing;
pub mod serve;
pub mod settings;
mod table;
pub mod telegram;
pub mod webhooks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::exit::{Exit, Failure};

/// Passes each job from agent to agent until exactly one of them has it.
#[derive(Debug, Parser)]
#[command(name = "baton", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "First steps:\n  baton demo                  see it work, with simulated drivers\n  \
    baton serve --dev           a server of your own to try out, on loopback\n  \
    baton check                 what is wrong with a configuration, all at once\n\n\
    Exit codes: 0 done, 1 configuration, 2 usage, 3 store, 4 server refused or unreachable,\n\
    65 mistakes in the given file, 70 a fault of Baton itself.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    Serve(serve::Serve),
    /// Shows Baton at work: a server on a temporary store, simulated drivers, sample jobs.
    Demo(demo::Demo),
    /// Checks the configuration and lists every mistake at once, with the nearest valid key.
    Check(check::Check),
    /// Looks at store, disk, clock, credentials and webhooks, and names the step that is missing.
    Doctor(doctor::Doctor),
    /// Asks a running server whether it is well; for the container's health check.
    Health(health::Health),
    /// Agents of a running server.
    #[command(subcommand)]
    Agents(agents::Agents),
    /// Jobs of a running server.
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Private details of jobs of a running server.
    #[command(subcommand)]
    Details(details::Details),
    /// Notifications of a running server.
    #[command(subcommand)]
    Notifications(notifications::Notifications),
    /// What other systems have kept.
    #[command(subcommand)]
    Import(moving::Moving),
    /// Claim ledgers that were exported.
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// API keys in the store.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// The keys that private things are sealed with.
    #[command(subcommand)]
    Sealing(sealing::Sealing),
    /// The Telegram bot.
    #[command(subcommand)]
    Telegram(telegram::Telegram),
    /// What providers told a running server.
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Copies the store into one checksummed file.
    Backup(backup::Backup),
    /// Fills an empty folder from a backup. The copy starts in quarantine.
    Restore(backup::Restore),
    /// Opens a copy and runs the invariants over every record.
    Verify(backup::Verify),
    /// Lets a restored copy send what it showed it would send.
    ReleaseQuarantine(quarantine::ReleaseQuarantine),
    /// The configuration.
    #[command(subcommand)]
    Config(config::Config),
    /// Prints the OpenAPI document of the HTTP API.
    Openapi(openapi::Openapi),
}

impl Command {
    async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Serve(command) => command.run().await,
            Self::Demo(command) => command.run().await,
            Self::Check(command) => command.run(),
            Self::Doctor(command) => command.run().await,
            Self::Health(command) => command.run().await,
            Self::Agents(command) => command.run().await,
            Self::Jobs(command) => command.run().await,
            Self::Details(command) => command.run().await,
            Self::Notifications(command) => command.run().await,
            Self::Import(command) => command.run().await,
            Self::Ledger(command) => command.run(),
            Self::Keys(command) => command.run(),
            Self::Sealing(command) => command.run(),
            Self::Telegram(command) => command.run().await,
            Self::Webhooks(command) => command.run().await,
            Self::Backup(command) => command.run(),
            Self::Restore(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::ReleaseQuarantine(command) => command.run(),
            Self::Config(command) => command.run(),
            Self::Openapi(command) => command.run(),
        }
    }
}

/// Reads the command line, runs the command, and says on the error output why it failed.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(cli.command.run()),
        Err(error) => Err(Failure::new(Exit::Internal, format!("the runtime could not be started: {error}"))),
    };
    match result {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            output::complain(&failure.to_string());
            failure.exit.into()
        }
    }
}

#[cfg(test)]
mod tests;
