//! What a filter means: of which objects it holds at which points of the two axes.
//!
//! A point is what is known at an instant of transaction time, or latest, about an instant of valid time. All below is
//! said of one object at one point; what is said of other instants is said of each of them, one after the other.

use std::cell::RefCell;
use std::collections::HashMap;

use super::search::{like, some_text};
use super::stated::{attribute_rows, passes, relation_rows, stated, states, values};
use super::{Entry, World};
use crate::object::{Content, LifeCycle, ObjectId, Position, Target};
use crate::query::{Filter, Other, Reading, Selection};
use crate::schema::{Class, ClassId, FieldId};
use crate::storage::KnownAt;
use crate::time::{Allen, Period, Timestamp, TransactionTime, ValidTime};

/// The classes as they are declared at each position: those in force when a registration was made.
pub type Classes<'a> = dyn Fn(ClassId, Position) -> Option<&'a Class> + 'a;

/// A point of the two axes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) known: KnownAt,
    pub(super) valid: Timestamp<ValidTime>,
}

/// The object of which a filter is asked, and when it counts.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    pub(super) object: ObjectId,
    pub(super) reading: Reading,
}

/// A world as it is seen while one query is asked.
pub(super) struct Asked<'a> {
    pub(super) world: &'a World,
    pub(super) classes: &'a Classes<'a>,
    /// The last position that is visible.
    pub(super) at: Position,
    /// All of transaction time in slots, in which nothing changes: what holds at its first instant holds in all of one.
    pub(super) known: Vec<Period<TransactionTime>>,
    /// All of valid time in slots.
    pub(super) valid: Vec<Period<ValidTime>>,
    /// Answers already given, by the filter's place in the query, so that none is worked out twice.
    pub(super) answered: RefCell<HashMap<Question, bool>>,
}

type Question = (*const Filter, ObjectId, Option<Timestamp<TransactionTime>>, Timestamp<ValidTime>);

impl<'a> Asked<'a> {
    /// Whether the object counts at the point, and what is asked of it holds there.
    pub(super) fn selected(&self, selection: &Selection, object: ObjectId, point: Point) -> bool {
        let subject = Subject { object, reading: selection.reading };
        object.class == selection.class && self.counts_and(&selection.filter, subject, point)
    }

    fn counts_and(&self, filter: &Filter, subject: Subject, point: Point) -> bool {
        self.counts(subject, point) && self.holds(filter, subject, point)
    }

    /// Whether the object counts at the point.
    pub(super) fn counts(&self, subject: Subject, point: Point) -> bool {
        self.entry(subject.object, point.known).is_some_and(|entry| match subject.reading {
            Reading::Registered => true,
            Reading::Rows => entry.lifecycle != LifeCycle::Deleted,
            Reading::Present => {
                let present = match self.class(subject.object, entry).presence {
                    None => true,
                    Some(presence) => {
                        states(&entry.content, point.valid).any(|stated| stated == (presence.state, presence.value))
                    }
                };
                entry.lifecycle != LifeCycle::Deleted && present
            }
        })
    }

    /// Whether the filter holds of the object at the point.
    pub(super) fn holds(&self, filter: &Filter, subject: Subject, point: Point) -> bool {
        let point = what_counts(filter, point);
        let known = match point.known {
            KnownAt::Latest => None,
            KnownAt::Instant(instant) => Some(instant),
        };
        let question = (std::ptr::from_ref(filter), subject.object, known, point.valid);
        if let Some(answer) = self.answered.borrow().get(&question) {
            return *answer;
        }
        let answer = self.worked_out(filter, subject, point);
        self.answered.borrow_mut().insert(question, answer);
        answer
    }

