//! The store, and the seam to the core.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use deadpool_postgres::Pool;
use lora_core::codec::Digest;
use lora_core::object::Position;
use lora_core::storage::{
    Chunks, CommitError, ContentHash, LedgerEntry, Need, Read, Receipt, Step, Storage, StoreError, Wait,
};
use lora_core::time::{Clock, Timestamp, TransactionTime};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row, Socket};
use tracing::debug;

use crate::contents;
use crate::error::corrupt;
use crate::queue::Queue;
use crate::read::PostgresView;
use crate::replicas::Replicas;
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
    replicas: Arc<Replicas>,
}

/// What the store and its views share.
pub(crate) struct Shared {
    pub(crate) pool: Pool,
    /// The store itself, where this is a replica of it.
    pub(crate) primary: Option<Arc<Shared>>,
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
        let tidied_up = AtomicBool::new(false);
        let shared = Arc::new(Shared { pool, primary: None, tenant, clock, tidied_up, wakers });
        Self { shared, queue, replicas: Arc::default() }
    }

    /// The same store with replicas of the database, which answer what does not need the newest.
    #[must_use]
    pub fn with_replicas(self, pools: Vec<Pool>) -> Self {
        let replicas = pools.into_iter().map(|pool| {
            let Shared { tenant, clock, wakers, .. } = &*self.shared;
            let (tenant, clock, wakers) = (*tenant, clock.clone(), wakers.clone());
            let primary = Some(self.shared.clone());
            Shared { pool, primary, tenant, clock, tidied_up: AtomicBool::new(false), wakers }
        });
        Self { replicas: Arc::new(Replicas::new(replicas)), ..self }
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
    ///
    /// What a view shows is the same on all copies that have its position: where a replica fails, the primary answers.
    pub(crate) async fn ask(
        &self,
        action: &'static str,
        statement: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        match (self.ask_here(action, statement, parameters).await, &self.primary) {
            (Err(StoreError::Unavailable(error)), Some(primary)) => {
                debug!(error, "a replica failed, so that the primary is asked");
                primary.ask_here(action, statement, parameters).await
            }
            (answer, _) => answer,
        }
    }

    /// Asks this copy, and no other.
    pub(crate) async fn ask_here(
        &self,
        action: &'static str,
        statement: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        session::ask(&self.pool, action, statement, &self.and_tenant(parameters)).await
    }

    /// Where this copy of the ledger stands; the instant of the newest entry and, where a position is asked for, of the
    /// entry there.
    pub(crate) async fn stand(&self, at: Option<Position>) -> Result<Stand, StoreError> {
        let asked = at.map(position_number);
        let rows = self.ask_here("say where the ledger stands", VIEW, &[&asked]).await?;
        let Some(row) = rows.first() else { return Ok(Stand::default()) };
        let newest = position(row, 0)?;
        let at = at.filter(|_| matches!(column::<Option<i64>>(row, 2), Ok(Some(_))));
        Ok(Stand {
            newest,
            instant: timestamp(row, 1, newest)?,
            asked: at.map(|at| timestamp(row, 2, at)).transpose()?,
        })
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

/// Where a copy of the ledger stands.
pub(crate) struct Stand {
    pub(crate) newest: Position,
    pub(crate) instant: Timestamp<TransactionTime>,
    /// The instant of the entry that was asked for, if there is one.
    asked: Option<Timestamp<TransactionTime>>,
}

impl Default for Stand {
    /// Nothing was committed.
    fn default() -> Self {
        Self { newest: Position(0), instant: Timestamp::NEG_INFINITY, asked: None }
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
        let stand = self.shared.stand(at).await?;
        let (position, instant) = match at {
            None => (stand.newest, stand.instant),
            Some(asked) if asked > stand.newest => {
                return Err(StoreError::Ahead { asked, newest: stand.newest });
            }
            Some(Position(0)) => (Position(0), Timestamp::NEG_INFINITY),
            Some(asked) => (asked, stand.asked.ok_or_else(|| corrupt(asked, "an entry, which is missing"))?),
        };
        Ok(PostgresView::new(self.shared.clone(), position, instant))
    }

    async fn view_showing(&self, need: Need) -> Result<PostgresView, StoreError> {
        if let Some(view) = self.replicas.view_showing(need).await {
            return Ok(view);
        }
        let view = need.met_by(self.view(None).await?)?;
        self.replicas.saw(view.position());
        Ok(view)
    }

    async fn commit(&self, step: Step) -> Result<Receipt, CommitError> {
        step.not_empty()?;
        let receipt = self.queue.commit(step).await?;
        self.replicas.saw(receipt.last);
        Ok(receipt)
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
