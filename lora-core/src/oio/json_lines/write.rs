//! Entries as lines, without their line feeds; the same entry always gives the same bytes.

use uuid::Uuid;

use super::{FORMAT, Header, VERSION, kind_on_wire, numbered};
use crate::codec::{DecodeError, EntryKind, Skeleton};
use crate::object::{ActorId, BatchId, LifeCycle, Position, Registration};
use crate::oio::lifecycle_on_wire;
use crate::oio::output::{name, object, quoted, text, text_member, uuid, write_whole_content};
use crate::oio::time_text::write_instant;
use crate::schema::Class;
use crate::storage::{Declarations, LedgerEntry, StoreError};
use crate::time::{Timestamp, TransactionTime};

/// Who stated something, when and why: what a line says of a registration beside its place, object and content.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are those of `Registration`")]
pub struct Statement<'a> {
    /// From when on it was the newest of its object.
    pub registered_from: Timestamp<TransactionTime>,
    /// Whether that time was asserted, and not the instant of the entry.
    pub asserted: bool,
    pub batch: Option<BatchId>,
    pub lifecycle: LifeCycle,
    pub actor: ActorId,
    pub note: &'a str,
}

/// Appends the first line.
pub fn write_header(out: &mut Vec<u8>, header: &Header) {
    object(out, |out| {
        text_member(out, "format", FORMAT);
        number_member(out, "version", VERSION.unsigned_abs());
        name(out, "store");
        uuid(out, header.store);
        if let Some(entries) = header.entries {
            number_member(out, "entries", entries);
        }
        if let Some(position) = header.position {
            number_member(out, "position", position.0);
        }
        name(out, "classes");
        serde_json::to_writer(out, &header.classes).expect("declarations are plain data, and memory takes everything");
    });
}

/// Appends the line of an entry, in the names that its class had at its position.
///
/// # Errors
/// [`StoreError::Corrupt`] where the entry cannot be read, or its class was not declared at its position.
pub fn write_entry(out: &mut Vec<u8>, declarations: &Declarations, entry: &LedgerEntry) -> Result<(), StoreError> {
    let corrupt = |source| StoreError::Corrupt { position: entry.position, source };
    if entry.kind == EntryKind::Declaration {
        let skeleton = Skeleton::decode(&entry.frame.skeleton).map_err(corrupt)?;
        write_declaration(out, entry, &skeleton);
        return Ok(());
    }
    let registration = entry.frame.registration().map_err(corrupt)?;
    let undeclared = DecodeError { at: 0, expected: "an object of a class that is declared" };
    let class = declarations.class(entry.object.class, entry.position).ok_or_else(|| corrupt(undeclared))?;
    let statement = Statement::of(registration.asserted.unwrap_or(entry.instant), &registration);
    begin_registration(out, (entry.position, entry.instant), (&class.wire, entry.object.uuid), &statement);
    end_registration(out, class, &registration);
    Ok(())
}

/// Appends the part of a registration's line from `registered` on, as an object of its own.
pub fn write_registration(
    out: &mut Vec<u8>,
    class: &Class,
    registered_from: Timestamp<TransactionTime>,
    registration: &Registration,
) {
    out.push(b'{');
    write_statement(out, &Statement::of(registered_from, registration));
    end_registration(out, class, registration);
}

/// Appends the beginning of a registration's line, up to its content: the caller writes that, and a closing brace.
pub fn begin_registration(
    out: &mut Vec<u8>,
    place: (Position, Timestamp<TransactionTime>),
    (class, id): (&str, Uuid),
    statement: &Statement<'_>,
) {
    begin(out, place, EntryKind::Registration);
    text_member(out, "class", class);
    name(out, "id");
    uuid(out, id);
    write_statement(out, statement);
}

fn begin(out: &mut Vec<u8>, (position, instant): (Position, Timestamp<TransactionTime>), kind: EntryKind) {
    out.push(b'{');
    number_member(out, "position", position.0);
    instant_member(out, "instant", instant);
    text_member(out, "kind", kind_on_wire(kind));
}

fn write_statement(out: &mut Vec<u8>, statement: &Statement<'_>) {
    write_act(out, statement);
    name(out, "note");
    text(out, statement.note);
    name(out, "content");
}

fn write_act(out: &mut Vec<u8>, statement: &Statement<'_>) {
    name(out, "registered");
    object(out, |out| {
        instant_member(out, "from", statement.registered_from);
        if statement.asserted {
            name(out, "asserted");
            out.extend_from_slice(b"true");
        }
    });
    if let Some(batch) = statement.batch {
        name(out, "batch");
        uuid(out, batch);
    }
    text_member(out, "lifecycle", lifecycle_on_wire(statement.lifecycle));
    name(out, "actor");
    uuid(out, statement.actor);
}

fn end_registration(out: &mut Vec<u8>, class: &Class, registration: &Registration) {
    let class = numbered::holding(class, &registration.content);
    object(out, |out| write_whole_content(out, &class, &registration.content));
    out.push(b'}');
}

/// A declaration's content is JSON already, and stands as it was stored.
fn write_declaration(out: &mut Vec<u8>, entry: &LedgerEntry, skeleton: &Skeleton) {
    begin(out, (entry.position, entry.instant), EntryKind::Declaration);
    let statement = Statement {
        registered_from: skeleton.asserted.unwrap_or(entry.instant),
        asserted: skeleton.asserted.is_some(),
        batch: skeleton.batch,
        lifecycle: skeleton.lifecycle,
        actor: skeleton.actor,
        note: "",
    };
    write_act(out, &statement);
    name(out, "content");
    out.extend_from_slice(&entry.frame.content);
    out.push(b'}');
}

impl<'a> Statement<'a> {
    fn of(registered_from: Timestamp<TransactionTime>, registration: &'a Registration) -> Self {
        Self {
            registered_from,
            asserted: registration.asserted.is_some(),
            batch: registration.batch,
            lifecycle: registration.lifecycle,
            actor: registration.actor,
            note: &registration.note,
        }
    }
}

fn number_member(out: &mut Vec<u8>, wire: &str, number: u64) {
    name(out, wire);
    out.extend_from_slice(number.to_string().as_bytes());
}

fn instant_member(out: &mut Vec<u8>, wire: &str, at: Timestamp<TransactionTime>) {
    name(out, wire);
    quoted(out, |out| write_instant(out, at));
}
