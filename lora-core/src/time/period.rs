//! Half-open periods and sets of them.

use std::fmt;

use super::{Axis, Timestamp};

/// A half-open, non-empty stretch of axis `A`: `from` is in, `to` is out (SQL:2011 §4.6.5).
///
/// ```
/// use lora_core::time::{Period, Timestamp, ValidTime};
///
/// let at = |micros| Timestamp::<ValidTime>::from_micros(micros).unwrap();
/// let period = Period::new(at(10), at(20))?;
/// assert!(period.contains(at(10)));
/// assert!(!period.contains(at(20)), "the end is exclusive");
/// assert!(Period::new(at(10), at(10)).is_err(), "an empty period cannot be written down");
/// # Ok::<(), lora_core::time::EmptyPeriod<ValidTime>>(())
/// ```
pub struct Period<A> {
    from: Timestamp<A>,
    to: Timestamp<A>,
}

/// `from` is not before `to`.
#[derive(thiserror::Error)]
#[error("[{from}, {to}) is empty: the end must be later than the beginning")]
pub struct EmptyPeriod<A: Axis> {
    /// The refused beginning.
    pub from: Timestamp<A>,
    /// The refused end.
    pub to: Timestamp<A>,
}

impl<A: Axis> Period<A> {
    /// All of the axis, `[-infinity, infinity)`.
    pub const ALWAYS: Self = Self { from: Timestamp::NEG_INFINITY, to: Timestamp::INFINITY };

    /// `[from, to)`.
    ///
    /// # Errors
    /// [`EmptyPeriod`] unless `from` is before `to`.
    pub fn new(from: Timestamp<A>, to: Timestamp<A>) -> Result<Self, EmptyPeriod<A>> {
        if from < to { Ok(Self { from, to }) } else { Err(EmptyPeriod { from, to }) }
    }

    /// The microsecond that begins at `at`, or `None` where there is no later instant.
    pub fn instant(at: Timestamp<A>) -> Option<Self> {
        Self::new(at, at.next()).ok()
    }

    /// `[from, infinity)`, or `None` when `from` is infinity itself.
    pub fn since(from: Timestamp<A>) -> Option<Self> {
        Self::new(from, Timestamp::INFINITY).ok()
    }

    /// The first instant inside.
    pub fn from(self) -> Timestamp<A> {
        self.from
    }

    /// The first instant after the end.
    pub fn to(self) -> Timestamp<A> {
        self.to
    }

    /// Whether `at` lies inside; `to` does not.
    pub fn contains(self, at: Timestamp<A>) -> bool {
        self.from <= at && at < self.to
    }

    /// Whether `other` lies inside as a whole.
    pub fn covers(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// Whether the two share an instant; periods that merely touch do not.
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// The instants in both.
    ///
    /// ```text
    /// self    |-------)
    /// other       |-------)
    /// result      |---)
    /// ```
    #[must_use]
    pub fn intersect(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to)).ok()
    }

    /// The instants of `self` that are not in `other`: what lies before it and what lies after it.
    ///
    /// ```text
    /// self    |-----------)
    /// other       |---)
    /// result  |---)   |---)
    /// ```
    pub fn subtract(self, other: Self) -> impl Iterator<Item = Self> {
        let before = Self::new(self.from, self.to.min(other.from)).ok();
        let after = Self::new(self.from.max(other.to), self.to).ok();
        before.into_iter().chain(after)
    }
}

/// A set of instants of axis `A`, kept as sorted periods that neither overlap nor touch.
#[derive(Clone, PartialEq, Eq)]
pub struct Periods<A>(Vec<Period<A>>);

impl<A: Axis> Periods<A> {
    /// No instant at all.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether no instant is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The periods, in order.
    pub fn iter(&self) -> impl Iterator<Item = Period<A>> {
        self.0.iter().copied()
    }

    /// Whether `at` is in the set.
    pub fn contains(&self, at: Timestamp<A>) -> bool {
        self.iter().any(|period| period.contains(at))
    }

    /// Whether every instant of `period` is in the set.
    pub fn covers(&self, period: Period<A>) -> bool {
        self.within(period).next().is_some_and(|part| part == period)
    }

    /// The instants in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => Self(other.0.clone()),
            (_, true) => Self(self.0.clone()),
            _ => self.iter().chain(other.iter()).collect(),
        }
    }

    /// The instants in both sets.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let (fewer, more) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        // Parts of disjoint periods that do not touch are disjoint and do not touch.
        Self(fewer.iter().flat_map(|period| more.within(period)).collect())
    }

    /// The instants of this set that are not in the other.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        Self(self.iter().flat_map(|period| other.gaps_within(period)).collect())
    }

    /// The instants of `period` that are in the set, without looking at the periods before and after.
    pub fn within(&self, period: Period<A>) -> impl Iterator<Item = Period<A>> {
        let first = self.0.partition_point(|part| part.to <= period.from);
        self.0[first..].iter().map_while(move |part| part.intersect(period))
    }

    /// The instants of `period` that are *not* in the set, as the longest periods that hold them, in order.
    ///
    /// ```text
    /// self        |--)   |---)
    /// period   |-------------------)
    /// result   |--)  |---)   |-----)
    /// ```
    pub fn gaps_within(&self, period: Period<A>) -> Vec<Period<A>> {
        let mut gaps = Vec::new();
        let mut from = period.from;
        for part in self.within(period) {
            gaps.extend(Period::new(from, part.from));
            from = part.to;
        }
        gaps.extend(Period::new(from, period.to));
        gaps
    }
}

impl<A: Axis> FromIterator<Period<A>> for Periods<A> {
    fn from_iter<I: IntoIterator<Item = Period<A>>>(periods: I) -> Self {
        let mut sorted: Vec<Period<A>> = periods.into_iter().collect();
        sorted.sort();
        let mut set: Vec<Period<A>> = Vec::with_capacity(sorted.len());
        for period in sorted {
            match set.last_mut() {
                Some(last) if period.from <= last.to => last.to = last.to.max(period.to),
                _ => set.push(period),
            }
        }
        Self(set)
    }
}

impl<A: Axis> fmt::Debug for Periods<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.0).finish()
    }
}

impl<A: Axis> fmt::Display for Period<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.from, self.to)
    }
}

impl<A: Axis> fmt::Debug for Period<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<A: Axis> fmt::Debug for EmptyPeriod<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmptyPeriod([{}, {}))", self.from, self.to)
    }
}

// Derives would ask the same of `A`, which is only a mark.
impl<A> Clone for Period<A> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<A> Copy for Period<A> {}
impl<A> PartialEq for Period<A> {
    fn eq(&self, other: &Self) -> bool {
        (self.from, self.to) == (other.from, other.to)
    }
}
impl<A> Eq for Period<A> {}
impl<A> PartialOrd for Period<A> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<A> Ord for Period<A> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.from, self.to).cmp(&(other.from, other.to))
    }
}
impl<A> std::hash::Hash for Period<A> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.from, self.to).hash(state);
    }
}
