//! The rows of a CSV, each with its line.

use std::fs::File;
use std::io::{BufRead as _, Read};
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::report::Mistake;
use crate::cli::count::count;
use crate::cli::exit::{Exit, Failure};

/// What may separate cells, in the order in which it is looked for.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A CSV that is being read.
pub struct Sheet {
    reader: Reader<Lines<File>>,
    /// The names of its columns.
    pub head: Vec<String>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line it begins on, the head being line 1.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

impl Row {
    /// A mistake in a column of this row.
    pub fn mistake(&self, column: &str, what: &str, cure: &str) -> Mistake {
        Mistake { line: self.line, column: column.to_owned(), what: what.to_owned(), cure: cure.to_owned() }
    }
}

impl Sheet {
    /// Opens a file and reads its head.
    pub fn open(path: &Path, delimiter: Option<char>) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::new(Exit::Usage, format!("{}: {what}", path.display()));
        let delimiter = match delimiter.map(|c| u8::try_from(u32::from(c))) {
            Some(Ok(delimiter)) => delimiter,
            Some(Err(_)) => return Err(wrong("the delimiter must be one ASCII character".to_owned())),
            None => guess_delimiter(path).map_err(|error| wrong(error.to_string()))?,
        };
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true);
        let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
        let mut reader = builder.from_reader(Lines { file, last: b'\n', is_over: false });
        let head = reader.byte_headers().map_err(|error| wrong(error.to_string()))?;
        let head: Vec<String> = head.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let head: Vec<String> = head.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
        if head.iter().all(String::is_empty) {
            return Err(wrong("it is empty; the first line must name the columns".to_owned()));
        }
        Ok(Self { reader, head })
    }

    /// The next row, or what is wrong with it; none after the last. Empty lines are passed over.
    pub fn next(&mut self) -> Option<Result<Row, Mistake>> {
        let mut record = ByteRecord::new();
        loop {
            let line = self.reader.position().line();
            match self.reader.read_byte_record(&mut record) {
                Ok(false) => return None,
                Ok(true) if record.iter().all(|cell| cell.trim_ascii().is_empty()) => {}
                Ok(true) => break,
                Err(error) => return Some(Err(whole_line(line, &error.to_string(), "mend the file"))),
            }
        }
        let line = self.line_of(&record);
        if record.len() != self.head.len() {
            let what = format!("it has {} and the head has {}", count(record.len(), "cell"), self.head.len());
            return Some(Err(whole_line(line, &what, "put cells that hold the delimiter into quotes")));
        }
        let mut cells = Vec::with_capacity(record.len());
        for (cell, column) in record.iter().zip(&self.head) {
            let Ok(text) = std::str::from_utf8(cell) else {
                let cure = "save the file as UTF-8".to_owned();
                return Some(Err(Mistake { line, column: column.clone(), what: "it is not UTF-8".to_owned(), cure }));
            };
            cells.push(text.to_owned());
        }
        Some(Ok(Row { line, cells }))
    }
    /// The line a record that was just read begins on. The record's own answer is the line after the record before it, which
    /// empty lines may follow.
    fn line_of(&self, record: &ByteRecord) -> u64 {
        let breaks = record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        self.reader.position().line().saturating_sub(breaks + 1)
    }
}

/// A file whose lines all end in one line feed, the last one too: so lines can be counted.
struct Lines<R> {
    file: R,
    last: u8,
    is_over: bool,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while !self.is_over && !buffer.is_empty() {
            let length = self.file.read(buffer)?;
            if length == 0 {
                self.is_over = true;
                if self.last != b'\n' {
                    buffer[0] = b'\n';
                    return Ok(1);
                }
                break;
            }
            self.last = buffer[length - 1];
            let mut kept = 0;
            for i in 0..length {
                if buffer[i] != b'\r' {
                    buffer[kept] = buffer[i];
                    kept += 1;
                }
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
        Ok(0)
    }
}

fn whole_line(line: u64, what: &str, cure: &str) -> Mistake {
    Mistake { line, column: "–".to_owned(), what: what.to_owned(), cure: cure.to_owned() }
}

fn guess_delimiter(path: &Path) -> std::io::Result<u8> {
    let mut first = Vec::new();
    std::io::BufReader::new(File::open(path)?).read_until(b'\n', &mut first)?;
    Ok(DELIMITERS.into_iter().find(|delimiter| first.contains(delimiter)).unwrap_or(b','))
}
