//! Reading a CSV of agents or jobs: which column is which field, what every cell means, and every mistake by its line.

pub mod cell;
pub mod fields;
pub mod mapping;
pub mod report;
pub mod rules;
pub mod sheet;

use std::path::PathBuf;

use clap::Args;

use super::exit::{Exit, Failure};

/// Which file, and how to read it.
#[derive(Clone, Debug, Args)]
pub struct Source {
    /// The CSV, with the names of its columns in the first line
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// Which column holds a field, where their names differ; more than once for several
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = mapping::pair)]
    pub map: Vec<(String, String)>,
    /// The same value for every row; more than once for several
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = mapping::pair)]
    pub set: Vec<(String, String)>,
    /// A TOML file with tables [map] and [set], for what is imported often
    #[arg(long, value_name = "FILE.toml")]
    pub map_file: Option<PathBuf>,
    /// What separates the cells [default: the first of , ; and tab that is in the first line]
    #[arg(long, value_name = "CHAR")]
    pub delimiter: Option<char>,
    /// Reads and checks everything and sends nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Source {
    /// A file of which nothing can be imported.
    pub fn no_rows(&self) -> Failure {
        let text = format!("{}: it names its columns and has no row below; nothing was changed", self.file.display());
        Failure::new(Exit::Data, text)
    }
}

#[cfg(test)]
mod tests;
