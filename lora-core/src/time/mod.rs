//! Instants and periods on the two time axes: the only interval arithmetic in the workspace.
//!
//! Every fact has a place on two axes that are never mixed, because each has a type of its own:
//! [`ValidTime`] is when something holds in the world (OIO: *virkning*), [`TransactionTime`] is when
//! the register stated it (OIO: *registrering*).
//! Instants are microseconds in UTC, periods are half-open `[from, to)`, infinity is a value.

mod allen;
mod clock;
mod period;
mod region;
mod sweep;
mod text;
mod timeline;
mod timestamp;

pub use allen::Allen;
pub use clock::{Clock, ManualClock};
pub use period::{EmptyPeriod, Period, Periods};
pub use region::{Band, Region};
pub(crate) use sweep::differing;
pub use text::TimestampError;
pub use timeline::{Overlap, Span, Timeline};
pub use timestamp::{Axis, OutOfRange, Timestamp, TransactionTime, ValidTime};
