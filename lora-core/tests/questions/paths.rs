//! Paths of the store in memory against the definition: see `lora_core::testing::paths`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use lora_core::paths::Among;
use lora_core::storage::MemoryStore;
use lora_core::testing::paths::{Asked, Stand, run, script};
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
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(96),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn paths_are_followed_as_the_definition_follows_them(script in script(None)) {
        run(Memory, &script);
    }
}

/// What a question and its answer are about.
fn kinds(asked: &Asked) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    let mut add = |is: bool, kind| kinds.extend(is.then_some(kind));
    let nodes = &asked.question.path.nodes;
    let restrictions = &asked.question.restrictions;
    let missing = |objects: &Vec<Option<_>>| objects.iter().any(Option::is_none);
    add(!asked.rows.is_empty(), "rows");
    add(nodes.len() > 2 && !asked.rows.is_empty(), "rows of a longer path");
    add(asked.rows.iter().any(|row| missing(&row.objects)), "something missing");
    add(
        asked.rows.iter().any(|row| !missing(&row.objects) && nodes.iter().any(|node| node.optional)),
        "nothing missing",
    );
    let several = |rows: &[lora_core::paths::Row]| rows.windows(2).any(|pair| pair[0].objects == pair[1].objects);
    add(several(&asked.rows), "several periods");
    let points_back =
        |wanted: bool| nodes.iter().filter_map(|node| node.edge.as_ref()).any(|edge| edge.points_back == wanted);
    add(points_back(true) && !asked.rows.is_empty(), "who points");
    add(points_back(false) && !asked.rows.is_empty(), "who is pointed at");
    add(!restrictions.is_empty() && !asked.rows.is_empty(), "restricted");
    add(restrictions.iter().any(|it| it.node > 0) && !asked.rows.is_empty(), "restricted further on");
    let selects = restrictions.iter().any(|it| matches!(it.to, Among::Selected(_)));
    add(selects && !asked.rows.is_empty(), "selected");
    let changes = &asked.changes;
    add(changes.iter().any(|change| change.before.is_empty()), "came");
    add(changes.iter().any(|change| change.after.is_empty()), "went");
    add(changes.iter().any(|change| !change.before.is_empty() && !change.after.is_empty()), "moved");
    add(changes.iter().any(|change| change.causes.len() > 1), "several causes");
    add(
        changes.iter().any(|change| missing(&change.objects) && !change.causes.is_empty()),
        "something came to be missing",
    );
    kinds
}

/// All that [`kinds`] can say.
const KINDS: [&str; 15] = [
    "rows",
    "rows of a longer path",
    "something missing",
    "nothing missing",
    "several periods",
    "who points",
    "who is pointed at",
    "restricted",
    "restricted further on",
    "selected",
    "came",
    "went",
    "moved",
    "several causes",
    "something came to be missing",
];

/// The comparison means little where nothing is found: every kind of answer comes up often enough.
#[test]
fn the_scripts_find_something_of_every_kind() {
    let (mut runner, mut times) = (TestRunner::deterministic(), BTreeMap::<&str, usize>::new());
    for _ in 0..192 {
        let script = script::<Infallible>(None).new_tree(&mut runner).unwrap().current();
        for asked in run(Memory, &script) {
            kinds(&asked).into_iter().for_each(|kind| *times.entry(kind).or_default() += 1);
        }
    }
    for kind in KINDS {
        assert!(times.get(kind).is_some_and(|times| *times >= 5), "{kind}: {times:#?}");
    }
}
