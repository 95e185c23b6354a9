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

/// A search over many objects is not done in one go: between its pages other tasks run, and a time limit can strike.
#[test]
fn a_long_search_gives_way_to_others() {
    use std::sync::Arc;
    use std::task::{Context, Waker};

    use lora_core::Service;
    use lora_core::object::{Content, ObjectId};
    use lora_core::oio::shipped_classes;
    use lora_core::query::{Page, Search, TimeContext};
    use lora_core::service::By;
    use lora_core::time::ManualClock;

    let clock = Arc::new(ManualClock::at(0).unwrap());
    let service = Service::open(MemoryStore::new(clock.clone()), shipped_classes(), || [0; 16]);
    let service = pollster::block_on(service).unwrap();
    let class = service.schema().classes()[0].id;
    for number in 0..2_000 {
        let object = ObjectId { class, uuid: uuid::Uuid::from_u128(number) };
        pollster::block_on(service.create(object, Content::EMPTY, By::default())).unwrap();
    }
    let view = pollster::block_on(service.view(None)).unwrap();
    let context = TimeContext::now(clock.now());
    let search = Search { class, criteria: vec![], context, page: Page::default() };
    let mut searching = Box::pin(service.search(&view, &search));
    let mut turns = 0;
    let found = loop {
        match searching.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(found) => break found.unwrap(),
            std::task::Poll::Pending => turns += 1,
        }
    };
    assert_eq!(found.len(), 2_000);
    assert!(turns >= 4, "{turns} turns");
}
