//! What commands print: results on the standard output, everything else on the error output.

use std::io::Write as _;

use super::exit::{Exit, Failure};

/// Prints a result and a line's end. A reader that has gone (`| head`) ends the command quietly.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(Exit::Internal, format!("the output could not be written: {error}"))),
    }
}

/// Prints JSON, indented.
pub fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&format!("{value:#}"))
}

/// Says something on the error output. Where that is gone, nobody can be told.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
