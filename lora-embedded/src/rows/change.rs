//! How an entry changes the rows: once for the writer, for the start after a crash and for a rebuild.

use lora_core::object::{ObjectId, Position, Seq};
use lora_core::storage::{Boundary, GuardKey, IndexChange};
use lora_core::time::{Timestamp, TransactionTime};

use super::{
    ChainRow, Closed, Open, Place, TIP, Tip, boundary_key, chain_key, offset_bytes, position_bytes, read_position,
};
use crate::index::{Change, IndexError, Snapshot, Table};
use crate::log::{Anchor, Place as InLog};

/// The rows as they are before an entry.
pub(crate) trait Rows {
    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError>;
}

impl Rows for Snapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        Self::get(self, table, key)
    }
}

/// An entry in its place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entered {
    pub(crate) object: ObjectId,
    pub(crate) seq: Seq,
    pub(crate) position: Position,
    pub(crate) registered_from: Timestamp<TransactionTime>,
    pub(crate) place: InLog,
}

fn put(table: Table, key: Vec<u8>, value: Vec<u8>) -> Change {
    Change { table, key, value: Some(value) }
}

/// What an entry changes: its place in the chain, and the index as the core computed it.
pub(crate) fn changes_of_entry(
    rows: &impl Rows,
    entry: &Entered,
    index: &IndexChange,
) -> Result<Vec<Change>, IndexError> {
    let Entered { object, seq, position, registered_from, place } = *entry;
    let row = ChainRow { object, registered_from, seq, position, place };
    let mut changes = vec![put(Table::Chains, chain_key(object, registered_from), row.value())];
    for closing in &index.closes {
        let place = Place { key: closing.key.as_bytes(), object, valid: closing.valid }.bytes();
        if let Some(open) = rows.get(Table::Open, &place)? {
            let closed = Closed { open: Open::read(&open)?, closed: position, known_to: registered_from };
            let (key, value) = closed.row(&place);
            changes.push(put(Table::Closed, key, value));
            changes.push(Change { table: Table::Open, key: place, value: None });
        }
    }
    for opening in &index.opens {
        let place = Place { key: opening.key.as_bytes(), object, valid: opening.valid };
        let open = Open { opened: position, since: registered_from, present: opening.present };
        changes.push(put(Table::Open, place.bytes(), open.value()));
        if opening.key.folded().is_some() && rows.get(Table::Terms, place.key)?.is_none() {
            changes.push(put(Table::Terms, place.key.to_vec(), Vec::new()));
        }
    }
    for at in &index.boundaries_gone {
        let boundary = Boundary { at: *at, object };
        let key = boundary_key(boundary, None);
        if let Some(opened) = rows.get(Table::Boundaries, &key)? {
            let opened = read_position(Table::Boundaries, &opened)?;
            changes.push(put(Table::Boundaries, boundary_key(boundary, Some(position)), position_bytes(opened)));
            changes.push(Change { table: Table::Boundaries, key, value: None });
        }
    }
    for at in &index.boundaries_new {
        let key = boundary_key(Boundary { at: *at, object }, None);
        changes.push(put(Table::Boundaries, key, position_bytes(position)));
    }
    Ok(changes)
}

/// What a step changes besides its entries: its guards, how far the index has come, and now and then a landmark.
pub(crate) fn changes_of_step(tip: &Tip, guards: &[GuardKey], is_landmark: bool) -> Vec<Change> {
    let Anchor { step, last, .. } = tip.anchor;
    let guard = |guard: &GuardKey| put(Table::Guards, guard.0.clone(), position_bytes(last));
    let landmark = is_landmark.then(|| put(Table::Landmarks, position_bytes(step.position), offset_bytes(step.offset)));
    let tip = put(Table::Meta, TIP.to_vec(), tip.bytes());
    guards.iter().map(guard).chain(landmark).chain([tip]).collect()
}
