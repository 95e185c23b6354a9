//! The rules that every stored content obeys.

use std::collections::BTreeSet;
use std::fmt;

use super::{AttributeRow, Change, Content, Effect, Patch, Target};
use crate::schema::{Cardinality, Class, FieldId, Group};
use crate::time::{Period, ValidTime};

/// A part of a content, for messages; codecs turn it into a path of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the three kinds of part")]
pub enum Section {
    Attributes(FieldId),
    State(FieldId),
    Relation(FieldId),
}

/// How often the rows of a content may be cut where the object begins to count again (see [`Content::presence`]).
///
/// Without a bound, a request of some megabytes can have a row for each of 50,000 targets, and as many changes of
/// presence during all of them.
const CUTS_MAX: usize = 100_000;

/// What is wrong with a content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Two rows of a group, a state or a relation to at most one hold at the same instant.
    #[error("{name} has two rows at the same time: {first} and {second}")]
    Overlap {
        /// Where.
        section: Section,
        /// The part's English name.
        name: String,
        /// The earlier period.
        first: Period<ValidTime>,
        /// The later period.
        second: Period<ValidTime>,
    },
    /// A row lacks a value that every row has.
    #[error("{name} has no {field} during {period}")]
    Missing {
        /// Where.
        section: Section,
        /// The group's English name.
        name: String,
        /// The field's English name.
        field: String,
        /// When.
        period: Period<ValidTime>,
    },
    /// A text holds a NUL, which ends texts in keys.
    #[error("a text holds a NUL character")]
    Nul,
    /// An index, where rows are cut whenever the object begins or ceases to count, would hold too many pieces.
    #[error("rows are cut more than {CUTS_MAX} times, because the object begins to count again and again during them")]
    Cuts,
    /// A value does not fit the declaration.
    #[error("{name} holds what its declaration does not know: {what}")]
    Undeclared {
        /// The part's English name, or the class's.
        name: String,
        /// What does not fit.
        what: String,
    },
}

/// Checks that a content is one that `class` allows: declared parts, fitting values, mandatory fields, no overlaps,
/// no NUL in a text, and no more pieces of rows than an index can hold.
///
/// A group or state without rows passes: an update may empty it (as in LoRA, Q15); whether a *new* object must have
/// rows is asked where it is read from the wire.
///
/// # Errors
/// The first [`ContentError`], in the order of the declaration.
pub fn validate(class: &Class, content: &Content) -> Result<(), ContentError> {
    validate_next(class, &Content::EMPTY, content)
}

/// As [`validate`], for a content that follows on another: what that one held may stay, declared or not any more.
///
/// # Errors
/// The first [`ContentError`], in the order of the declaration.
pub fn validate_next(class: &Class, previous: &Content, content: &Content) -> Result<(), ContentError> {
    undeclared(class, previous, content)?;
    if texts(content).any(|text| text.contains('\0')) {
        return Err(ContentError::Nul);
    }
    for group in &class.groups {
        let rows = content.attributes(group.id);
        let held: BTreeSet<FieldId> =
            previous.attributes(group.id).iter().flat_map(AttributeRow::values).map(|(field, _)| field).collect();
        rows.iter().try_for_each(|row| attribute_row(group, &held, row))?;
        disjoint(Section::Attributes(group.id), &group.name, rows.iter().map(|row| &row.effect))?;
    }
    for state in &class.states {
        let rows = content.states(state.id);
        let held = |value| previous.states(state.id).iter().any(|row| row.value == value);
        if let Some(row) = rows.iter().find(|row| state.value(row.value).is_none() && !held(row.value)) {
            return Err(ContentError::Undeclared { name: state.name.clone(), what: format!("{:?}", row.value) });
        }
        disjoint(Section::State(state.id), &state.name, rows.iter().map(|row| &row.effect))?;
    }
    for relation in class.relations.iter().filter(|relation| relation.cardinality == Cardinality::ZeroToOne) {
        let effects = content.relations(relation.id).iter().map(|row| &row.effect);
        disjoint(Section::Relation(relation.id), &relation.name, effects)?;
    }
    cuts(class, content)
}

