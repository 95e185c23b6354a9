//! From where a part of a question is asked.

use crate::query::Known;
use crate::storage::{KeyRange, KnownAt, Scan};
use crate::time::{Period, Region, TransactionTime, ValidTime};

/// Which registrations count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Slice {
    /// One of each object: then all of transaction time stands for that one point.
    At(KnownAt),
    /// Those that were the newest at some instant of the period.
    During(Period<TransactionTime>),
}

/// Which registrations count, and at which instants of valid time something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) known: Slice,
    pub(crate) valid: Period<ValidTime>,
}

impl Slice {
    /// All that was ever known.
    pub(crate) const EVER: Self = Self::During(Period::ALWAYS);

    /// The slice that a context gives; `None` where nothing counts.
    pub(crate) fn of(known: Known) -> Option<Self> {
        match (known.at_most_one(), known) {
            (Some(at), _) => Some(Self::At(at)),
            (None, Known::During(Some(window))) => Some(Self::During(window)),
            (None, _) => None,
        }
    }

    /// The stretch of transaction time that the slice is drawn on.
    pub(crate) const fn span(self) -> Period<TransactionTime> {
        match self {
            Self::At(_) => Period::ALWAYS,
            Self::During(window) => window,
        }
    }

    /// Where something that was known during a period is drawn.
    pub(super) fn drawn(self, known: Period<TransactionTime>) -> Option<Period<TransactionTime>> {
        match self {
            Self::At(_) => Some(Period::ALWAYS),
            Self::During(window) => known.intersect(window),
        }
    }
}

impl Place {
    /// The same with other instants of valid time.
    pub(super) const fn during(self, valid: Period<ValidTime>) -> Self {
        Self { valid, ..self }
    }

    /// Every point of the place.
    pub(crate) fn region(self) -> Region {
        Region::rectangle(self.known.span(), self.valid)
    }

    /// The scan for the rectangles of a range of keys that reach into the place; `None` where none can.
    pub(crate) fn scan(self, keys: KeyRange) -> Option<Scan> {
        let known = match self.known {
            Slice::At(KnownAt::Latest) => None,
            Slice::At(KnownAt::Instant(at)) => Some(Period::instant(at)?),
            Slice::During(window) => Some(window),
        };
        Some(Scan { keys, valid: self.valid, known })
    }
}
