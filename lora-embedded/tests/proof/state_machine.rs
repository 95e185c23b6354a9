//! The store under the service against the definition, with reopenings, kills, crashes and lost indexes in between: once
//! with searches and reads, once with queries of several classes.

use std::sync::Arc;
use std::time::Duration;

use lora_core::testing::queries;
use lora_core::testing::state_machine::{Stand, acts, run};
use lora_core::time::ManualClock;
use lora_embedded::files::Files;
use lora_embedded::testing::{SimulatedDisk, Torn};
use lora_embedded::{EmbeddedStore, IndexOptions, Options, log};
use proptest::prelude::*;
use proptest::sample::select;

/// How a store ends, what happens to its index, and how it is opened again.
#[derive(Debug, Clone)]
struct Event {
    end: End,
    index: Fate,
    options: Options,
}

#[derive(Debug, Clone)]
enum End {
    Closed,
    Killed,
    Crashed(Torn),
}

#[derive(Debug, Clone)]
enum Fate {
    Kept,
    Removed,
    CutAt(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let torn = prop_oneof![Just(Torn::Nothing), Just(Torn::Everything), any::<u64>().prop_map(Torn::Seed)];
    let end = prop_oneof![3 => Just(End::Closed), 3 => Just(End::Killed), 3 => torn.prop_map(End::Crashed)];
    let fate =
        prop_oneof![6 => Just(Fate::Kept), 1 => Just(Fate::Removed), 1 => (0..100_000_u64).prop_map(Fate::CutAt)];
    (end, fate, options()).prop_map(|(end, index, options)| Event { end, index, options })
}

/// From a layout in which everything is written at once and each entry has its segment, to one where nothing ever is.
fn options() -> impl Strategy<Value = Options> {
    let segment_size = select(vec![1, 2_000, 64 << 20]);
    let preallocate = select(vec![0, 3_000]);
    let memtable = select(vec![1, 4_000, 16 << 20]);
    let age = select([0, 1, 3_600_000].map(Duration::from_millis).to_vec());
    let sort = select(vec![1, 128 << 20]);
    (segment_size, preallocate, memtable, age, sort).prop_map(|(segment_size, preallocate, memtable, age, sort)| {
        let index = IndexOptions { cache: 1 << 20, memtable, age, sort };
        Options { log: log::Options { segment_size, preallocate }, index }
    })
}

struct Simulated {
    disk: SimulatedDisk,
    options: Options,
}

impl Simulated {
    fn open(&self, clock: Arc<ManualClock>) -> EmbeddedStore {
        EmbeddedStore::open(Arc::new(self.disk.clone()), clock, self.options).unwrap()
    }
}

impl Stand for Simulated {
    type Store = EmbeddedStore;
    type Event = Event;

    fn empty(&mut self, clock: Arc<ManualClock>) -> EmbeddedStore {
        self.open(clock)
    }

    fn happen(&mut self, event: &Event, store: EmbeddedStore, clock: Arc<ManualClock>) -> EmbeddedStore {
        self.options = event.options;
        let found = match event.end {
            End::Closed => None,
            End::Killed => Some(self.disk.after_kill()),
            End::Crashed(torn) => Some(self.disk.crash(torn)),
        };
        drop(store);
        self.disk = found.unwrap_or_else(|| self.disk.clone());
        match event.index {
            Fate::Kept => {}
            Fate::Removed => self.disk.remove("index").unwrap(),
            Fate::CutAt(size) => {
                let index = self.disk.open("index").unwrap();
                index.set_size(size.min(index.size().unwrap())).unwrap();
            }
        }
        self.open(clock)
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn the_service_answers_as_the_definition_does_whatever_happens_to_the_store(
        options in options(),
        (class, acts) in acts(Some(event().boxed())),
    ) {
        run(Simulated { disk: SimulatedDisk::new(), options }, class, &acts);
    }

    #[test]
    fn queries_find_what_the_definition_finds_whatever_happens_to_the_store(
        options in options(),
        script in queries::script(Some(event().boxed())),
    ) {
        queries::run(Simulated { disk: SimulatedDisk::new(), options }, &script);
    }
}
