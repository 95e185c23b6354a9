//! A view that counts what is read from it.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::object::{ObjectId, Position, Seq};
use crate::query::Pattern;
use crate::schema::FieldId;
use crate::storage::{
    Boundary, ChainCursor, ChainPage, ContentHash, Encoded, KnownAt, PostingPage, Read, Scan, ScanCursor, StoreError,
    Terms,
};
use crate::time::{Period, TransactionTime, ValidTime};

/// A view that counts what is read from it.
#[derive(Debug)]
pub struct Watched<V> {
    view: V,
    calls: AtomicUsize,
    scans: AtomicUsize,
    registrations: AtomicUsize,
    postings: AtomicUsize,
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Calls of the store, of any kind.
    pub calls: usize,
    /// Calls for postings, among them.
    pub scans: usize,
    /// Registrations that were asked for, or came.
    pub registrations: usize,
    /// Postings that came.
    pub postings: usize,
}

impl<V> Watched<V> {
    /// Counts from nothing.
    pub const fn new(view: V) -> Self {
        Self {
            view,
            calls: AtomicUsize::new(0),
            scans: AtomicUsize::new(0),
            registrations: AtomicUsize::new(0),
            postings: AtomicUsize::new(0),
        }
    }

    /// What was read so far.
    pub fn effort(&self) -> Effort {
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        Effort {
            calls: read(&self.calls),
            scans: read(&self.scans),
            registrations: read(&self.registrations),
            postings: read(&self.postings),
        }
    }

    fn called(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}

impl<V: Read> Read for Watched<V> {
    fn position(&self) -> Position {
        self.view.position()
    }

    async fn registrations(&self, of: &[(ObjectId, KnownAt)]) -> Result<Vec<Option<Encoded>>, StoreError> {
        self.called();
        self.registrations.fetch_add(of.len(), Ordering::Relaxed);
        self.view.registrations(of).await
    }

    async fn history(&self, of: ObjectId, from: Seq, limit: usize) -> Result<Vec<Encoded>, StoreError> {
        self.called();
        let chain = self.view.history(of, from, limit).await?;
        self.registrations.fetch_add(chain.len(), Ordering::Relaxed);
        Ok(chain)
    }

    async fn known_during(
        &self,
        of: &[ObjectId],
        known: Period<TransactionTime>,
        after: Option<ChainCursor>,
        limit: usize,
    ) -> Result<ChainPage, StoreError> {
        self.called();
        let page = self.view.known_during(of, known, after, limit).await?;
        self.registrations.fetch_add(page.found.len(), Ordering::Relaxed);
        Ok(page)
    }

    async fn postings(
        &self,
        scans: &[Scan],
        after: Option<&ScanCursor>,
        limit: usize,
    ) -> Result<PostingPage, StoreError> {
        self.called();
        self.scans.fetch_add(1, Ordering::Relaxed);
        let page = self.view.postings(scans, after, limit).await?;
        self.postings.fetch_add(page.postings.len(), Ordering::Relaxed);
        Ok(page)
    }

    async fn terms(&self, fields: &[FieldId], pattern: &Pattern, limit: usize) -> Result<Terms, StoreError> {
        self.called();
        self.view.terms(fields, pattern, limit).await
    }

    async fn boundaries(
        &self,
        within: Period<ValidTime>,
        after: Option<Boundary>,
        limit: usize,
    ) -> Result<Vec<Boundary>, StoreError> {
        self.called();
        self.view.boundaries(within, after, limit).await
    }

    async fn content(&self, of: ContentHash, range: Range<u64>) -> Result<Option<Vec<u8>>, StoreError> {
        self.called();
        self.view.content(of, range).await
    }
}
