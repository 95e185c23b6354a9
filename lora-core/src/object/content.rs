//! What a registration states: rows of attributes, states and relations, each with its effect.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::schema::{Class, Derived, FieldId, Value};
use crate::time::{Period, Periods, ValidTime};

/// When a row holds, with who says so and why (OIO: *virkning*).
///
/// The order is that of answers: by time, and where that is the same, what is not said comes after all that is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Effect {
    /// When the row holds, on valid time.
    pub valid: Period<ValidTime>,
    /// Who says so (OIO: *aktoerref*).
    pub actor: Option<Uuid>,
    /// What kind of object the actor is (OIO: *aktoertypekode*).
    pub actor_kind: Option<ActorKind>,
    /// Why, in free text; empty for none (OIO: *notetekst*).
    pub note: String,
}

impl Effect {
    /// The effect in `valid`, with nobody named.
    pub const fn during(valid: Period<ValidTime>) -> Self {
        Self { valid, actor: None, actor_kind: None, note: String::new() }
    }

    /// The same effect in another period.
    #[must_use]
    pub fn moved_to(&self, valid: Period<ValidTime>) -> Self {
        Self { valid, ..self.clone() }
    }
}

impl PartialOrd for Effect {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Effect {
    fn cmp(&self, other: &Self) -> Ordering {
        let actor = |effect: &Self| (effect.actor.is_none(), effect.actor);
        let kind = |effect: &Self| (effect.actor_kind.is_none(), effect.actor_kind);
        (self.valid.cmp(&other.valid))
            .then_with(|| actor(self).cmp(&actor(other)))
            .then_with(|| kind(self).cmp(&kind(other)))
            .then_with(|| self.note.is_empty().cmp(&other.note.is_empty()))
            .then_with(|| self.note.cmp(&other.note))
    }
}

/// The kind of object that an effect's actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the six classes that OIO names")]
pub enum ActorKind {
    Organisation,
    OrganisationUnit,
    OrganisationFunction,
    User,
    ItSystem,
    InterestCommunity,
}

/// One row of an attribute group: the values that hold together during the effect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttributeRow {
    /// The values by field, in the order of the ids; a field without a value has no entry.
    values: Vec<(FieldId, Value)>,
    /// When they hold.
    pub effect: Effect,
}

impl AttributeRow {
    /// A row of `values`, given in any order; of two values for one field the last counts. Keywords are put in order.
    pub fn new(values: impl IntoIterator<Item = (FieldId, Value)>, effect: Effect) -> Self {
        let mut values: BTreeMap<FieldId, Value> = values.into_iter().collect();
        for value in values.values_mut() {
            if let Value::Keywords(keywords) = value {
                keywords.sort();
            }
        }
        Self { values: values.into_iter().collect(), effect }
    }

    /// The value of a field.
    pub fn value(&self, field: FieldId) -> Option<&Value> {
        let index = self.values.binary_search_by_key(&field, |(id, _)| *id).ok()?;
        Some(&self.values[index].1)
    }

    /// The values, in the order of the ids.
    pub fn values(&self) -> impl Iterator<Item = (FieldId, &Value)> {
        self.values.iter().map(|(id, value)| (*id, value))
    }

    /// The row's values in another effect.
    #[must_use]
    pub fn moved_to(&self, effect: Effect) -> Self {
        Self { values: self.values.clone(), effect }
    }

    /// The values that answers show.
    fn shown(&self) -> Vec<(FieldId, Value)> {
        self.values.iter().filter(|(_, value)| !value.is_blank()).cloned().collect()
    }

    /// Field by field, where no value comes after every value; keywords do not count.
    fn compare_values(&self, other: &Self) -> Ordering {
        let counts = |(_, value): &&(FieldId, Value)| !matches!(value, Value::Keywords(_));
        let (mut left, mut right) = (self.values.iter().filter(counts), other.values.iter().filter(counts));
        loop {
            match (left.next(), right.next()) {
                (None, None) => return Ordering::Equal,
                (Some(_), None) => return Ordering::Less,
                (None, Some(_)) => return Ordering::Greater,
                (Some((a, _)), Some((b, _))) if a != b => return a.cmp(b),
                (Some((_, a)), Some((_, b))) if a != b => return a.cmp(b),
                (Some(_), Some(_)) => {}
            }
        }
    }
}

