//! Reading: one statement for each question, and nothing held open between two.
//!
//! A view is a position and its instant, and nothing else: each statement leaves out what came after, so that a view may
//! be kept for minutes and costs nothing.

mod chains;
mod postings;
mod terms;

use std::ops::Range;
use std::sync::Arc;

use lora_core::object::{ObjectId, Position, Seq};
use lora_core::query::Pattern;
use lora_core::schema::FieldId;
use lora_core::storage::{
    Boundary, ChainCursor, ChainPage, ContentHash, Encoded, KnownAt, PostingPage, Read, Scan, ScanCursor, StoreError,
    Terms,
};
use lora_core::time::{Period, Timestamp, TransactionTime, ValidTime};
use uuid::Uuid;

use crate::contents;
use crate::store::Shared;
use crate::values::{class_number, object, position_number, timestamp};

const BOUNDARIES: &str = include_str!("boundaries.sql");

/// A reading position in a [`PostgresStore`](crate::PostgresStore).
#[derive(Clone)]
pub struct PostgresView {
    shared: Arc<Shared>,
    position: Position,
    /// The instant of the entry at the position.
    instant: Timestamp<TransactionTime>,
}

impl PostgresView {
    pub(crate) fn new(shared: Arc<Shared>, position: Position, instant: Timestamp<TransactionTime>) -> Self {
        Self { shared, position, instant }
    }
}

impl Read for PostgresView {
    fn position(&self) -> Position {
        self.position
    }

    async fn registrations(&self, of: &[(ObjectId, KnownAt)]) -> Result<Vec<Option<Encoded>>, StoreError> {
        self.registrations_of(of).await
    }

    async fn history(&self, of: ObjectId, from: Seq, limit: usize) -> Result<Vec<Encoded>, StoreError> {
        self.history_of(of, from, limit).await
    }

    async fn known_during(
        &self,
        of: &[ObjectId],
        known: Period<TransactionTime>,
        after: Option<ChainCursor>,
        limit: usize,
    ) -> Result<ChainPage, StoreError> {
        self.page_known_during(of, known, after, limit).await
    }

    async fn postings(
        &self,
        scans: &[Scan],
        after: Option<&ScanCursor>,
        limit: usize,
    ) -> Result<PostingPage, StoreError> {
        self.page_of_postings(scans, after, limit).await
    }

    async fn terms(&self, fields: &[FieldId], pattern: &Pattern, limit: usize) -> Result<Terms, StoreError> {
        terms::terms(&self.shared, fields, pattern, limit).await
    }

    async fn boundaries(
        &self,
        within: Period<ValidTime>,
        after: Option<Boundary>,
        limit: usize,
    ) -> Result<Vec<Boundary>, StoreError> {
        let position = position_number(self.position);
        // Before every object at the first instant: no class has this number.
        let (mut at, mut class, mut uuid) = (within.from(), -1, Uuid::nil());
        if let Some(seen) = after.filter(|seen| seen.at >= within.from()) {
            (at, class, uuid) = (seen.at, class_number(seen.object), seen.object.uuid);
        }
        let (from, to) = (at.sort_key(), within.to().sort_key());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let asked: crate::session::Parameters<'_> = &[&position, &to, &from, &class, &uuid, &limit];
        let rows = self.shared.ask("read boundaries", BOUNDARIES, asked).await?;
        let boundary =
            |row| Ok(Boundary { at: timestamp(row, 0, self.position)?, object: object(row, 1, self.position)? });
        rows.iter().map(boundary).collect()
    }

    async fn content(&self, of: ContentHash, range: Range<u64>) -> Result<Option<Vec<u8>>, StoreError> {
        let found = contents::read(&self.shared, of, range.clone()).await?;
        match &self.shared.primary {
            // Contents have no position: a replica may not have one yet that the store keeps.
            Some(primary) if found.is_none() => contents::read(primary, of, range).await,
            _ => Ok(found),
        }
    }
}
