//! The core's values as the database has them, and back without trusting it.

use std::sync::Arc;

use lora_core::codec::{EntryKind, Frame};
use lora_core::object::{ObjectId, Position, Seq};
use lora_core::schema::ClassId;
use lora_core::storage::StoreError;
use lora_core::time::{Axis, Period, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;

use crate::error::{Failure, corrupt};

/// A position; those that no store reaches are the last that there can be.
pub(crate) fn position_number(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

pub(crate) fn seq_number(seq: Seq) -> i64 {
    i64::from(seq.0)
}

pub(crate) fn class_number(object: ObjectId) -> i32 {
    i32::from(object.class.number())
}

/// A limit, one more than asked for: to see whether there is more.
pub(crate) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

pub(crate) fn kind_number(kind: EntryKind) -> i16 {
    match kind {
        EntryKind::Registration => 1,
        EntryKind::Declaration => 2,
    }
}

pub(crate) fn kind(number: i16, at: Position) -> Result<EntryKind, StoreError> {
    match number {
        1 => Ok(EntryKind::Registration),
        2 => Ok(EntryKind::Declaration),
        _ => Err(corrupt(at, "a kind of entry")),
    }
}

/// A column of a row, by its place.
pub(crate) fn column<'a, T: FromSql<'a>>(row: &'a Row, place: usize) -> Result<T, StoreError> {
    let unreadable = |source| Failure::server("give a value of the type that was asked for", source);
    row.try_get(place).map_err(|error| unreadable(error).to_store_error())
}

pub(crate) fn position(row: &Row, place: usize) -> Result<Position, StoreError> {
    let number: i64 = column(row, place)?;
    u64::try_from(number).map(Position).map_err(|_| corrupt(Position(0), "a position"))
}

pub(crate) fn timestamp<A: Axis>(row: &Row, place: usize, at: Position) -> Result<Timestamp<A>, StoreError> {
    Timestamp::from_sort_key(column(row, place)?).map_err(|_| corrupt(at, "an instant"))
}

/// The period between two neighbouring columns.
pub(crate) fn period<A: Axis>(row: &Row, place: usize, at: Position) -> Result<Period<A>, StoreError> {
    let (from, to) = (timestamp(row, place, at)?, timestamp(row, place + 1, at)?);
    Period::new(from, to).map_err(|_| corrupt(at, "a period that is not empty"))
}

/// The object in two neighbouring columns, class and UUID.
pub(crate) fn object(row: &Row, place: usize, at: Position) -> Result<ObjectId, StoreError> {
    let (class, uuid): (i32, Uuid) = (column(row, place)?, column(row, place + 1)?);
    let class = u16::try_from(class).map_err(|_| corrupt(at, "the number of a class"))?;
    Ok(ObjectId { class: ClassId::from_number(class), uuid })
}

/// The frame in three neighbouring columns: skeleton, salt and content.
pub(crate) fn frame(row: &Row, place: usize, at: Position) -> Result<Arc<Frame>, StoreError> {
    let salt: &[u8] = column(row, place + 1)?;
    let salt = salt.try_into().map_err(|_| corrupt(at, "a salt of 16 bytes"))?;
    Ok(Arc::new(Frame { skeleton: column(row, place)?, salt, content: column(row, place + 2)? }))
}
