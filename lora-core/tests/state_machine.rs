//! The store in memory under the state machine: see `lora_core::testing::state_machine`.

use std::convert::Infallible;
use std::sync::Arc;

use lora_core::storage::MemoryStore;
use lora_core::testing::state_machine::{Stand, acts, run};
use lora_core::time::ManualClock;
use proptest::prelude::*;

struct Memory;

impl Stand for Memory {
    type Store = MemoryStore;
    type Event = Infallible;

    fn empty(&mut self, clock: Arc<ManualClock>) -> MemoryStore {
        MemoryStore::new(clock)
    }

    fn happen(&mut self, event: &Infallible, _: MemoryStore, _: Arc<ManualClock>) -> MemoryStore {
        match *event {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(600), ..ProptestConfig::default() })]

    #[test]
    fn the_service_answers_as_the_definition_does((class, acts) in acts(None)) {
        run(Memory, class, &acts);
    }
}
