//! The same said otherwise: at other instants, or of objects of other names.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Step;
use crate::object::{AttributePatch, Change, Content, Effect, ObjectId, Patch, RelationRow, StateRow, Target};
use crate::query::eval::Command;
use crate::query::{Criterion, Filter, Known, Other, Query, Related, Selection, Steps, TimeContext};
use crate::schema::FieldId;
use crate::storage::KnownAt;
use crate::time::{Axis, Period, Timestamp, TransactionTime, ValidTime};

/// The instant so many microseconds later; the infinities stay where they are.
///
/// # Panics
/// Where that is no finite instant.
pub fn later<A: Axis>(at: Timestamp<A>, micros: i64) -> Timestamp<A> {
    at.micros().map_or(at, |finite| Timestamp::from_micros(finite + micros).unwrap())
}

/// The period so many microseconds later.
///
/// # Panics
/// Where an end would be no finite instant.
pub fn period_later<A: Axis>(period: Period<A>, micros: i64) -> Period<A> {
    Period::new(later(period.from(), micros), later(period.to(), micros)).unwrap()
}

/// How effects and UUIDs are to be rewritten wherever they stand.
#[expect(missing_debug_implementations, reason = "closures cannot be shown")]
pub struct Rewriting<'a> {
    /// Another effect, or none where the row is to go.
    pub effect: &'a dyn Fn(&Effect) -> Option<Effect>,
    /// Another name for an object, an actor or a target.
    pub uuid: &'a dyn Fn(Uuid) -> Uuid,
}

impl Rewriting<'_> {
    /// An effect and its actor.
    pub fn effect(&self, effect: &Effect) -> Option<Effect> {
        let effect = (self.effect)(effect)?;
        Some(Effect { actor: effect.actor.map(self.uuid), ..effect })
    }

    /// What a relation points at.
    pub fn target(&self, target: &Target) -> Target {
        match target {
            Target::Uuid(uuid) => Target::Uuid((self.uuid)(*uuid)),
            other => other.clone(),
        }
    }

    /// A row of a state.
    pub fn state(&self, row: &StateRow) -> Option<StateRow> {
        Some(StateRow { effect: self.effect(&row.effect)?, ..row.clone() })
    }

    /// A row of a relation.
    pub fn relation(&self, row: &RelationRow) -> Option<RelationRow> {
        Some(RelationRow { effect: self.effect(&row.effect)?, target: self.target(&row.target), ..row.clone() })
    }

    /// All rows of a content.
    pub fn content(&self, content: &Content) -> Content {
        let mut new = Content::EMPTY;
        for (id, rows) in content.all_attributes() {
            let rows = rows.iter().filter_map(|row| Some(row.moved_to(self.effect(&row.effect)?)));
            new.set_attributes(id, rows.collect());
        }
        for (id, rows) in content.all_states() {
            new.set_states(id, rows.iter().filter_map(|row| self.state(row)).collect());
        }
        for (id, rows) in content.all_relations() {
            new.set_relations(id, rows.iter().filter_map(|row| self.relation(row)).collect());
        }
        new
    }

    /// All rows of an update.
    pub fn patch(&self, patch: &Patch) -> Patch {
        fn each<T>(
            parts: &BTreeMap<FieldId, Change<Vec<T>>>,
            row: impl Fn(&T) -> Option<T>,
        ) -> BTreeMap<FieldId, Change<Vec<T>>> {
            let change = |change: &Change<Vec<T>>| match change {
                Change::Keep => Change::Keep,
                Change::Clear => Change::Clear,
                Change::Set(rows) => Change::Set(rows.iter().filter_map(&row).collect()),
            };
            parts.iter().map(|(id, part)| (*id, change(part))).collect()
        }
        let attributes = |row: &AttributePatch| {
            Some(AttributePatch { values: row.values.clone(), effect: self.effect(&row.effect)? })
        };
        Patch {
            attributes: each(&patch.attributes, attributes),
            states: each(&patch.states, |row| self.state(row)),
            relations: each(&patch.relations, |row| self.relation(row)),
        }
    }

    /// What a command says.
    pub fn command(&self, command: &Command) -> Command {
        match command {
            Command::Create(content) => Command::Create(self.content(content)),
            Command::Import(content) => Command::Import(self.content(content)),
            Command::Update(patch) => Command::Update(self.patch(patch)),
            Command::Passivate => Command::Passivate,
            Command::Delete => Command::Delete,
        }
    }

    /// A command with its object and its stamp.
    pub fn step(&self, (object, command, stamp): &Step) -> Step {
        let object = ObjectId { uuid: (self.uuid)(object.uuid), ..*object };
        let mut stamp = stamp.clone();
        stamp.actor = (self.uuid)(stamp.actor);
        (object, self.command(command), stamp)
    }

    /// What a search asks.
    pub fn criterion(&self, criterion: &Criterion) -> Criterion {
        match criterion {
            Criterion::Object(uuid) => Criterion::Object((self.uuid)(*uuid)),
            Criterion::AnyRelation(uuid) => Criterion::AnyRelation((self.uuid)(*uuid)),
            Criterion::Actor(uuid) => Criterion::Actor((self.uuid)(*uuid)),
            Criterion::Relation { relation, object_type, targets } => Criterion::Relation {
                relation: *relation,
                object_type: object_type.clone(),
                targets: targets.iter().map(|target| self.target(target)).collect(),
            },
            other => other.clone(),
        }
    }
}

