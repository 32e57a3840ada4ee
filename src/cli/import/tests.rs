//! Files as people have them.

use std::path::Path;

use serde_json::{Value, json};

use super::fields::{AGENT, JOB, Kind};
use super::mapping::Mapping;
use super::report::{Mistake, Mistakes};
use super::sheet::{Row, Sheet};
use super::{Source, cell};

fn file(folder: &tempfile::TempDir, text: &[u8]) -> std::path::PathBuf {
    let path = folder.path().join("rows.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn source(map: &[(&str, &str)], set: &[(&str, &str)]) -> Source {
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    Source {
        file: Path::new("rows.csv").into(),
        map: owned(map),
        set: owned(set),
        map_file: None,
        delimiter: None,
        dry_run: false,
    }
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn rows(text: &[u8]) -> Vec<Result<Row, Mistake>> {
    let folder = tempfile::tempdir().unwrap();
    let mut sheet = Sheet::open(&file(&folder, text), None).unwrap();
    std::iter::from_fn(|| sheet.next()).collect()
}

#[test]
fn cells_mean_what_people_write() {
    for (kind, text, value) in [
        (Kind::Text, " Leeds ", json!("Leeds")),
        (Kind::Whole, "-3", json!(-3)),
        (Kind::Flag, "Yes", json!(true)),
        (Kind::Flag, "0", json!(false)),
        (Kind::Phone, "+44 7700 900001", json!("+447700900001")),
        (Kind::List, "van; crane;", json!(["van", "crane"])),
        (Kind::Date, "2027-01-30", json!("2027-01-30")),
        (
            Kind::Items,
            "fridge; moving box x10",
            json!([{"kind": "fridge", "quantity": 1}, {"kind": "moving box", "quantity": 10}]),
        ),
    ] {
        assert_eq!(cell::read(kind, text), Ok(Some(value)), "{text}");
    }
    for (kind, text) in
        [(Kind::Whole, "3.5"), (Kind::Flag, "maybe"), (Kind::Phone, "07700 900001"), (Kind::Date, "30/01/2027")]
    {
        assert!(cell::read(kind, text).is_err(), "{text}");
    }
    assert_eq!(cell::read(Kind::Whole, "  "), Ok(None));
}

#[test]
fn columns_are_found_by_name_flag_and_constant() {
    let source =
        source(&[("from", "Pickup town"), ("external_ref", "no.")], &[("approval", "link"), ("currency", "GBP")]);
    let mapping =
        Mapping::of(&source, JOB, &head(&["No.", "pickup_town", "TO", "Price from", "brief.date", "Colour"])).unwrap();
    assert_eq!(mapping.unused, ["Colour"]);
    let cells = ["A-1", "Leeds", "York", "850", "2027-01-30", "red"].map(str::to_owned).to_vec();
    let body = mapping.body(&Row { line: 2, cells }).unwrap();
    let expected = json!({
        "external_ref": "A-1",
        "approval": "link",
        "brief": {"from": "Leeds", "to": "York", "date": "2027-01-30", "price": {"from": 850, "currency": "GBP"}},
    });
    assert_eq!(body, expected);
    assert_eq!(mapping.column_of("brief.from"), "pickup_town");
    assert_eq!(mapping.column_of("brief.items[0].kind"), "brief.items[0].kind");
}

#[test]
fn every_mistake_of_a_mapping_is_told_with_the_nearest_name() {
    let source = source(&[("fron", "Town"), ("to", "Tonw"), ("from", "Town")], &[("priority", "1")]);
    let told = Mapping::of(&source, JOB, &head(&["Town", "Town2"])).expect_err("mistakes").message;
    for line in [
        "there is no field fron; did you mean from?",
        "there is no column Tonw; did you mean Town?",
        "there is no field priority; ",
    ] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
    let told = Mapping::of(&self::source(&[], &[]), AGENT, &head(&["Driver"])).expect_err("no phone").message;
    assert_eq!(told, "no column holds phone; say which with --map phone=COLUMN");
}

#[test]
fn a_map_file_says_what_flags_can_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.toml");
    std::fs::write(&path, "[map]\nname = \"Driver\"\nphone = \"Landline\"\n[set]\nactive = \"yes\"").unwrap();
    let source = Source { map_file: Some(path), ..source(&[("phone", "Mobile")], &[]) };
    let mapping = Mapping::of(&source, AGENT, &head(&["Driver", "Mobile", "Landline"])).unwrap();
    let cells = ["Driver One", "+447700900001", ""].map(str::to_owned).to_vec();
    let body = mapping.body(&Row { line: 2, cells }).unwrap();
    assert_eq!(
        body,
        json!({"name": "Driver One", "phone": "+447700900001", "active": true}),
        "a flag lies over the file"
    );
}

#[test]
fn rows_know_their_lines_through_quotes_and_empty_lines() {
    let text = "\u{feff}name;phone\na;1\n\n\"b\nc\";2\n;\nd;3";
    for text in [text.to_owned(), format!("{text}\n"), format!("{text}\n\n"), text.replace('\n', "\r\n")] {
        let lines: Vec<u64> = rows(text.as_bytes()).into_iter().map(|row| row.unwrap().line).collect();
        assert_eq!(lines, [2, 4, 7], "{text:?}");
    }
}

#[test]
fn broken_rows_are_told_and_the_rest_is_read() {
    let read = rows(b"name,phone\na,1\nb\nc,\xff\nd,4\n");
    let told: Vec<_> =
        read.iter().map(|row| row.as_ref().map(|row| row.line).map_err(|m| (m.line, m.column.as_str()))).collect();
    assert_eq!(told, [Ok(2), Err((3, "–")), Err((4, "phone")), Ok(5)]);
}

#[test]
fn a_report_shows_the_first_mistakes_and_counts_all() {
    let mut mistakes = Mistakes::default();
    for line in (2..200).rev() {
        let (column, what, cure) = ("phone".to_owned(), "wrong".to_owned(), "mend".to_owned());
        mistakes.add(Mistake { line, column, what, cure });
    }
    let shown = mistakes.show();
    assert!(shown.trim_start().starts_with("LINE") && shown.ends_with("… and 148 more"), "{shown}");
    assert_eq!(mistakes.count(), 198);
}

#[test]
fn the_servers_own_rules_hold_before_anything_is_sent() {
    let told = |body: Value| super::rules::of_job(&body).into_iter().map(|error| error.field).collect::<Vec<_>>();
    assert!(told(json!({"brief": {"from": "Leeds"}})).is_empty());
    assert_eq!(told(json!({"approval": "maybe"})), ["brief", "approval"]);
    let sync = json!({"agents": [{"phone": "+447700900001"}, {"name": "Driver Two"}]});
    let told: Vec<_> = super::rules::of_sync(&sync).into_iter().map(|error| error.field).collect();
    assert_eq!(told, ["agents[1].phone"]);
}