impl PartialOrd for AttributeRow {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AttributeRow {
    fn cmp(&self, other: &Self) -> Ordering {
        let ordered = self.compare_values(other).then_with(|| self.effect.cmp(&other.effect));
        ordered.then_with(|| self.values.cmp(&other.values))
    }
}

/// The text of a derived term in a row: its parts joined by spaces; `None` for a row that has none of them.
pub(crate) fn derived_text(derived: &Derived, row: &AttributeRow) -> Option<String> {
    let texts = derived.parts.iter().filter_map(|part| row.value(*part)).flat_map(Value::texts);
    let joined = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    (!joined.is_empty()).then_some(joined)
}

/// One row of a state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateRow {
    /// The id of the state's value.
    pub value: FieldId,
    /// When the object is in that state.
    pub effect: Effect,
}

/// What a relation points at.
///
/// The order is that of answers: UUIDs before URNs before none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Something with a UUID, here or elsewhere; it need not exist.
    Uuid(Uuid),
    /// Something with a name, with its `urn:` in front; compared exactly.
    Urn(String),
    /// Nothing: the row states that there is no target.
    Nothing,
}

impl Target {
    /// The UUID, where it points at one.
    pub const fn uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(uuid) => Some(*uuid),
            Self::Urn(_) | Self::Nothing => None,
        }
    }
}

impl From<Uuid> for Target {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

/// One row of a relation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelationRow {
    /// What it points at.
    pub target: Target,
    /// The kind of object that the target is said to be (OIO: *objekttype*); compared exactly.
    pub object_type: Option<String>,
    /// When it points there.
    pub effect: Effect,
}

impl PartialOrd for RelationRow {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RelationRow {
    fn cmp(&self, other: &Self) -> Ordering {
        let no_type_last = |row: &Self| row.object_type.is_none();
        (self.target.cmp(&other.target))
            .then_with(|| no_type_last(self).cmp(&no_type_last(other)))
            .then_with(|| self.object_type.cmp(&other.object_type))
            .then_with(|| self.effect.cmp(&other.effect))
    }
}

/// Everything that a registration states about its object.
///
/// Rows stand in the order of answers, and a group, state or relation without rows is absent, so that equal contents
/// are equal values and have equal bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Content {
    attributes: BTreeMap<FieldId, Vec<AttributeRow>>,
    states: BTreeMap<FieldId, Vec<StateRow>>,
    relations: BTreeMap<FieldId, Vec<RelationRow>>,
}

impl Content {
    /// Nothing at all, as in a deleted object.
    pub const EMPTY: Self = Self { attributes: BTreeMap::new(), states: BTreeMap::new(), relations: BTreeMap::new() };

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.states.is_empty() && self.relations.is_empty()
    }

    /// The rows of an attribute group.
    pub fn attributes(&self, group: FieldId) -> &[AttributeRow] {
        self.attributes.get(&group).map_or(&[], Vec::as_slice)
    }

    /// The rows of a state.
    pub fn states(&self, state: FieldId) -> &[StateRow] {
        self.states.get(&state).map_or(&[], Vec::as_slice)
    }

    /// The rows of a relation.
    pub fn relations(&self, relation: FieldId) -> &[RelationRow] {
        self.relations.get(&relation).map_or(&[], Vec::as_slice)
    }

    /// Replaces the rows of an attribute group; given in any order.
    pub fn set_attributes(&mut self, group: FieldId, rows: Vec<AttributeRow>) {
        set(&mut self.attributes, group, rows);
    }

    /// Replaces the rows of a state; given in any order.
    pub fn set_states(&mut self, state: FieldId, rows: Vec<StateRow>) {
        set(&mut self.states, state, rows);
    }

    /// Replaces the rows of a relation; given in any order.
    pub fn set_relations(&mut self, relation: FieldId, rows: Vec<RelationRow>) {
        set(&mut self.relations, relation, rows);
    }

    /// Every group that has rows.
    pub fn all_attributes(&self) -> impl Iterator<Item = (FieldId, &[AttributeRow])> {
        self.attributes.iter().map(|(id, rows)| (*id, rows.as_slice()))
    }

    /// Every state that has rows.
    pub fn all_states(&self) -> impl Iterator<Item = (FieldId, &[StateRow])> {
        self.states.iter().map(|(id, rows)| (*id, rows.as_slice()))
    }

    /// Every relation that has rows.
    pub fn all_relations(&self) -> impl Iterator<Item = (FieldId, &[RelationRow])> {
        self.relations.iter().map(|(id, rows)| (*id, rows.as_slice()))
    }

    /// When the object counts: always, where its class says nothing about it.
    pub fn presence(&self, class: &Class) -> Periods<ValidTime> {
        let Some(presence) = class.presence else { return [Period::ALWAYS].into_iter().collect() };
        let rows = self.states(presence.state).iter().filter(|row| row.value == presence.value);
        rows.map(|row| row.effect.valid).collect()
    }

    /// Applies `change` to the rows of each part.
    pub(super) fn for_each_list(&mut self, change: &impl ChangeRows) {
        for rows in self.attributes.values_mut() {
            change.apply(rows);
        }
        for rows in self.states.values_mut() {
            change.apply(rows);
        }
        for rows in self.relations.values_mut() {
            change.apply(rows);
        }
        self.attributes.retain(|_, rows| !rows.is_empty());
        self.states.retain(|_, rows| !rows.is_empty());
        self.relations.retain(|_, rows| !rows.is_empty());
    }

    /// Every effect of every row.
    pub fn effects(&self) -> impl Iterator<Item = &Effect> {
        let attributes = self.attributes.values().flatten().map(|row| &row.effect);
        let states = self.states.values().flatten().map(|row| &row.effect);
        attributes.chain(states).chain(self.relations.values().flatten().map(|row| &row.effect))
    }
}

