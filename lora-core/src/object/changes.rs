//! What a content states, part by part, and where another one states something else.
//!
//! Values and targets count, and neither actors nor notes of effects, nor how rows are split.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::content::Row;
use super::{AttributeRow, Content, RelationRow, Target, derived_text};
use crate::schema::{Class, FieldId, Value};
use crate::time::{Period, Periods, ValidTime, differing};

/// One thing that a part states: a row without its effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said<'c> {
    /// The values of a row of an attribute group, in the order of their ids.
    Row(Vec<(FieldId, &'c Value)>),
    /// The value of a field, or of a derived term.
    Value(Cow<'c, Value>),
    /// The value of a state.
    State(FieldId),
    /// The target of a relation, with the object type that it is said to have.
    Target(&'c Target, Option<&'c str>),
}

/// What is said, and when it holds.
pub(crate) type SaidDuring<'c> = (Period<ValidTime>, Said<'c>);

/// All that a content states, by attribute group, state and relation.
pub(crate) fn said(content: &Content) -> BTreeMap<FieldId, Vec<SaidDuring<'_>>> {
    let groups = content.all_attributes().map(|(group, rows)| (group, rows.iter().map(whole).collect()));
    let states = content.all_states().map(|(state, _)| (state, states(content, state).collect()));
    let relations = content.all_relations().map(|(relation, rows)| (relation, rows.iter().map(target).collect()));
    groups.chain(states).chain(relations).collect()
}

/// What one part alone states: a group, field, derived term, state or relation.
pub(crate) fn said_of<'c>(class: &Class, content: &'c Content, part: FieldId) -> Vec<SaidDuring<'c>> {
    let mut said: Vec<SaidDuring<'c>> = content.attributes(part).iter().map(whole).collect();
    content.all_attributes().for_each(|(_, rows)| said.extend(values(rows, part)));
    if let Some(derived) = class.derived.iter().find(|derived| derived.id == part) {
        let text = |row| Some(Said::Value(Cow::Owned(Value::Text(derived_text(derived, row)?))));
        let rows = content.attributes(derived.group).iter();
        said.extend(rows.filter_map(|row| Some((row.effect.valid, text(row)?))));
    }
    said.extend(states(content, part));
    said.extend(content.relations(part).iter().map(target));
    said
}

/// By group, field, state and relation, the instants about which one content states something else than the one before.
///
/// A group changes where one of its fields does, and where a row without values comes or goes.
pub(crate) fn changed_parts(before: &Content, after: &Content) -> BTreeMap<FieldId, Periods<ValidTime>> {
    let mut parts = changed_rows(before, after);
    let groups: Vec<FieldId> = parts.keys().copied().collect();
    for group in groups {
        let [old, new] = [before, after].map(|content| content.attributes(group));
        let fields: BTreeSet<FieldId> =
            old.iter().chain(new).flat_map(AttributeRow::values).map(|(field, _)| field).collect();
        parts.extend(fields.into_iter().map(|field| (field, differing(values(old, field), values(new, field)))));
    }
    parts.retain(|_, periods| !periods.is_empty());
    parts
}

/// The instants about which a content states something else than the one before it, or than nothing: of one part, or of
/// anything for `None`. Each comes with its class as it was declared then.
pub(crate) fn changed(
    before: Option<(&Class, &Content)>,
    (class, content): (&Class, &Content),
    part: Option<FieldId>,
) -> Periods<ValidTime> {
    let Some(part) = part else {
        let rows = changed_rows(before.map_or(&Content::EMPTY, |(_, content)| content), content);
        return rows.values().flat_map(Periods::iter).collect();
    };
    let before = before.map(|(class, content)| said_of(class, content, part));
    differing(before.into_iter().flatten(), said_of(class, content, part))
}

/// The instants at which two lists of rows are not the same, also in who says so and why.
pub(crate) fn rows_differ<R: Row>(old: &[R], new: &[R]) -> Periods<ValidTime> {
    if old == new {
        return Periods::none();
    }
    let timeless = |row: &R| (row.effect().valid, row.during(Period::ALWAYS));
    differing(old.iter().map(timeless), new.iter().map(timeless))
}

/// By group, state and relation alone.
fn changed_rows(before: &Content, after: &Content) -> BTreeMap<FieldId, Periods<ValidTime>> {
    let [mut old, mut new] = [before, after].map(said);
    let ids: BTreeSet<FieldId> = old.keys().chain(new.keys()).copied().collect();
    let mut of = |id| [old.remove(&id), new.remove(&id)].map(Option::unwrap_or_default);
    let rows = ids.into_iter().map(|id| (id, of(id))).filter(|(_, [old, new])| old != new);
    rows.map(|(id, [old, new])| (id, differing(old, new))).filter(|(_, periods)| !periods.is_empty()).collect()
}

fn whole(row: &AttributeRow) -> SaidDuring<'_> {
    (row.effect.valid, Said::Row(row.values().collect()))
}

fn values(rows: &[AttributeRow], field: FieldId) -> impl Iterator<Item = SaidDuring<'_>> {
    rows.iter().filter_map(move |row| Some((row.effect.valid, Said::Value(Cow::Borrowed(row.value(field)?)))))
}

fn states(content: &Content, state: FieldId) -> impl Iterator<Item = SaidDuring<'_>> {
    content.states(state).iter().map(|row| (row.effect.valid, Said::State(row.value)))
}

fn target(row: &RelationRow) -> SaidDuring<'_> {
    (row.effect.valid, Said::Target(&row.target, row.object_type.as_deref()))
}
