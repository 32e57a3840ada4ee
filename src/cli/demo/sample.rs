//! The sample jobs: a CSV that is compiled in, repeated with other dates and references until there are as many as wanted.

use baton_core::time::Timestamp;
use csv::{ReaderBuilder, Writer};
use jiff::tz::TimeZone;
use jiff::{Span, civil};

use super::town::tenant_of;
use crate::cli::exit::{Exit, Failure};

/// What a tenant of movers might have on a day; all names and numbers are reserved for examples.
const JOBS: &str = include_str!("../../../config/demo/jobs.csv");

/// A CSV a tenant, with so many jobs in all. Their dates lie in the two weeks after `now`.
pub fn files(jobs: usize, tenants: usize, now: Timestamp) -> Result<Vec<Vec<u8>>, Failure> {
    let today = now.to_jiff().to_zoned(TimeZone::UTC).date();
    let mut reader = ReaderBuilder::new().from_reader(JOBS.as_bytes());
    let head = reader.headers().map_err(|error| broken(&error))?.clone();
    let place = |name: &str| head.iter().position(|column| column == name);
    let (reference, date) = (place("external_ref"), place("date"));
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().map_err(|error| broken(&error))?;
    let mut files: Vec<_> = (0..tenants).map(|_| Writer::from_writer(Vec::new())).collect();
    for file in &mut files {
        file.write_record(&head).map_err(|error| broken(&error))?;
    }
    for (no, row) in rows.iter().cycle().take(jobs).enumerate() {
        let cells = row.iter().enumerate().map(|(column, cell)| match Some(column) {
            column if column == reference => format!("DEMO-{}", no + 1),
            column if column == date => day(today, no),
            _ => cell.to_owned(),
        });
        files[tenant_of(no)].write_record(cells).map_err(|error| broken(&error))?;
    }
    files.into_iter().map(|file| file.into_inner().map_err(|error| broken(&error))).collect()
}

fn day(today: civil::Date, no: usize) -> String {
    let ahead = Span::new().days(1 + (no % 14) as i64);
    today.checked_add(ahead).unwrap_or(today).to_string()
}

fn broken(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Internal, format!("the sample jobs cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_jobs_as_wanted_each_with_a_reference_of_its_own() {
        let files = files(100, 3, Timestamp(1_800_000_000_000)).unwrap();
        let text: Vec<String> = files.into_iter().map(|file| String::from_utf8(file).unwrap()).collect();
        let counts: Vec<usize> = text.iter().map(|text| text.lines().count() - 1).collect();
        assert_eq!(counts, [50, 25, 25]);
        for no in 1..=100 {
            let found = text.iter().flat_map(|text| text.lines()).filter(|row| row.starts_with(&format!("DEMO-{no},")));
            assert_eq!(found.count(), 1, "{no}");
        }
        assert!(text[0].contains(",2027-01-16,") && !text[0].contains(",2027-01-15,"), "{}", text[0]);
    }

    #[test]
    fn the_sample_holds_nothing_that_could_be_real() {
        let mut reader = ReaderBuilder::new().from_reader(JOBS.as_bytes());
        let head = reader.headers().unwrap().clone();
        for row in reader.records() {
            let row = row.unwrap();
            let cell = |name: &str| &row[head.iter().position(|column| column == name).unwrap()];
            assert!(cell("phone").starts_with("+4477009001"), "{row:?}");
            assert!(cell("contact_name").starts_with("Test Person"), "{row:?}");
            assert!(cell("from_address").contains(" Example ") && cell("to_address").contains(" Example "), "{row:?}");
        }
    }
}
