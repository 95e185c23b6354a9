use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Faulty, IndexOptions, PATIENT, Table, contents, open, random, set};

/// Each version writes two tables alike, and how many it wrote before in a third.
#[test]
fn readers_see_whole_versions_while_memtables_are_frozen_and_applied() {
    let files = Arc::new(Faulty::default());
    let options = IndexOptions { memtable: 4 << 10, age: Duration::from_millis(1), ..PATIENT };
    let index = open(&files, options).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut before = 0;
                while !done.load(Ordering::Acquire) {
                    let snapshot = index.snapshot();
                    assert!(snapshot.version() >= before);
                    before = snapshot.version();
                    let seen = contents(&snapshot).unwrap();
                    let of = |table| seen.iter().filter(move |row| row.0.0 == table).map(|row| (&row.0.1, row.1));
                    assert!(of(Table::Open).eq(of(Table::Closed)));
                    let counted =
                        of(Table::Meta).next().map_or(0, |row| u64::from_be_bytes(row.1[..].try_into().unwrap()));
                    assert_eq!(counted, snapshot.version());
                    assert_eq!(contents(&snapshot).unwrap(), seen);
                    let last = snapshot.last(Table::Open, std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
                    assert_eq!(last.unwrap().as_ref().map(|row| (&row.0, &row.1)), of(Table::Open).next_back());
                }
            });
        }
        let mut random = random(1);
        for version in 1..=3000_u64 {
            let key = (random() % 64).to_be_bytes();
            let value = (!random().is_multiple_of(4)).then(|| version.to_be_bytes().to_vec());
            let change = |table| super::Change { table, key: key.to_vec(), value: value.clone() };
            index.write(
                version,
                [change(Table::Open), change(Table::Closed), set(Table::Meta, "n", version.to_be_bytes())],
            );
            index.publish(version);
        }
        done.store(true, Ordering::Release);
    });
    index.flush().unwrap();
    assert_eq!(index.applied(), 3000);
}
