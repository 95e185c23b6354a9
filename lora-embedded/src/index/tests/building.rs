use std::sync::Arc;

use super::super::Builder;
use super::{Contents, Faulty, NAME, PATIENT, Table, contents, open, random};
use super::{IndexOptions, TABLES};
use crate::files::Files;

#[test]
fn rows_in_any_order_become_an_index_whether_they_fit_into_memory_or_not() {
    for sort in [0, 500, 10_000, 1 << 20] {
        let files = Arc::new(Faulty::default());
        let options = IndexOptions { sort, ..PATIENT };
        let mut builder = Builder::new(files.clone(), NAME, options);
        let mut expected = Contents::new();
        let mut random = random(sort as u64);
        for n in 0..if sort == 0 { 30 } else { 3000_u64 } {
            let table = TABLES[random() as usize % TABLES.len()];
            let key = (random() % 50).to_string().into_bytes().repeat(random() as usize % 5);
            let value = n.to_string().into_bytes().repeat(random() as usize % 20);
            builder.push(table, &key, &value).unwrap();
            expected.insert((table, key), value);
        }
        builder.finish(42).unwrap();
        assert_eq!(files.list("").unwrap(), [NAME]);
        let index = open(&files, PATIENT).unwrap();
        assert_eq!((index.applied(), index.snapshot().version()), (42, 42));
        assert_eq!(contents(&index.snapshot()).unwrap(), expected);
    }
}

#[test]
fn a_build_that_ends_early_leaves_what_was_there() {
    let files = Arc::new(Faulty::default());
    let options = IndexOptions { sort: 100, ..PATIENT };
    let mut first = Builder::new(files.clone(), NAME, options);
    first.push(Table::Open, b"a", b"1").unwrap();
    first.finish(1).unwrap();
    let mut second = Builder::new(files.clone(), NAME, options);
    for n in 0..100_u32 {
        second.push(Table::Open, &n.to_be_bytes(), b"2").unwrap();
    }
    assert!(files.list("").unwrap().len() > 1);
    drop(second);
    let index = open(&files, PATIENT).unwrap();
    assert_eq!(index.snapshot().get(Table::Open, b"a").unwrap().unwrap(), b"1");
    assert_eq!(files.list("").unwrap(), [NAME]);
}
