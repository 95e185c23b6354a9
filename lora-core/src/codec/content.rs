//! A content as bytes: the note, then attribute groups, states and relations with their rows.

use super::bytes::{DecodeError, Reader, put_int, put_text, put_uint};
use crate::object::{ActorKind, AttributeRow, Content, Effect, RelationRow, StateRow, Target};
use crate::schema::{FieldId, Keyword, Value};
use crate::time::{Period, Timestamp, ValidTime};

/// What an effect's first byte says about the rest of it.
mod flag {
    pub(super) const FROM_NEG_INFINITY: u8 = 1;
    pub(super) const TO_INFINITY: u8 = 1 << 1;
    pub(super) const FROM_IN_SECONDS: u8 = 1 << 2;
    pub(super) const TO_IN_SECONDS: u8 = 1 << 3;
    pub(super) const ACTOR: u8 = 1 << 4;
    pub(super) const ACTOR_KIND: u8 = 1 << 5;
    pub(super) const NOTE: u8 = 1 << 6;
}

const ACTOR_KINDS: [ActorKind; 6] = [
    ActorKind::Organisation,
    ActorKind::OrganisationUnit,
    ActorKind::OrganisationFunction,
    ActorKind::User,
    ActorKind::ItSystem,
    ActorKind::InterestCommunity,
];

/// The canonical bytes of a content and its note: equal inputs have equal bytes.
pub fn encode_content(note: &str, content: &Content) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    put_text(&mut out, note);
    put_sections(&mut out, content.all_attributes(), |out, row| {
        put_effect(out, &row.effect);
        put_uint(out, row.values().count() as u64);
        for (field, value) in row.values() {
            put_uint(out, u64::from(field.number()));
            put_value(out, value);
        }
    });
    put_sections(&mut out, content.all_states(), |out, row| {
        put_effect(out, &row.effect);
        put_uint(out, u64::from(row.value.number()));
    });
    put_sections(&mut out, content.all_relations(), put_relation);
    out
}

/// The note and content that [`encode_content`] wrote.
///
/// # Errors
/// [`DecodeError`] at the first byte that cannot be read; never panics, whatever the bytes. Bytes that can be read need
/// not be canonical: whether they are those that were written is for [`Frame::commitment`](super::Frame::commitment).
pub fn decode_content(bytes: &[u8]) -> Result<(String, Content), DecodeError> {
    let mut reader = Reader::new(bytes);
    let note = reader.text()?.to_owned();
    let mut content = Content::EMPTY;
    read_sections(&mut reader, attribute_row, |group, rows| content.set_attributes(group, rows))?;
    read_sections(&mut reader, state_row, |state, rows| content.set_states(state, rows))?;
    read_sections(&mut reader, relation_row, |relation, rows| content.set_relations(relation, rows))?;
    reader.end()?;
    Ok((note, content))
}

