//! The store, and the seam to the core.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use deadpool_postgres::Pool;
use lora_core::codec::Digest;
use lora_core::object::Position;
use lora_core::storage::{Chunks, CommitError, ContentHash, LedgerEntry, Receipt, Step, Storage, StoreError, Wait};
use lora_core::time::{Clock, Timestamp, TransactionTime};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row, Socket};

use crate::contents;
use crate::error::corrupt;
use crate::queue::Queue;
use crate::read::PostgresView;
use crate::session::{self, Parameters};
use crate::values::{column, frame, kind, object, one_more, position, position_number, timestamp};
use crate::wake::Wakers;

/// Where the ledger stands, and the instant of an entry.
const VIEW: &str = "SELECT ledger.position, ledger.instant, entry.instant FROM lora.ledger \
                    LEFT JOIN lora.entry ON entry.tenant = ledger.tenant AND entry.position = $2 \
                    WHERE ledger.tenant = $1";

const LEDGER: &str = "SELECT position, instant, kind, class, object, skeleton, salt, content, chain FROM lora.entry \
                      WHERE tenant = $1 AND position > $2 ORDER BY position LIMIT $3";

/// Whose realm in a database a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tenant(pub i16);

/// A tenant's store in a database. Cheap to clone.
///
/// Any number of stores, in any number of processes, may be on one database. A read takes a connection out of the pool
/// for one statement; commits wait in a queue and take one connection together.
/// Its futures run on the tokio runtime that the pool runs on.
#[derive(Clone)]
pub struct PostgresStore {
    shared: Arc<Shared>,
    queue: Queue,
}

/// What the store and its views share.
pub(crate) struct Shared {
    pub(crate) pool: Pool,
    pub(crate) tenant: Tenant,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether contents that arrived only in part, long ago, were removed.
    pub(crate) tidied_up: AtomicBool,
    wakers: Wakers,
}

impl PostgresStore {
    /// The store of a tenant in a database that is migrated. The connections of the pool have
    /// [`SESSION_OPTIONS`](crate::SESSION_OPTIONS).
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(pool: Pool, tenant: Tenant, clock: Arc<dyn Clock>) -> Self {
        let wakers = Wakers::new();
        let queue = Queue::start(pool.clone(), tenant, clock.clone(), wakers.clone());
        Self { shared: Arc::new(Shared { pool, tenant, clock, tidied_up: AtomicBool::new(false), wakers }), queue }
    }

    /// Lets other stores' commits on the same database wake who waits here, through a connection of its own that is made
    /// when somebody waits for the first time. Without it who waits looks every second.
    #[must_use]
    pub fn hearing_others<T>(self, config: Config, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        self.shared.wakers.hear_others(self.shared.tenant, config, tls);
        self
    }
}

impl Shared {
    /// Asks a question. The tenant is the first parameter of every statement.
    pub(crate) async fn ask(
        &self,
        action: &'static str,
        statement: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        session::ask(&self.pool, action, statement, &self.and_tenant(parameters)).await
    }

    /// Carries out a statement that writes beside the ledger.
    pub(crate) async fn tell(
        &self,
        action: &'static str,
        statement: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        session::tell(&self.pool, action, statement, &self.and_tenant(parameters)).await
    }

    fn and_tenant<'a>(&'a self, parameters: Parameters<'a>) -> Vec<&'a (dyn ToSql + Sync)> {
        [&self.tenant.0 as &(dyn ToSql + Sync)].into_iter().chain(parameters.iter().copied()).collect()
    }

    async fn entries_after(&self, after: Position, limit: usize) -> Result<Vec<LedgerEntry>, StoreError> {
        let (after, rows) = (position_number(after), one_more(limit));
        let rows = self.ask("read the ledger", LEDGER, &[&after, &rows]).await?;
        let mut entries = rows.iter().map(ledger_entry).collect::<Result<Vec<_>, _>>()?;
        if entries.len() > limit {
            // A page ends with a step, unless the step alone is longer than the page.
            let is_end = |at: &usize| entries[at - 1].instant != entries[*at].instant;
            let end = (1..=limit).rev().find(is_end).unwrap_or(limit);
            entries.truncate(end);
        }
        Ok(entries)
    }
}

fn ledger_entry(row: &Row) -> Result<LedgerEntry, StoreError> {
    let at = position(row, 0)?;
    let chain: &[u8] = column(row, 8)?;
    Ok(LedgerEntry {
        position: at,
        instant: timestamp(row, 1, at)?,
        kind: kind(column(row, 2)?, at)?,
        object: object(row, 3, at)?,
        frame: frame(row, 5, at)?,
        chain: Digest::try_from(chain).map_err(|_| corrupt(at, "a link of 32 bytes"))?,
    })
}

impl Storage for PostgresStore {
    type View = PostgresView;

    async fn view(&self, at: Option<Position>) -> Result<PostgresView, StoreError> {
        let asked = at.map(position_number);
        let rows = self.shared.ask("say where the ledger stands", VIEW, &[&asked]).await?;
        let newest = rows.first().map_or(Ok(Position(0)), |row| position(row, 0))?;
        let instant: Timestamp<TransactionTime> = match (at, rows.first()) {
            (Some(asked), _) if asked > newest => return Err(StoreError::Ahead { asked, newest }),
            (Some(Position(0)), _) | (_, None) => Timestamp::NEG_INFINITY,
            (None, Some(row)) => timestamp(row, 1, newest)?,
            (Some(asked), Some(row)) => match column::<Option<i64>>(row, 2)? {
                Some(_) => timestamp(row, 2, asked)?,
                None => return Err(corrupt(asked, "an entry, which is missing")),
            },
        };
        Ok(PostgresView::new(self.shared.clone(), at.unwrap_or(newest), instant))
    }

    async fn commit(&self, step: Step) -> Result<Receipt, CommitError> {
        self.queue.commit(step).await
    }

    async fn ledger(&self, after: Position, limit: usize, wait: Wait) -> Result<Vec<LedgerEntry>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut woken = self.shared.wakers.listen();
        loop {
            woken.mark_unchanged();
            let entries = self.shared.entries_after(after, limit).await?;
            if !entries.is_empty() || wait == Wait::Never {
                return Ok(entries);
            }
            self.shared.wakers.sleep(&mut woken).await;
        }
    }

    async fn put_content(&self, chunks: impl Chunks) -> Result<ContentHash, StoreError> {
        contents::put(&self.shared, chunks).await
    }
}
