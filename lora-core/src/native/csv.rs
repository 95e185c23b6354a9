//! What is found as CSV (RFC 4180): a line of names, then one line for each object; UTF-8, ends with CRLF.
//!
//! The columns are `id`; from when to when the registration shown is the newest, and the first period in which the object
//! was found; then one for each field of single values, for each state, and for each relation: what is in effect at the
//! first point at which the object was found. Several targets of a relation stand with spaces between them, which neither
//! UUIDs nor URNs have. What there is none of is empty.

use super::names::{self, Kind, Part};
use super::write_instant;
use crate::object::{Effect, Target};
use crate::query::Found;
use crate::schema::{Class, FieldId, FieldType, Value};
use crate::service::Answered;
use crate::time::{Axis, Timestamp, ValidTime};

/// The columns that every class has.
const FIXED: [&str; 5] = ["id", "known_from", "known_to", "valid_from", "valid_to"];

/// Appends the line of names.
pub fn write_csv_header(out: &mut Vec<u8>, class: &Class) {
    let own = columns(class).map(|part| match names::name_of(class, Kind::Stated, part.id()) {
        name if FIXED.contains(&name.as_str()) => format!("{}.{name}", part.above()),
        name => name,
    });
    let names = FIXED.into_iter().map(str::to_owned).chain(own);
    line(out, names);
}

/// Appends the line of an object, with the registration that is shown of it.
pub fn write_csv_row(out: &mut Vec<u8>, class: &Class, found: &Found, answered: &Answered) {
    let first = found.points.bands().first().and_then(|band| band.valid.iter().next());
    let valid = first.map(|valid| [written(valid.from()), written(valid.to())]).unwrap_or_default();
    let at = first.map_or(Timestamp::NEG_INFINITY, |valid| valid.from());
    let registered = [written(answered.registered.from()), written(answered.registered.to())];
    let values = columns(class).map(|part| value(part, answered, at));
    line(out, [found.object.to_string()].into_iter().chain(registered).chain(valid).chain(values));
}

/// What has a column: fields of single values, states, relations.
fn columns(class: &Class) -> impl Iterator<Item = Part<'_>> {
    let single = |field_type| matches!(field_type, FieldType::Text | FieldType::Boolean | FieldType::Integer);
    let fields = class.fields().filter(move |(_, field)| single(field.field_type));
    let fields = fields.map(|(group, field)| Part::Field(group, field));
    fields.chain(class.states.iter().map(Part::State)).chain(class.relations.iter().map(Part::Relation))
}

/// What a registration states of a part at an instant.
fn value(part: Part<'_>, answered: &Answered, at: Timestamp<ValidTime>) -> String {
    let content = &answered.registration.content;
    let holds = |effect: &Effect| effect.valid.contains(at);
    match part {
        Part::Field(group, field) => {
            let mut rows = content.attributes(group.id).iter().filter(|row| holds(&row.effect));
            rows.find_map(|row| row.value(field.id)).map_or_else(String::new, single)
        }
        Part::State(state) => {
            let row = content.states(state.id).iter().find(|row| holds(&row.effect));
            row.and_then(|row| state.value(row.value)).map_or_else(String::new, |value| value.name.clone())
        }
        Part::Relation(relation) => targets(answered, relation.id, at),
        Part::Group(_) | Part::Derived(_) => String::new(),
    }
}

fn targets(answered: &Answered, relation: FieldId, at: Timestamp<ValidTime>) -> String {
    let rows = answered.registration.content.relations(relation).iter();
    let targets = rows.filter(|row| row.effect.valid.contains(at)).filter_map(|row| match &row.target {
        Target::Uuid(uuid) => Some(uuid.to_string()),
        Target::Urn(urn) => Some(urn.clone()),
        Target::Nothing => None,
    });
    targets.collect::<Vec<_>>().join(" ")
}

fn single(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::TextList(_) | Value::Keywords(_) => String::new(),
    }
}

fn written<A: Axis>(at: Timestamp<A>) -> String {
    let mut out = Vec::new();
    write_instant(&mut out, at);
    String::from_utf8_lossy(&out).into_owned()
}

fn line(out: &mut Vec<u8>, cells: impl Iterator<Item = String>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if cell.contains(['"', ',', '\r', '\n']) {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}
