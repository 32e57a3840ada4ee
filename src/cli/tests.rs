//! The command line as a whole.

use clap::{Command as Described, CommandFactory as _};

use super::*;

/// Every command that does something, with the words before it.
fn leaves(command: &Described, words: &str, found: &mut Vec<(String, Described)>) {
    let below: Vec<_> = command.get_subcommands().filter(|below| below.get_name() != "help").collect();
    if below.is_empty() {
        found.push((words.to_owned(), command.clone()));
    }
    for command in below {
        leaves(command, format!("{words} {}", command.get_name()).trim(), found);
    }
}

fn commands() -> Vec<(String, Described)> {
    let mut found = Vec::new();
    leaves(&Cli::command(), "", &mut found);
    found
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
    assert_eq!(commands().len(), 32);
}

#[test]
fn every_command_teaches_by_example_in_lines_that_fit() {
    for (words, command) in commands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.contains(&format!("baton {words}")), "`baton {words} --help` has no example");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{words}");
    }
}
