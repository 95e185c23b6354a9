//! Registrations as bytes: the frame, its canonical content, and the commitment to it.
//!
//! A [`Frame`] is *skeleton | salted content*.
//! The skeleton says which act on which object this is and survives an erasure; the content is what was stated, with
//! the note; [`Frame::commitment`] binds the two, so that a chain over commitments still verifies when a content and
//! its salt are gone:
//!
//! ```text
//! commitment = SHA-256(skeleton ‖ SHA-256(salt ‖ content))
//! link       = SHA-256(previous link ‖ position ‖ instant ‖ commitment)
//! ```
//!
//! Equal contents have equal bytes. Integers are LEB128 unless said otherwise; texts are length and UTF-8.

mod bytes;
mod content;
mod frame;

pub use bytes::DecodeError;
pub use content::{decode_content, encode_content};
pub use frame::{Digest, EntryKind, Frame, Salt, Skeleton, link};
