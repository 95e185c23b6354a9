//! What can be asked.

use uuid::Uuid;

use super::{Filter, Pattern, Query, Reading, Selection, Test};
use crate::object::{LifeCycle, Target};
use crate::schema::{ClassId, FieldId, Presence, Value};
use crate::storage::KnownAt;
use crate::time::{Period, Timestamp, TransactionTime, ValidTime};

/// From which point of the two time axes a question is asked; resolved once per request, and echoed in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeContext {
    /// Which registrations count.
    pub known: Known,
    /// Which effects count: those that share an instant with this window; `None` is an empty window, where none does.
    pub valid: Option<Period<ValidTime>>,
    /// The one instant that this request takes for the present.
    pub now: Timestamp<TransactionTime>,
}

/// Which registrations of an object count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The newest that the view shows; a position, never a clock.
    Latest,
    /// Those whose time of registration shares an instant with this window; `None` is an empty window.
    During(Option<Period<TransactionTime>>),
}

impl Known {
    /// As known at one instant.
    pub fn at(instant: Timestamp<TransactionTime>) -> Self {
        Self::During(Period::instant(instant))
    }

    /// The instant before which everything must be registered that the answer depends on; `None` where the newest counts.
    pub fn ends(self) -> Option<Timestamp<TransactionTime>> {
        let Self::During(Some(window)) = self else { return None };
        Some(window.to()).filter(|end| end.is_finite())
    }

    /// Which registration counts, where it can be one at most: then a store can be asked for many objects at once.
    pub fn at_most_one(self) -> Option<KnownAt> {
        match self {
            Self::Latest => Some(KnownAt::Latest),
            Self::During(window) => {
                let instant = window.filter(|window| Period::instant(window.from()) == Some(*window))?;
                Some(KnownAt::Instant(instant.from()))
            }
        }
    }
}

impl TimeContext {
    /// What is in effect at `now`, as known latest.
    pub fn now(now: Timestamp<TransactionTime>) -> Self {
        Self { known: Known::Latest, valid: Period::instant(now.as_valid()), now }
    }

    /// The same, but for all of valid time.
    #[must_use]
    pub fn always(self) -> Self {
        Self { valid: Some(Period::ALWAYS), ..self }
    }
}

/// A search for the objects of a class.
///
/// An object is found when *one* of the registrations that count meets every criterion, each by some row whose effect
/// shares an instant with the window; different criteria may be met by different rows at different instants (LoRA).
/// Deletions are found only when a criterion asks for a life cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The class.
    pub class: ClassId,
    /// What must hold; nothing given is met by every registration.
    pub criteria: Vec<Criterion>,
    /// From which point of time.
    pub context: TimeContext,
    /// Which part of the answer.
    pub page: Page,
}

impl Search {
    /// The question that finds the same objects; `presence` is what the class always took for it, if anything.
    ///
    /// What is about rows may hold at different instants of the window, and presence does not count. At a single instant
    /// all of it holds at one point, and where presence is asked for, the index says which objects count there.
    pub(crate) fn query(&self, presence: Option<Presence>) -> Query {
        let asks_life_cycle = self.criteria.iter().any(|criterion| matches!(criterion, Criterion::LifeCycle(_)));
        let is_presence = |criterion: &Criterion| {
            matches!(criterion, Criterion::State { state, value }
                if presence.is_some_and(|presence| (presence.state, presence.value) == (*state, *value)))
        };
        let window = self.context.valid;
        let is_instant = window.is_some_and(|window| Period::instant(window.from()) == Some(window));
        let reading = match asks_life_cycle {
            true => Reading::Registered,
            false if is_instant && self.criteria.iter().any(is_presence) => Reading::Present,
            false => Reading::Rows,
        };
        let asked = self.criteria.iter().filter(|criterion| reading != Reading::Present || !is_presence(criterion));
        let (filter, context) = match is_instant {
            true => (asked.map(Criterion::filter).collect(), self.context),
            false => (asked.map(|criterion| criterion.within(window)).collect(), self.context.always()),
        };
        Query::new(Selection { class: self.class, reading, filter: Filter::All(filter) }, context)
    }
}

impl Criterion {
    /// What is about rows is met at some instant of a window.
    fn within(&self, window: Option<Period<ValidTime>>) -> Filter {
        match self {
            Self::Object(_) | Self::LifeCycle(_) | Self::Actor(_) | Self::Note(_) => self.filter(),
            _ => Filter::Sometime { within: window, filter: Box::new(self.filter()) },
        }
    }

    fn filter(&self) -> Filter {
        match self.clone() {
            Self::Object(uuid) => Filter::Object(vec![uuid]),
            Self::LifeCycle(stage) => Filter::LifeCycle(vec![stage]),
            Self::Actor(actor) => Filter::Actor(vec![actor]),
            Self::Note(pattern) => Filter::Note(pattern),
            Self::Attribute { field, test: ValueTest::Like(pattern) } => {
                Filter::Field { field, test: Test::Like(pattern) }
            }
            Self::Attribute { field, test: ValueTest::Is(value) } => Filter::Field { field, test: Test::Is(value) },
            Self::AnyText(pattern) => Filter::AnyText(pattern),
            Self::State { state, value } => Filter::State { state, values: vec![value] },
            Self::Relation { relation, object_type, targets } => {
                Filter::Relation { relation, object_type, targets: Some(targets) }
            }
            Self::AnyRelation(uuid) => Filter::AnyRelation(uuid),
        }
    }
}

/// Something that a registration meets or does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Criterion {
    /// The object has this UUID.
    Object(Uuid),
    /// A row of the field's group has a value that passes.
    Attribute {
        /// The field; a derived term is not one.
        field: FieldId,
        /// What its value must pass.
        test: ValueTest,
    },
    /// A row of any group has a text that matches.
    AnyText(Pattern),
    /// A row of the state has this value.
    State {
        /// The state.
        state: FieldId,
        /// Its value.
        value: FieldId,
    },
    /// A row of the relation points at one of the targets.
    Relation {
        /// The relation.
        relation: FieldId,
        /// The object type that the same row must have; `None` is any or none.
        object_type: Option<String>,
        /// The targets, of which one is enough.
        targets: Vec<Target>,
    },
    /// A row of any relation points at this UUID.
    AnyRelation(Uuid),
    /// The registration has this life cycle.
    LifeCycle(LifeCycle),
    /// The registration was made by this actor.
    Actor(Uuid),
    /// The registration's note matches; an empty note never does.
    Note(Pattern),
}

/// What an attribute's value must pass. No value never passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueTest {
    /// One of the value's texts matches.
    Like(Pattern),
    /// The value is this one.
    Is(Value),
}

/// Which part of an answer in the order of UUIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page {
    /// Only objects after this one: the last one of the page before.
    pub after: Option<Uuid>,
    /// How many to leave out.
    pub skip: u64,
    /// How many at most; `None` is all.
    pub limit: Option<u64>,
}
