//! What a register takes for the present.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::time::{Clock, Timestamp, TransactionTime};

/// A clock that never goes back, and never lies behind what was registered: so what was put from now on is what is read
/// now, whatever the clock behind it does.
pub(super) struct Present {
    clock: Arc<dyn Clock>,
    latest: AtomicI64,
}

impl Present {
    pub(super) const fn of(clock: Arc<dyn Clock>) -> Self {
        Self { clock, latest: AtomicI64::new(i64::MIN) }
    }

    pub(super) fn now(&self) -> Timestamp<TransactionTime> {
        let now = self.clock.now();
        now.max(self.not_before(now))
    }

    /// Lets the present be at least an instant; says what it was at least before.
    pub(super) fn not_before(&self, instant: Timestamp<TransactionTime>) -> Timestamp<TransactionTime> {
        let before = self.latest.fetch_max(instant.sort_key(), Ordering::SeqCst);
        Timestamp::from_sort_key(before).expect("it was made of instants")
    }
}
