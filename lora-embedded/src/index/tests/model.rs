use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::{Change, Contents, Faulty, IndexOptions, Snapshot, Table, contents, open};

type Range = (Bound<Vec<u8>>, Bound<Vec<u8>>);

#[derive(Debug, Clone)]
enum Step {
    Write(Vec<(bool, u8, Option<u8>)>),
    Publish,
    Flush,
    Reopen,
    Keep,
}

fn step() -> impl Strategy<Value = Step> {
    let change = (any::<bool>(), 0..30_u8, prop::option::weighted(0.7, any::<u8>()));
    prop_oneof![
        4 => prop::collection::vec(change, 0..8).prop_map(Step::Write),
        4 => Just(Step::Publish),
        1 => Just(Step::Flush),
        1 => Just(Step::Reopen),
        2 => Just(Step::Keep),
    ]
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![
        1 => Just(Bound::Unbounded),
        2 => (0..31_u8).prop_map(|n| Bound::Included(key(n))),
        2 => (0..31_u8).prop_map(|n| Bound::Excluded(key(n))),
    ]
}

fn key(n: u8) -> Vec<u8> {
    vec![b'k'; usize::from(n % 3)].into_iter().chain([n / 3]).collect()
}

fn table(first: bool) -> Table {
    if first { Table::Chains } else { Table::Meta }
}

/// Everything that a snapshot answers, by the naive way.
fn check(snapshot: &Snapshot, version: usize, expected: &Contents, ranges: &[Range]) {
    assert_eq!(snapshot.version(), version as u64);
    assert_eq!(&contents(snapshot).unwrap(), expected);
    for table in [true, false].map(table) {
        for n in 0..31 {
            assert_eq!(snapshot.get(table, &key(n)).unwrap().as_ref(), expected.get(&(table, key(n))));
        }
        for (from, to) in ranges {
            let (from, to) = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
            let inside = |key: &[u8]| std::ops::RangeBounds::<[u8]>::contains(&(from, to), key);
            let rows = expected.iter().filter(|((of, key), _)| *of == table && inside(key));
            let rows: Vec<_> = rows.map(|((_, key), value)| (key.clone(), value.clone())).collect();
            let found: Vec<_> = snapshot.range(table, from, to).map(Result::unwrap).collect();
            assert_eq!(found, rows, "{from:?}..{to:?}");
            assert_eq!(snapshot.last(table, from, to).unwrap(), rows.last().cloned());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn an_index_is_a_map_of_every_version(
        steps in prop::collection::vec(step(), 1..60),
        ranges in prop::collection::vec((bound(), bound()), 3),
        memtable in prop_oneof![Just(1_usize), Just(500), Just(1 << 20)],
        age in prop_oneof![Just(Duration::ZERO), Just(Duration::MAX)],
    ) {
        let files = Arc::new(Faulty::default());
        let options = IndexOptions { cache: 1 << 20, memtable, age, sort: 1 << 20 };
        let mut index = open(&files, options).unwrap();
        let mut versions = vec![Contents::new()];
        let mut published = 0;
        let mut kept: Vec<Snapshot> = Vec::new();
        for step in steps {
            match step {
                Step::Write(changes) => {
                    let mut next = versions.last().unwrap().clone();
                    for (first, n, value) in &changes {
                        match value {
                            Some(value) => next.insert((table(*first), key(*n)), vec![*value; 20]),
                            None => next.remove(&(table(*first), key(*n))),
                        };
                    }
                    let change = |(first, n, value): (bool, u8, Option<u8>)| {
                        Change { table: table(first), key: key(n), value: value.map(|value| vec![value; 20]) }
                    };
                    index.write(versions.len() as u64, changes.into_iter().map(change));
                    versions.push(next);
                }
                Step::Publish => {
                    published = versions.len() - 1;
                    index.publish(published as u64);
                }
                Step::Flush if published + 1 == versions.len() => {
                    index.flush().unwrap();
                    prop_assert_eq!(index.applied(), published as u64);
                }
                Step::Flush => {}
                Step::Reopen => {
                    kept.clear();
                    drop(index);
                    index = open(&files, options).unwrap();
                    let applied = index.applied() as usize;
                    prop_assert!(applied == published || published + 1 < versions.len() && applied < published);
                    versions.truncate(applied + 1);
                    published = applied;
                }
                Step::Keep => kept.push(index.snapshot()),
            }
            check(&index.snapshot(), published, &versions[published], &ranges);
            check(&index.latest(), versions.len() - 1, versions.last().unwrap(), &ranges);
        }
        for snapshot in kept {
            let version = snapshot.version() as usize;
            check(&snapshot, version, &versions[version], &ranges);
        }
    }
}
