//! Where instants come from: a clock that is handed in.

use std::sync::atomic::{AtomicI64, Ordering};

use super::{OutOfRange, Timestamp, TransactionTime};

/// A source of the present instant; the only way in which time enters the core.
pub trait Clock: Send + Sync + 'static {
    /// The present instant, always finite. May step back; the ledger evens that out.
    fn now(&self) -> Timestamp<TransactionTime>;
}

/// A clock that stands still until it is set: for tests and replays.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `micros` microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`OutOfRange`] when that is no finite instant.
    pub fn at(micros: i64) -> Result<Self, OutOfRange> {
        Timestamp::<TransactionTime>::from_micros(micros)?;
        Ok(Self(AtomicI64::new(micros)))
    }

    /// Sets the clock, forwards or back.
    ///
    /// # Errors
    /// [`OutOfRange`] when `micros` is no finite instant; the clock stays where it was.
    pub fn set(&self, micros: i64) -> Result<(), OutOfRange> {
        Timestamp::<TransactionTime>::from_micros(micros)?;
        self.0.store(micros, Ordering::SeqCst);
        Ok(())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp<TransactionTime> {
        Timestamp::from_sort_key(self.0.load(Ordering::SeqCst)).expect("only finite instants are ever stored")
    }
}
