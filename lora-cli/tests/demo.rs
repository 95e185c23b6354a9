//! The generated municipality in a store: everything gets in, and what went in comes out.

use std::sync::Arc;

use lora_cli::demo::{fill, options_until};
use lora_cli::generate::Options;
use lora_core::Service;
use lora_core::oio::shipped_classes;
use lora_core::storage::{MemoryStore, Read, Storage, Wait};
use lora_core::time::{Clock, ManualClock};
use pollster::block_on;

#[test]
fn the_municipality_fills_an_empty_store_once() {
    let clock = Arc::new(ManualClock::at(1_795_000_000_000_000).unwrap());
    let store = MemoryStore::new(clock.clone());
    let service = block_on(Service::open(store, shipped_classes(), || [1; 16])).unwrap();
    let people = std::env::var("LORA_PEOPLE").ok().and_then(|people| people.parse().ok()).unwrap_or(200);
    let options = Options { people, ..options_until(clock.now()) };
    let begin = std::time::Instant::now();
    let count = block_on(fill(&service, clock.now(), &options, |_| {})).unwrap();
    println!("{count} registrations in {:?}", begin.elapsed());
    assert!(count > 10 * people);
    let view = block_on(service.view(None)).unwrap();
    assert_eq!(view.position().0, count + 1, "one entry each, after the declarations");
    let ledger = block_on(service.store().ledger(view.position(), 9, Wait::Never)).unwrap();
    assert!(ledger.is_empty());
    assert_eq!(block_on(fill(&service, clock.now(), &options, |_| {})).unwrap(), 0, "a filled store is left alone");
}
