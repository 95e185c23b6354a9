//! The store in memory against the conformance suite.

use std::future::Future;
use std::sync::Arc;

use lora_core::storage::MemoryStore;
use lora_core::storage::conformance::Harness;
use lora_core::time::Clock;

struct Memory;

impl Harness for Memory {
    type Store = MemoryStore;

    async fn empty(&self, clock: Arc<dyn Clock>) -> MemoryStore {
        MemoryStore::new(clock)
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        pollster::block_on(future)
    }
}

lora_core::store_conformance!(Memory);
