//! What was accepted and is not in the index yet.

use std::collections::HashMap;
use std::ops::Bound;

use lora_core::object::{ObjectId, Position, Seq};
use lora_core::storage::{CommitError, GuardKey, Step, StoreError};
use lora_core::time::Timestamp;

use crate::error::index_failed;
use crate::index::{IndexError, Snapshot, Table};
use crate::rows::{ChainRow, chain_key, read_position};

/// Heads and guards that steps have moved.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) heads: HashMap<ObjectId, Seq>,
    pub(super) guards: HashMap<GuardKey, Position>,
}

impl Pending {
    /// Refuses a step that did not see the newest heads and guards.
    pub(super) fn check(&self, rows: &Snapshot, step: &Step) -> Result<(), CommitError> {
        let (mut heads, mut guards) = (Vec::new(), Vec::new());
        for (object, seen) in &step.heads {
            if self.head(rows, *object)? != *seen {
                heads.push(*object);
            }
        }
        for guard in &step.guards {
            if self.guard(rows, guard)?.is_some_and(|taken| taken > step.seen) {
                guards.push(guard.clone());
            }
        }
        if heads.is_empty() && guards.is_empty() { Ok(()) } else { Err(CommitError::Moved { heads, guards }) }
    }

    fn head(&self, rows: &Snapshot, object: ObjectId) -> Result<Option<Seq>, StoreError> {
        if let Some(seq) = self.heads.get(&object) {
            return Ok(Some(*seq));
        }
        let last = || -> Result<Option<Seq>, IndexError> {
            let (from, to) = (chain_key(object, Timestamp::NEG_INFINITY), chain_key(object, Timestamp::INFINITY));
            let last = rows.last(Table::Chains, Bound::Included(&from), Bound::Included(&to))?;
            last.map(|(key, value)| Ok(ChainRow::read(&key, &value)?.seq)).transpose()
        };
        last().map_err(index_failed)
    }

    fn guard(&self, rows: &Snapshot, guard: &GuardKey) -> Result<Option<Position>, StoreError> {
        if let Some(taken) = self.guards.get(guard) {
            return Ok(Some(*taken));
        }
        let taken = rows.get(Table::Guards, &guard.0).map_err(index_failed)?;
        taken.map(|taken| read_position(Table::Guards, &taken)).transpose().map_err(index_failed)
    }
}
