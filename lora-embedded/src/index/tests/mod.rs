mod building;
mod damage;
mod failures;
mod faulty;
mod model;
mod paging;
mod threads;

use std::collections::BTreeMap;
use std::ops::Bound::Unbounded;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::faulty::Faulty;
use super::{Change, Index, IndexError, IndexOptions, Row, Snapshot, TABLES, Table};
use crate::files::Files;

const NAME: &str = "index";

/// Freezes only when told.
const PATIENT: IndexOptions = IndexOptions { cache: 1 << 20, memtable: 1 << 20, age: Duration::MAX, sort: 1 << 20 };

type Contents = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

fn open(files: &Arc<Faulty>, options: IndexOptions) -> Result<Index, IndexError> {
    let files: Arc<dyn Files> = files.clone();
    Index::open(&files, NAME, options)
}

fn set(table: Table, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Change {
    Change { table, key: key.as_ref().to_vec(), value: Some(value.as_ref().to_vec()) }
}

fn removed(table: Table, key: impl AsRef<[u8]>) -> Change {
    Change { table, key: key.as_ref().to_vec(), value: None }
}

fn contents(snapshot: &Snapshot) -> Result<Contents, IndexError> {
    let rows = |table| snapshot.range(table, Unbounded, Unbounded).map(move |row| (table, row));
    TABLES.into_iter().flat_map(rows).map(|(table, row)| row.map(|(key, value)| ((table, key), value))).collect()
}

/// Splitmix: the same numbers each time.
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_is_published_is_seen_and_survives_a_reopen() {
    let files = Arc::new(Faulty::default());
    let index = open(&files, PATIENT).unwrap();
    index.write(1, [set(Table::Open, "a", "1"), set(Table::Open, "b", "1")]);
    assert_eq!(index.snapshot().get(Table::Open, b"a").unwrap(), None);
    assert_eq!(index.latest().get(Table::Open, b"a").unwrap().unwrap(), b"1");
    index.publish(1);
    let old = index.snapshot();
    index.write(2, [removed(Table::Open, "a"), set(Table::Open, "c", "2")]);
    index.publish(2);
    index.flush().unwrap();
    assert_eq!(index.applied(), 2);
    let keys = |snapshot: &Snapshot| contents(snapshot).unwrap().into_keys().map(|(_, key)| key).collect::<Vec<_>>();
    assert_eq!(keys(&old), [b"a", b"b"]);
    assert_eq!(keys(&index.snapshot()), [b"b", b"c"]);
    drop((index, old));
    let index = open(&files, PATIENT).unwrap();
    assert_eq!((index.applied(), index.snapshot().version()), (2, 2));
    assert_eq!(keys(&index.snapshot()), [b"b", b"c"]);
}

#[test]
fn an_idle_index_ends_up_on_disk() {
    let files = Arc::new(Faulty::default());
    let index = open(&files, IndexOptions { age: Duration::from_millis(50), ..PATIENT }).unwrap();
    index.write(7, [set(Table::Open, "a", "1")]);
    index.publish(7);
    eventually("applied", || index.applied() == 7);
    index.write(8, []);
    index.publish(8);
    eventually("a version without changes is applied", || index.applied() == 8);
}

#[test]
fn what_is_not_published_is_not_written_to_disk() {
    let files = Arc::new(Faulty::default());
    let index = open(&files, IndexOptions { age: Duration::ZERO, memtable: 1, ..PATIENT }).unwrap();
    index.write(1, [set(Table::Open, "a", "1")]);
    index.publish(1);
    index.flush().unwrap();
    index.write(2, [set(Table::Open, "a", "2")]);
    drop(index);
    let index = open(&files, PATIENT).unwrap();
    assert_eq!((index.applied(), index.snapshot().get(Table::Open, b"a").unwrap().unwrap()), (1, b"1".to_vec()));
}

#[test]
fn a_snapshot_that_outlives_the_index_says_so() {
    let files = Arc::new(Faulty::default());
    let index = open(&files, PATIENT).unwrap();
    index.write(1, (0..5000_u32).map(|n| set(Table::Open, n.to_be_bytes(), [7; 100])));
    index.publish(1);
    index.flush().unwrap();
    let snapshot = index.snapshot();
    drop(index);
    assert!(matches!(contents(&snapshot), Err(IndexError::Closed { .. })));
    let _: fn(&Snapshot) -> &(dyn Send + Sync) = |snapshot| snapshot;
}

fn first_row(snapshot: &Snapshot, table: Table) -> Option<Row> {
    snapshot.range(table, Unbounded, Unbounded).next().map(Result::unwrap)
}
