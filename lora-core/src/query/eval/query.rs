//! What a query finds, at which points, and in which order.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::World;
use super::filter::{Asked, Classes, Point};
use super::instants::slots;
use super::stated::{letters, relation_rows, states, values};
use crate::object::{ObjectId, Position, Target};
use crate::query::{Filter, Known, Order, Other, Query};
use crate::schema::{FieldId, Value};
use crate::storage::KnownAt;
use crate::time::{Period, TransactionTime, ValidTime};

/// What found objects are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grouped {
    /// A text, number or boolean of a field or derived term.
    Value(Value),
    /// The value of a state.
    State(FieldId),
    /// What a relation points at.
    Target(Target),
}

/// An object that a query finds, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAt {
    /// The object.
    pub object: Uuid,
    /// All points at which it is found, in squares of a slot of each axis, in the order of transaction time and then
    /// of valid time. As known latest or at one instant, all of transaction time stands for that one point.
    pub squares: Vec<(Period<TransactionTime>, Period<ValidTime>)>,
}

impl World {
    /// The objects that `query` finds, in its order, as seen up to and including a position.
    ///
    /// An object is found where it counts and the filter holds, at any instant of the context's windows.
    pub fn found<'a>(&'a self, classes: &'a Classes<'a>, query: &Query, at: Position) -> Vec<FoundAt> {
        let asked = self.asked(classes, query, at);
        let mut found = Vec::new();
        for object in self.objects.keys() {
            let squares = asked.squares(query, *object);
            if !squares.is_empty() {
                let rank = |order: &Order| asked.rank(*object, order.by, &squares);
                let ranks: Vec<Option<Rank>> = query.order.iter().map(rank).collect();
                let squares = squares.into_iter().map(|(known, valid, _)| (known, valid)).collect();
                found.push((ranks, FoundAt { object: object.uuid, squares }));
            }
        }
        // They stand by UUID, and a stable sort leaves them so where nothing tells them apart.
        found.sort_by(|(one, _), (other, _)| ordered(&query.order, one, other));
        found.into_iter().map(|(_, found)| found).collect()
    }

    /// How many of the objects found state each thing of a part at some point at which they are found.
    ///
    /// The part is a field, derived term, state or relation; blank values and pointing at nothing are no things, and
    /// objects that state none are those of `None`.
    pub fn tallied<'a>(
        &'a self,
        classes: &'a Classes<'a>,
        query: &Query,
        part: FieldId,
        at: Position,
    ) -> BTreeMap<Option<Grouped>, u64> {
        let asked = self.asked(classes, query, at);
        let mut tally = BTreeMap::new();
        for object in self.objects.keys() {
            let squares = asked.squares(query, *object);
            let stated = squares.iter().flat_map(|(_, _, point)| asked.grouped(*object, part, *point));
            let mut groups: BTreeSet<Option<Grouped>> = stated.map(Some).collect();
            if groups.is_empty() && !squares.is_empty() {
                groups.insert(None);
            }
            groups.into_iter().for_each(|group| *tally.entry(group).or_default() += 1);
        }
        tally
    }

    pub(super) fn asked<'a>(&'a self, classes: &'a Classes<'a>, query: &Query, at: Position) -> Asked<'a> {
        let entries = || self.objects.values().flatten();
        let mut known: Vec<_> = entries().filter_map(|entry| Period::since(entry.stamp.registered)).collect();
        let mut valid: Vec<_> =
            entries().flat_map(|entry| entry.content.effects()).map(|effect| effect.valid).collect();
        if let Known::During(window) = query.context.known {
            known.extend(window);
        }
        valid.extend(query.context.valid);
        periods(&query.select.filter, &mut known, &mut valid);
        Asked { world: self, classes, at, known: slots(known), valid: slots(valid), answered: RefCell::default() }
    }
}

/// All periods that a filter names.
pub(super) fn periods(filter: &Filter, known: &mut Vec<Period<TransactionTime>>, valid: &mut Vec<Period<ValidTime>>) {
    match filter {
        Filter::RegisteredIn(within) | Filter::ChangedIn { within, .. } | Filter::FirstKnownIn { within, .. } => {
            known.push(*within);
        }
        Filter::Sometime { within: Some(within), .. }
        | Filter::Throughout { within, .. }
        | Filter::Periods { to: Other::Period(within), .. } => valid.push(*within),
        _ => {}
    }
    filter.parts().into_iter().for_each(|part| periods(part, known, valid));
}

