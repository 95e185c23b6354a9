//! What an update makes of a content (lora-semantics §6.3), and what a content must be.

use std::collections::BTreeSet;

use super::instants::{share_an_instant, slots};
use crate::object::{AttributePatch, AttributeRow, Change, Content, Effect, Patch, RelationRow, StateRow, Target};
use crate::schema::{Cardinality, Class, FieldId, FieldType, Group, Value};
use crate::time::{Period, Timestamp, ValidTime};

/// Something wrong with a content or a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// A part, field or value that the class does not declare, or a value of another type.
    Undeclared,
    /// Two rows of this group, state or relation to at most one hold at the same instant.
    Overlap(FieldId),
    /// A row of this group lacks a mandatory value.
    Missing(FieldId),
}

/// The content after an update, with exactly the rows that LoRA would show.
///
/// Time is cut into slots at every bound of the old and the new rows; each slot comes from at most one new and one old
/// row; neighbouring slots of the same origin are one row. For a patch without [`Flaw`]s over a content without.
pub fn updated(class: &Class, previous: &Content, patch: &Patch) -> Content {
    let mut content = previous.clone();
    for group in &class.groups {
        if let Some(rows) = changed(patch.attributes.get(&group.id), |new| {
            overlaid_attributes(group, previous.attributes(group.id), new)
        }) {
            content.set_attributes(group.id, rows);
        }
    }
    for state in &class.states {
        if let Some(rows) = changed(patch.states.get(&state.id), |new| overlaid(previous.states(state.id), new)) {
            content.set_states(state.id, rows);
        }
    }
    for relation in &class.relations {
        let rows = changed(patch.relations.get(&relation.id), |new| match relation.cardinality {
            Cardinality::ZeroToOne => overlaid(previous.relations(relation.id), new),
            Cardinality::ZeroToMany => new.to_vec(),
        });
        if let Some(rows) = rows {
            content.set_relations(relation.id, rows);
        }
    }
    content
}

/// The rows that a change leaves, or `None` when they stay as they are.
fn changed<New, Row>(change: Option<&Change<Vec<New>>>, set: impl Fn(&[New]) -> Vec<Row>) -> Option<Vec<Row>> {
    match change {
        None | Some(Change::Keep) => None,
        Some(Change::Clear) => Some(Vec::new()),
        Some(Change::Set(new)) => Some(set(new)),
    }
}

/// Where a slot comes from: the index of a new row, and that of an old one.
type Origin = (Option<usize>, Option<usize>);

/// States and relations to at most one: new rows as they are, and old ones where no new one is.
fn overlaid<R: Row>(old: &[R], new: &[R]) -> Vec<R> {
    let origin = |at| match holding(new, at) {
        Some(row) => (Some(row), None),
        None => (None, holding(old, at)),
    };
    let row = |(period, origin): (Period<ValidTime>, Origin)| match origin {
        (Some(row), _) => Some(new[row].during(period)),
        (None, Some(row)) => Some(old[row].during(period)),
        (None, None) => None,
    };
    pieces(slots(periods(old).chain(periods(new))), origin).into_iter().filter_map(row).collect()
}

/// Attributes: each new row's values, with those of the old row for what it does not name.
fn overlaid_attributes(group: &Group, old: &[AttributeRow], new: &[AttributePatch]) -> Vec<AttributeRow> {
    let origin = |at| match holding(new, at) {
        Some(row) if takes_nothing_over(group, &new[row], old) => (Some(row), None),
        row => (row, holding(old, at)),
    };
    let row = |(period, origin): (Period<ValidTime>, Origin)| match origin {
        (Some(row), before) => Some(combined(group, &new[row], before.map(|row| &old[row]), period)),
        (None, Some(row)) => Some(old[row].during(period)),
        (None, None) => None,
    };
    pieces(slots(periods(old).chain(periods(new))), origin).into_iter().filter_map(row).collect()
}

