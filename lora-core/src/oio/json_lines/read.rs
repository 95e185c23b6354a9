//! Lines as entries.

use uuid::Uuid;

use super::{FORMAT, Header, Line, Restored, VERSION, kind_on_wire, numbered};
use crate::codec::{EntryKind, Skeleton, encode_content};
use crate::object::{ActorId, BatchId, Content, LifeCycle, ObjectId, Position, Seq, validate};
use crate::oio::document::Document;
use crate::oio::input::{
    InputError, Members, Place, find, known, members, read_whole_content, required, text, uuid, whole_number,
};
use crate::oio::output::LIFECYCLES;
use crate::oio::{lifecycle_from_wire, time_text};
use crate::schema::{Class, ClassDeclaration, Schema};
use crate::service::{By, History};
use crate::storage::{Declarations, Declared};
use crate::time::{Timestamp, TransactionTime};

/// Reads the first line.
///
/// # Errors
/// [`InputError`] when it is not the header of a file of this version.
pub fn read_header(line: &Document) -> Result<Header, InputError> {
    let at = Place::Root;
    let header = members(line, &at)?;
    let format = text(required(header, &at, "format")?, &at.member("format"))?;
    if format != FORMAT {
        return Err(at.member("format").not_one_of(format, [FORMAT].into_iter()));
    }
    let version = required(header, &at, "version")?;
    if version.as_integer() != Some(VERSION) {
        return Err(at.member("version").not_one_of(&version.shortened(), ["1"].into_iter()));
    }
    known(header, &at, &["format", "version", "store", "entries", "position", "classes"])?;
    let number = |name| find(header, name).map(|number| whole_number(number, &at.member(name))).transpose();
    let classes: Vec<ClassDeclaration> = data(required(header, &at, "classes")?, &at.member("classes"))?;
    Ok(Header {
        store: uuid(text(required(header, &at, "store")?, &at.member("store"))?, &at.member("store"))?,
        entries: number("entries")?,
        position: number("position")?.map(Position),
        classes,
    })
}

/// Reads an entry for a history import into a store with the classes of `schema`; `None` for a declaration.
///
/// Position and instant are not taken over; the time of registration is.
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands.
pub fn read_entry(schema: &Schema, line: &Document) -> Result<Line<Option<History>>, InputError> {
    let at = Place::Root;
    let entry = members(line, &at)?;
    let read = Envelope::read(entry, &at)?;
    let history = match read.kind {
        EntryKind::Declaration => None,
        EntryKind::Registration => {
            let class = class(schema, entry, &at)?;
            let content = match read.lifecycle {
                LifeCycle::Deleted => Content::EMPTY,
                _ => sound_content(class, required(entry, &at, "content")?, &at.member("content"))?,
            };
            Some(History {
                object: object(class, entry, &at)?,
                registered_from: read.registered_from,
                lifecycle: read.lifecycle,
                content,
                by: By { actor: read.actor, note: read.note.to_owned(), batch: read.batch },
            })
        }
    };
    Ok(Line { position: read.position, instant: read.instant, entry: history })
}

/// Reads an entry to restore, under the declarations before it.
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands.
pub fn read_restored(declarations: &Declarations, line: &Document) -> Result<Line<Restored>, InputError> {
    let at = Place::Root;
    let entry = members(line, &at)?;
    let read = Envelope::read(entry, &at)?;
    if read.asserted.is_some_and(|asserted| asserted > read.instant) {
        let accepted = "a time that is not later than `instant`".to_owned();
        let place = at.member("registered");
        return Err(place.member("from").error("bad_time", "lies in the future of its entry", None, accepted));
    }
    let place = at.member("content");
    let document = required(entry, &at, "content")?;
    let (object, content) = match (read.kind, declarations.schema()) {
        (EntryKind::Declaration, _) => (ObjectId::STORE, declared(declarations, document, &place)?),
        (EntryKind::Registration, Some(schema)) => {
            let class = class(schema, entry, &at)?;
            let content = read_whole_content(&numbered::named(class, document), document, &place)?;
            (self::object(class, entry, &at)?, encode_content(read.note, &content))
        }
        (EntryKind::Registration, None) => {
            return Err(at.member("kind").not_one_of("registration", ["declaration"].into_iter()));
        }
    };
    let skeleton = Skeleton {
        kind: read.kind,
        object,
        seq: Seq::FIRST,
        lifecycle: read.lifecycle,
        actor: read.actor,
        batch: read.batch,
        asserted: read.asserted,
    };
    Ok(Line { position: read.position, instant: read.instant, entry: Restored { skeleton, content } })
}

/// What every line says, whatever its entry is about.
struct Envelope<'a> {
    position: Position,
    instant: Timestamp<TransactionTime>,
    kind: EntryKind,
    registered_from: Timestamp<TransactionTime>,
    asserted: Option<Timestamp<TransactionTime>>,
    batch: Option<BatchId>,
    lifecycle: LifeCycle,
    actor: ActorId,
    note: &'a str,
}

