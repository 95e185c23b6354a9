//! The queue of a store's commits: one task carries them out, a batch at a time.
//!
//! While a batch is under way the next one gathers; nothing waits for a batch to fill. Who asked may go away at any
//! time: what was handed over is carried out or not, but never half, and nobody's going away cancels a statement.

mod gather;

use std::collections::VecDeque;
use std::sync::Arc;

use deadpool_postgres::Pool;
use lora_core::storage::{CommitError, Receipt, Step};
use lora_core::time::Clock;
use tokio::sync::{mpsc, oneshot};

use self::gather::gather;
use crate::commit::commit;
use crate::error::Failure;
use crate::store::Tenant;
use crate::wake::Wakers;

/// Where commits are handed over.
#[derive(Clone)]
pub(crate) struct Queue(mpsc::UnboundedSender<Waiting>);

/// A step that waits for its batch.
struct Waiting {
    step: Step,
    answer: oneshot::Sender<Result<Receipt, CommitError>>,
}

impl Queue {
    /// Starts the task; it ends when the queue is dropped, with everything done that was handed over.
    pub(crate) fn start(pool: Pool, tenant: Tenant, clock: Arc<dyn Clock>, wakers: Wakers) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(Committer { pool, tenant, clock, wakers }.run(receiver));
        Self(sender)
    }

    pub(crate) async fn commit(&self, step: Step) -> Result<Receipt, CommitError> {
        let stopped = || Failure::Stopped.to_store_error();
        let (answer, answered) = oneshot::channel();
        self.0.send(Waiting { step, answer }).map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

struct Committer {
    pool: Pool,
    tenant: Tenant,
    clock: Arc<dyn Clock>,
    wakers: Wakers,
}

impl Committer {
    async fn run(self, mut receiver: mpsc::UnboundedReceiver<Waiting>) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                let Some(next) = receiver.recv().await else { return };
                waiting.push_back(next);
            }
            while let Ok(more) = receiver.try_recv() {
                waiting.push_back(more);
            }
            let batch = gather(&mut waiting);
            self.carry_out(batch).await;
        }
    }

    async fn carry_out(&self, batch: Vec<Waiting>) {
        let (steps, answers): (Vec<Step>, Vec<_>) =
            batch.into_iter().map(|waiting| (waiting.step, waiting.answer)).unzip();
        let steps: Vec<&Step> = steps.iter().collect();
        // Who asked may have gone away, here and below: what is committed is committed.
        match commit(&self.pool, self.tenant, self.clock.now(), &steps).await {
            Ok(said) => {
                let moved_on = said.iter().any(Result::is_ok);
                answers.into_iter().zip(said).for_each(|(answer, said)| drop(answer.send(said)));
                if moved_on {
                    self.wakers.wake();
                }
            }
            Err(failure) => {
                answers.into_iter().for_each(|answer| drop(answer.send(Err(failure.to_store_error().into()))));
                // It may have happened all the same.
                self.wakers.wake();
            }
        }
    }
}
