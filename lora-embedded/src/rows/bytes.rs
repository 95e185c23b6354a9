//! Numbers, instants and objects as bytes that sort like them.

use lora_core::object::{ObjectId, Position};
use lora_core::schema::ClassId;
use lora_core::time::Timestamp;
use uuid::Uuid;

use crate::index::{IndexError, Table};
use crate::open::INDEX;

const SIGN: u64 = 1 << 63;

impl IndexError {
    /// For a row that is not what this version writes.
    pub(crate) fn row(table: Table) -> Self {
        Self::Damaged { name: INDEX.to_owned(), reason: format!("a row of {table:?} cannot be read") }
    }
}

/// Puts bytes behind each other.
pub(super) struct Writer(Vec<u8>);

/// Takes them apart again, and trusts none of them.
pub(super) struct Reader<'a> {
    table: Table,
    bytes: &'a [u8],
}

impl From<Vec<u8>> for Writer {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn number(self, number: u32) -> Self {
        self.raw(&number.to_be_bytes())
    }

    pub(super) fn position(self, position: Position) -> Self {
        self.raw(&position.0.to_be_bytes())
    }

    pub(super) fn instant<A>(self, at: Timestamp<A>) -> Self {
        self.raw(&(at.sort_key() as u64 ^ SIGN).to_be_bytes())
    }

    pub(super) fn object(self, object: ObjectId) -> Self {
        self.raw(&object.class.number().to_be_bytes()).raw(object.uuid.as_bytes())
    }

    pub(super) fn flag(self, flag: bool) -> Self {
        self.raw(&[u8::from(flag)])
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(table: Table, bytes: &'a [u8]) -> Self {
        Self { table, bytes }
    }

    /// What to say when the bytes are not what was written.
    pub(super) fn damaged(&self) -> IndexError {
        IndexError::row(self.table)
    }

    pub(super) fn raw<const N: usize>(&mut self) -> Result<[u8; N], IndexError> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or_else(|| self.damaged())?;
        self.bytes = rest;
        Ok(*taken)
    }

    pub(super) fn number(&mut self) -> Result<u32, IndexError> {
        self.raw().map(u32::from_be_bytes)
    }

    pub(super) fn position(&mut self) -> Result<Position, IndexError> {
        self.raw().map(u64::from_be_bytes).map(Position)
    }

    pub(super) fn instant<A>(&mut self) -> Result<Timestamp<A>, IndexError> {
        let key = u64::from_be_bytes(self.raw()?) ^ SIGN;
        Timestamp::from_sort_key(key as i64).map_err(|_| self.damaged())
    }

    pub(super) fn object(&mut self) -> Result<ObjectId, IndexError> {
        let class = ClassId::from_number(u16::from_be_bytes(self.raw()?));
        Ok(ObjectId { class, uuid: Uuid::from_bytes(self.raw()?) })
    }

    pub(super) fn flag(&mut self) -> Result<bool, IndexError> {
        match self.raw()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(self.damaged()),
        }
    }

    pub(super) fn end(&self) -> Result<(), IndexError> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.damaged()) }
    }
}
