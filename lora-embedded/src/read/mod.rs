//! Reading: rows of the index at one version, entries of the log at the places that the rows name.
//!
//! A view is a position and nothing else: each call looks at the newest state of the index and leaves out what came
//! after the position, so that a view may be kept for minutes and costs nothing.

mod chains;
mod postings;

use std::ops::{Bound, Range};
use std::sync::Arc;

use lora_core::object::{ObjectId, Position, Seq};
use lora_core::query::Pattern;
use lora_core::schema::FieldId;
use lora_core::storage::{
    Boundary, ChainCursor, ChainPage, ContentHash, Encoded, Key, KnownAt, Posting, PostingPage, Read, Scan, ScanCursor,
    StoreError, Terms,
};
use lora_core::time::{Period, TransactionTime, ValidTime};

pub(crate) use self::chains::Chains;
use crate::error::index_failed;
use crate::index::{Snapshot, Table};
use crate::rows::{boundary_key, read_boundary};
use crate::store::Shared;

/// A reading position in an [`EmbeddedStore`](crate::EmbeddedStore).
#[derive(Clone)]
pub struct EmbeddedView {
    shared: Arc<Shared>,
    position: Position,
}

impl EmbeddedView {
    pub(crate) fn new(shared: Arc<Shared>, position: Position) -> Self {
        Self { shared, position }
    }

    fn rows(&self) -> Snapshot {
        self.shared.index().snapshot()
    }
}

impl Read for EmbeddedView {
    fn position(&self) -> Position {
        self.position
    }

    async fn registrations(&self, of: &[(ObjectId, KnownAt)]) -> Result<Vec<Option<Encoded>>, StoreError> {
        let chains = Chains { rows: &self.rows(), log: &self.shared.log, view: self.position };
        of.iter().map(|(object, at)| chains.known_at(*object, *at)).collect()
    }

    async fn history(&self, of: ObjectId, from: Seq, limit: usize) -> Result<Vec<Encoded>, StoreError> {
        let chains = Chains { rows: &self.rows(), log: &self.shared.log, view: self.position };
        chains.history(of, from, limit)
    }

    async fn known_during(
        &self,
        of: &[ObjectId],
        known: Period<TransactionTime>,
        after: Option<ChainCursor>,
        limit: usize,
    ) -> Result<ChainPage, StoreError> {
        let chains = Chains { rows: &self.rows(), log: &self.shared.log, view: self.position };
        chains.known_during(of, known, after, limit)
    }

    async fn postings(
        &self,
        scans: &[Scan],
        after: Option<&ScanCursor>,
        limit: usize,
    ) -> Result<PostingPage, StoreError> {
        let rows = self.rows();
        let first = after.map_or(0, |cursor| cursor.scan);
        let (mut postings, mut last) = (Vec::new(), first);
        for (index, scan) in scans.iter().enumerate().skip(first) {
            let after = after.filter(|cursor| cursor.scan == index).map(|cursor| &cursor.posting);
            for posting in postings::scan(&rows, scan, after, self.position) {
                if postings.len() == limit {
                    let next =
                        postings.last().map(|posting: &Posting| ScanCursor { scan: last, posting: posting.clone() });
                    return Ok(PostingPage { postings, next });
                }
                postings.push(posting.map_err(index_failed)?);
                last = index;
            }
        }
        Ok(PostingPage { postings, next: None })
    }

    async fn terms(&self, fields: &[FieldId], pattern: &Pattern, limit: usize) -> Result<Terms, StoreError> {
        let rows = self.rows();
        let matches = |key: &Key| key.folded().is_some_and(|(text, whole)| !whole || pattern.matches_folded(text));
        let mut keys = Vec::new();
        for field in fields {
            let range = Key::text_prefix(*field).and_all_longer();
            let to = range.to.as_ref().map_or(Bound::Unbounded, |to| Bound::Excluded(to.as_bytes()));
            for row in rows.range(Table::Terms, Bound::Included(range.from.as_bytes()), to) {
                let key = Key::from_bytes(row.map_err(index_failed)?.0);
                if !matches(&key) {
                    continue;
                }
                if keys.len() == limit {
                    return Ok(Terms { keys, complete: false });
                }
                keys.push(key);
            }
        }
        Ok(Terms { keys, complete: true })
    }

    async fn boundaries(
        &self,
        within: Period<ValidTime>,
        after: Option<Boundary>,
        limit: usize,
    ) -> Result<Vec<Boundary>, StoreError> {
        let rows = self.rows();
        let from = match after {
            Some(seen) => seen,
            None => Boundary { at: within.from(), object: ObjectId::STORE },
        };
        let from = boundary_key(from, after.map_or(Some(Position(0)), |_| None));
        let mut found = Vec::new();
        for row in rows.range(Table::Boundaries, Bound::Excluded(&from), Bound::Unbounded) {
            let read = row.and_then(|(key, value)| read_boundary(&key, &value));
            let (boundary, gone, opened) = read.map_err(index_failed)?;
            if boundary.at >= within.to() || found.len() == limit {
                break;
            }
            if boundary.at >= within.from() && opened <= self.position && self.position < gone {
                found.push(boundary);
            }
        }
        Ok(found)
    }

    async fn content(&self, of: ContentHash, range: Range<u64>) -> Result<Option<Vec<u8>>, StoreError> {
        self.shared.contents.read(of, range)
    }
}