/// Checks that a patch is about declared parts, and that its attribute rows do not overlap among themselves.
///
/// The rest shows in the merged content. Overlaps are asked for before, because each of many such rows would be laid
/// over all the rows that it meets.
///
/// # Errors
/// [`ContentError::Undeclared`] for a part that the class does not have, [`ContentError::Overlap`] for the first group
/// with two rows at the same time.
pub fn validate_patch(class: &Class, patch: &Patch) -> Result<(), ContentError> {
    let groups = patch.attributes.keys().filter(|id| class.group(**id).is_none());
    let states = patch.states.keys().filter(|id| class.state(**id).is_none());
    let relations = patch.relations.keys().filter(|id| class.relation(**id).is_none());
    if let Some(id) = groups.chain(states).chain(relations).next() {
        return Err(ContentError::Undeclared { name: class.name.clone(), what: format!("{id:?}") });
    }
    class.groups.iter().try_for_each(|group| match patch.attributes.get(&group.id) {
        Some(Change::Set(rows)) => {
            disjoint(Section::Attributes(group.id), &group.name, rows.iter().map(|row| &row.effect))
        }
        None | Some(Change::Keep | Change::Clear) => Ok(()),
    })
}

fn cuts(class: &Class, content: &Content) -> Result<(), ContentError> {
    let presence = content.presence(class);
    let mut left = CUTS_MAX;
    for effect in content.effects() {
        let cuts = presence.within(effect.valid).skip(1).take(left + 1).count();
        left = left.checked_sub(cuts).ok_or(ContentError::Cuts)?;
    }
    Ok(())
}

fn undeclared(class: &Class, previous: &Content, content: &Content) -> Result<(), ContentError> {
    let groups = content.all_attributes();
    let groups = groups.map(|(id, _)| (id, class.group(id).is_some() || !previous.attributes(id).is_empty()));
    let states = content.all_states();
    let states = states.map(|(id, _)| (id, class.state(id).is_some() || !previous.states(id).is_empty()));
    let relations = content.all_relations();
    let relations = relations.map(|(id, _)| (id, class.relation(id).is_some() || !previous.relations(id).is_empty()));
    match groups.chain(states).chain(relations).find(|(_, allowed)| !allowed) {
        Some((id, _)) => Err(ContentError::Undeclared { name: class.name.clone(), what: format!("{id:?}") }),
        None => Ok(()),
    }
}

fn texts(content: &Content) -> impl Iterator<Item = &str> {
    let values = content.all_attributes().flat_map(|(_, rows)| rows).flat_map(AttributeRow::values);
    let notes = content.effects().map(|effect| effect.note.as_str());
    let relations = content.all_relations().flat_map(|(_, rows)| rows).flat_map(|row| {
        let urn = if let Target::Urn(urn) = &row.target { Some(urn.as_str()) } else { None };
        urn.into_iter().chain(row.object_type.as_deref())
    });
    values.flat_map(|(_, value)| value.texts()).chain(notes).chain(relations)
}

fn attribute_row(group: &Group, held: &BTreeSet<FieldId>, row: &AttributeRow) -> Result<(), ContentError> {
    for (id, value) in row.values() {
        let field = group.fields.iter().find(|field| field.id == id);
        if field.map_or(held.contains(&id), |field| field.field_type == value.field_type()) {
            continue;
        }
        let what = field.map_or_else(|| format!("{id:?}"), |field| field.name.clone());
        return Err(ContentError::Undeclared { name: group.name.clone(), what });
    }
    match group.fields.iter().find(|field| field.mandatory && row.value(field.id).is_none()) {
        Some(field) => Err(ContentError::Missing {
            section: Section::Attributes(group.id),
            name: group.name.clone(),
            field: field.name.clone(),
            period: row.effect.valid,
        }),
        None => Ok(()),
    }
}

fn disjoint<'a>(section: Section, name: &str, effects: impl Iterator<Item = &'a Effect>) -> Result<(), ContentError> {
    let mut periods: Vec<Period<ValidTime>> = effects.map(|effect| effect.valid).collect();
    periods.sort();
    match periods.windows(2).find(|pair| pair[0].overlaps(pair[1])) {
        Some(pair) => Err(ContentError::Overlap { section, name: name.to_owned(), first: pair[0], second: pair[1] }),
        None => Ok(()),
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id) = match self {
            Self::Attributes(id) => ("attributes", id),
            Self::State(id) => ("state", id),
            Self::Relation(id) => ("relation", id),
        };
        write!(f, "{kind} {}", id.number())
    }
}
