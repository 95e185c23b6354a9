//! The next content, from the previous one and an update.

use super::content::Row;
use super::{AttributePatch, AttributeRow, Change, Content, Patch};
use crate::schema::{Cardinality, Class, FieldId, Group};
use crate::time::{Period, Periods, ValidTime};

/// The content after `patch`: what the patch says where it says something, and `previous` everywhere else.
///
/// Pure, and total for patches whose rows are sound: rows of one attribute group, of one state and of one relation to
/// at most one must not overlap among themselves (see [`validate_patch`](super::validate_patch) and
/// [`validate`](super::validate), which also refuses a merged content that lacks a mandatory value). Rows are split at
/// the borders of what they meet and never joined, because answers show them.
///
/// ```text
/// previous   |----- A -----|------- B -------)
/// patch             |---- C ----)
/// result     |- A --|-- C --|- C|---- B -----)     attributes, where C names some of the fields
/// result     |- A --|---- C ----|---- B -----)     attributes where C names all fields; states; 0..1 relations
/// ```
pub fn merge(class: &Class, previous: &Content, patch: &Patch) -> Content {
    let mut next = previous.clone();
    for group in &class.groups {
        match patch.attributes.get(&group.id) {
            None | Some(Change::Keep) => {}
            Some(Change::Clear) => next.set_attributes(group.id, Vec::new()),
            Some(Change::Set(rows)) => {
                next.set_attributes(group.id, merged_attributes(group, previous.attributes(group.id), rows));
            }
        }
    }
    for state in &class.states {
        match patch.states.get(&state.id) {
            None | Some(Change::Keep) => {}
            Some(Change::Clear) => next.set_states(state.id, Vec::new()),
            Some(Change::Set(rows)) => next.set_states(state.id, overlaid(previous.states(state.id), rows)),
        }
    }
    for relation in &class.relations {
        let rows = match patch.relations.get(&relation.id) {
            None | Some(Change::Keep) => continue,
            Some(Change::Clear) => Vec::new(),
            Some(Change::Set(rows)) => match relation.cardinality {
                Cardinality::ZeroToOne => overlaid(previous.relations(relation.id), rows),
                Cardinality::ZeroToMany => rows.clone(),
            },
        };
        next.set_relations(relation.id, rows);
    }
    next
}

/// The rows of a group: each patch row over the rows that it meets, then what is left of the previous rows.
fn merged_attributes(group: &Group, previous: &[AttributeRow], patch: &[AttributePatch]) -> Vec<AttributeRow> {
    let mut merged = Vec::with_capacity(previous.len() + patch.len());
    let mut by_time: Vec<&AttributeRow> = previous.iter().collect();
    by_time.sort_by_key(|row| row.effect.valid);
    for row in patch {
        let valid = row.effect.valid;
        let met = met(&by_time, valid);
        if replaces_whole_rows(group, row, &met) {
            merged.push(applied(row, None, valid));
            continue;
        }
        merged.extend(met.iter().map(|(old, valid)| applied(row, Some(old), *valid)));
        let covered: Periods<ValidTime> = met.iter().map(|(_, valid)| *valid).collect();
        merged.extend(covered.gaps_within(valid).into_iter().map(|gap| applied(row, None, gap)));
    }
    merged.extend(remainder(previous, patch.iter().map(|row| row.effect.valid)));
    merged
}

/// The rows that hold during some of `valid`, each with when; `by_time` are in order and do not overlap.
fn met<'a>(by_time: &[&'a AttributeRow], valid: Period<ValidTime>) -> Vec<(&'a AttributeRow, Period<ValidTime>)> {
    let first = by_time.partition_point(|row| row.effect.valid.to() <= valid.from());
    let meets = |row: &&'a AttributeRow| Some((*row, row.effect.valid.intersect(valid)?));
    by_time[first..].iter().map_while(meets).collect()
}

/// Whether the patch row says everything that a row can say, so that nothing of the rows it meets shines through.
///
/// Background fields (`integrationsdata`) do not count, unless a row that is met has a value there.
fn replaces_whole_rows(group: &Group, row: &AttributePatch, met: &[(&AttributeRow, Period<ValidTime>)]) -> bool {
    group.fields.iter().all(|field| {
        let named = row.values.get(&field.id).is_some_and(|change| *change != Change::Keep);
        named || (field.background && met.iter().all(|(old, _)| old.value(field.id).is_none()))
    })
}

/// The patch row during `valid`, over the values of the row that it meets there.
fn applied(row: &AttributePatch, old: Option<&AttributeRow>, valid: Period<ValidTime>) -> AttributeRow {
    let kept = old.into_iter().flat_map(AttributeRow::values).filter(|(field, _)| keeps(row, *field));
    let set = row.values.iter().filter_map(|(field, change)| match change {
        Change::Set(value) => Some((*field, value)),
        Change::Keep | Change::Clear => None,
    });
    let values = kept.chain(set).map(|(field, value)| (field, value.clone()));
    AttributeRow::new(values, row.effect.moved_to(valid))
}

fn keeps(row: &AttributePatch, field: FieldId) -> bool {
    matches!(row.values.get(&field), None | Some(Change::Keep))
}

/// The new rows, and what they leave of the previous ones.
fn overlaid<R: Row>(previous: &[R], new: &[R]) -> Vec<R> {
    let mut rows = new.to_vec();
    rows.extend(remainder(previous, new.iter().map(|row| row.effect().valid)));
    rows
}

/// The previous rows outside `covered`, cut where they run into it.
pub(super) fn remainder<R: Row>(previous: &[R], covered: impl Iterator<Item = Period<ValidTime>>) -> Vec<R> {
    let covered: Periods<ValidTime> = covered.collect();
    let pieces = |row: &R| {
        let row = row.clone();
        covered.gaps_within(row.effect().valid).into_iter().map(move |gap| row.during(gap))
    };
    previous.iter().flat_map(pieces).collect()
}