    fn worked_out(&self, filter: &Filter, subject: Subject, point: Point) -> bool {
        let Subject { object, .. } = subject;
        let entry = self.entry(object, point.known);
        let states_in = |stated: &dyn Fn(&Content) -> bool| entry.is_some_and(|entry| stated(&entry.content));
        match filter {
            Filter::All(parts) => parts.iter().all(|part| self.holds(part, subject, point)),
            Filter::Any(parts) => parts.iter().any(|part| self.holds(part, subject, point)),
            Filter::Not(part) => !self.holds(part, subject, point),
            Filter::Object(uuids) => uuids.contains(&object.uuid),
            Filter::Field { field, test } => entry.is_some_and(|entry| {
                let values = values(self.class(object, entry), &entry.content, point.valid, *field);
                values.iter().any(|value| passes(test, value))
            }),
            Filter::AnyText(pattern) => states_in(&|content| {
                let mut values = attribute_rows(content, point.valid).flat_map(|(_, row)| row.values());
                values.any(|(_, value)| some_text(pattern, value))
            }),
            Filter::State { state, values } => states_in(&|content| {
                states(content, point.valid).any(|(of, value)| of == *state && values.contains(&value))
            }),
            Filter::Relation { relation, object_type, targets } => states_in(&|content| {
                relation_rows(content, point.valid).any(|(of, row)| {
                    let typed = object_type.is_none() || row.object_type == *object_type;
                    let there = match targets {
                        None => row.target != Target::Nothing,
                        Some(targets) => targets.contains(&row.target),
                    };
                    of == *relation && typed && there
                })
            }),
            Filter::AnyRelation(uuid) => states_in(&|content| {
                relation_rows(content, point.valid).any(|(_, row)| row.target == Target::Uuid(*uuid))
            }),
            Filter::LifeCycle(wanted) => entry.is_some_and(|entry| wanted.contains(&entry.lifecycle)),
            Filter::Actor(actors) => entry.is_some_and(|entry| actors.contains(&entry.stamp.actor)),
            Filter::Note(pattern) => {
                entry.is_some_and(|entry| !entry.stamp.note.is_empty() && like(pattern, &entry.stamp.note))
            }
            Filter::RegisteredIn(period) => entry.is_some_and(|entry| period.contains(entry.stamp.registered)),
            Filter::ChangedIn { within, part } => self.changed_in(object, *within, *part, point.valid),
            Filter::FirstKnownIn { within, filter } => {
                self.first_known(filter, subject, point.valid).is_some_and(|first| within.contains(first))
            }
            Filter::Related(related) => self.is_related(related, object, point),
            Filter::Sometime { within, filter } => self
                .instants_of(*within)
                .into_iter()
                .any(|valid| self.counts_and(filter, subject, Point { valid, ..point })),
            Filter::Throughout { within, filter } => self
                .instants_of(Some(*within))
                .into_iter()
                .all(|valid| self.counts_and(filter, subject, Point { valid, ..point })),
            Filter::AsKnown { at, filter } => self.counts_and(filter, subject, Point { known: *at, ..point }),
            Filter::Periods { of, stand, to } => self.stands_in_one_of(of, stand, to, subject, point),
        }
    }

