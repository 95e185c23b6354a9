//! An instant on one time axis.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// A time axis; implemented by [`ValidTime`] and [`TransactionTime`] only.
pub trait Axis: sealed::Sealed + 'static {
    /// The axis's name in messages.
    const NAME: &'static str;
}

/// When something holds in the world (OIO: *virkning*; SQL:2011: application time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidTime {}

/// When the register stated it (OIO: *registrering*; SQL:2011: system time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionTime {}

impl Axis for ValidTime {
    const NAME: &'static str = "valid time";
}

impl Axis for TransactionTime {
    const NAME: &'static str = "transaction time";
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ValidTime {}
    impl Sealed for super::TransactionTime {}
}

/// An instant on axis `A`: microseconds since 1970-01-01T00:00:00Z, or one of the two infinities.
///
/// Finite instants lie between 4713 BC and the end of the year 294246, all of which PostgreSQL can hold.
///
/// ```
/// use lora_core::time::{Timestamp, ValidTime};
///
/// let epoch = Timestamp::<ValidTime>::from_micros(0).unwrap();
/// assert!(Timestamp::NEG_INFINITY < epoch && epoch < Timestamp::INFINITY);
/// assert_eq!(epoch.next().micros(), Some(1));
/// assert_eq!(Timestamp::<ValidTime>::INFINITY.micros(), None);
/// assert!(Timestamp::<ValidTime>::from_micros(i64::MAX).is_err(), "infinity has a name of its own");
/// ```
pub struct Timestamp<A> {
    micros: i64,
    axis: PhantomData<fn() -> A>,
}

/// The number of microseconds lies outside the finite instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{micros} microseconds lie outside the years 4713 BC to 294246")]
pub struct OutOfRange {
    /// The refused number, microseconds since 1970-01-01T00:00:00Z.
    pub micros: i64,
}

/// 4713-01-01 BC, midnight UTC.
const FIRST_MICROS: i64 = -210_863_520_000_000_000;
/// The start of the year 294247, which is the first instant that is too late.
const LAST_MICROS: i64 = 9_223_371_244_800_000_000;

impl<A> Timestamp<A> {
    /// Before every finite instant.
    pub const NEG_INFINITY: Self = Self::raw(i64::MIN);
    /// After every finite instant.
    pub const INFINITY: Self = Self::raw(i64::MAX);

    /// The last finite instant.
    pub const LAST: Self = Self::raw(LAST_MICROS - 1);

    const fn raw(micros: i64) -> Self {
        Self { micros, axis: PhantomData }
    }

    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`OutOfRange`] outside the years 4713 BC to 294246.
    pub const fn from_micros(micros: i64) -> Result<Self, OutOfRange> {
        if FIRST_MICROS <= micros && micros < LAST_MICROS { Ok(Self::raw(micros)) } else { Err(OutOfRange { micros }) }
    }

    /// Microseconds since 1970-01-01T00:00:00Z, or `None` for the infinities.
    pub const fn micros(self) -> Option<i64> {
        if self.is_finite() { Some(self.micros) } else { None }
    }

    /// Whether this is neither of the infinities.
    pub const fn is_finite(self) -> bool {
        self.micros != i64::MIN && self.micros != i64::MAX
    }

    /// The instant one microsecond later; the infinities and the last finite instant stay what they are.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.is_finite() && self.micros < LAST_MICROS - 1 { Self::raw(self.micros + 1) } else { self }
    }

    /// A number that orders instants of both kinds: the microseconds, with `i64::MIN` and `i64::MAX` for the infinities.
    pub const fn sort_key(self) -> i64 {
        self.micros
    }

    /// The instant whose [`sort_key`](Self::sort_key) is `key`.
    ///
    /// # Errors
    /// [`OutOfRange`] when `key` is neither an infinity nor a finite instant.
    pub const fn from_sort_key(key: i64) -> Result<Self, OutOfRange> {
        match key {
            i64::MIN | i64::MAX => Ok(Self::raw(key)),
            micros => Self::from_micros(micros),
        }
    }
}

impl Timestamp<TransactionTime> {
    /// The same instant on the axis of valid time: for "in effect now", where now is the instant of the request.
    pub const fn as_valid(self) -> Timestamp<ValidTime> {
        Timestamp::raw(self.micros)
    }
}

impl<A: Axis> fmt::Debug for Timestamp<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<A: Axis> fmt::Display for Timestamp<A> {
    /// RFC 3339 in UTC with as many decimals as needed, or `-infinity` and `infinity`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.micros {
            i64::MIN => f.write_str("-infinity"),
            i64::MAX => f.write_str("infinity"),
            micros => match chrono::DateTime::from_timestamp_micros(micros) {
                Some(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.fZ")),
                None => write!(f, "{micros} microseconds since 1970"),
            },
        }
    }
}

// Derives would ask the same of `A`, which is only a mark.
impl<A> Clone for Timestamp<A> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<A> Copy for Timestamp<A> {}
impl<A> PartialEq for Timestamp<A> {
    fn eq(&self, other: &Self) -> bool {
        self.micros == other.micros
    }
}
impl<A> Eq for Timestamp<A> {}
impl<A> PartialOrd for Timestamp<A> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<A> Ord for Timestamp<A> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.micros.cmp(&other.micros)
    }
}
impl<A> Hash for Timestamp<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.micros.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Valid = Timestamp<ValidTime>;

    #[test]
    fn finite_instants_never_touch_infinity() {
        assert!(Valid::from_micros(FIRST_MICROS).is_ok());
        assert_eq!(Valid::from_micros(FIRST_MICROS - 1), Err(OutOfRange { micros: FIRST_MICROS - 1 }));
        let last = Valid::from_micros(LAST_MICROS - 1).unwrap();
        assert_eq!(last.next(), last);
        assert!(Valid::from_micros(LAST_MICROS).is_err());
        assert!(Valid::from_sort_key(i64::MIN).unwrap() < Valid::from_micros(FIRST_MICROS).unwrap());
        assert!(Valid::from_sort_key(i64::MAX - 1).is_err());
        assert_eq!(Valid::INFINITY.next(), Valid::INFINITY);
        assert_eq!(Valid::NEG_INFINITY.next(), Valid::NEG_INFINITY);
    }

    #[test]
    fn display_is_rfc_3339_with_the_decimals_that_matter() {
        assert_eq!(Valid::from_micros(0).unwrap().to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Valid::from_micros(1_500_000).unwrap().to_string(), "1970-01-01T00:00:01.500Z");
        assert_eq!(Valid::from_micros(-1).unwrap().to_string(), "1969-12-31T23:59:59.999999Z");
        assert_eq!(Valid::INFINITY.to_string(), "infinity");
        assert_eq!(Valid::NEG_INFINITY.to_string(), "-infinity");
        let last = Valid::from_micros(LAST_MICROS - 1).unwrap().to_string();
        assert_eq!(last, "9223371244799999999 microseconds since 1970");
    }
}
