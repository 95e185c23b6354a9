//! How two periods can stand to each other: Allen's thirteen relations.
//!
//! James F. Allen, *Maintaining Knowledge about Temporal Intervals*, 1983. Between two periods exactly one holds.

use super::{Axis, Period};

/// How one period stands to another.
///
/// ```text
/// other              |-------)
/// Before      |---)
/// Meets          |---)
/// Overlaps         |---)
/// Starts             |---)
/// During               |---)
/// Finishes               |---)
/// Equals             |-------)
/// FinishedBy       |---------)
/// Contains         |-----------)
/// StartedBy          |---------)
/// OverlappedBy           |------)
/// MetBy                      |---)
/// After                        |---)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "drawn above")]
pub enum Allen {
    Before,
    Meets,
    Overlaps,
    Starts,
    During,
    Finishes,
    Equals,
    FinishedBy,
    Contains,
    StartedBy,
    OverlappedBy,
    MetBy,
    After,
}

impl Allen {
    /// All thirteen.
    pub const ALL: [Self; 13] = [
        Self::Before,
        Self::Meets,
        Self::Overlaps,
        Self::Starts,
        Self::During,
        Self::Finishes,
        Self::Equals,
        Self::FinishedBy,
        Self::Contains,
        Self::StartedBy,
        Self::OverlappedBy,
        Self::MetBy,
        Self::After,
    ];

    /// How `one` stands to `other`; infinite ends are ends like others.
    pub fn between<A: Axis>(one: Period<A>, other: Period<A>) -> Self {
        use std::cmp::Ordering::{Equal, Greater, Less};
        match (one.from().cmp(&other.from()), one.to().cmp(&other.to())) {
            (Equal, Equal) => Self::Equals,
            (Equal, Less) => Self::Starts,
            (Equal, Greater) => Self::StartedBy,
            (Greater, Equal) => Self::Finishes,
            (Less, Equal) => Self::FinishedBy,
            (Greater, Less) => Self::During,
            (Less, Greater) => Self::Contains,
            (Less, Less) => match one.to().cmp(&other.from()) {
                Less => Self::Before,
                Equal => Self::Meets,
                Greater => Self::Overlaps,
            },
            (Greater, Greater) => match one.from().cmp(&other.to()) {
                Greater => Self::After,
                Equal => Self::MetBy,
                Less => Self::OverlappedBy,
            },
        }
    }

    /// How `other` stands to `one`, where this is how `one` stands to `other`.
    #[must_use]
    pub const fn inverse(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::Meets => Self::MetBy,
            Self::Overlaps => Self::OverlappedBy,
            Self::Starts => Self::StartedBy,
            Self::During => Self::Contains,
            Self::Finishes => Self::FinishedBy,
            Self::Equals => Self::Equals,
            Self::FinishedBy => Self::Finishes,
            Self::Contains => Self::During,
            Self::StartedBy => Self::Starts,
            Self::OverlappedBy => Self::Overlaps,
            Self::MetBy => Self::Meets,
            Self::After => Self::Before,
        }
    }
}
