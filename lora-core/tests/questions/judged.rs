//! Queries of the store in memory against the definition: see `lora_core::testing::queries`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use lora_core::query::{Direction, Filter, Other, Steps, Test};
use lora_core::storage::MemoryStore;
use lora_core::testing::queries::{Asked, Stand, run, script};
use lora_core::time::ManualClock;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

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
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_executor_finds_what_the_definition_finds(script in script(None)) {
        run(Memory, &script);
    }
}

/// All that [`name`] and [`test_name`] can say.
const NAMES: [&str; 30] = [
    "All",
    "Any",
    "Not",
    "Object",
    "Field",
    "AnyText",
    "State",
    "Relation",
    "Relation to anything",
    "AnyRelation",
    "LifeCycle",
    "Actor",
    "Note",
    "RegisteredIn",
    "ChangedIn",
    "FirstKnownIn",
    "Related forward",
    "Related backward",
    "Related forward, many",
    "Related backward, many",
    "Sometime",
    "Throughout",
    "AsKnown",
    "Periods",
    "Periods of two filters",
    "Is",
    "Has",
    "Like",
    "Compares",
    "Given",
];

/// How often each kind of filter and test stands in a filter.
fn count(filter: &Filter, times: &mut BTreeMap<&'static str, usize>) {
    *times.entry(name(filter)).or_default() += 1;
    if let Filter::Field { test, .. } = filter {
        *times.entry(test_name(test)).or_default() += 1;
    }
    filter.parts().into_iter().for_each(|part| count(part, times));
}

fn name(filter: &Filter) -> &'static str {
    match filter {
        Filter::All(_) => "All",
        Filter::Any(_) => "Any",
        Filter::Not(_) => "Not",
        Filter::Object(_) => "Object",
        Filter::Field { .. } => "Field",
        Filter::AnyText(_) => "AnyText",
        Filter::State { .. } => "State",
        Filter::Relation { targets: Some(_), .. } => "Relation",
        Filter::Relation { targets: None, .. } => "Relation to anything",
        Filter::AnyRelation(_) => "AnyRelation",
        Filter::LifeCycle(_) => "LifeCycle",
        Filter::Actor(_) => "Actor",
        Filter::Note(_) => "Note",
        Filter::RegisteredIn(_) => "RegisteredIn",
        Filter::ChangedIn { .. } => "ChangedIn",
        Filter::FirstKnownIn { .. } => "FirstKnownIn",
        Filter::Related(related) => match (related.direction, &related.steps) {
            (Direction::Forward, Steps::One) => "Related forward",
            (Direction::Backward, Steps::One) => "Related backward",
            (Direction::Forward, Steps::Many { .. }) => "Related forward, many",
            (Direction::Backward, Steps::Many { .. }) => "Related backward, many",
        },
        Filter::Sometime { .. } => "Sometime",
        Filter::Throughout { .. } => "Throughout",
        Filter::AsKnown { .. } => "AsKnown",
        Filter::Periods { to: Other::Period(_), .. } => "Periods",
        Filter::Periods { to: Other::Filter(_), .. } => "Periods of two filters",
    }
}

fn test_name(test: &Test) -> &'static str {
    match test {
        Test::Is(_) => "Is",
        Test::Has(_) => "Has",
        Test::Like(_) => "Like",
        Test::Compares(..) => "Compares",
        Test::Given => "Given",
    }
}

/// Scripts that are the same in every run.
fn asked(scripts: usize) -> Vec<Asked> {
    let mut runner = TestRunner::deterministic();
    let script = script(None);
    (0..scripts).flat_map(|_| run(Memory, &script.new_tree(&mut runner).unwrap().current())).collect()
}

#[test]
fn what_is_asked_is_the_whole_language_and_finds_something_but_not_everything() {
    let asked = asked(120);
    let found = asked.iter().filter(|asked| !asked.found.is_empty());
    let mut times = BTreeMap::new();
    found.clone().for_each(|asked| count(&asked.query.select.filter, &mut times));
    for name in NAMES {
        let times = times.get(name).copied().unwrap_or(0);
        assert!(times >= 10, "{name} stands in {times} of the filters that find something");
    }
    let not_all = found.clone().filter(|asked| asked.found.len() < asked.objects);
    let (found, not_all, all) = (found.count(), not_all.count(), asked.len());
    assert!(found * 2 > all, "{found} of {all} queries find something");
    assert!(not_all * 4 > all, "{not_all} of {all} queries find something, and not everything");
}
