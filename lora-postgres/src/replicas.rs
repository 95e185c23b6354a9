//! Replicas of the database: for answers that need not be the newest.
//!
//! A replica lags behind. What it has is what the primary had, in the same order, so a view of it is an older view of the
//! store, and never a wrong one. A store shows nothing older than what it has shown before, so that clients which know
//! of no positions see their own writes.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lora_core::object::Position;
use lora_core::storage::{Need, StoreError};
use tokio::time::{sleep, timeout};
use tracing::warn;

use crate::read::PostgresView;
use crate::store::Shared;

/// How long a request waits for a replica that does not show enough, or does not answer; then the primary is asked.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often a replica that does not show enough is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(5);
/// For how long a replica is passed over that kept a request waiting in vain.
const PASSED_OVER: Duration = Duration::from_secs(1);

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
    passed_over_until: Mutex<Option<Instant>>,
}

impl Replicas {
    pub(crate) fn new(all: impl Iterator<Item = Shared>) -> Self {
        let replica = |shared| Replica { shared: Arc::new(shared), passed_over_until: Mutex::default() };
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
            Ok(Ok(view)) => return view.inspect(|view| self.saw(lora_core::storage::Read::position(view))),
            Ok(Err(error)) => warn!(error = &error as &dyn std::error::Error, "a replica does not answer"),
            Err(_) => warn!(position = need.position.0, "a replica does not show a position"),
        }
        replica.pass_over();
        None
    }
}

impl Replica {
    /// A view as soon as the replica shows enough; `None` where waiting may be in vain, because nothing says that
    /// anything will be registered at a later instant.
    async fn view_showing(&self, need: Need) -> Result<Option<PostgresView>, StoreError> {
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

    fn is_passed_over(&self) -> bool {
        let until = *self.passed_over_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    fn pass_over(&self) {
        *self.passed_over_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PASSED_OVER);
    }
}
