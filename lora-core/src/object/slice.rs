//! Cutting answers out of contents.

use super::{AttributeRow, Content, Effect, RelationRow, StateRow};
use crate::time::{Period, ValidTime};

/// The rows of `content` whose effect shares an instant with `window`; the rows themselves are not clipped.
pub fn rows_in_effect(content: &Content, window: Option<Period<ValidTime>>) -> Content {
    let Some(window) = window else { return Content::EMPTY };
    let touches = |effect: &Effect| effect.valid.overlaps(window);
    let mut kept = Content::EMPTY;
    for (group, rows) in content.all_attributes() {
        kept.set_attributes(group, rows.iter().filter(|row| touches(&row.effect)).cloned().collect());
    }
    for (state, rows) in content.all_states() {
        kept.set_states(state, rows.iter().filter(|row| touches(&row.effect)).cloned().collect());
    }
    for (relation, rows) in content.all_relations() {
        kept.set_relations(relation, rows.iter().filter(|row| touches(&row.effect)).cloned().collect());
    }
    kept
}

/// Equal rows that follow on each other, joined (LoRA's *konsolider*).
///
/// Rows are equal when they agree in everything but their effect; the joined row keeps the first one's actor and note.
/// Of each list the first appearance of a value decides where its joined rows stand, and those stand by time.
pub fn consolidated_attributes(rows: &[AttributeRow]) -> Vec<AttributeRow> {
    let value = |row: &AttributeRow| row.values().map(|(id, value)| (id, value.clone())).collect::<Vec<_>>();
    joined(rows, value, |row| &row.effect, |row, valid| row.moved_to(row.effect.moved_to(valid)))
}

/// As [`consolidated_attributes`], for the rows of a state.
pub fn consolidated_states(rows: &[StateRow]) -> Vec<StateRow> {
    let with = |row: &StateRow, valid| StateRow { value: row.value, effect: row.effect.moved_to(valid) };
    joined(rows, |row| row.value, |row| &row.effect, with)
}

/// As [`consolidated_attributes`], for the rows of a relation.
pub fn consolidated_relations(rows: &[RelationRow]) -> Vec<RelationRow> {
    let value = |row: &RelationRow| (row.target.clone(), row.object_type.clone());
    joined(
        rows,
        value,
        |row| &row.effect,
        |row, valid| RelationRow { effect: row.effect.moved_to(valid), ..row.clone() },
    )
}

fn joined<R: Clone, V: PartialEq>(
    rows: &[R],
    value: impl Fn(&R) -> V,
    effect: impl Fn(&R) -> &Effect,
    with_valid: impl Fn(&R, Period<ValidTime>) -> R,
) -> Vec<R> {
    let mut values: Vec<(V, Vec<R>)> = Vec::new();
    for row in rows {
        let this = value(row);
        match values.iter_mut().find(|(seen, _)| *seen == this) {
            Some((_, same)) => same.push(row.clone()),
            None => values.push((this, vec![row.clone()])),
        }
    }
    let mut result = Vec::with_capacity(rows.len());
    for (_, mut same) in values {
        same.sort_by_key(|row| effect(row).valid);
        result.extend(same.into_iter().fold(Vec::new(), |mut done: Vec<R>, row| {
            let valid = effect(&row).valid;
            match done.last_mut() {
                Some(last) if effect(last).valid.to() == valid.from() => {
                    let from = effect(last).valid.from();
                    *last = with_valid(last, Period::new(from, valid.to()).expect("two non-empty periods joined"));
                }
                _ => done.push(row),
            }
            done
        }));
    }
    result
}
