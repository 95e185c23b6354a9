//! JSON Lines: a store's entries as text, one a line.
//!
//! The first line is a header (`format`, `version`, the store, its class declarations); each line after it is an entry,
//! in position order, with its whole content in OIO JSON:
//!
//! ```text
//! {"position":2,"instant":"…Z","kind":"registration","class":"bruger","id":"…","registered":{"from":"…Z","asserted":true},
//!  "batch":"…","lifecycle":"Opstaaet","actor":"…","note":"…","content":{"attributter":{…},"tilstande":{…}}}
//! ```

use uuid::Uuid;

use super::document::Document;
use super::input::{InputError, Members, Place, find, known, members, read_content, required, text, uuid};
use super::{lifecycle_from_wire, point};
use crate::object::{Content, LifeCycle, ObjectId};
use crate::schema::Schema;
use crate::service::{By, History};
use crate::time::{Timestamp, TransactionTime};

/// What the first line of every file says.
pub const FORMAT: &str = "lora-json-lines";

/// The version of the lines that this module reads.
pub const VERSION: i64 = 1;

/// Checks the first line.
///
/// # Errors
/// [`InputError`] when it is not the header of a file of this version.
pub fn read_header(line: &Document) -> Result<(), InputError> {
    let at = Place::Root;
    let header = members(line, &at)?;
    let format = text(required(header, &at, "format")?, &at.member("format"))?;
    if format != FORMAT {
        return Err(at.member("format").not_one_of(format, [FORMAT].into_iter()));
    }
    let version = required(header, &at, "version")?;
    match version.as_integer() {
        Some(VERSION) => Ok(()),
        _ => Err(at.member("version").not_one_of(&version.shortened(), ["1"].into_iter())),
    }
}

/// Reads an entry for a history import: its own position and instant are not taken over, its registration time is.
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands.
pub fn read_entry(schema: &Schema, line: &Document) -> Result<History, InputError> {
    let at = Place::Root;
    let entry = members(line, &at)?;
    let names =
        ["position", "instant", "kind", "class", "id", "registered", "batch", "lifecycle", "actor", "note", "content"];
    known(entry, &at, &names)?;
    let word = |name: &'static str| text(required(entry, &at, name)?, &at.member(name));
    let id = |name: &'static str| uuid(word(name)?, &at.member(name));
    match word("kind")? {
        "registration" => {}
        kind => return Err(at.member("kind").not_one_of(kind, ["registration"].into_iter())),
    }
    let wire = word("class")?;
    let known_classes = || schema.classes().iter().map(|class| class.wire.as_str());
    let class = schema.class_on_wire(wire).ok_or_else(|| at.member("class").not_one_of(wire, known_classes()))?;
    let code = word("lifecycle")?;
    let codes = ["Opstaaet", "Importeret", "Rettet", "Passiveret", "Slettet"];
    let lifecycle =
        lifecycle_from_wire(code).ok_or_else(|| at.member("lifecycle").not_one_of(code, codes.into_iter()))?;
    let content = match lifecycle {
        LifeCycle::Deleted => Content::EMPTY,
        _ => read_content(class, required(entry, &at, "content")?, "content")?,
    };
    let batch = find(entry, "batch").map(|_| id("batch")).transpose()?;
    let note = find(entry, "note").map(|note| text(note, &at.member("note"))).transpose()?;
    Ok(History {
        object: ObjectId { class: class.id, uuid: id("id")? },
        registered_from: registered_from(entry, &at)?,
        lifecycle,
        content,
        by: By { actor: actor(entry, &at)?, note: note.unwrap_or_default().to_owned(), batch },
    })
}

fn registered_from(entry: &Members, at: &Place<'_>) -> Result<Timestamp<TransactionTime>, InputError> {
    let document = required(entry, at, "registered")?;
    let at = at.member("registered");
    let registered = members(document, &at)?;
    known(registered, &at, &["from", "asserted"])?;
    let from = text(required(registered, &at, "from")?, &at.member("from"))?;
    point(from).map_err(|error| {
        let at = at.member("from");
        let accepted = "an instant such as 2017-01-01T12:30:00.000001Z".to_owned();
        InputError { message: at.said(&error.to_string()), ..at.error("bad_time", "", Some(from), accepted) }
    })
}

fn actor(entry: &Members, at: &Place<'_>) -> Result<Uuid, InputError> {
    match find(entry, "actor") {
        Some(actor) => uuid(text(actor, &at.member("actor"))?, &at.member("actor")),
        None => Ok(Uuid::nil()),
    }
}
