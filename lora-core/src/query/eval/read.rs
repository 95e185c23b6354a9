//! What a read shows (lora-semantics §5).

use super::instants::share_an_instant;
use super::{Entry, World};
use crate::object::{ActorId, AttributeRow, Content, Effect, LifeCycle, ObjectId, Position, RelationRow, StateRow};
use crate::query::{Known, TimeContext};
use crate::schema::{FieldId, Value};
use crate::time::{Period, TransactionTime, ValidTime};

/// A registration as an answer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRegistration {
    /// Its place in the ledger.
    pub position: Position,
    /// When it is believed, as far as was visible: the newest visible one is open.
    pub registered: Period<TransactionTime>,
    /// What kind of act.
    pub lifecycle: LifeCycle,
    /// Who acted.
    pub actor: ActorId,
    /// Why.
    pub note: String,
    /// The rows in effect at some instant of the window, each with its whole effect.
    pub content: Content,
}

impl World {
    /// The registrations of `object` that count, newest first; `None` when there is no object or none that counts.
    ///
    /// `at` is the last position that is visible. A registration with nothing in effect is an envelope; a deletion is
    /// a registration like others.
    pub fn read(&self, object: ObjectId, context: &TimeContext, at: Position) -> Option<Vec<SeenRegistration>> {
        let seen: Vec<SeenRegistration> = self
            .known(object, context.known, at)
            .into_iter()
            .rev()
            .map(|(registered, entry)| SeenRegistration {
                position: entry.stamp.position,
                registered,
                lifecycle: entry.lifecycle,
                actor: entry.stamp.actor,
                note: entry.stamp.note.clone(),
                content: in_effect(&entry.content, context.valid),
            })
            .collect();
        (!seen.is_empty()).then_some(seen)
    }

    /// The registrations that count, oldest first, with the time in which each is believed.
    pub(super) fn known(&self, object: ObjectId, known: Known, at: Position) -> Vec<(Period<TransactionTime>, &Entry)> {
        let visible = self.visible(object, at);
        match known {
            Known::Latest => visible.into_iter().last().into_iter().collect(),
            Known::During(None) => Vec::new(),
            Known::During(Some(window)) => {
                visible.into_iter().filter(|(registered, _)| share_an_instant(*registered, window)).collect()
            }
        }
    }

    /// The registrations up to a position, oldest first; each is believed until the next one that is visible.
    fn visible(&self, object: ObjectId, at: Position) -> Vec<(Period<TransactionTime>, &Entry)> {
        let entries = self.objects.get(&object).map_or(&[][..], Vec::as_slice);
        let visible: Vec<&Entry> = entries.iter().filter(|entry| entry.stamp.position <= at).collect();
        let believed = |index: usize| {
            let from = visible[index].stamp.registered;
            let to = visible.get(index + 1).map(|next| next.stamp.registered);
            to.map_or_else(|| Period::since(from), |to| Period::new(from, to).ok()).expect("checked by `apply`")
        };
        visible.iter().enumerate().map(|(index, entry)| (believed(index), *entry)).collect()
    }
}

/// The rows that hold at some instant of the window.
fn in_effect(content: &Content, window: Option<Period<ValidTime>>) -> Content {
    let mut shown = Content::EMPTY;
    for (id, rows) in content.all_attributes() {
        shown.set_attributes(id, rows.iter().filter(|row| holds(row.effect.valid, window)).cloned().collect());
    }
    for (id, rows) in content.all_states() {
        shown.set_states(id, rows.iter().filter(|row| holds(row.effect.valid, window)).cloned().collect());
    }
    for (id, rows) in content.all_relations() {
        shown.set_relations(id, rows.iter().filter(|row| holds(row.effect.valid, window)).cloned().collect());
    }
    shown
}

/// Whether a row holds at some instant of the window; an empty window has none.
pub(super) fn holds(valid: Period<ValidTime>, window: Option<Period<ValidTime>>) -> bool {
    window.is_some_and(|window| share_an_instant(valid, window))
}

/// A content as LoRA's `konsolider` shows it: rows of one list that are equal but for their effect are joined where one
/// ends as the next begins, with actor and note of the first (Q10); then the rows of the window are left (Q11).
/// Blank values do not show, so that rows which differ in nothing else are equal.
pub fn consolidated(content: &Content, window: Option<Period<ValidTime>>) -> Content {
    let mut joined = Content::EMPTY;
    for (id, rows) in content.all_attributes() {
        let unified = |row: &AttributeRow| first_alike(rows, row).moved_to(row.effect.clone());
        let rows: Vec<AttributeRow> = rows.iter().map(unified).collect();
        joined.set_attributes(id, join(&rows, |row| &row.effect, |row, effect| row.moved_to(effect)));
    }
    for (id, rows) in content.all_states() {
        let moved = |row: &StateRow, effect| StateRow { effect, ..row.clone() };
        joined.set_states(id, join(rows, |row| &row.effect, moved));
    }
    for (id, rows) in content.all_relations() {
        let moved = |row: &RelationRow, effect| RelationRow { effect, ..row.clone() };
        joined.set_relations(id, join(rows, |row| &row.effect, moved));
    }
    in_effect(&joined, window)
}

/// The first of the rows that shows as `row` does; at least `row` itself.
fn first_alike<'a>(rows: &'a [AttributeRow], row: &'a AttributeRow) -> &'a AttributeRow {
    rows.iter().find(|other| shown(other).eq(shown(row))).unwrap_or(row)
}

fn shown(row: &AttributeRow) -> impl Iterator<Item = (FieldId, &Value)> {
    row.values().filter(|(_, value)| !value.is_blank())
}

/// The rows in order of time, each joined to the one of equal value before it if that ends where it begins.
fn join<R: Clone + PartialEq>(rows: &[R], effect: impl Fn(&R) -> &Effect, moved: impl Fn(&R, Effect) -> R) -> Vec<R> {
    let same_value = |one: &R, other: &R| moved(one, effect(other).clone()) == *other;
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| effect(row).valid);
    let mut joined: Vec<R> = Vec::new();
    for row in rows {
        let (from, to) = (effect(&row).valid.from(), effect(&row).valid.to());
        match joined.iter_mut().rev().find(|earlier| same_value(earlier, &row)) {
            Some(earlier) if effect(earlier).valid.to() == from => {
                let whole = Period::new(effect(earlier).valid.from(), to).expect("two periods that follow each other");
                *earlier = moved(earlier, effect(earlier).moved_to(whole));
            }
            _ => joined.push(row),
        }
    }
    joined
}
