//! The machine's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use lora_core::time::{Clock, Timestamp, TransactionTime};

/// The clock of the machine; stands still at 1970 where the machine believes in an earlier year.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp<TransactionTime> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(0);
        Timestamp::from_micros(micros).unwrap_or_else(|_| Timestamp::from_micros(0).expect("1970 is an instant"))
    }
}
