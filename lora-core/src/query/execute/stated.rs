//! What one registration says about a filter that needs nothing else: when it holds.

use std::cmp::Ordering;

use crate::object::{AttributeRow, Content, LifeCycle, Position, Registration, RelationRow, Target, derived_text};
use crate::query::{Comparison, Filter, Reading, Test, fold};
use crate::schema::{Class, FieldId, Value};
use crate::time::{Period, Periods, Timestamp, TransactionTime, ValidTime};

/// A registration in the chain of its object, decoded.
#[derive(Debug)]
pub(crate) struct Stated<'a> {
    /// The stretch of transaction time that it is drawn on.
    pub(crate) known: Period<TransactionTime>,
    /// When it was registered.
    pub(crate) since: Timestamp<TransactionTime>,
    /// Its place in the ledger.
    pub(crate) position: Position,
    /// The class as it was declared then.
    pub(crate) class: &'a Class,
    pub(crate) registration: Registration,
}

impl Stated<'_> {
    /// When the object counts.
    pub(crate) fn counts(&self, reading: Reading) -> Periods<ValidTime> {
        let deleted = self.registration.lifecycle == LifeCycle::Deleted;
        match reading {
            Reading::Present if !deleted => self.registration.content.presence(self.class),
            Reading::Present | Reading::Rows if deleted => Periods::none(),
            Reading::Present | Reading::Rows | Reading::Registered => always(),
        }
    }

    /// When a filter holds that is about this registration alone; `None` for one that is not.
    pub(crate) fn holds(&self, filter: &Filter) -> Option<Periods<ValidTime>> {
        let content = &self.registration.content;
        Some(match filter {
            Filter::Object(uuids) => throughout(uuids.contains(&self.registration.object.uuid)),
            Filter::LifeCycle(stages) => throughout(stages.contains(&self.registration.lifecycle)),
            Filter::Actor(actors) => throughout(actors.contains(&self.registration.actor)),
            Filter::Note(pattern) => {
                let note = &self.registration.note;
                throughout(!note.is_empty() && pattern.matches(note))
            }
            Filter::RegisteredIn(period) => throughout(period.contains(self.since)),
            Filter::Field { field, test } => self.field(*field, test),
            Filter::AnyText(pattern) => {
                let matches = |value: &Value| value.texts().into_iter().any(|text| pattern.matches(text));
                attribute_rows(content, |row| row.values().any(|(_, value)| matches(value)))
            }
            Filter::State { state, values } => {
                let rows = content.states(*state).iter().filter(|row| values.contains(&row.value));
                rows.map(|row| row.effect.valid).collect()
            }
            Filter::Relation { relation, object_type, targets } => {
                let pointing = |row: &&RelationRow| match targets {
                    Some(targets) => targets.contains(&row.target),
                    None => row.target != Target::Nothing,
                };
                let rows = content.relations(*relation).iter().filter(|row| typed(row, object_type.as_deref()));
                rows.filter(pointing).map(|row| row.effect.valid).collect()
            }
            Filter::AnyRelation(uuid) => {
                let rows = content.all_relations().flat_map(|(_, rows)| rows);
                rows.filter(|row| row.target == Target::Uuid(*uuid)).map(|row| row.effect.valid).collect()
            }
            Filter::All(_)
            | Filter::Any(_)
            | Filter::Not(_)
            | Filter::ChangedIn { .. }
            | Filter::FirstKnownIn { .. }
            | Filter::Related(_)
            | Filter::Sometime { .. }
            | Filter::Throughout { .. }
            | Filter::AsKnown { .. }
            | Filter::Periods { .. } => return None,
        })
    }

    fn field(&self, field: FieldId, test: &Test) -> Periods<ValidTime> {
        let content = &self.registration.content;
        match self.class.derived.iter().find(|derived| derived.id == field) {
            Some(derived) => {
                let text = |row: &AttributeRow| derived_text(derived, row).map(Value::Text);
                let rows = content.attributes(derived.group).iter();
                rows.filter(|row| text(row).is_some_and(|text| passes(test, &text)))
                    .map(|row| row.effect.valid)
                    .collect()
            }
            None => attribute_rows(content, |row| row.value(field).is_some_and(|value| passes(test, value))),
        }
    }
}

fn always() -> Periods<ValidTime> {
    [Period::ALWAYS].into_iter().collect()
}

fn throughout(holds: bool) -> Periods<ValidTime> {
    if holds { always() } else { Periods::none() }
}

fn attribute_rows(content: &Content, passes: impl Fn(&AttributeRow) -> bool) -> Periods<ValidTime> {
    let rows = content.all_attributes().flat_map(|(_, rows)| rows);
    rows.filter(|row| passes(row)).map(|row| row.effect.valid).collect()
}

/// Whether a row has the object type asked for.
pub(crate) fn typed(row: &RelationRow, object_type: Option<&str>) -> bool {
    object_type.is_none() || row.object_type.as_deref() == object_type
}

fn passes(test: &Test, value: &Value) -> bool {
    match test {
        Test::Is(wanted) => value == wanted,
        Test::Has(text) => value.texts().contains(&text.as_str()),
        Test::Like(pattern) => value.texts().into_iter().any(|text| pattern.matches(text)),
        Test::Given => !value.is_blank(),
        Test::Compares(comparison, Value::Integer(number)) => {
            matches!(value, Value::Integer(value) if lies(*comparison, value.cmp(number)))
        }
        Test::Compares(comparison, Value::Text(bound)) => {
            let bound = fold(bound);
            value.texts().into_iter().any(|text| lies(*comparison, fold(text).cmp(&bound)))
        }
        Test::Compares(..) => false,
    }
}

fn lies(comparison: Comparison, ordering: Ordering) -> bool {
    match comparison {
        Comparison::Less => ordering.is_lt(),
        Comparison::AtMost => ordering.is_le(),
        Comparison::AtLeast => ordering.is_ge(),
        Comparison::Greater => ordering.is_gt(),
    }
}