/// How instants and UUIDs are to be rewritten in a query.
pub struct Asking<'a> {
    /// Another instant of valid time.
    pub valid: &'a dyn Fn(Timestamp<ValidTime>) -> Timestamp<ValidTime>,
    /// Another instant of transaction time.
    pub known: &'a dyn Fn(Timestamp<TransactionTime>) -> Timestamp<TransactionTime>,
    /// Another name for an object, an actor or a target.
    pub uuid: &'a dyn Fn(Uuid) -> Uuid,
}

impl Asking<'_> {
    /// A period of valid time.
    pub fn valid_period(&self, period: Period<ValidTime>) -> Period<ValidTime> {
        Period::new((self.valid)(period.from()), (self.valid)(period.to())).unwrap()
    }

    /// A period of transaction time.
    pub fn known_period(&self, period: Period<TransactionTime>) -> Period<TransactionTime> {
        Period::new((self.known)(period.from()), (self.known)(period.to())).unwrap()
    }

    /// A query with its context.
    pub fn query(&self, query: &Query) -> Query {
        let known = match query.context.known {
            Known::Latest => Known::Latest,
            Known::During(window) => Known::During(window.map(|window| self.known_period(window))),
        };
        let valid = query.context.valid.map(|window| self.valid_period(window));
        let context = TimeContext { known, valid, now: (self.known)(query.context.now) };
        Query { select: self.selection(&query.select), context, order: query.order.clone() }
    }

    fn selection(&self, selection: &Selection) -> Selection {
        Selection { filter: self.filter(&selection.filter), ..*selection }
    }

    fn uuids(&self, uuids: &[Uuid]) -> Vec<Uuid> {
        uuids.iter().copied().map(self.uuid).collect()
    }

    fn boxed(&self, filter: &Filter) -> Box<Filter> {
        Box::new(self.filter(filter))
    }

    /// A filter with all that are inside.
    pub fn filter(&self, filter: &Filter) -> Filter {
        let all = |parts: &[Filter]| parts.iter().map(|part| self.filter(part)).collect();
        match filter {
            Filter::All(parts) => Filter::All(all(parts)),
            Filter::Any(parts) => Filter::Any(all(parts)),
            Filter::Not(part) => Filter::Not(self.boxed(part)),
            Filter::Object(uuids) => Filter::Object(self.uuids(uuids)),
            Filter::Relation { relation, object_type, targets } => {
                let target = |target: &Target| match target {
                    Target::Uuid(uuid) => Target::Uuid((self.uuid)(*uuid)),
                    other => other.clone(),
                };
                let targets = targets.as_ref().map(|targets| targets.iter().map(target).collect());
                Filter::Relation { relation: *relation, object_type: object_type.clone(), targets }
            }
            Filter::AnyRelation(uuid) => Filter::AnyRelation((self.uuid)(*uuid)),
            Filter::Actor(actors) => Filter::Actor(self.uuids(actors)),
            Filter::RegisteredIn(within) => Filter::RegisteredIn(self.known_period(*within)),
            Filter::ChangedIn { within, part } => Filter::ChangedIn { within: self.known_period(*within), part: *part },
            Filter::FirstKnownIn { within, filter } => {
                Filter::FirstKnownIn { within: self.known_period(*within), filter: self.boxed(filter) }
            }
            Filter::Related(related) => Filter::Related(Box::new(self.related(related))),
            Filter::Sometime { within, filter } => {
                let within = within.map(|within| self.valid_period(within));
                Filter::Sometime { within, filter: self.boxed(filter) }
            }
            Filter::Throughout { within, filter } => {
                Filter::Throughout { within: self.valid_period(*within), filter: self.boxed(filter) }
            }
            Filter::AsKnown { at, filter } => {
                let at = match at {
                    KnownAt::Latest => KnownAt::Latest,
                    KnownAt::Instant(instant) => KnownAt::Instant((self.known)(*instant)),
                };
                Filter::AsKnown { at, filter: self.boxed(filter) }
            }
            Filter::Periods { of, stand, to } => {
                let to = match to {
                    Other::Period(period) => Other::Period(self.valid_period(*period)),
                    Other::Filter(filter) => Other::Filter(self.boxed(filter)),
                };
                Filter::Periods { of: self.boxed(of), stand: stand.clone(), to }
            }
            Filter::Field { .. }
            | Filter::AnyText(_)
            | Filter::State { .. }
            | Filter::LifeCycle(_)
            | Filter::Note(_) => filter.clone(),
        }
    }

    fn related(&self, related: &Related) -> Related {
        let steps = match &related.steps {
            Steps::Many { from_itself, through } => {
                let through = through.as_ref().map(|through| self.boxed(through));
                Steps::Many { from_itself: *from_itself, through }
            }
            Steps::One => Steps::One,
        };
        Related { steps, to: self.selection(&related.to), object_type: related.object_type.clone(), ..*related }
    }
}
