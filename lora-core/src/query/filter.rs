//! The language: what can be asked of objects.
//!
//! A filter means a **set of points** (known, valid) for each object: the points of the two time axes at which it holds.
//! `All` intersects such sets, `Any` unites them, `Not` takes the complement, a join asks at the *same point* on the
//! other side, and the quantifiers carry a set to other instants. So "at the same instant" is what everything means
//! unless a quantifier says otherwise, on both axes.
//!
//! A [`Selection`] says of which class, and by which [`Reading`] an object counts: whatever the filter, it is asked only
//! at points where the object counts, at the top, on the other side of a join, and under a quantifier.
//!
//! `docs/query.md` has every operator with a picture; [`eval`](super::eval) is the definition.

use std::ops::{BitAnd, BitOr, Not};

use uuid::Uuid;

use super::Pattern;
use crate::object::{LifeCycle, Target};
use crate::schema::{ClassId, FieldId, Value};
use crate::storage::KnownAt;
use crate::time::{Allen, Period, Timestamp, TransactionTime, ValidTime};

/// Objects of a class, at the points where they count and a filter holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The class.
    pub class: ClassId,
    /// When an object counts.
    pub reading: Reading,
    /// What must hold.
    pub filter: Filter,
}

/// When an object counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// While its class's presence holds, and it is not deleted; the class is the one that was declared when the
    /// registration was made.
    #[default]
    Present,
    /// Whenever it is not deleted: every row that is stated.
    Rows,
    /// From its first registration on, also deleted.
    Registered,
}

/// What holds at some points (known, valid) of an object, and at others not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Where all of them hold; everywhere for none.
    All(Vec<Filter>),
    /// Where at least one holds; nowhere for none.
    Any(Vec<Filter>),
    /// Where it does not hold.
    Not(Box<Filter>),
    /// Everywhere, for an object with one of these UUIDs.
    Object(Vec<Uuid>),
    /// Where a row in effect has a value of the field (or derived term) that passes.
    Field {
        /// The field or derived term.
        field: FieldId,
        /// What its value must pass.
        test: Test,
    },
    /// Where a row in effect, of any group, has a text that matches.
    AnyText(Pattern),
    /// Where the state has one of the values.
    State {
        /// The state.
        state: FieldId,
        /// The values, of which one is enough.
        values: Vec<FieldId>,
    },
    /// Where a row in effect of the relation points at one of the targets.
    Relation {
        /// The relation.
        relation: FieldId,
        /// The object type that the same row must have; `None` is any or none.
        object_type: Option<String>,
        /// The targets, of which one is enough; `None` is any target at all.
        targets: Option<Vec<Target>>,
    },
    /// Where a row in effect of any relation points at this UUID.
    AnyRelation(Uuid),
    /// At every instant of a registration that has one of these life cycles.
    LifeCycle(Vec<LifeCycle>),
    /// At every instant of a registration made by one of these actors.
    Actor(Vec<Uuid>),
    /// At every instant of a registration whose note matches; an empty note never does.
    Note(Pattern),
    /// At every instant of a registration that was made in this period.
    RegisteredIn(Period<TransactionTime>),
    /// At the valid instants about which a registration made in this period states something else than the one before
    /// it, whatever is known of: values and targets count, and neither actors nor notes of effects.
    ChangedIn {
        /// When the registration was made.
        within: Period<TransactionTime>,
        /// The group, field, state or relation that must differ; `None` is anything.
        part: Option<FieldId>,
    },
    /// At the valid instants of which the filter first held, as known, from an instant of this period on.
    FirstKnownIn {
        /// When it was first known.
        within: Period<TransactionTime>,
        /// What was known.
        filter: Box<Filter>,
    },
    /// Where an object on the other side of a relation is selected, at the same point.
    Related(Box<Related>),
    /// Everywhere on valid time, where the filter holds at some instant of the window; nowhere for an empty window.
    Sometime {
        /// The window; `None` is empty.
        within: Option<Period<ValidTime>>,
        /// What must hold there.
        filter: Box<Filter>,
    },
    /// Everywhere on valid time, where the filter holds at every instant of the window.
    Throughout {
        /// The window.
        within: Period<ValidTime>,
        /// What must hold there.
        filter: Box<Filter>,
    },
    /// Whatever is known of, at the valid instants at which the filter holds as known then.
    AsKnown {
        /// As known when.
        at: KnownAt,
        /// What must hold then.
        filter: Box<Filter>,
    },
    /// In those of the longest periods in which a filter holds that stand in a relation to another period.
    Periods {
        /// What holds during the period; as known at one instant.
        of: Box<Filter>,
        /// How it must stand to the other: one of these.
        stand: Vec<Allen>,
        /// The other period.
        to: Other,
    },
}

