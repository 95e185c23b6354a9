//! Registrations of an object: found by time or by number, read from the log.

use std::ops::Bound;

use lora_core::object::{ObjectId, Position, Seq};
use lora_core::storage::{ChainCursor, ChainPage, Encoded, KnownAt, StoreError};
use lora_core::time::{Period, Timestamp, TransactionTime};

use crate::error::{index_failed, log_failed};
use crate::index::{IndexError, Snapshot, Table};
use crate::log::LogReader;
use crate::rows::{ChainRow, chain_key};

/// The chains of all objects, as a view shows them.
pub(crate) struct Chains<'a> {
    pub(crate) rows: &'a Snapshot,
    pub(crate) log: &'a LogReader,
    pub(crate) view: Position,
}

type Instant = Timestamp<TransactionTime>;

impl Chains<'_> {
    pub(crate) fn known_at(&self, object: ObjectId, at: KnownAt) -> Result<Option<Encoded>, StoreError> {
        let at = match at {
            KnownAt::Latest => Timestamp::INFINITY,
            KnownAt::Instant(at) => at,
        };
        let Some(row) = self.newest_until(object, at)? else { return Ok(None) };
        // The newest of all has none after it, and most reads ask for that one.
        let newest = at == Timestamp::INFINITY && self.view.0 >= self.rows.version();
        let next = if newest { None } else { self.next(&row)? };
        self.encoded(&row, next.as_ref()).map(Some)
    }

    /// Up to `limit` registrations from a number on.
    pub(crate) fn history(&self, object: ObjectId, from: Seq, limit: usize) -> Result<Vec<Encoded>, StoreError> {
        let start = match from {
            from if from <= Seq::FIRST => Timestamp::NEG_INFINITY,
            from => match self.numbered(object, from)? {
                Some(row) => row.registered_from,
                None => return Ok(Vec::new()),
            },
        };
        // One more, to know when the last one of the page ended.
        let rows = self.shown(object, Bound::Included(start)).take(limit.saturating_add(1));
        let rows = rows.collect::<Result<Vec<_>, StoreError>>()?;
        let page = rows.iter().take(limit).enumerate();
        page.map(|(at, row)| self.encoded(row, rows.get(at + 1))).collect()
    }

    /// Up to `limit` registrations of objects that were the newest at some instant of a period.
    pub(crate) fn known_during(
        &self,
        of: &[ObjectId],
        known: Period<TransactionTime>,
        after: Option<ChainCursor>,
        limit: usize,
    ) -> Result<ChainPage, StoreError> {
        let mut page = ChainPage::default();
        for (number, object) in of.iter().enumerate().skip(after.map_or(0, |after| after.object)) {
            let after = after.filter(|after| after.object == number).map(|after| after.registered_from);
            let mut rows = self.shown(*object, self.first_known(*object, known.from(), after)?);
            let mut next = rows.next().transpose()?;
            while let Some(row) = next.filter(|row| row.registered_from < known.to()) {
                if page.found.len() == limit {
                    page.next = page.end();
                    return Ok(page);
                }
                next = rows.next().transpose()?;
                page.found.push((number, self.encoded(&row, next.as_ref())?));
            }
        }
        Ok(page)
    }

    /// From where on the registrations lie that are known at an instant or later, after one of them.
    fn first_known(&self, object: ObjectId, at: Instant, after: Option<Instant>) -> Result<Bound<Instant>, StoreError> {
        if let Some(after) = after.filter(|after| *after >= at) {
            return Ok(Bound::Excluded(after));
        }
        let first = self.newest_until(object, at)?.map_or(at, |row| row.registered_from);
        Ok(after.filter(|after| *after >= first).map_or(Bound::Included(first), Bound::Excluded))
    }

    /// The newest registration up to an instant, and up to the view.
    fn newest_until(&self, object: ObjectId, at: Instant) -> Result<Option<ChainRow>, StoreError> {
        let Some(newest) = self.last_until(object, at)? else { return Ok(None) };
        if newest.position <= self.view {
            return Ok(Some(newest));
        }
        // What came after the view was registered later, and there may be thousands: the time before it is halved.
        let Some(mut found) = self.first(object)? else { return Ok(None) };
        if found.position > self.view {
            return Ok(None);
        }
        let (mut low, mut high) = (found.registered_from.sort_key(), newest.registered_from.sort_key());
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            let middle_at = Timestamp::from_sort_key(middle).unwrap_or(found.registered_from);
            match self.last_until(object, middle_at)? {
                Some(row) if row.position > self.view => high = row.registered_from.sort_key(),
                row => (low, found) = (middle, row.unwrap_or(found)),
            }
        }
        Ok(Some(found))
    }

    /// The newest registration up to an instant, whatever the view.
    fn last_until(&self, object: ObjectId, at: Instant) -> Result<Option<ChainRow>, StoreError> {
        let (from, to) = (chain_key(object, Timestamp::NEG_INFINITY), chain_key(object, at));
        let last = self.rows.last(Table::Chains, Bound::Included(&from), Bound::Included(&to)).map_err(index_failed)?;
        last.map(|(key, value)| ChainRow::read(&key, &value)).transpose().map_err(index_failed)
    }

    /// The registration after one, where the view shows it.
    fn next(&self, row: &ChainRow) -> Result<Option<ChainRow>, StoreError> {
        self.shown(row.object, Bound::Excluded(row.registered_from)).next().transpose()
    }

    /// The registration with a number: halves the time between two that it lies between.
    fn numbered(&self, object: ObjectId, seq: Seq) -> Result<Option<ChainRow>, StoreError> {
        let Some(last) = self.newest_until(object, Timestamp::INFINITY)? else { return Ok(None) };
        if seq >= last.seq {
            return Ok((seq == last.seq).then_some(last));
        }
        let Some(mut before) = self.first(object)? else { return Ok(None) };
        let mut after = last;
        while before.seq < seq {
            let (low, high) = (before.registered_from.sort_key(), after.registered_from.sort_key());
            let middle = Timestamp::from_sort_key(low + (high - low) / 2).unwrap_or(before.registered_from);
            match self.newest_until(object, middle)? {
                Some(row) if row.seq > seq => after = row,
                Some(row) if row.seq > before.seq => before = row,
                // Nothing was registered between `before` and the middle.
                _ => match self.next(&before)? {
                    Some(next) => before = next,
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(before))
    }

    /// The first registration of an object, whatever the view.
    fn first(&self, object: ObjectId) -> Result<Option<ChainRow>, StoreError> {
        self.chain(object, Bound::Included(Timestamp::NEG_INFINITY)).next().transpose()
    }

    /// The rows of an object from an instant on, as far as the view shows them.
    fn shown(&self, object: ObjectId, from: Bound<Instant>) -> impl Iterator<Item = Result<ChainRow, StoreError>> {
        self.chain(object, from).take_while(|row| row.as_ref().map_or(true, |row| row.position <= self.view))
    }

    /// The rows of an object from an instant on, also those after the view.
    fn chain(&self, object: ObjectId, from: Bound<Instant>) -> impl Iterator<Item = Result<ChainRow, StoreError>> {
        let (from, to) = (from.map(|at| chain_key(object, at)), chain_key(object, Timestamp::INFINITY));
        self.rows
            .range(Table::Chains, from.as_ref().map(Vec::as_slice), Bound::Included(&to))
            .map(|row| row.and_then(|(key, value)| ChainRow::read(&key, &value)).map_err(index_failed))
    }

    fn encoded(&self, row: &ChainRow, next: Option<&ChainRow>) -> Result<Encoded, StoreError> {
        let to = next.map_or(Timestamp::INFINITY, |next| next.registered_from);
        let registered =
            Period::new(row.registered_from, to).map_err(|_| index_failed(IndexError::row(Table::Chains)))?;
        let entry = self.log.entry(row.position, row.place).map_err(log_failed)?;
        Ok(Encoded { position: row.position, registered, frame: entry.ledger.frame })
    }
}
