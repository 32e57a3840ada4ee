//! `baton keys`: API keys in the store. The server must not run: the store has one process at a time.

use clap::{Args, Subcommand};

use super::exit::Failure;
use super::settings::Settings;
use crate::keys::Scope;

/// API keys in the store.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Draws a key, stores its hash and prints it: this once only.
    Create(Create),
    /// Lists keys by name, tenant and scopes.
    List(List),
    /// Makes a key void.
    Revoke(Revoke),
}

/// Draws a key.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton keys create shop --tenant default --scope jobs:write --scope jobs:read")]
pub struct Create {
    /// What the key is called in lists and audits
    pub name: String,
    /// Whose world it opens
    #[arg(long, default_value = "default")]
    pub tenant: baton_core::ids::TenantId,
    /// What it may do: jobs:read, jobs:write, operator, admin or metrics; more than once for several
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    pub scopes: Vec<Scope>,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

/// Lists keys.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton keys list --data /var/lib/baton")]
pub struct List {
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

/// Makes a key void.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton keys revoke shop")]
pub struct Revoke {
    /// The key's name
    pub name: String,
    /// Whose key it is
    #[arg(long, default_value = "default")]
    pub tenant: baton_core::ids::TenantId,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl Keys {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        Err(Failure::not_built(match self {
            Self::Create(_) => "keys create",
            Self::List(_) => "keys list",
            Self::Revoke(_) => "keys revoke",
        }))
    }
}