impl<'a> Envelope<'a> {
    fn read(entry: &'a Members, at: &Place<'_>) -> Result<Self, InputError> {
        let kind = kind(entry, at)?;
        let mut names = vec!["position", "instant", "kind", "registered", "batch", "lifecycle", "actor", "content"];
        if kind == EntryKind::Registration {
            names.extend(["class", "id", "note"]);
        }
        known(entry, at, &names)?;
        let id = |name| find(entry, name).map(|id| uuid(text(id, &at.member(name))?, &at.member(name))).transpose();
        let instant = instant(entry, at, "instant")?;
        let (registered_from, asserted) = registered(entry, at, instant)?;
        Ok(Self {
            position: Position(whole_number(required(entry, at, "position")?, &at.member("position"))?),
            instant,
            kind,
            registered_from,
            asserted: asserted.then_some(registered_from),
            batch: id("batch")?,
            lifecycle: lifecycle(entry, at)?,
            actor: id("actor")?.unwrap_or_default(),
            note: find(entry, "note").map(|note| text(note, &at.member("note"))).transpose()?.unwrap_or_default(),
        })
    }
}

fn kind(entry: &Members, at: &Place<'_>) -> Result<EntryKind, InputError> {
    let word = text(required(entry, at, "kind")?, &at.member("kind"))?;
    let kinds = [EntryKind::Registration, EntryKind::Declaration];
    let found = kinds.into_iter().find(|kind| kind_on_wire(*kind) == word);
    found.ok_or_else(|| at.member("kind").not_one_of(word, kinds.into_iter().map(kind_on_wire)))
}

fn lifecycle(entry: &Members, at: &Place<'_>) -> Result<LifeCycle, InputError> {
    let code = text(required(entry, at, "lifecycle")?, &at.member("lifecycle"))?;
    let codes = || LIFECYCLES.iter().map(|(_, wire)| *wire);
    lifecycle_from_wire(code).ok_or_else(|| at.member("lifecycle").not_one_of(code, codes()))
}

/// Since when the entry was the newest of its object, and whether that is asserted.
fn registered(
    entry: &Members,
    at: &Place<'_>,
    entered: Timestamp<TransactionTime>,
) -> Result<(Timestamp<TransactionTime>, bool), InputError> {
    let document = required(entry, at, "registered")?;
    let at = at.member("registered");
    let registered = members(document, &at)?;
    known(registered, &at, &["from", "asserted"])?;
    let from = instant(registered, &at, "from")?;
    let mark = find(registered, "asserted");
    let mark = mark.map(|mark| mark.as_bool().ok_or_else(|| at.member("asserted").wrong_type(mark, "boolean")));
    let asserted = mark.transpose()?.unwrap_or(false);
    if !asserted && from != entered {
        let accepted = "`instant`, or the member `asserted` beside it".to_owned();
        return Err(at.member("from").error("bad_time", "is not the instant of its entry", None, accepted));
    }
    Ok((from, asserted))
}

fn instant(within: &Members, at: &Place<'_>, name: &str) -> Result<Timestamp<TransactionTime>, InputError> {
    let given = text(required(within, at, name)?, &at.member(name))?;
    time_text::instant(given).map_err(|error| {
        let at = at.member(name);
        let accepted = "an instant such as 2017-01-01T12:30:00.000001Z".to_owned();
        InputError { message: at.said(&error.to_string()), ..at.error("bad_time", "", Some(given), accepted) }
    })
}

fn class<'a>(schema: &'a Schema, entry: &Members, at: &Place<'_>) -> Result<&'a Class, InputError> {
    let wire = text(required(entry, at, "class")?, &at.member("class"))?;
    let known = || schema.classes().iter().map(|class| class.wire.as_str());
    schema.class_on_wire(wire).ok_or_else(|| at.member("class").not_one_of(wire, known()))
}

fn object(class: &Class, entry: &Members, at: &Place<'_>) -> Result<ObjectId, InputError> {
    let id: Uuid = uuid(text(required(entry, at, "id")?, &at.member("id"))?, &at.member("id"))?;
    Ok(ObjectId { class: class.id, uuid: id })
}

/// A content that may be stated from now on.
fn sound_content(class: &Class, document: &Document, at: &Place<'_>) -> Result<Content, InputError> {
    let content = read_whole_content(class, document, at)?;
    match validate(class, &content) {
        Ok(()) => Ok(content),
        Err(error) => {
            let accepted = format!("what the class {} allows", class.wire);
            Err(at.error("bad_content", &format!("is not sound ({error})"), None, accepted))
        }
    }
}

/// The stored form of a declaration, which is the document as it stands, if it may follow those before.
fn declared(before: &Declarations, document: &Document, at: &Place<'_>) -> Result<Vec<u8>, InputError> {
    let refused = |what: &str| {
        let accepted = "a declaration that follows on those before it".to_owned();
        at.error("bad_declaration", what, None, accepted)
    };
    let declared: Declared = data(document, at)?;
    let (store, ids) = before.newest().map_or((declared.store, None), |newest| (newest.store, Some(&newest.ids)));
    if declared.store != store {
        return Err(refused("is of another store"));
    }
    if !declared.ids.follow(ids) {
        return Err(refused("gives a number to two names, or another one to a name that has one"));
    }
    match Schema::new(&declared.classes, declared.ids.clone()) {
        Ok(schema) if *schema.ids() == declared.ids => Ok(document.to_string().into_bytes()),
        Ok(_) => Err(refused("lacks numbers of names that it declares")),
        Err(problems) => Err(refused(&format!("has mistakes, first: {}", problems[0]))),
    }
}

/// Plain data, as it was written by us.
fn data<T: serde::de::DeserializeOwned>(document: &Document, at: &Place<'_>) -> Result<T, InputError> {
    serde_json::from_str(&document.to_string()).map_err(|error| {
        let accepted = "what an export writes".to_owned();
        at.error("bad_declaration", &format!("is no declaration ({error})"), None, accepted)
    })
}
