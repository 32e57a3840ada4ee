//! Which column holds which field.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Source;
use super::cell;
use super::fields::Field;
use super::report::Mistake;
use super::sheet::Row;
use crate::cli::exit::{Exit, Failure};
use crate::config::fault::nearest;

/// Which column holds which field, and what is the same in every row.
#[derive(Debug)]
pub struct Mapping {
    columns: Vec<Mapped>,
    constants: Vec<(&'static Field, Value)>,
    /// Columns that hold no field.
    pub unused: Vec<String>,
}

#[derive(Debug)]
struct Mapped {
    field: &'static Field,
    no: usize,
    column: String,
}

/// A mapping that is used often.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MapFile {
    map: BTreeMap<String, String>,
    set: BTreeMap<String, String>,
}

/// Reads `left=right` of a flag.
pub fn pair(text: &str) -> Result<(String, String), String> {
    let (left, right) = text.split_once('=').ok_or_else(|| "write FIELD=…, such as from=\"Pickup town\"".to_owned())?;
    Ok((left.trim().to_owned(), right.trim().to_owned()))
}

impl Mapping {
    /// Puts together what flags, file and the names of the columns say. An error names every mistake.
    pub fn of(source: &Source, fields: &'static [Field], head: &[String]) -> Result<Self, Failure> {
        let file = read_file(source)?;
        let mut mistakes = Vec::new();
        let mut columns: Vec<Mapped> = Vec::new();
        let said = file.map.into_iter().chain(source.map.iter().cloned()).collect::<BTreeMap<_, _>>();
        for (field, column) in &said {
            let known = find(fields, field);
            let no = head.iter().position(|name| name == column || plain(name) == plain(column));
            match (known, no) {
                (Some(field), Some(no)) => columns.push(Mapped { field, no, column: head[no].clone() }),
                (None, _) => mistakes.push(unknown_field(fields, field)),
                (Some(_), None) => {
                    let near = nearest(column, head.iter().map(String::as_str));
                    let cure = near
                        .map_or(format!("the columns are {}", head.join(", ")), |near| format!("did you mean {near}?"));
                    mistakes.push(format!("there is no column {column}; {cure}"));
                }
            }
        }
        let mut constants = Vec::new();
        for (name, text) in file.set.into_iter().chain(source.set.iter().cloned()).collect::<BTreeMap<_, _>>() {
            match find(fields, &name).map(|field| (field, cell::read(field.kind, &text))) {
                Some((field, Ok(Some(value)))) => constants.push((field, value)),
                Some((_, Ok(None))) => {}
                Some((field, Err(what))) => {
                    mistakes.push(format!("--set {name}: {what}; write {}", field.kind.example()));
                }
                None => mistakes.push(unknown_field(fields, &name)),
            }
        }
        for (no, name) in head.iter().enumerate() {
            let taken = columns.iter().any(|mapped| mapped.no == no);
            let field = fields.iter().find(|field| names(field).any(|known| known == plain(name)));
            if let (false, Some(field)) = (taken, field)
                && !said.keys().any(|said| find(fields, said).is_some_and(|said| said.name == field.name))
            {
                columns.push(Mapped { field, no, column: name.clone() });
            }
        }
        for field in fields.iter().filter(|field| field.required) {
            let given = columns.iter().any(|mapped| mapped.field.name == field.name)
                || constants.iter().any(|(constant, _)| constant.name == field.name);
            if !given {
                mistakes.push(format!("no column holds {}; say which with --map {}=COLUMN", field.name, field.name));
            }
        }
        if columns.is_empty() && mistakes.is_empty() {
            let known: Vec<_> = fields.iter().map(|field| field.name).collect();
            mistakes
                .push(format!("no column holds a field; say which do with --map. The fields are {}", known.join(", ")));
        }
        if !mistakes.is_empty() {
            return Err(Failure::new(Exit::Usage, mistakes.join("\n")));
        }
        let unused = head.iter().enumerate().filter(|(no, _)| columns.iter().all(|mapped| mapped.no != *no));
        let unused = unused.map(|(_, name)| name.clone()).collect();
        Ok(Self { columns, constants, unused })
    }

    /// The body of a row, or everything that is wrong with it.
    pub fn body(&self, row: &Row) -> Result<Value, Vec<Mistake>> {
        let (body, mistakes) = self.read(row);
        if mistakes.is_empty() { Ok(body) } else { Err(mistakes) }
    }

    /// The body of a row without the cells that cannot be read, and what is wrong with those: so that the rules of the whole can
    /// be told in the same breath.
    pub fn read(&self, row: &Row) -> (Value, Vec<Mistake>) {
        let mut body = Map::new();
        let mut mistakes = Vec::new();
        for (field, value) in &self.constants {
            put(&mut body, field.path, value.clone());
        }
        for Mapped { field, no, column } in &self.columns {
            let text = row.cells.get(*no).map(String::as_str).unwrap_or_default();
            match cell::read(field.kind, text) {
                Ok(Some(value)) => put(&mut body, field.path, value),
                Ok(None) if field.required => mistakes.push(row.mistake(column, "it is empty", "every row needs it")),
                Ok(None) => {}
                Err(what) => mistakes.push(row.mistake(column, what, &format!("write {}", field.kind.example()))),
            }
        }
        (Value::Object(body), mistakes)
    }

    /// Whether what is wrong at this path only follows from a cell that could not be read and was left out.
    pub fn follows(&self, path: &str, unread: &[Mistake]) -> bool {
        let bare = path.split('[').next().unwrap_or_default();
        let left_out = self.columns.iter().filter(|mapped| unread.iter().any(|m| m.column == mapped.column));
        left_out
            .map(|mapped| mapped.field.path.join("."))
            .any(|own| own == bare || own.starts_with(&format!("{bare}.")))
    }

    /// The column behind a path in a body, such as `brief.date`; the path itself where there is none.
    pub fn column_of(&self, path: &str) -> String {
        let bare = path.split('[').next().unwrap_or_default();
        let of_path = |mapped: &&Mapped| mapped.field.path.join(".") == bare;
        self.columns.iter().find(of_path).map_or_else(|| path.to_owned(), |mapped| mapped.column.clone())
    }
}

fn read_file(source: &Source) -> Result<MapFile, Failure> {
    let Some(path) = &source.map_file else {
        return Ok(MapFile::default());
    };
    let wrong = |what: String| Failure::new(Exit::Usage, format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))
}

fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| names(field).any(|known| known == plain(name)))
}

/// What a field can be called: by its name, and by its place in the body.
fn names(field: &Field) -> impl Iterator<Item = String> {
    [plain(field.name), plain(&field.path.join("_"))].into_iter()
}

/// A name without what people write differently: `Pickup town`, `pickup_town`.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(|c: char| !c.is_alphanumeric(), "_")
}

fn unknown_field(fields: &'static [Field], name: &str) -> String {
    let known: Vec<_> = fields.iter().map(|field| field.name).collect();
    let near = nearest(name, known.iter().copied());
    let cure =
        near.map_or_else(|| format!("the fields are {}", known.join(", ")), |near| format!("did you mean {near}?"));
    format!("there is no field {name}; {cure}")
}

fn put(body: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            body.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let inner = body.entry(*name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
