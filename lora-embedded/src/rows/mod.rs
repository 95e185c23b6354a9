//! What the index holds about entries: keys and values as bytes, and how an entry changes them.
//!
//! ```text
//! Chains      object · registered from                       → seq · position · offset · length
//! Open        key · object · valid period                    → opened · since · present
//! Closed      key · object · valid period · known to         → opened · since · closed · present
//! Boundaries  instant · object · gone (or the last position) → opened
//! Terms       text key                                       →
//! Guards      guard key                                      → position
//! Landmarks   position                                       → offset
//! Meta        "tip"                                          → log · step · offset · position · chain
//! ```
//!
//! Numbers and instants are eight bytes, big-endian, instants with the sign flipped; an object is its class (two bytes)
//! and its UUID. Keys of postings end themselves (`lora_core::storage::Key`), so that none is the beginning of another
//! and rows stand in the order of key, object, valid period.
//! Within one key, object and valid period the rectangles follow on each other, so that the order of `known to` is that
//! of `opened` and of `closed`.

mod bytes;
mod change;
#[cfg(any(test, feature = "test-support"))]
mod laws;

use lora_core::object::{ObjectId, Position, Seq};
use lora_core::storage::{Boundary, Posting};
use lora_core::time::{Period, Timestamp, TransactionTime, ValidTime};

use crate::index::{IndexError, Table};
use crate::log::{Anchor, Landmark, LogId, LogStep, Place as InLog, StepPlaces};
use bytes::{Reader, Writer};
pub(crate) use change::{Entered, Rows, changes_of_entry, changes_of_step};
#[cfg(any(test, feature = "test-support"))]
pub use laws::fuzz_rows;

/// A row of the table of chains: one registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChainRow {
    pub(crate) object: ObjectId,
    pub(crate) registered_from: Timestamp<TransactionTime>,
    pub(crate) seq: Seq,
    pub(crate) position: Position,
    /// Where its entry lies in the log.
    pub(crate) place: InLog,
}

/// A rectangle that nothing closed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) opened: Position,
    pub(crate) since: Timestamp<TransactionTime>,
    pub(crate) present: bool,
}

/// A rectangle that an entry closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) open: Open,
    pub(crate) closed: Position,
    pub(crate) known_to: Timestamp<TransactionTime>,
}

/// Key, object and valid period of a rectangle, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) object: ObjectId,
    pub(crate) valid: Period<ValidTime>,
}

/// How far the index has come, and what the log has there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tip {
    /// The log that this is the index of.
    pub(crate) log: LogId,
    /// The last step that it knows.
    pub(crate) anchor: Anchor,
}

/// Which steps are landmarks, from which others are found in the log: the first of each segment, and the first that
/// begins in another 64 KiB of it than the step before.
#[derive(Debug, Default)]
pub(crate) struct Landmarks {
    last: Option<u32>,
}

/// Bytes of object and valid period, which follow the key of a posting.
const PLACE_BYTES: usize = 18 + 16;

pub(crate) const TIP: &[u8] = b"tip";

pub(crate) fn chain_key(object: ObjectId, registered_from: Timestamp<TransactionTime>) -> Vec<u8> {
    Writer::with_capacity(26).object(object).instant(registered_from).done()
}

impl ChainRow {
    pub(crate) fn value(&self) -> Vec<u8> {
        let row = Writer::with_capacity(20).number(self.seq.0).position(self.position);
        row.number(self.place.offset).number(self.place.length).done()
    }

    pub(crate) fn read(key: &[u8], value: &[u8]) -> Result<Self, IndexError> {
        let (mut key, mut value) = (Reader::new(Table::Chains, key), Reader::new(Table::Chains, value));
        let row = Self {
            object: key.object()?,
            registered_from: key.instant()?,
            seq: Seq(value.number()?),
            position: value.position()?,
            place: InLog { offset: value.number()?, length: value.number()? },
        };
        key.end()?;
        value.end()?;
        Ok(row)
    }
}

impl<'a> Place<'a> {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let place = Writer::with_capacity(self.key.len() + PLACE_BYTES + 8).raw(self.key).object(self.object);
        place.instant(self.valid.from()).instant(self.valid.to()).done()
    }

    pub(crate) fn read(table: Table, bytes: &'a [u8]) -> Result<Self, IndexError> {
        let key = bytes.len().checked_sub(PLACE_BYTES).ok_or_else(|| Reader::new(table, bytes).damaged())?;
        let mut reader = Reader::new(table, &bytes[key..]);
        let object = reader.object()?;
        let valid = Period::new(reader.instant()?, reader.instant()?).map_err(|_| reader.damaged())?;
        Ok(Self { key: &bytes[..key], object, valid })
    }

    /// As a posting, known from `open` on up to an instant; `None` where that is no time at all.
    pub(crate) fn posting(&self, open: Open, known_to: Timestamp<TransactionTime>) -> Option<Posting> {
        Some(Posting {
            key: lora_core::storage::Key::from_bytes(self.key.to_vec()),
            object: self.object,
            valid: self.valid,
            opened: open.opened,
            present: open.present,
            known: Period::new(open.since, known_to).ok()?,
        })
    }
}

