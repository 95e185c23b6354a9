//! Many steps into an embedded store: the log first, the index from all of it afterwards.

use std::mem;

use lora_core::storage::{CommitError, Step};
use lora_embedded::EmbeddedStore;

use super::Bulk;

/// How many steps are handed over at once: enough that nobody waits for each of them.
const STEPS: usize = 256;

/// For an embedded store that nobody else has: many steps with one write, durable and indexed at the end.
pub struct Loading {
    store: EmbeddedStore,
    steps: Vec<Step>,
}

impl Loading {
    /// For what follows on the entries that the store has.
    pub fn new(store: EmbeddedStore) -> Self {
        Self { store, steps: Vec::new() }
    }

    async fn hand_over(&mut self) -> Result<(), CommitError> {
        self.store.load(mem::take(&mut self.steps)).await
    }
}

impl Bulk for Loading {
    async fn step(&mut self, step: Step) -> Result<(), CommitError> {
        self.steps.push(step);
        if self.steps.len() < STEPS { Ok(()) } else { self.hand_over().await }
    }

    async fn finish(mut self) -> Result<(), CommitError> {
        self.hand_over().await?;
        Ok(self.store.finish_load().await?)
    }
}
