//! The order of an answer by what objects state.

use std::cmp::Ordering;

use uuid::Uuid;

use super::run::Chain;
use super::stated::Stated;
use crate::object::{AttributeRow, derived_text};
use crate::query::{Found, Order, fold};
use crate::schema::{FieldId, Value};
use crate::time::{Period, Region, Timestamp, ValidTime};

/// What a value is in an order: numbers before texts, texts by their folded letters and then as they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderValue {
    /// A number, or false and true as 0 and 1.
    Number(i32),
    /// A text, folded and as it is.
    Text(String, String),
}

/// An object's place in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rank {
    /// What counts of each field of the order.
    pub values: Vec<Option<OrderValue>>,
    /// The object.
    pub object: Uuid,
}

impl Rank {
    /// The rank of an object that was found, by its registrations that count.
    pub(super) fn of(found: &Found, chain: &Chain<'_>, order: &[Order]) -> Self {
        let values = order.iter().map(|order| first_value(chain, order.by, &found.points)).collect();
        Self { values, object: found.object }
    }

    /// Which of two comes first in an order.
    pub fn compare(&self, other: &Self, order: &[Order]) -> Ordering {
        let pairs = order.iter().zip(self.values.iter().zip(&other.values));
        let by_value = pairs.map(|(order, pair)| match pair {
            (Some(one), Some(other)) if order.descending => other.cmp(one),
            (Some(one), Some(other)) => one.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        });
        by_value.fold(Ordering::Equal, Ordering::then).then_with(|| self.object.cmp(&other.object))
    }
}

/// The value of a field at the first point that has one.
fn first_value(chain: &Chain<'_>, field: FieldId, points: &Region) -> Option<OrderValue> {
    for band in points.bands() {
        for stated in chain.iter().filter(|stated| stated.known.overlaps(band.known)) {
            let first = |valid: Period<ValidTime>| band.valid.within(valid).next().map(Period::from);
            let values = values(stated, field).into_iter();
            let timed = values.filter_map(|(valid, value)| Some((first(valid)?, value)));
            if let Some((_, value)) = timed.min_by_key(|(at, _): &(Timestamp<ValidTime>, _)| *at) {
                return Some(value);
            }
        }
    }
    None
}

/// The values of a field in the rows of a registration, and when they hold.
pub(super) fn values(stated: &Stated<'_>, field: FieldId) -> Vec<(Period<ValidTime>, OrderValue)> {
    let content = &stated.registration.content;
    let value = |row: &AttributeRow| -> Option<OrderValue> {
        match stated.class.derived.iter().find(|derived| derived.id == field) {
            Some(derived) => derived_text(derived, row).map(text),
            None => row.value(field).filter(|value| !value.is_blank()).and_then(of_value),
        }
    };
    let derived = stated.class.derived.iter().find(|derived| derived.id == field);
    let rows = content.all_attributes().filter(|(group, _)| derived.is_none_or(|derived| derived.group == *group));
    rows.flat_map(|(_, rows)| rows).filter_map(|row| Some((row.effect.valid, value(row)?))).collect()
}

fn of_value(value: &Value) -> Option<OrderValue> {
    match value {
        Value::Text(value) => Some(text(value.clone())),
        Value::Integer(number) => Some(OrderValue::Number(*number)),
        Value::Boolean(value) => Some(OrderValue::Number(i32::from(*value))),
        Value::TextList(_) | Value::Keywords(_) => None,
    }
}

fn text(text: String) -> OrderValue {
    OrderValue::Text(fold(&text), text)
}