impl Open {
    pub(crate) fn value(&self) -> Vec<u8> {
        Writer::with_capacity(17).position(self.opened).instant(self.since).flag(self.present).done()
    }

    pub(crate) fn read(value: &[u8]) -> Result<Self, IndexError> {
        let mut value = Reader::new(Table::Open, value);
        let open = Self { opened: value.position()?, since: value.instant()?, present: value.flag()? };
        value.end()?;
        Ok(open)
    }
}

impl Closed {
    /// The row of a rectangle at a place.
    pub(crate) fn row(&self, place: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let key = Writer::from(place.to_vec()).instant(self.known_to).done();
        let value = Writer::with_capacity(25).position(self.open.opened).instant(self.open.since);
        (key, value.position(self.closed).flag(self.open.present).done())
    }

    /// The bytes of the place, and the rectangle.
    pub(crate) fn read<'a>(key: &'a [u8], value: &[u8]) -> Result<(&'a [u8], Self), IndexError> {
        let split = key.len().checked_sub(8).ok_or_else(|| Reader::new(Table::Closed, key).damaged())?;
        let mut known_to = Reader::new(Table::Closed, &key[split..]);
        let mut value = Reader::new(Table::Closed, value);
        let (opened, since) = (value.position()?, value.instant()?);
        let (closed, present) = (value.position()?, value.flag()?);
        value.end()?;
        let open = Open { opened, since, present };
        Ok((&key[..split], Self { open, closed, known_to: known_to.instant()? }))
    }
}

/// The key of a boundary that is one until an entry; `None` for one that still is.
pub(crate) fn boundary_key(boundary: Boundary, gone: Option<Position>) -> Vec<u8> {
    let key = Writer::with_capacity(34).instant(boundary.at).object(boundary.object);
    key.position(gone.unwrap_or(Position(u64::MAX))).done()
}

/// The boundary, the entry before which it was one, and the one from which on.
pub(crate) fn read_boundary(key: &[u8], value: &[u8]) -> Result<(Boundary, Position, Position), IndexError> {
    let (mut key, mut value) = (Reader::new(Table::Boundaries, key), Reader::new(Table::Boundaries, value));
    let boundary = Boundary { at: key.instant()?, object: key.object()? };
    let (gone, made) = (key.position()?, value.position()?);
    key.end().and(value.end()).map(|()| (boundary, gone, made))
}

pub(crate) fn position_bytes(position: Position) -> Vec<u8> {
    Writer::with_capacity(8).position(position).done()
}

pub(crate) fn read_position(table: Table, bytes: &[u8]) -> Result<Position, IndexError> {
    let mut reader = Reader::new(table, bytes);
    let position = reader.position()?;
    reader.end().map(|()| position)
}

pub(crate) fn offset_bytes(offset: u32) -> Vec<u8> {
    Writer::with_capacity(4).number(offset).done()
}

pub(crate) fn read_offset(bytes: &[u8]) -> Result<u32, IndexError> {
    let mut reader = Reader::new(Table::Landmarks, bytes);
    let offset = reader.number()?;
    reader.end().map(|()| offset)
}

impl Landmarks {
    /// Goes on to a step, and says whether it is a landmark.
    pub(crate) fn pass(&mut self, step: Landmark) -> bool {
        let part = step.offset >> 16;
        let before = self.last.replace(part);
        before.is_none_or(|before| before != part)
    }
}

impl Tip {
    /// After a step of a log.
    pub(crate) fn of(log: LogId, step: &LogStep, places: &StepPlaces) -> Self {
        let (first, last) = (&step.entries[0].ledger, &step.entries[step.entries.len() - 1].ledger);
        let landmark = Landmark { position: first.position, offset: places.offset };
        Self { log, anchor: Anchor { step: landmark, last: last.position, chain: last.chain } }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Anchor { step, last, chain } = &self.anchor;
        let tip = Writer::with_capacity(68).raw(self.log.as_bytes()).position(step.position).number(step.offset);
        tip.position(*last).raw(chain).done()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, IndexError> {
        let mut reader = Reader::new(Table::Meta, bytes);
        let log = LogId::from_bytes(reader.raw()?);
        let step = Landmark { position: reader.position()?, offset: reader.number()? };
        let anchor = Anchor { step, last: reader.position()?, chain: reader.raw()? };
        reader.end()?;
        Ok(Self { log, anchor })
    }
}