    /// The registration of an object that is known at an instant: the newest visible one that was made by then.
    ///
    /// Infinity is no instant, as the end of a period is not in it, and nothing is known then.
    pub(super) fn entry(&self, object: ObjectId, known: KnownAt) -> Option<&'a Entry> {
        let made_by_then = |entry: &&Entry| match known {
            KnownAt::Latest => true,
            KnownAt::Instant(instant) => instant != Timestamp::INFINITY && entry.stamp.registered <= instant,
        };
        self.visible(object).into_iter().rfind(made_by_then)
    }

    /// The visible registrations of an object, oldest first.
    fn visible(&self, object: ObjectId) -> Vec<&'a Entry> {
        let entries = self.world.objects.get(&object).into_iter().flatten();
        entries.filter(|entry| entry.stamp.position <= self.at).collect()
    }

    /// The class of an object as it was declared when a registration was made.
    pub(super) fn class(&self, object: ObjectId, entry: &Entry) -> &'a Class {
        (self.classes)(object.class, entry.stamp.position).expect("who registers an object knows its class")
    }

    /// Whether a registration made in a period states something else about an instant than the one before it, of which
    /// the first states what differs from nothing.
    fn changed_in(
        &self,
        object: ObjectId,
        within: Period<TransactionTime>,
        part: Option<FieldId>,
        valid: Timestamp<ValidTime>,
    ) -> bool {
        let mut before = Vec::new();
        for entry in self.visible(object) {
            let after = stated(self.class(object, entry), &entry.content, valid, part);
            if within.contains(entry.stamp.registered) && before != after {
                return true;
            }
            before = after;
        }
        false
    }

    /// The first instant as known at which the object counts and the filter holds, at an instant of valid time.
    fn first_known(
        &self,
        filter: &Filter,
        subject: Subject,
        valid: Timestamp<ValidTime>,
    ) -> Option<Timestamp<TransactionTime>> {
        let mut instants = self.known.iter().map(|slot| slot.from());
        instants.find(|instant| self.counts_and(filter, subject, Point { known: KnownAt::Instant(*instant), valid }))
    }

    /// An instant of each slot of a window.
    fn instants_of(&self, window: Option<Period<ValidTime>>) -> Vec<Timestamp<ValidTime>> {
        let instants = self.valid.iter().map(|slot| slot.from());
        instants.filter(|instant| window.is_some_and(|window| window.contains(*instant))).collect()
    }

    /// Whether the instant lies in one of the longest periods of a filter that stands so to the other period.
    fn stands_in_one_of(&self, of: &Filter, stand: &[Allen], to: &Other, subject: Subject, point: Point) -> bool {
        let others = match to {
            Other::Period(period) => vec![*period],
            Other::Filter(other) => self.longest_periods(other, subject, point.known),
        };
        let stands = |one: &Period<ValidTime>| {
            others.iter().any(|other| stand.iter().any(|relation| stands(*one, *relation, *other)))
        };
        self.longest_periods(of, subject, point.known).iter().any(|one| one.contains(point.valid) && stands(one))
    }

    /// The longest periods in which the object counts and the filter holds, as known at one instant.
    fn longest_periods(&self, filter: &Filter, subject: Subject, known: KnownAt) -> Vec<Period<ValidTime>> {
        let mut periods: Vec<Period<ValidTime>> = Vec::new();
        for slot in &self.valid {
            if !self.counts_and(filter, subject, Point { known, valid: slot.from() }) {
                continue;
            }
            match periods.last_mut() {
                Some(last) if last.to() == slot.from() => {
                    *last = Period::new(last.from(), slot.to()).expect("slots follow each other");
                }
                _ => periods.push(*slot),
            }
        }
        periods
    }
}

/// The point without what the filter does not look at, so that it is asked only once for all such points.
fn what_counts(filter: &Filter, point: Point) -> Point {
    match filter {
        Filter::ChangedIn { .. } | Filter::FirstKnownIn { .. } | Filter::AsKnown { .. } => {
            Point { known: KnownAt::Latest, ..point }
        }
        Filter::Sometime { .. } | Filter::Throughout { .. } => Point { valid: Timestamp::NEG_INFINITY, ..point },
        _ => point,
    }
}

/// Whether one period stands so to another, as Allen's table says.
fn stands(one: Period<ValidTime>, relation: Allen, other: Period<ValidTime>) -> bool {
    let (from, to) = (one.from(), one.to());
    let (other_from, other_to) = (other.from(), other.to());
    match relation {
        Allen::Before => to < other_from,
        Allen::Meets => to == other_from,
        Allen::Overlaps => from < other_from && other_from < to && to < other_to,
        Allen::Starts => from == other_from && to < other_to,
        Allen::During => other_from < from && to < other_to,
        Allen::Finishes => other_from < from && to == other_to,
        Allen::Equals => from == other_from && to == other_to,
        Allen::FinishedBy => from < other_from && to == other_to,
        Allen::Contains => from < other_from && other_to < to,
        Allen::StartedBy => from == other_from && other_to < to,
        Allen::OverlappedBy => other_from < from && from < other_to && other_to < to,
        Allen::MetBy => from == other_to,
        Allen::After => other_to < from,
    }
}
