//! The texts of OIO: how times and documents are read and written on the wire.
//!
//! The only place of the core with Danish names, and the only one that knows of a time zone: everything else knows
//! instants. A text without an offset is in Europe/Copenhagen.

mod civil;
pub mod copenhagen;
pub mod document;
pub mod time_text;

pub use document::{Document, DocumentError, DocumentErrorKind, Position};
pub use time_text::{
    TimeTextError, point, virkning_bound, window_bound, write_registration_time, write_virkning_bound,
};
