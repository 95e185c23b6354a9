//! Conditions, and how they are put together.

use std::ops::{BitAnd, BitOr, Not};

use super::AskError;
use crate::query::{Filter, Other};
use crate::storage::KnownAt;
use crate::time::{Allen, Period, Timestamp, TransactionTime, ValidTime};

/// What is asked to hold: a [`Filter`], or the first mistake that was made in writing it.
///
/// A condition is the set of points (known, valid) at which it holds; `&`, `|` and `!` are the intersection, the union
/// and the complement. So what is put together with `&` holds at the same instant, on both axes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Condition(Result<Filter, AskError>);

impl Condition {
    pub(super) fn of(filter: Result<Filter, impl Into<AskError>>) -> Self {
        Self(filter.map_err(Into::into))
    }

    /// The filter with the ids of the schema.
    ///
    /// # Errors
    /// [`AskError`], the first in the order of writing.
    pub fn filter(self) -> Result<Filter, AskError> {
        self.0
    }

    /// Everywhere on valid time, where it holds at some instant of a period.
    pub fn sometime(self, within: Period<ValidTime>) -> Self {
        self.inside(|filter| Filter::Sometime { within: Some(within), filter })
    }

    /// Everywhere on valid time, where it holds at every instant of a period.
    pub fn throughout(self, within: Period<ValidTime>) -> Self {
        self.inside(|filter| Filter::Throughout { within, filter })
    }

    /// Whatever is known of, where it holds as known at one instant, or latest.
    pub fn as_known(self, at: impl Into<KnownAt>) -> Self {
        let at = at.into();
        self.inside(|filter| Filter::AsKnown { at, filter })
    }

    /// At the valid instants of which it first held, as known, from an instant of a period on.
    pub fn first_known_in(self, within: Period<TransactionTime>) -> Self {
        self.inside(|filter| Filter::FirstKnownIn { within, filter })
    }

    /// In those of the longest periods in which it holds that stand to a period in one of these relations.
    pub fn standing(self, stand: impl IntoIterator<Item = Allen>, to: Period<ValidTime>) -> Self {
        let stand = stand.into_iter().collect();
        self.inside(|of| Filter::Periods { of, stand, to: Other::Period(to) })
    }

    /// In those of the longest periods in which it holds that stand in one of these relations to one of the longest
    /// periods in which another condition holds of the same object.
    pub fn standing_to(self, stand: impl IntoIterator<Item = Allen>, other: Self) -> Self {
        let stand = stand.into_iter().collect();
        Self(self.0.and_then(|of| {
            let to = Other::Filter(Box::new(other.0?));
            Ok(Filter::Periods { of: Box::new(of), stand, to })
        }))
    }

    fn inside(self, outer: impl FnOnce(Box<Filter>) -> Filter) -> Self {
        Self(self.0.map(|filter| outer(Box::new(filter))))
    }

    fn with(self, other: Self, combine: impl FnOnce(Filter, Filter) -> Filter) -> Self {
        Self(self.0.and_then(|filter| Ok(combine(filter, other.0?))))
    }
}

impl From<Filter> for Condition {
    fn from(filter: Filter) -> Self {
        Self(Ok(filter))
    }
}

impl From<Timestamp<TransactionTime>> for KnownAt {
    fn from(at: Timestamp<TransactionTime>) -> Self {
        Self::Instant(at)
    }
}

impl BitAnd for Condition {
    type Output = Self;

    /// Where both hold.
    fn bitand(self, other: Self) -> Self {
        self.with(other, BitAnd::bitand)
    }
}

impl BitOr for Condition {
    type Output = Self;

    /// Where at least one holds.
    fn bitor(self, other: Self) -> Self {
        self.with(other, BitOr::bitor)
    }
}

impl Not for Condition {
    type Output = Self;

    /// Where it does not hold.
    fn not(self) -> Self {
        Self(self.0.map(Not::not))
    }
}
