//! What is wrong with a file, line by line.

use std::fmt::Write as _;

use crate::cli::table::table;

/// No report shows more lines than this.
const SHOWN: usize = 50;

/// A mistake in a file. Does not repeat the cell, which may be private.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, the head being line 1; 0: of no line, but of the whole file.
    pub line: u64,
    /// The column's name.
    pub column: String,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub cure: String,
}

/// Every mistake found, the first ones kept.
#[derive(Debug, Default)]
pub struct Mistakes {
    kept: Vec<Mistake>,
    count: usize,
}

impl Mistakes {
    /// Adds one.
    pub fn add(&mut self, mistake: Mistake) {
        self.count += 1;
        if self.kept.len() < SHOWN {
            self.kept.push(mistake);
        }
    }

    /// Adds those of another report.
    pub fn extend(&mut self, others: Self) {
        self.count += others.count - others.kept.len();
        others.kept.into_iter().for_each(|mistake| self.add(mistake));
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// A table of them, by line.
    pub fn show(&self) -> String {
        let mut kept: Vec<&Mistake> = self.kept.iter().collect();
        kept.sort_by_key(|mistake| mistake.line);
        let rows = kept.into_iter().map(|m| [line(m.line), m.column.clone(), m.what.clone(), m.cure.clone()]);
        let mut text = table(["line", "column", "what is wrong", "what to do"], rows);
        let more = self.count - self.kept.len();
        if more > 0 {
            let _ = write!(text, "\n… and {more} more");
        }
        text
    }
}

fn line(no: u64) -> String {
    if no == 0 { "all".to_owned() } else { no.to_string() }
}
