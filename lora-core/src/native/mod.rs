//! The JSON of our own API: queries in, objects out, and pages in between, with the English names of the classes.
//!
//! | | in | out |
//! |---|---|---|
//! | filters | [`read_filter`] | [`write_filter`] |
//! | queries | [`read_question`], [`When::of_arguments`], [`read_arguments`] | [`write_question`] |
//! | objects, points, times | | [`write_object`], [`write_points`], [`write_instant`] |
//! | rows of paths, and their changes | | [`PathWriter`] |
//! | history | | [`HistoryWriter`], [`write_learned`] |
//! | pages | [`Cursor::read`] | [`Cursor::written`] |
//!
//! What is read is checked member by member: an error names the place, the value, and what would be accepted, with the
//! nearest name for one that is not known. What is written is read back as the same value.
//!
//! `docs/query.md` has every operator.

mod arguments;
mod csv;
mod cursor;
mod history;
mod instant;
mod names;
mod output;
mod paths;
mod question;
mod read;
mod when;
mod write;

pub use arguments::{Argument, Takes, arguments_of, only_arguments, read_arguments};
pub use csv::{write_csv_header, write_csv_row};
pub use cursor::{Cursor, CursorError, digest};
pub use history::{HistoryWriter, write_learned};
pub use instant::{InstantError, read_instant, write_instant};
pub use output::{write_found, write_group, write_object, write_points};
pub use paths::{PathWriter, Rendered};
pub use question::{LIMIT_MAX, ORDER_MAX, Question, Show, Wants, read_question, write_question};
pub use read::SIZE_MAX;
pub use when::{Valid, When, write_context};
pub use write::write_filter;

use crate::oio::input::Place;
use crate::oio::{Document, InputError};
use crate::query::Filter;
use crate::schema::{Class, FieldId, Schema};

/// Reads a filter of objects of a class.
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands.
///
/// ```
/// use lora_core::native::{read_filter, write_filter};
/// use lora_core::oio::{Document, shipped_classes};
/// use lora_core::schema::{Ids, Schema};
///
/// let schema = Schema::new(&shipped_classes(), Ids::default()).expect("the shipped classes are sound");
/// let unit = schema.class_named("organisation_unit").expect("shipped");
/// let read = |json: &str| read_filter(&schema, unit, &Document::parse(json.as_bytes()).expect("JSON"));
///
/// let filter = read(r#"{"field": "unit_name", "prefix": "Øko"}"#)?;
/// let mut written = Vec::new();
/// write_filter(&mut written, &schema, unit, &filter);
/// assert_eq!(String::from_utf8_lossy(&written), r#"{"field":"unit_name","like":"Øko%"}"#);
///
/// let error = read(r#"{"all": [{"field": "unitname", "is": "x"}]}"#).unwrap_err();
/// assert_eq!(error.path, "/all/0/field");
/// assert_eq!(error.accepted, "perhaps `unit_name`; one of `user_key`, `unit_name`, `integration_data`");
/// # Ok::<(), lora_core::oio::InputError>(())
/// ```
pub fn read_filter(schema: &Schema, class: &Class, document: &Document) -> Result<Filter, InputError> {
    read::Reader::new(schema).filter(class, document, &Place::Root)
}

/// The group, field, derived term, state or relation that an argument names.
///
/// # Errors
/// [`InputError`] with the nearest name, or with those of several that are called so.
pub fn part_in_argument(class: &Class, argument: &str, name: &str) -> Result<FieldId, InputError> {
    Ok(names::resolve(class, names::Kind::Any, name, &Place::Query.member(argument))?.id())
}

/// The shortest name by which a part of a class is found; `#12` for one that the class does not have.
pub fn part_name(class: &Class, part: FieldId) -> String {
    names::name_of(class, names::Kind::Any, part)
}

/// The class that a path names.
///
/// # Errors
/// [`InputError`] with the nearest name; its path is `path`.
pub fn class_in_path<'s>(schema: &'s Schema, name: &str) -> Result<&'s Class, InputError> {
    names::class(schema, name, &Place::Path)
}
