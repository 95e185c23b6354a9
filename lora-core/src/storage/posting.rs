//! Postings: the rectangles (key, object, valid period, present?) × known period that an index holds.

use super::{IndexChange, Key};
use crate::object::{AttributeRow, Content, ObjectId, Position, Registration, RelationRow, derived_text};
use crate::schema::{Class, Derived, FieldId, Value};
use crate::time::{Period, Periods, Timestamp, TransactionTime, ValidTime};

/// A posting as stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    /// Under which key.
    pub key: Key,
    /// Of which object.
    pub object: ObjectId,
    /// During which valid time.
    pub valid: Period<ValidTime>,
    /// The entry that opened it.
    pub opened: Position,
    /// Whether the object counts then (its class's presence).
    pub present: bool,
    /// During which transaction time; open to the end while nothing closed it.
    pub known: Period<TransactionTime>,
}

/// A posting before its entry has a position and an instant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PostingDraft {
    /// Under which key.
    pub key: Key,
    /// During which valid time.
    pub valid: Period<ValidTime>,
    /// Whether the object counts then.
    pub present: bool,
}

/// All postings of a registration, sorted: coalesced per key, split where presence changes.
///
/// The existence posting is there whatever the content says, so that deleted objects can be found by life cycle.
pub fn postings(class: &Class, registration: &Registration) -> Vec<PostingDraft> {
    let content = &registration.content;
    let mut keyed: Vec<(Key, Period<ValidTime>)> = vec![(Key::existence(class.id), Period::ALWAYS)];
    for (_, rows) in content.all_attributes() {
        for row in rows {
            let keys = row.values().flat_map(|(field, value)| value_keys(field, value));
            keyed.extend(keys.map(|key| (key, row.effect.valid)));
        }
    }
    for derived in &class.derived {
        keyed.extend(derived_keys(derived, content));
    }
    for (state, rows) in content.all_states() {
        keyed.extend(rows.iter().map(|row| (Key::state(state, row.value), row.effect.valid)));
    }
    for (relation, rows) in content.all_relations() {
        let key = |row: &RelationRow| {
            Some((Key::relation(&row.target, relation, row.object_type.as_deref())?, row.effect.valid))
        };
        keyed.extend(rows.iter().filter_map(key));
    }
    split_by_presence(keyed, &content.presence(class))
}

/// Every finite bound of every effect, sorted, once each.
pub fn boundaries(content: &Content) -> Vec<Timestamp<ValidTime>> {
    let bounds = content.effects().flat_map(|effect| [effect.valid.from(), effect.valid.to()]);
    let mut bounds: Vec<_> = bounds.filter(|at| at.is_finite()).collect();
    bounds.sort();
    bounds.dedup();
    bounds
}

/// What changes in the index from one registration of an object to the next.
///
/// The previous one comes with its class as it was declared when it was registered: what closes is what was opened then.
pub fn changes(previous: Option<(&Class, &Registration)>, class: &Class, next: &Registration) -> IndexChange {
    let old = previous.map(|(class, registration)| postings(class, registration)).unwrap_or_default();
    let new = postings(class, next);
    let old_bounds = previous.map(|(_, registration)| boundaries(&registration.content)).unwrap_or_default();
    let new_bounds = boundaries(&next.content);
    IndexChange {
        closes: without(&old, &new),
        opens: without(&new, &old),
        boundaries_gone: without(&old_bounds, &new_bounds),
        boundaries_new: without(&new_bounds, &old_bounds),
    }
}

/// The elements of one sorted list that are not in another.
fn without<T: Ord + Clone>(list: &[T], other: &[T]) -> Vec<T> {
    list.iter().filter(|item| other.binary_search(item).is_err()).cloned().collect()
}

fn value_keys(field: FieldId, value: &Value) -> Vec<Key> {
    match value {
        Value::Boolean(value) => vec![Key::boolean(field, *value)],
        Value::Integer(value) => vec![Key::integer(field, *value)],
        texts => texts.texts().into_iter().map(|text| Key::text(field, text)).collect(),
    }
}

fn derived_keys(derived: &Derived, content: &Content) -> Vec<(Key, Period<ValidTime>)> {
    let key = |row: &AttributeRow| Some((Key::text(derived.id, &derived_text(derived, row)?), row.effect.valid));
    content.attributes(derived.group).iter().filter_map(key).collect()
}

fn split_by_presence(mut keyed: Vec<(Key, Period<ValidTime>)>, presence: &Periods<ValidTime>) -> Vec<PostingDraft> {
    keyed.sort();
    let mut postings = Vec::with_capacity(keyed.len() + 1);
    for same_key in keyed.chunk_by(|(left, _), (right, _)| left == right) {
        let key = &same_key[0].0;
        let coalesced: Periods<ValidTime> = same_key.iter().map(|(_, valid)| *valid).collect();
        for whole in coalesced.iter() {
            let draft = |valid, present| PostingDraft { key: key.clone(), valid, present };
            postings.extend(presence.within(whole).map(|valid| draft(valid, true)));
            postings.extend(presence.gaps_within(whole).into_iter().map(|valid| draft(valid, false)));
        }
    }
    postings.sort();
    postings
}
