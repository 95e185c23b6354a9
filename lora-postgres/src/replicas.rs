//! Replicas of the database: for answers that need not be the newest.
//!
//! A replica lags behind. What it has is what the primary had, in the same order, so a view of it is an older view of the
//! store, and never a wrong one; that it is a copy of the same ledger is proved by the chain before it is asked anything.
//! A store shows nothing older than what it has shown before, so that clients which know of no positions see their own
//! writes.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lora_core::object::Position;
use lora_core::storage::{Need, Read, StoreError};
use tokio::time::{sleep, timeout};
use tracing::warn;

use crate::error::Failure;
use crate::read::PostgresView;
use crate::store::Shared;
use crate::values::column;

/// How long a request waits for a replica that does not show enough, or does not answer; then the primary is asked.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often a replica that does not show enough is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(5);
/// For how long a replica is passed over that kept a request waiting in vain.
const PASSED_OVER: Duration = Duration::from_secs(1);

/// The newest entry of a copy, and its link.
const TIP: &str = "SELECT position, chain FROM lora.ledger WHERE tenant = $1 AND position > 0";
const LINK: &str = "SELECT chain FROM lora.entry WHERE tenant = $1 AND position = $2";

/// The replicas of a store.
#[derive(Default)]
pub(crate) struct Replicas {
    all: Vec<Replica>,
    turn: AtomicUsize,
    /// The last position that the store has shown.
    shown: AtomicU64,
}

struct Replica {
    shared: Arc<Shared>,
    trust: Mutex<Trust>,
}

/// What is known about a replica.
#[derive(Clone, Copy)]
enum Trust {
    /// Nothing, or nothing since it failed.
    Unproved,
    /// It has the same ledger as the primary, as far as it goes.
    Proved,
    /// It is passed over until then.
    PassedOver(Instant),
}

impl Replicas {
    pub(crate) fn new(all: impl Iterator<Item = Shared>) -> Self {
        let replica = |shared| Replica { shared: Arc::new(shared), trust: Mutex::new(Trust::Unproved) };
        Self { all: all.map(replica).collect(), ..Self::default() }
    }

    /// Takes note of what the store has shown.
    pub(crate) fn saw(&self, position: Position) {
        self.shown.fetch_max(position.0, Ordering::Relaxed);
    }

    /// A view of the replica whose turn it is; `None` where the primary is to be asked.
    pub(crate) async fn view_showing(&self, need: Need) -> Option<PostgresView> {
        let need = Need { position: need.position.max(Position(self.shown.load(Ordering::Relaxed))), ..need };
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let (first, last) = self.all.split_at(turn.checked_rem(self.all.len())?);
        let replica = last.iter().chain(first).find(|replica| !replica.is_passed_over())?;
        match timeout(PATIENCE, replica.view_showing(need)).await {
            Ok(Ok(view)) => return view.inspect(|view| self.saw(view.position())),
            Ok(Err(error)) => warn!(error = &error as &dyn std::error::Error, "a replica does not answer"),
            Err(_) => warn!(position = need.position.0, "a replica does not show a position"),
        }
        replica.set(Trust::PassedOver(Instant::now() + PASSED_OVER));
        None
    }
}

impl Replica {
    /// A view as soon as the replica shows enough; `None` where waiting may be in vain, because nothing says that
    /// anything will be registered at a later instant.
    async fn view_showing(&self, need: Need) -> Result<Option<PostgresView>, StoreError> {
        if !matches!(self.trust(), Trust::Proved) {
            self.prove().await?;
        }
        loop {
            let stand = self.shared.stand(None).await?;
            if stand.newest >= need.position {
                // Whatever comes later is registered later than this.
                let complete = need.registered_before.is_none_or(|end| end <= stand.instant.next());
                return Ok(complete.then(|| PostgresView::new(self.shared.clone(), stand.newest, stand.instant)));
            }
            sleep(ASK_AGAIN).await;
        }
    }

    /// Compares the newest link of the replica with the primary's there, which hangs on all entries before it.
    async fn prove(&self) -> Result<(), StoreError> {
        let action = "show that it is a replica";
        let rows = self.shared.ask_here(action, TIP, &[]).await?;
        let (Some(tip), Some(primary)) = (rows.first(), &self.shared.primary) else { return Ok(()) };
        let (position, chain): (i64, &[u8]) = (column(tip, 0)?, column(tip, 1)?);
        let rows = primary.ask_here(action, LINK, &[&position]).await?;
        if rows.first().map(|row| column::<&[u8]>(row, 0)).transpose()? != Some(chain) {
            return Err(Failure::OtherLedger { position: position.unsigned_abs() }.to_store_error());
        }
        self.set(Trust::Proved);
        Ok(())
    }

    fn is_passed_over(&self) -> bool {
        matches!(self.trust(), Trust::PassedOver(until) if Instant::now() < until)
    }

    fn trust(&self) -> Trust {
        *self.trust.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, trust: Trust) {
        *self.trust.lock().unwrap_or_else(PoisonError::into_inner) = trust;
    }
}