/// Case 1 of §6.3 with D5: every field is named; a background field need not be where no old row holds it.
fn takes_nothing_over(group: &Group, new: &AttributePatch, old: &[AttributeRow]) -> bool {
    let met = |row: &&AttributeRow| share_an_instant(row.effect.valid, new.effect.valid);
    group.fields.iter().all(|field| {
        let named = !matches!(new.values.get(&field.id), None | Some(Change::Keep));
        named || (field.background && old.iter().filter(met).all(|row| row.value(field.id).is_none()))
    })
}

/// The new row's values, the old row's where it names none, with the new row's actor and note.
fn combined(
    group: &Group,
    new: &AttributePatch,
    old: Option<&AttributeRow>,
    period: Period<ValidTime>,
) -> AttributeRow {
    let value = |field| match new.values.get(&field) {
        Some(Change::Set(value)) => Some(value.clone()),
        Some(Change::Clear) => None,
        Some(Change::Keep) | None => old?.value(field).cloned(),
    };
    let values = group.fields.iter().filter_map(|field| Some((field.id, value(field.id)?)));
    AttributeRow::new(values, new.effect.moved_to(period))
}

/// Neighbouring slots of one origin joined. An origin is asked at a slot's first instant, as nothing changes inside.
fn pieces(
    slots: Vec<Period<ValidTime>>,
    origin: impl Fn(Timestamp<ValidTime>) -> Origin,
) -> Vec<(Period<ValidTime>, Origin)> {
    let mut pieces: Vec<(Period<ValidTime>, Origin)> = Vec::new();
    for slot in slots {
        let origin = origin(slot.from());
        match pieces.last_mut() {
            Some((piece, same)) if *same == origin => {
                *piece = Period::new(piece.from(), slot.to()).expect("slots follow each other");
            }
            _ => pieces.push((slot, origin)),
        }
    }
    pieces
}

/// The row that holds at an instant; there is one at most.
fn holding(rows: &[impl HasEffect], at: Timestamp<ValidTime>) -> Option<usize> {
    rows.iter().position(|row| row.effect().valid.contains(at))
}

fn periods<R: HasEffect>(rows: &[R]) -> impl Iterator<Item = Period<ValidTime>> {
    rows.iter().map(|row| row.effect().valid)
}

/// Everything wrong with a content, in no order that means anything.
pub fn flaws(class: &Class, content: &Content) -> BTreeSet<Flaw> {
    let mut flaws = BTreeSet::new();
    for (id, rows) in content.all_attributes() {
        match class.groups.iter().find(|group| group.id == id) {
            Some(group) => flaws.extend(attribute_flaws(group, rows)),
            None => flaws.extend([Flaw::Undeclared]),
        }
    }
    for (id, rows) in content.all_states() {
        let declared = class.states.iter().find(|state| state.id == id);
        if !declared.is_some_and(|state| rows.iter().all(|row| state.values.iter().any(|v| v.id == row.value))) {
            flaws.insert(Flaw::Undeclared);
        }
        flaws.extend(overlap(id, rows));
    }
    for (id, rows) in content.all_relations() {
        match class.relations.iter().find(|relation| relation.id == id).map(|relation| relation.cardinality) {
            Some(Cardinality::ZeroToOne) => flaws.extend(overlap(id, rows)),
            Some(Cardinality::ZeroToMany) => {}
            None => flaws.extend([Flaw::Undeclared]),
        }
        if rows.iter().any(|row| has_nul(row.object_type.as_deref()) || has_nul(urn(&row.target))) {
            flaws.insert(Flaw::Undeclared);
        }
    }
    if content.effects().any(|effect| has_nul(Some(&effect.note))) {
        flaws.insert(Flaw::Undeclared);
    }
    flaws
}

/// No text holds NUL, wherever it stands.
fn has_nul(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.contains('\0'))
}

fn urn(target: &Target) -> Option<&str> {
    match target {
        Target::Urn(urn) => Some(urn),
        Target::Uuid(_) | Target::Nothing => None,
    }
}

