//! What a content states at one instant of valid time, and which values pass a test.

use super::search::some_text;
use crate::object::{AttributeRow, Content, RelationRow, Target};
use crate::query::{Comparison, Test};
use crate::schema::{Class, Derived, FieldId, Value};
use crate::time::{Timestamp, ValidTime};

type Instant = Timestamp<ValidTime>;

/// The values of a field, or the texts of a derived term, in the rows in effect at an instant.
pub(super) fn values(class: &Class, content: &Content, at: Instant, field: FieldId) -> Vec<Value> {
    let mut values = Vec::new();
    for (group, row) in attribute_rows(content, at) {
        values.extend(row.value(field).cloned());
        let derived = class.derived.iter().filter(|derived| derived.id == field && derived.group == group);
        values.extend(derived.filter_map(|derived| derived_text(derived, row)).map(Value::Text));
    }
    values
}

/// The parts' texts that are not empty, with single spaces between them; `None` where there is no such text.
fn derived_text(derived: &Derived, row: &AttributeRow) -> Option<String> {
    let mut joined = String::new();
    for part in &derived.parts {
        match row.value(*part) {
            Some(Value::Text(text)) if joined.is_empty() => joined.push_str(text),
            Some(Value::Text(text)) if !text.is_empty() => joined.extend([" ", text]),
            _ => {}
        }
    }
    Some(joined).filter(|joined| !joined.is_empty())
}

/// The attribute rows in effect at an instant, each with its group.
pub(super) fn attribute_rows(content: &Content, at: Instant) -> impl Iterator<Item = (FieldId, &AttributeRow)> {
    let rows = content.all_attributes().flat_map(|(group, rows)| rows.iter().map(move |row| (group, row)));
    rows.filter(move |(_, row)| row.effect.valid.contains(at))
}

/// The values of the states in effect at an instant, each with its state.
pub(super) fn states(content: &Content, at: Instant) -> impl Iterator<Item = (FieldId, FieldId)> {
    let rows = content.all_states().flat_map(|(state, rows)| rows.iter().map(move |row| (state, row)));
    rows.filter(move |(_, row)| row.effect.valid.contains(at)).map(|(state, row)| (state, row.value))
}

/// The relation rows in effect at an instant, each with its relation.
pub(super) fn relation_rows(content: &Content, at: Instant) -> impl Iterator<Item = (FieldId, &RelationRow)> {
    let rows = content.all_relations().flat_map(|(relation, rows)| rows.iter().map(move |row| (relation, row)));
    rows.filter(move |(_, row)| row.effect.valid.contains(at))
}

/// One thing that is stated of a part of a content, by whomever and for how long.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stated {
    /// A row of a group.
    Row(Vec<(FieldId, Value)>),
    /// A value of a field, or a text of a derived term.
    Value(Value),
    /// The value of a state.
    State(FieldId),
    /// A target, and what it is said to be.
    Target(Target, Option<String>),
}

/// Everything stated at an instant, or all that is stated of one part: a group, field, derived term, state or relation.
///
/// Sorted, so that two contents state the same where these are equal.
pub(super) fn stated(class: &Class, content: &Content, at: Instant, part: Option<FieldId>) -> Vec<(FieldId, Stated)> {
    let row = |row: &AttributeRow| Stated::Row(row.values().map(|(field, value)| (field, value.clone())).collect());
    let rows = attribute_rows(content, at).map(|(group, one)| (group, row(one)));
    let states = states(content, at).map(|(state, value)| (state, Stated::State(value)));
    let target = |row: &RelationRow| Stated::Target(row.target.clone(), row.object_type.clone());
    let targets = relation_rows(content, at).map(|(relation, row)| (relation, target(row)));
    let mut all: Vec<(FieldId, Stated)> = rows.chain(states).chain(targets).collect();
    if let Some(part) = part {
        all.extend(values(class, content, at, part).into_iter().map(|value| (part, Stated::Value(value))));
        all.retain(|(of, _)| *of == part);
    }
    all.sort();
    all
}

/// Whether a value passes a test.
pub(super) fn passes(test: &Test, value: &Value) -> bool {
    match test {
        Test::Is(wanted) => value == wanted,
        Test::Has(wanted) => texts(value).any(|text| text == wanted),
        Test::Like(pattern) => some_text(pattern, value),
        Test::Compares(comparison, other) => match (value, other) {
            (Value::Integer(value), Value::Integer(other)) => is_on_the_side(*comparison, value, other),
            (value, Value::Text(other)) => {
                texts(value).any(|text| is_on_the_side(*comparison, &letters(text), &letters(other)))
            }
            _ => false,
        },
        Test::Given => !value.is_blank(),
    }
}

fn is_on_the_side<T: Ord>(comparison: Comparison, value: &T, other: &T) -> bool {
    match comparison {
        Comparison::Less => value < other,
        Comparison::AtMost => value <= other,
        Comparison::AtLeast => value >= other,
        Comparison::Greater => value > other,
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &String> {
    let texts: Vec<&String> = match value {
        Value::Text(text) => vec![text],
        Value::TextList(texts) => texts.iter().collect(),
        Value::Keywords(words) => {
            words.iter().flat_map(|word| [&word.identifier, &word.description, &word.category]).collect()
        }
        Value::Boolean(_) | Value::Integer(_) => vec![],
    };
    texts.into_iter()
}

/// The letters by which a text is compared: small ones, in the order of their code points.
pub(super) fn letters(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}