type Square = (Period<TransactionTime>, Period<ValidTime>, Point);

impl Asked<'_> {
    /// Where an object is found, each with a point that stands for all of it.
    fn squares(&self, query: &Query, object: ObjectId) -> Vec<Square> {
        let mut squares = Vec::new();
        for (known, at) in self.known_in(query.context.known) {
            for valid in &self.valid {
                let point = Point { known: at, valid: valid.from() };
                let in_window = query.context.valid.is_some_and(|window| window.contains(point.valid));
                if in_window && self.selected(&query.select, object, point) {
                    squares.push((known, *valid, point));
                }
            }
        }
        squares
    }

    /// The instants at which something known counts, each with what it stands for.
    fn known_in(&self, known: Known) -> Vec<(Period<TransactionTime>, KnownAt)> {
        match known {
            Known::Latest => vec![(Period::ALWAYS, KnownAt::Latest)],
            Known::During(None) => vec![],
            Known::During(Some(window)) if Period::instant(window.from()) == Some(window) => {
                vec![(Period::ALWAYS, KnownAt::Instant(window.from()))]
            }
            Known::During(Some(window)) => {
                let inside = self.known.iter().filter(|slot| window.contains(slot.from()));
                inside.map(|slot| (*slot, KnownAt::Instant(slot.from()))).collect()
            }
        }
    }

    /// What an object is ordered by: its value at the first point at which it is found and has one that is not blank.
    fn rank(&self, object: ObjectId, by: FieldId, squares: &[Square]) -> Option<Rank> {
        squares.iter().find_map(|(_, _, point)| {
            let entry = self.entry(object, point.known)?;
            let values = values(self.class(object, entry), &entry.content, point.valid, by);
            values.into_iter().filter(|value| !value.is_blank()).filter_map(rank).min()
        })
    }

    /// What an object states of a part at a point.
    fn grouped(&self, object: ObjectId, part: FieldId, point: Point) -> Vec<Grouped> {
        let Some(entry) = self.entry(object, point.known) else { return Vec::new() };
        let single = |value: &Value| matches!(value, Value::Text(_) | Value::Integer(_) | Value::Boolean(_));
        let values = values(self.class(object, entry), &entry.content, point.valid, part).into_iter();
        let mut grouped: Vec<Grouped> =
            values.filter(|value| single(value) && !value.is_blank()).map(Grouped::Value).collect();
        let states = states(&entry.content, point.valid).filter(|(state, _)| *state == part);
        grouped.extend(states.map(|(_, value)| Grouped::State(value)));
        let targets = relation_rows(&entry.content, point.valid).filter(|(relation, _)| *relation == part);
        let targets = targets.map(|(_, row)| row.target.clone()).filter(|target| *target != Target::Nothing);
        grouped.extend(targets.map(Grouped::Target));
        grouped
    }
}

/// A value's place among others of its type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Boolean(bool),
    Integer(i32),
    /// Small letters, in the order of their code points; where these are the same, the text as it is.
    Text(Vec<char>, String),
}

fn rank(value: Value) -> Option<Rank> {
    match value {
        Value::Boolean(value) => Some(Rank::Boolean(value)),
        Value::Integer(value) => Some(Rank::Integer(value)),
        Value::Text(text) => Some(Rank::Text(letters(&text), text)),
        Value::TextList(_) | Value::Keywords(_) => None,
    }
}

/// Who stands first: by the first order that tells them apart, and who has no value last.
fn ordered(orders: &[Order], one: &[Option<Rank>], other: &[Option<Rank>]) -> Ordering {
    for ((order, one), other) in orders.iter().zip(one).zip(other) {
        let ordering = match (one, other) {
            (None, None) => Ordering::Equal,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) if order.descending => other.cmp(one),
            (Some(one), Some(other)) => one.cmp(other),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    Ordering::Equal
}
