//! A value over time, as a derived view.

use std::fmt;

use super::{Axis, Period, Timestamp};

/// A value for a period of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span<A: Axis, T> {
    /// When the value holds.
    pub period: Period<A>,
    /// What holds.
    pub value: T,
}

/// A value over time: sorted, disjoint, and coalesced, so that equal neighbours are one span.
///
/// A derived view for indexes and answers: a registration itself keeps its rows as they were merged.
///
/// ```
/// use lora_core::time::{Period, Timeline, Timestamp, ValidTime};
///
/// let at = |micros| Timestamp::<ValidTime>::from_micros(micros).unwrap();
/// let period = |from, to| Period::new(at(from), at(to)).unwrap();
/// let name = Timeline::new([(period(10, 20), "Finance"), (period(0, 10), "Finance")]).unwrap();
/// assert_eq!(name.spans().len(), 1, "equal neighbours are joined");
/// assert_eq!(name.at(at(19)), Some(&"Finance"));
/// assert_eq!(name.at(at(20)), None, "the end is exclusive");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Timeline<A: Axis, T>(Vec<Span<A, T>>);

/// Two values were given for the same instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{first} and {second} overlap")]
pub struct Overlap<A: Axis> {
    /// The earlier of the two periods.
    pub first: Period<A>,
    /// The later of the two periods.
    pub second: Period<A>,
}

impl<A: Axis, T: PartialEq> Timeline<A, T> {
    /// The timeline of `values`, given in any order.
    ///
    /// # Errors
    /// [`Overlap`] when two of the periods share an instant, also when their values are equal.
    pub fn new(values: impl IntoIterator<Item = (Period<A>, T)>) -> Result<Self, Overlap<A>> {
        let mut sorted: Vec<_> = values.into_iter().collect();
        sorted.sort_by_key(|(period, _)| *period);
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0].0.overlaps(pair[1].0)) {
            return Err(Overlap { first: pair[0].0, second: pair[1].0 });
        }
        let mut spans: Vec<Span<A, T>> = Vec::with_capacity(sorted.len());
        for (period, value) in sorted {
            match spans.last_mut() {
                Some(last) if last.period.to() == period.from() && last.value == value => {
                    last.period = Period::new(last.period.from(), period.to()).expect("two non-empty periods joined");
                }
                _ => spans.push(Span { period, value }),
            }
        }
        Ok(Self(spans))
    }

    /// The spans, in order.
    pub fn spans(&self) -> &[Span<A, T>] {
        &self.0
    }

    /// The value at an instant.
    pub fn at(&self, at: Timestamp<A>) -> Option<&T> {
        let after = self.0.partition_point(|span| span.period.from() <= at);
        let span = self.0[..after].last()?;
        span.period.contains(at).then_some(&span.value)
    }
}

impl<A: Axis, T: fmt::Debug> fmt::Debug for Timeline<A, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|span| (&span.period, &span.value))).finish()
    }
}