fn put_sections<'a, R: 'a>(
    out: &mut Vec<u8>,
    sections: impl Iterator<Item = (FieldId, &'a [R])>,
    put_row: impl Fn(&mut Vec<u8>, &R),
) {
    let sections: Vec<(FieldId, &[R])> = sections.collect();
    put_uint(out, sections.len() as u64);
    for (id, rows) in sections {
        put_uint(out, u64::from(id.number()));
        put_uint(out, rows.len() as u64);
        rows.iter().for_each(|row| put_row(out, row));
    }
}

fn read_sections<R>(
    reader: &mut Reader<'_>,
    read_row: impl Fn(&mut Reader<'_>) -> Result<R, DecodeError>,
    mut keep: impl FnMut(FieldId, Vec<R>),
) -> Result<(), DecodeError> {
    for _ in 0..reader.count()? {
        let id = FieldId::from_number(reader.u16()?);
        let count = reader.count()?;
        let rows = (0..count).map(|_| read_row(reader)).collect::<Result<Vec<R>, DecodeError>>()?;
        keep(id, rows);
    }
    Ok(())
}

fn put_effect(out: &mut Vec<u8>, effect: &Effect) {
    let flags_at = out.len();
    out.push(0);
    let mut flags = 0;
    flags |= put_bound(out, effect.valid.from(), flag::FROM_NEG_INFINITY, flag::FROM_IN_SECONDS);
    flags |= put_bound(out, effect.valid.to(), flag::TO_INFINITY, flag::TO_IN_SECONDS);
    if let Some(actor) = effect.actor {
        flags |= flag::ACTOR;
        out.extend_from_slice(actor.as_bytes());
    }
    if let Some(kind) = effect.actor_kind {
        flags |= flag::ACTOR_KIND;
        let number = ACTOR_KINDS.iter().position(|known| *known == kind).expect("the list has every kind");
        out.push(number as u8);
    }
    if !effect.note.is_empty() {
        flags |= flag::NOTE;
        put_text(out, &effect.note);
    }
    out[flags_at] = flags;
}

/// Writes a bound and says how: nothing for infinity, whole seconds where that loses nothing, else microseconds.
fn put_bound(out: &mut Vec<u8>, at: Timestamp<ValidTime>, infinite: u8, in_seconds: u8) -> u8 {
    match at.micros() {
        None => infinite,
        Some(micros) if micros % 1_000_000 == 0 => {
            put_int(out, micros / 1_000_000);
            in_seconds
        }
        Some(micros) => {
            put_int(out, micros);
            0
        }
    }
}

fn effect(reader: &mut Reader<'_>) -> Result<Effect, DecodeError> {
    let flags = reader.byte()?;
    let has = |bit: u8| flags & bit != 0;
    let from = match has(flag::FROM_NEG_INFINITY) {
        true => Timestamp::NEG_INFINITY,
        false => bound(reader, has(flag::FROM_IN_SECONDS))?,
    };
    let to = match has(flag::TO_INFINITY) {
        true => Timestamp::INFINITY,
        false => bound(reader, has(flag::TO_IN_SECONDS))?,
    };
    let valid = Period::new(from, to).map_err(|_| reader.error("a period that is not empty"))?;
    let actor = if has(flag::ACTOR) { Some(reader.uuid()?) } else { None };
    let actor_kind = if has(flag::ACTOR_KIND) {
        let number = usize::from(reader.byte()?);
        Some(*ACTOR_KINDS.get(number).ok_or_else(|| reader.error("a kind of actor"))?)
    } else {
        None
    };
    let note = if has(flag::NOTE) { reader.text()?.to_owned() } else { String::new() };
    Ok(Effect { valid, actor, actor_kind, note })
}

fn bound(reader: &mut Reader<'_>, in_seconds: bool) -> Result<Timestamp<ValidTime>, DecodeError> {
    let number = reader.int()?;
    let micros = if in_seconds { number.checked_mul(1_000_000) } else { Some(number) };
    let instant = micros.and_then(|micros| Timestamp::from_micros(micros).ok());
    instant.ok_or_else(|| reader.error("a finite instant"))
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => {
            out.push(0);
            put_text(out, text);
        }
        Value::Boolean(value) => out.push(if *value { 2 } else { 1 }),
        Value::Integer(value) => {
            out.push(3);
            put_int(out, i64::from(*value));
        }
        Value::TextList(texts) => {
            out.push(4);
            put_uint(out, texts.len() as u64);
            texts.iter().for_each(|text| put_text(out, text));
        }
        Value::Keywords(keywords) => {
            out.push(5);
            put_uint(out, keywords.len() as u64);
            keywords.iter().flat_map(Keyword::texts).for_each(|text| put_text(out, text));
        }
    }
}

fn value(reader: &mut Reader<'_>) -> Result<Value, DecodeError> {
    let text = |reader: &mut Reader<'_>| reader.text().map(str::to_owned);
    match reader.byte()? {
        0 => text(reader).map(Value::Text),
        1 => Ok(Value::Boolean(false)),
        2 => Ok(Value::Boolean(true)),
        3 => {
            let number = i32::try_from(reader.int()?);
            number.map(Value::Integer).map_err(|_| reader.error("an integer of 32 bits"))
        }
        4 => {
            let count = reader.count()?;
            (0..count).map(|_| text(reader)).collect::<Result<_, _>>().map(Value::TextList)
        }
        5 => {
            let count = reader.count()?;
            let keyword =
                |_| Ok(Keyword { identifier: text(reader)?, description: text(reader)?, category: text(reader)? });
            (0..count).map(keyword).collect::<Result<_, _>>().map(Value::Keywords)
        }
        _ => Err(reader.error("a type of value")),
    }
}

fn attribute_row(reader: &mut Reader<'_>) -> Result<AttributeRow, DecodeError> {
    let effect = effect(reader)?;
    let count = reader.count()?;
    let values = (0..count).map(|_| Ok((FieldId::from_number(reader.u16()?), value(reader)?)));
    let values: Vec<(FieldId, Value)> = values.collect::<Result<_, DecodeError>>()?;
    Ok(AttributeRow::new(values, effect))
}

fn state_row(reader: &mut Reader<'_>) -> Result<StateRow, DecodeError> {
    Ok(StateRow { effect: effect(reader)?, value: FieldId::from_number(reader.u16()?) })
}

/// The target's kind in the low two bits, and a bit for an object type.
const UUID_TARGET: u8 = 0;
const URN_TARGET: u8 = 1;
const NO_TARGET: u8 = 2;
const OBJECT_TYPE: u8 = 1 << 2;

fn put_relation(out: &mut Vec<u8>, row: &RelationRow) {
    put_effect(out, &row.effect);
    let object_type = if row.object_type.is_some() { OBJECT_TYPE } else { 0 };
    match &row.target {
        Target::Uuid(uuid) => {
            out.push(UUID_TARGET | object_type);
            out.extend_from_slice(uuid.as_bytes());
        }
        Target::Urn(urn) => {
            out.push(URN_TARGET | object_type);
            put_text(out, urn);
        }
        Target::Nothing => out.push(NO_TARGET | object_type),
    }
    if let Some(object_type) = &row.object_type {
        put_text(out, object_type);
    }
}

fn relation_row(reader: &mut Reader<'_>) -> Result<RelationRow, DecodeError> {
    let effect = effect(reader)?;
    let tag = reader.byte()?;
    let target = match tag & !OBJECT_TYPE {
        UUID_TARGET => Target::Uuid(reader.uuid()?),
        URN_TARGET => Target::Urn(reader.text()?.to_owned()),
        NO_TARGET => Target::Nothing,
        _ => return Err(reader.error("a kind of target")),
    };
    let object_type = if tag & OBJECT_TYPE != 0 { Some(reader.text()?.to_owned()) } else { None };
    Ok(RelationRow { target, object_type, effect })
}
