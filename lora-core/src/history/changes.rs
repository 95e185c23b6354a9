//! What a registration states otherwise than the one before it, and of which instants.

use std::collections::{BTreeMap, BTreeSet};

use super::sweep::differing;
use super::timeline::Belief;
use crate::object::{AttributeRow, Content, RelationRow};
use crate::query::Reading;
use crate::schema::{FieldId, Value};
use crate::time::{Period, Periods, Timestamp, ValidTime};

/// What changed from one registration of an object to the next: by part, the instants of valid time about which
/// something else is stated.
///
/// Parts are attribute groups, their fields, states and relations. Values and targets count, and neither actors nor
/// notes of effects, nor how rows are split. A group changes where one of its fields does, and where a row without
/// values comes or goes.
///
/// ```text
/// before   name  |------Finans------|------Finans------)
/// after    name  |--Finans--|-Regnskab-|----Finans-----)
/// changes  name             |----------)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The instants at which the object counts after and did not before, or the other way round.
    pub presence: Periods<ValidTime>,
    parts: BTreeMap<FieldId, Periods<ValidTime>>,
}

impl Changes {
    /// What changed from one registration of an object to the next; from nothing at all for `None`.
    pub fn between(before: Option<&Belief<'_>>, after: &Belief<'_>) -> Self {
        let counts = |belief: &Belief<'_>| belief.counts(Reading::Present);
        let nothing = Content::EMPTY;
        let old = before.map_or(&nothing, |before| &before.registration.content);
        let counted = before.map_or(Periods::none(), counts);
        Self {
            presence: differing(counted.iter().map(once), counts(after).iter().map(once)),
            parts: changed_parts(old, &after.registration.content),
        }
    }

    /// Whether the same is stated of every instant, by an object that counts at the same ones.
    pub fn is_empty(&self) -> bool {
        self.presence.is_empty() && self.parts.is_empty()
    }

    /// The parts that changed, each with the instants about which it states something else.
    pub fn parts(&self) -> impl Iterator<Item = (FieldId, &Periods<ValidTime>)> {
        self.parts.iter().map(|(part, periods)| (*part, periods))
    }

    /// The instants about which a part states something else; none for a part that did not change.
    pub fn of(&self, part: FieldId) -> &Periods<ValidTime> {
        const NONE: &Periods<ValidTime> = &Periods::none();
        self.parts.get(&part).unwrap_or(NONE)
    }

    /// The instants about which anything else is stated.
    pub fn stated(&self) -> Periods<ValidTime> {
        self.parts.values().flat_map(Periods::iter).collect()
    }

    /// The parts that state something else of an instant.
    pub fn parts_at(&self, at: Timestamp<ValidTime>) -> impl Iterator<Item = FieldId> {
        self.parts.iter().filter(move |(_, periods)| periods.contains(at)).map(|(part, _)| *part)
    }
}

fn once(valid: Period<ValidTime>) -> (Period<ValidTime>, ()) {
    (valid, ())
}

fn changed_parts(before: &Content, after: &Content) -> BTreeMap<FieldId, Periods<ValidTime>> {
    let mut parts = BTreeMap::new();
    let both = [before, after];
    for group in ids(both, |content| content.all_attributes().map(|(id, _)| id)) {
        let [old, new] = both.map(|content| content.attributes(group));
        if old != new {
            parts.insert(group, differing(old.iter().map(as_whole), new.iter().map(as_whole)));
            for field in fields(old, new) {
                parts.insert(field, differing(values(old, field), values(new, field)));
            }
        }
    }
    for state in ids(both, |content| content.all_states().map(|(id, _)| id)) {
        let [old, new] = both.map(|content| content.states(state).iter().map(|row| (row.effect.valid, row.value)));
        parts.insert(state, differing(old, new));
    }
    for relation in ids(both, |content| content.all_relations().map(|(id, _)| id)) {
        let [old, new] = both.map(|content| content.relations(relation));
        if old != new {
            parts.insert(relation, differing(old.iter().map(target), new.iter().map(target)));
        }
    }
    parts.retain(|_, periods| !periods.is_empty());
    parts
}

fn ids<'c, I: Iterator<Item = FieldId>>(
    contents: [&'c Content; 2],
    of: impl Fn(&'c Content) -> I,
) -> BTreeSet<FieldId> {
    contents.into_iter().flat_map(of).collect()
}

fn fields(old: &[AttributeRow], new: &[AttributeRow]) -> BTreeSet<FieldId> {
    old.iter().chain(new).flat_map(AttributeRow::values).map(|(field, _)| field).collect()
}

fn as_whole(row: &AttributeRow) -> (Period<ValidTime>, Vec<(FieldId, &Value)>) {
    (row.effect.valid, row.values().collect())
}

fn values(rows: &[AttributeRow], field: FieldId) -> impl Iterator<Item = (Period<ValidTime>, &Value)> {
    rows.iter().filter_map(move |row| Some((row.effect.valid, row.value(field)?)))
}

fn target(row: &RelationRow) -> (Period<ValidTime>, (&crate::object::Target, Option<&str>)) {
    (row.effect.valid, (&row.target, row.object_type.as_deref()))
}
