//! Contents: bytes of any length in pieces of one size, under a random name until their hash is known.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lora_core::storage::{Chunks, ContentHash, StoreError};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::Failure;
use crate::session::connection;
use crate::store::Shared;
use crate::values::column;

/// The bytes of a content in one row.
const PIECE: usize = 64 << 10;
/// After this time a content that has not arrived whole is given up, in microseconds: a day.
const ARRIVES_WITHIN: i64 = 24 * 60 * 60 * 1_000_000;

const BEGIN: &str = "INSERT INTO lora.content_arriving (tenant, blob, since) VALUES ($1, $2, $3)";
/// Adds a piece, unless the content was given up; until this is done it cannot be.
const ADD: &str = "INSERT INTO lora.content_piece (tenant, blob, number, bytes) \
                   SELECT tenant, blob, $3, $4 FROM lora.content_arriving WHERE tenant = $1 AND blob = $2 FOR SHARE";
/// Gives a content its hash, if it was not given up; what arrived of one that is there already goes away again.
const KEEP: &str = include_str!("contents_keep.sql");
/// Gives up one content, and those of processes that ended long ago.
const GIVE_UP: &str =
    "DELETE FROM lora.content_arriving WHERE tenant = $1 AND (blob = $2 OR since < $3) RETURNING blob";
/// A statement of its own, so that it sees the pieces that came before their content was given up.
const REMOVE: &str = "DELETE FROM lora.content_piece WHERE tenant = $1 AND blob = ANY ($2)";
const READ: &str = "SELECT content.size, piece.number, piece.bytes FROM lora.content \
                    LEFT JOIN lora.content_piece piece ON piece.tenant = content.tenant AND piece.blob = content.blob \
                        AND piece.number BETWEEN $3 AND $4 \
                    WHERE content.tenant = $1 AND content.hash = $2 ORDER BY piece.number";
const ACTION: &str = "keep a content";

pub(crate) async fn put(shared: &Arc<Shared>, mut chunks: impl Chunks) -> Result<ContentHash, StoreError> {
    if !shared.tidied_up.swap(true, Ordering::Relaxed) {
        give_up(shared, Uuid::nil()).await?;
    }
    let mut arriving = Arriving::begin(shared).await?;
    let mut hash = Sha256::new();
    while let Some(chunk) = chunks.next().await.map_err(StoreError::Interrupted)? {
        hash.update(&chunk);
        arriving.push(&chunk).await?;
    }
    let hash = ContentHash(hash.finalize().into());
    arriving.keep(hash).await?;
    Ok(hash)
}

/// A content on its way. It goes away again unless it is kept: at once, or where that fails a day later, with the first
/// content of some store or the next one that is not kept.
struct Arriving {
    shared: Arc<Shared>,
    blob: Uuid,
    number: i64,
    bytes: Vec<u8>,
    size: i64,
    kept: bool,
}

impl Arriving {
    async fn begin(shared: &Arc<Shared>) -> Result<Self, StoreError> {
        let (blob, now) = (Uuid::new_v4(), shared.clock.now().sort_key());
        let this = Self { shared: shared.clone(), blob, number: 0, bytes: Vec::new(), size: 0, kept: false };
        shared.tell(ACTION, BEGIN, &[&blob, &now]).await?;
        Ok(this)
    }

    async fn push(&mut self, mut chunk: &[u8]) -> Result<(), StoreError> {
        while !chunk.is_empty() {
            let (part, rest) = chunk.split_at(chunk.len().min(PIECE - self.bytes.len()));
            self.bytes.extend_from_slice(part);
            chunk = rest;
            if self.bytes.len() == PIECE {
                self.write().await?;
            }
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        self.shared.tell(ACTION, ADD, &[&self.blob, &self.number, &self.bytes]).await?;
        self.size += self.bytes.len() as i64;
        self.number += 1;
        self.bytes.clear();
        Ok(())
    }

    async fn keep(&mut self, hash: ContentHash) -> Result<(), StoreError> {
        if !self.bytes.is_empty() {
            self.write().await?;
        }
        let hash = hash.0.as_slice();
        let kept = self.shared.tell(ACTION, KEEP, &[&self.blob, &hash, &self.size]).await?;
        if kept.is_empty() {
            return Err(StoreError::Interrupted("it took longer than a day, and was given up".into()));
        }
        self.kept = true;
        Ok(())
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Handle::try_current();
        if let (false, Ok(runtime)) = (self.kept, runtime) {
            let (shared, blob) = (self.shared.clone(), self.blob);
            runtime.spawn(async move {
                if let Err(error) = give_up(&shared, blob).await {
                    tracing::info!(%blob, %error, "what arrived of a content is removed later");
                }
            });
        }
    }
}

/// Removes what arrived of a content that was not kept, and of those that began too long ago.
async fn give_up(shared: &Shared, blob: Uuid) -> Result<(), StoreError> {
    let failed = |error| Failure::server("remove a content", error).to_store_error();
    let mut client = connection(&shared.pool, ACTION).await?;
    let transaction = client.transaction().await.map_err(failed)?;
    let (tenant, long_ago) = (shared.tenant.0, shared.clock.now().sort_key().saturating_sub(ARRIVES_WITHIN));
    let gone = transaction.query(GIVE_UP, &[&tenant, &blob, &long_ago]).await.map_err(failed)?;
    let gone = gone.iter().map(|row| column(row, 0)).collect::<Result<Vec<Uuid>, _>>()?;
    transaction.execute(REMOVE, &[&tenant, &gone]).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

pub(crate) async fn read(shared: &Shared, of: ContentHash, range: Range<u64>) -> Result<Option<Vec<u8>>, StoreError> {
    let piece = |at: u64| i64::try_from(at / PIECE as u64).unwrap_or(i64::MAX);
    let (first, last) = (piece(range.start), piece(range.end.saturating_sub(1)));
    let rows = shared.ask("read a content", READ, &[&of.0.as_slice(), &first, &last]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let size = u64::try_from(column::<i64>(row, 0)?).unwrap_or(0);
    let (from, to) = (range.start.min(size), range.end.min(size));
    let mut found = Vec::new();
    for row in &rows {
        let (Some(number), Some(bytes)) = (column::<Option<i64>>(row, 1)?, column::<Option<&[u8]>>(row, 2)?) else {
            continue;
        };
        let begins = number as u64 * PIECE as u64;
        let inside = |at: u64| at.saturating_sub(begins).min(bytes.len() as u64) as usize;
        found.extend_from_slice(bytes.get(inside(from)..inside(to)).unwrap_or_default());
    }
    if found.len() as u64 != to.saturating_sub(from) {
        return Err(Failure::Damaged { what: format!("content {of}") }.to_store_error());
    }
    Ok(Some(found))
}