fn set<T: Ord>(sections: &mut BTreeMap<FieldId, Vec<T>>, id: FieldId, mut rows: Vec<T>) {
    if rows.is_empty() {
        sections.remove(&id);
        return;
    }
    rows.sort();
    sections.insert(id, rows);
}

/// A change to a list of rows of whatever kind that keeps their order.
pub(super) trait ChangeRows {
    fn apply<R: Row>(&self, rows: &mut Vec<R>);
}

/// What the three kinds of row have in common.
pub(crate) trait Row: Clone + Ord {
    fn effect(&self) -> &Effect;

    /// The same row with another valid time.
    fn during(&self, valid: Period<ValidTime>) -> Self;

    /// Whether two rows state the same, whenever and by whomever.
    fn states_same_as(&self, other: &Self) -> bool;

    /// Lets rows that look the same in answers state the same, as the first of them does; they stand in order after it.
    fn unify(_rows: &mut [Self]) {}
}

impl Row for AttributeRow {
    fn effect(&self) -> &Effect {
        &self.effect
    }

    fn during(&self, valid: Period<ValidTime>) -> Self {
        self.moved_to(self.effect.moved_to(valid))
    }

    fn states_same_as(&self, other: &Self) -> bool {
        self.values == other.values
    }

    fn unify(rows: &mut [Self]) {
        if !rows.iter().any(|row| row.values.iter().any(|(_, value)| value.is_blank())) {
            return;
        }
        let mut firsts = BTreeMap::new();
        for row in rows.iter_mut() {
            row.values.clone_from(firsts.entry(row.shown()).or_insert_with(|| row.values.clone()));
        }
        rows.sort();
    }
}

impl Row for StateRow {
    fn effect(&self) -> &Effect {
        &self.effect
    }

    fn during(&self, valid: Period<ValidTime>) -> Self {
        Self { effect: self.effect.moved_to(valid), ..*self }
    }

    fn states_same_as(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Row for RelationRow {
    fn effect(&self) -> &Effect {
        &self.effect
    }

    fn during(&self, valid: Period<ValidTime>) -> Self {
        Self { effect: self.effect.moved_to(valid), target: self.target.clone(), object_type: self.object_type.clone() }
    }

    fn states_same_as(&self, other: &Self) -> bool {
        (&self.target, &self.object_type) == (&other.target, &other.object_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_stand_by_time_and_then_with_what_is_not_said_last() {
        let plain = Effect::during(Period::ALWAYS);
        let acted = |actor| Effect { actor: Some(Uuid::from_u128(actor)), ..plain.clone() };
        let kind = Effect { actor_kind: Some(ActorKind::User), ..plain.clone() };
        let noted = |note: &str| Effect { note: note.to_owned(), ..plain.clone() };
        let in_order = [acted(1), acted(2), kind, noted("a"), noted("b"), plain];
        assert!(in_order.is_sorted());
        let mut reversed: Vec<Effect> = in_order.iter().rev().cloned().collect();
        reversed.sort();
        assert_eq!(reversed, in_order);
    }
}