fn attribute_flaws(group: &Group, rows: &[AttributeRow]) -> BTreeSet<Flaw> {
    let mut flaws: BTreeSet<Flaw> = overlap(group.id, rows).into_iter().collect();
    for row in rows {
        let fits = |(id, value): (FieldId, &Value)| {
            group.fields.iter().any(|field| field.id == id && fits(field.field_type, value))
        };
        if !row.values().all(fits) {
            flaws.insert(Flaw::Undeclared);
        }
        if group.fields.iter().any(|field| field.mandatory && row.value(field.id).is_none()) {
            flaws.insert(Flaw::Missing(group.id));
        }
    }
    flaws
}

/// Whether a value is of the type; no text holds NUL.
fn fits(field_type: FieldType, value: &Value) -> bool {
    let text = |text: &String| !has_nul(Some(text));
    match (field_type, value) {
        (FieldType::Text, Value::Text(value)) => text(value),
        (FieldType::Boolean, Value::Boolean(_)) | (FieldType::Integer, Value::Integer(_)) => true,
        (FieldType::TextList, Value::TextList(values)) => values.iter().all(text),
        (FieldType::Keywords, Value::Keywords(words)) => {
            words.iter().all(|word| text(&word.identifier) && text(&word.description) && text(&word.category))
        }
        (_, _) => false,
    }
}

/// What is wrong with a patch by itself: parts and fields that are not declared, and new rows that overlap.
pub(super) fn patch_flaws(class: &Class, patch: &Patch) -> BTreeSet<Flaw> {
    let mut flaws = BTreeSet::new();
    for (id, change) in &patch.attributes {
        let Some(group) = class.groups.iter().find(|group| group.id == *id) else {
            flaws.insert(Flaw::Undeclared);
            continue;
        };
        let Change::Set(rows) = change else { continue };
        let declared = |field: &FieldId| group.fields.iter().any(|declared| declared.id == *field);
        if !rows.iter().flat_map(|row| row.values.keys()).all(declared) {
            flaws.insert(Flaw::Undeclared);
        }
        flaws.extend(overlap(*id, rows));
    }
    for (id, change) in &patch.states {
        if !class.states.iter().any(|state| state.id == *id) {
            flaws.insert(Flaw::Undeclared);
        } else if let Change::Set(rows) = change {
            flaws.extend(overlap(*id, rows));
        }
    }
    for (id, change) in &patch.relations {
        match (class.relations.iter().find(|relation| relation.id == *id).map(|found| found.cardinality), change) {
            (None, _) => flaws.extend([Flaw::Undeclared]),
            (Some(Cardinality::ZeroToOne), Change::Set(rows)) => flaws.extend(overlap(*id, rows)),
            (Some(_), _) => {}
        }
    }
    flaws
}

/// [`Flaw::Overlap`] when two of the rows hold at the same instant.
fn overlap<R: HasEffect>(id: FieldId, rows: &[R]) -> Option<Flaw> {
    let clash = rows.iter().enumerate().any(|(index, row)| {
        rows[..index].iter().any(|earlier| share_an_instant(earlier.effect().valid, row.effect().valid))
    });
    clash.then_some(Flaw::Overlap(id))
}

trait HasEffect {
    fn effect(&self) -> &Effect;
}

trait Row: HasEffect {
    /// The same row in another period.
    fn during(&self, period: Period<ValidTime>) -> Self;
}

impl HasEffect for AttributePatch {
    fn effect(&self) -> &Effect {
        &self.effect
    }
}

impl HasEffect for AttributeRow {
    fn effect(&self) -> &Effect {
        &self.effect
    }
}

impl Row for AttributeRow {
    fn during(&self, period: Period<ValidTime>) -> Self {
        self.moved_to(self.effect.moved_to(period))
    }
}

impl HasEffect for StateRow {
    fn effect(&self) -> &Effect {
        &self.effect
    }
}

impl Row for StateRow {
    fn during(&self, period: Period<ValidTime>) -> Self {
        Self { effect: self.effect.moved_to(period), ..self.clone() }
    }
}

impl HasEffect for RelationRow {
    fn effect(&self) -> &Effect {
        &self.effect
    }
}

impl Row for RelationRow {
    fn during(&self, period: Period<ValidTime>) -> Self {
        Self { effect: self.effect.moved_to(period), ..self.clone() }
    }
}
