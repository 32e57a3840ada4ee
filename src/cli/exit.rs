//! How a command ends.

use std::fmt;
use std::process::ExitCode;

/// The exit codes, which scripts may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: it is done.
    Done,
    /// 1: the configuration is not valid.
    Configuration,
    /// 2: the command line is not valid.
    Usage,
    /// 3: the store could not be opened, read or written.
    Store,
    /// 4: the server cannot be reached, is not well, or refused.
    Server,
    /// 65: the given file has mistakes.
    Data,
    /// 70: a fault of Baton itself, or something it cannot do yet.
    Internal,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Configuration => 1,
            Self::Usage => 2,
            Self::Store => 3,
            Self::Server => 4,
            Self::Data => 65,
            Self::Internal => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do what it was asked: a text for people, and the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What went wrong and what to do, in one or more lines.
    pub message: String,
}

impl Failure {
    /// A failure.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.trim_end())
    }
}

impl std::error::Error for Failure {}
