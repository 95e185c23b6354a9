use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{
    Contents, Faulty, Index, IndexError, IndexOptions, PATIENT, Table, contents, eventually, first_row, open, random,
    removed, set,
};

/// A cache of nothing: each read goes to the file.
const UNCACHED: IndexOptions = IndexOptions { cache: 0, memtable: 10_000, age: Duration::ZERO, sort: 0 };

fn filled(files: &Arc<Faulty>) -> (Index, Contents) {
    let index = open(files, UNCACHED).unwrap();
    index.write(1, (0..2000_u32).map(|n| set(Table::Open, n.to_be_bytes(), [1; 50])));
    index.publish(1);
    index.flush().unwrap();
    let rows = contents(&index.snapshot()).unwrap();
    (index, rows)
}

#[test]
fn on_a_full_disk_readers_go_on_and_the_rest_waits_for_room() {
    let files = Arc::new(Faulty::default());
    let (index, mut rows) = filled(&files);
    files.plan.full.store(true, Ordering::SeqCst);
    let mut version = 1;
    while index.has_room() {
        version += 1;
        index.write(version, (0..10).map(|n| set(Table::Open, [n], version.to_be_bytes())));
        index.publish(version);
    }
    assert!(matches!(index.health(), Err(IndexError::Full { .. })));
    assert!(matches!(index.flush(), Err(IndexError::Full { .. })));
    rows.extend((0..10).map(|n| ((Table::Open, vec![n]), version.to_be_bytes().to_vec())));
    assert_eq!(contents(&index.snapshot()).unwrap(), rows);
    assert_eq!(index.applied(), 1);
    files.plan.full.store(false, Ordering::SeqCst);
    eventually("room again", || index.has_room() && index.health().is_ok());
    index.flush().unwrap();
    assert_eq!(index.applied(), version);
    assert_eq!(contents(&index.snapshot()).unwrap(), rows);
}

#[test]
fn an_index_on_a_full_disk_closes_and_opens_as_it_was() {
    let files = Arc::new(Faulty::default());
    let (index, rows) = filled(&files);
    files.plan.full.store(true, Ordering::SeqCst);
    index.write(2, [removed(Table::Open, [0; 4])]);
    index.publish(2);
    eventually("full", || index.health().is_err());
    let start = Instant::now();
    drop(index);
    assert!(start.elapsed() < Duration::from_secs(2));
    files.plan.full.store(false, Ordering::SeqCst);
    let index = open(&files, UNCACHED).unwrap();
    assert_eq!(index.applied(), 1);
    assert_eq!(contents(&index.snapshot()).unwrap(), rows);
}

#[test]
fn on_a_broken_disk_readers_go_on() {
    let files = Arc::new(Faulty::default());
    let (index, rows) = filled(&files);
    files.plan.broken_from.store(1, Ordering::SeqCst);
    index.write(2, [set(Table::Meta, "a", "1")]);
    index.publish(2);
    assert!(index.flush().unwrap_err().to_string().contains("cannot"));
    let mut seen = contents(&index.snapshot()).unwrap();
    assert_eq!(seen.remove(&(Table::Meta, b"a".to_vec())).unwrap(), b"1");
    assert_eq!(seen, rows);
    assert!(index.has_room());
    index.write(3, (0..2000_u32).map(|n| set(Table::Open, n.to_be_bytes(), [1; 50])));
    index.publish(3);
    assert!(!index.has_room());
    assert!(first_row(&index.snapshot(), Table::Open).is_some());
}

/// Versions with what they hold, some of them flushed; gives the last version that was flushed and that was written.
fn script(files: &Arc<Faulty>, versions: &mut Vec<Contents>) -> (u64, u64) {
    let Ok(index) = open(files, PATIENT) else { return (0, 0) };
    let (mut flushed, mut written) = (0, 0);
    let mut random = random(9);
    for version in 1..=8_u64 {
        let mut rows = versions[version as usize - 1].clone();
        let changes: Vec<_> = (0..60)
            .map(|n| match random() % 3 {
                0 => removed(Table::Open, (random() % 200).to_be_bytes()),
                _ => set(Table::Open, (random() % 200).to_be_bytes(), vec![n; 200]),
            })
            .collect();
        for change in changes.clone() {
            match change.value {
                Some(value) => rows.insert((change.table, change.key), value),
                None => rows.remove(&(change.table, change.key)),
            };
        }
        versions.truncate(version as usize);
        versions.push(rows);
        written = version;
        index.write(version, changes);
        index.publish(version);
        if version % 3 == 0 && index.flush().is_ok() {
            flushed = version;
        }
    }
    (flushed, written)
}

#[test]
fn whatever_change_fails_a_state_between_flushed_and_written_is_found() {
    let files = Arc::new(Faulty::default());
    let mut versions = vec![Contents::new()];
    assert_eq!(script(&files, &mut versions), (6, 8));
    let total = files.plan.done.load(Ordering::SeqCst);
    assert!(total > 40);
    for broken_from in 1..=total {
        let files = Arc::new(Faulty::default());
        files.plan.broken_from.store(broken_from, Ordering::SeqCst);
        let (flushed, written) = script(&files, &mut versions);
        for seed in 0..4 {
            let files = Arc::new(files.after_power_cut(random(seed * 1000 + broken_from)));
            let index = open(&files, PATIENT).unwrap_or_else(|error| panic!("change {broken_from}: {error}"));
            let applied = index.applied();
            assert!((flushed..=written).contains(&applied), "change {broken_from}: {flushed} {applied} {written}");
            assert_eq!(contents(&index.snapshot()).unwrap(), versions[applied as usize], "change {broken_from}");
        }
    }
}
