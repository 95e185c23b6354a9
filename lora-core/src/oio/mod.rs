//! The OIO standard's shapes: the shipped classes, and times and objects as they are read and written on the wire.
//!
//! The only place of the core with Danish names (beside `classes/`), and the only one that knows of a time zone:
//! everything else knows instants. A text without an offset is in Europe/Copenhagen.

mod catalogue;
pub(crate) mod civil;
pub mod copenhagen;
pub mod document;
pub(crate) mod input;
pub mod json_lines;
pub(crate) mod output;
mod relation_order;
mod shown_time;
pub mod time_text;

pub use catalogue::shipped_classes;
pub use document::{Document, DocumentError, DocumentErrorKind, Position};
pub use input::{InputError, NewObject, Update, read_new_object, read_note, read_update, section_pointer};
pub use output::{lifecycle_from_wire, lifecycle_on_wire, write_content, write_object};
pub use shown_time::shown_instant;
pub use time_text::{
    TimeTextError, point, virkning_bound, window_bound, write_registration_time, write_virkning_bound,
};
