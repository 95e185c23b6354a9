use std::ops::Bound::Unbounded;
use std::sync::Arc;
use std::time::Duration;

use super::{Change, Index, IndexOptions, Table};
use crate::files::{Files, Folder};

fn set(key: &[u8], value: &[u8]) -> Change {
    Change { table: Table::Open, key: key.to_vec(), value: Some(value.to_vec()) }
}

fn removed(key: &[u8]) -> Change {
    Change { table: Table::Open, key: key.to_vec(), value: None }
}

#[test]
fn what_is_published_is_seen_and_survives_a_reopen() {
    let folder = tempfile::tempdir().unwrap();
    let files: Arc<dyn Files> = Arc::new(Folder::new(folder.path()));
    let index = Index::open(&files, "index", IndexOptions::default()).unwrap();
    index.write(1, [set(b"a", b"1"), set(b"b", b"1")]);
    assert_eq!(index.snapshot().get(Table::Open, b"a").unwrap(), None);
    assert_eq!(index.latest().get(Table::Open, b"a").unwrap().unwrap(), b"1");
    index.publish(1);
    let old = index.snapshot();
    index.write(2, [removed(b"a"), set(b"c", b"2")]);
    index.publish(2);
    index.flush().unwrap();
    assert_eq!(index.applied(), 2);
    let rows = |snapshot: &super::Snapshot| {
        snapshot.range(Table::Open, Unbounded, Unbounded).map(|row| row.unwrap().0).collect::<Vec<_>>()
    };
    assert_eq!(rows(&old), [b"a", b"b"]);
    assert_eq!(rows(&index.snapshot()), [b"b", b"c"]);
    drop(index);
    let index = Index::open(&files, "index", IndexOptions::default()).unwrap();
    assert_eq!((index.applied(), index.snapshot().version()), (2, 2));
    assert_eq!(rows(&index.snapshot()), [b"b", b"c"]);
    assert_eq!(index.snapshot().last(Table::Open, Unbounded, Unbounded).unwrap().unwrap().0, b"c");
}

#[test]
fn an_idle_index_ends_up_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let files: Arc<dyn Files> = Arc::new(Folder::new(folder.path()));
    let index = Index::open(&files, "index", IndexOptions::default()).unwrap();
    index.write(7, [set(b"a", b"1")]);
    index.publish(7);
    let waited = (0..100).find(|_| {
        std::thread::sleep(Duration::from_millis(50));
        index.applied() == 7
    });
    assert!(waited.is_some());
}
