//! OIO JSON in: objects and updates, checked member by member.

use super::Document;
use crate::object::{Content, Patch};
use crate::schema::Class;

/// An object as a create or import states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// The content.
    pub content: Content,
    /// Why, in free text; empty for none.
    pub note: String,
}

/// What an update asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The changes.
    pub patch: Patch,
    /// Why, in free text; empty for none.
    pub note: String,
    /// Whether the object is to be passivated (`livscyklus: "Passiv"`), which leaves the changes out of account.
    pub passivates: bool,
}

/// A value in a document is not what may stand there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InputError {
    /// What is wrong, as a stable word.
    pub code: &'static str,
    /// Where, as a JSON pointer (RFC 6901).
    pub path: String,
    /// What is wrong, with the offending value.
    pub message: String,
    /// The offending value, shortened.
    pub found: Option<String>,
    /// What would be accepted.
    pub accepted: String,
}

/// Reads the body of a create or import.
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands.
pub fn read_new_object(class: &Class, body: &Document) -> Result<NewObject, InputError> {
    let _ = (class, body);
    todo!()
}

/// Reads the body of an update.
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands.
pub fn read_update(class: &Class, body: &Document) -> Result<Update, InputError> {
    let _ = (class, body);
    todo!()
}

/// Reads the note of a body of which nothing else counts, as in a delete.
///
/// # Errors
/// [`InputError`] when the note is not a text.
pub fn read_note(body: &Document) -> Result<String, InputError> {
    let _ = body;
    todo!()
}
