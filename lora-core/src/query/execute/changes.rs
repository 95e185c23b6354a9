//! What the registrations of an object state otherwise than those before them.

use std::collections::BTreeMap;

use super::run::Chain;
use super::stated::Stated;
use crate::object::Content;
use crate::schema::{Class, FieldId, Value};
use crate::storage::derived_text;
use crate::time::{Period, Periods, TransactionTime, ValidTime};

/// The instants about which a registration made in a period states something else than the one before it.
///
/// The chain is the whole one of its object.
pub(super) fn changed(chain: &Chain<'_>, within: Period<TransactionTime>, part: Option<FieldId>) -> Periods<ValidTime> {
    let mut found = Periods::none();
    let nothing = BTreeMap::new();
    let mut before: Option<&Stated<'_>> = None;
    for stated in chain.iter() {
        if within.contains(stated.since) {
            let then = before.map(|before| statements(before, part));
            let differ = difference(then.as_ref().unwrap_or(&nothing), &statements(stated, part));
            found = found.union(&differ);
        }
        before = Some(stated);
    }
    found
}

/// What is stated, apart from who says so and why, with the number of rows that say it at an instant.
type Statements<'a> = BTreeMap<(Statement<'a>, usize), Periods<ValidTime>>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Statement<'a> {
    Row(FieldId, Vec<(FieldId, &'a Value)>),
    Value(&'a Value),
    Derived(String),
    State(FieldId, FieldId),
    Relation(FieldId, &'a crate::object::Target, Option<&'a str>),
}

fn difference(before: &Statements<'_>, after: &Statements<'_>) -> Periods<ValidTime> {
    let nothing = Periods::none();
    let at = |statements: &Statements<'_>, key: &_| statements.get(key).unwrap_or(&nothing).clone();
    let keys = before.keys().chain(after.keys());
    keys.fold(Periods::none(), |differ, key| {
        let (one, other) = (at(before, key), at(after, key));
        differ.union(&one.subtract(&other)).union(&other.subtract(&one))
    })
}

/// Statements that several rows make at one instant stand once for each of them.
fn statements<'s>(stated: &'s Stated<'_>, part: Option<FieldId>) -> Statements<'s> {
    let mut found: Statements<'s> = BTreeMap::new();
    for (statement, valid) in rows(&stated.registration.content, stated.class, part) {
        let mut left: Periods<ValidTime> = [valid].into_iter().collect();
        for times in 1.. {
            let before = found.entry((statement.clone(), times)).or_insert_with(Periods::none);
            let again = left.intersect(before);
            *before = before.union(&left);
            if again.is_empty() {
                break;
            }
            left = again;
        }
    }
    found
}

fn rows<'s>(content: &'s Content, class: &Class, part: Option<FieldId>) -> Vec<(Statement<'s>, Period<ValidTime>)> {
    let asked = |id: FieldId| part.is_none() || part == Some(id);
    let mut rows = Vec::new();
    for (group, row) in content.all_attributes().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row))) {
        let valid = row.effect.valid;
        if asked(group) {
            rows.push((Statement::Row(group, row.values().collect()), valid));
        } else if let Some(value) = part.and_then(|part| row.value(part)) {
            rows.push((Statement::Value(value), valid));
        } else if let Some(derived) =
            class.derived.iter().find(|derived| part == Some(derived.id) && derived.group == group)
        {
            rows.extend(derived_text(derived, row).map(|text| (Statement::Derived(text), valid)));
        }
    }
    for (state, row) in content.all_states().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row))) {
        rows.extend(asked(state).then_some((Statement::State(state, row.value), row.effect.valid)));
    }
    for (relation, row) in content.all_relations().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row))) {
        let statement = Statement::Relation(relation, &row.target, row.object_type.as_deref());
        rows.extend(asked(relation).then_some((statement, row.effect.valid)));
    }
    rows
}