/// What a value must pass. No value never passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The value is this one; texts in exactly these letters.
    Is(Value),
    /// One of the value's texts is exactly this one.
    Has(String),
    /// One of the value's texts matches, whatever the letter case.
    Like(Pattern),
    /// The value, or one of its texts, comes before or after this one, which is a text or a number.
    ///
    /// Texts stand in the order of their folded letters' code points, so that letter case does not count.
    Compares(Comparison, Value),
    /// There is a value that is not blank.
    Given,
}

/// On which side of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Before it.
    Less,
    /// Before it, or the same.
    AtMost,
    /// After it, or the same.
    AtLeast,
    /// After it.
    Greater,
}

/// A join along a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The relation: of the objects asked about when they point, of those on the other side when they are pointed at.
    pub relation: FieldId,
    /// Who points.
    pub direction: Direction,
    /// The object type that the row must have; `None` is any or none.
    pub object_type: Option<String>,
    /// How often the relation is followed.
    pub steps: Steps,
    /// What stands on the other side; its reading also holds for everything in between.
    pub to: Selection,
}

/// Who points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The object asked about points at the other side.
    Forward,
    /// The other side points at the object asked about.
    Backward,
}

/// How often a relation is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Steps {
    /// Once.
    One,
    /// Any number of times, each at the same point; cycles are no obstacle. The relation is one within a class.
    Many {
        /// Whether the object itself counts as the other side, too.
        from_itself: bool,
        /// What must hold of everything in between.
        through: Option<Box<Filter>>,
    },
}

/// The other period of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Other {
    /// This one.
    Period(Period<ValidTime>),
    /// One of the longest periods in which a filter holds of the same object, as known at the same instant.
    Filter(Box<Filter>),
}

impl Filter {
    /// What holds everywhere.
    pub const EVERYWHERE: Self = Self::All(Vec::new());

    /// How many nodes the filter has, itself included.
    pub fn size(&self) -> usize {
        1 + self.parts().into_iter().map(Self::size).sum::<usize>()
    }

    /// The instant before which everything must be registered that the filter's own times of knowledge depend on; `None`
    /// where it names none that end.
    pub fn ends(&self) -> Option<Timestamp<TransactionTime>> {
        let own = match self {
            Self::RegisteredIn(within) | Self::ChangedIn { within, .. } | Self::FirstKnownIn { within, .. } => {
                Some(within.to())
            }
            Self::AsKnown { at: KnownAt::Instant(at), .. } => Some(at.next()),
            _ => None,
        };
        let own = own.filter(|end| end.is_finite());
        self.parts().into_iter().map(Self::ends).fold(own, Option::max)
    }

    /// The filters directly inside this one, also those of the other side of a join.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().collect(),
            Self::Not(filter)
            | Self::FirstKnownIn { filter, .. }
            | Self::Sometime { filter, .. }
            | Self::Throughout { filter, .. }
            | Self::AsKnown { filter, .. } => vec![filter],
            Self::Periods { of, to: Other::Filter(other), .. } => vec![of, other],
            Self::Periods { of, .. } => vec![of],
            Self::Related(related) => match &related.steps {
                Steps::Many { through: Some(through), .. } => vec![through, &related.to.filter],
                _ => vec![&related.to.filter],
            },
            _ => Vec::new(),
        }
    }
}

impl BitAnd for Filter {
    type Output = Self;

    /// Where both hold.
    fn bitand(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut parts), Self::All(others)) => {
                parts.extend(others);
                Self::All(parts)
            }
            (Self::All(mut parts), other) => {
                parts.push(other);
                Self::All(parts)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }
}

impl BitOr for Filter {
    type Output = Self;

    /// Where at least one holds.
    fn bitor(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any(mut parts), Self::Any(others)) => {
                parts.extend(others);
                Self::Any(parts)
            }
            (Self::Any(mut parts), other) => {
                parts.push(other);
                Self::Any(parts)
            }
            (one, other) => Self::Any(vec![one, other]),
        }
    }
}

impl Not for Filter {
    type Output = Self;

    /// Where it does not hold.
    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}
