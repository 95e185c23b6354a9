use std::sync::Arc;

use super::super::pages::Condition;
use super::super::{Builder, disk};
use super::{Contents, Faulty, IndexError, NAME, PATIENT, TABLES, Table, contents, open, random, removed, set};
use crate::files::Files;

/// An index that was built, changed and closed; its bytes and what it holds.
fn closed_index() -> (Vec<u8>, Contents) {
    let files = Arc::new(Faulty::default());
    let mut builder = Builder::new(files.clone(), NAME, PATIENT);
    for n in 0..2000_u32 {
        builder.push(TABLES[n as usize % 8], &n.to_be_bytes(), &[n as u8; 60]).unwrap();
    }
    builder.finish(1).unwrap();
    let index = open(&files, PATIENT).unwrap();
    index.write(2, (0..500_u32).map(|n| set(Table::Open, (n * 3).to_le_bytes(), [n as u8; 30])));
    index.write(3, (0..500_u32).map(|n| removed(TABLES[n as usize % 8], n.to_be_bytes())));
    index.publish(3);
    index.flush().unwrap();
    let rows = contents(&index.snapshot()).unwrap();
    drop(index);
    (files.bytes(NAME), rows)
}

fn read_all(bytes: Vec<u8>) -> Result<Contents, IndexError> {
    let index = open(&Arc::new(Faulty::with(NAME, bytes)), PATIENT)?;
    contents(&index.snapshot())
}

#[test]
fn no_flipped_bit_changes_an_answer() {
    let (bytes, rows) = closed_index();
    let mut random = random(3);
    let mut named = 0;
    for round in 0..1500 {
        let mut flipped = bytes.clone();
        // Every bit of the header, and some of the rest.
        let at =
            if round < 660 { round % 330 * 8 + (random() % 8) as usize } else { random() as usize % (bytes.len() * 8) };
        flipped[at / 8] ^= 1 << (at % 8);
        match read_all(flipped) {
            Ok(read) => assert!(read == rows, "bit {at}"),
            Err(IndexError::Damaged { .. }) => named += 1,
            Err(other) => panic!("bit {at}: {other}"),
        }
    }
    assert!(named > 660, "{named}");
}

#[test]
fn a_file_that_is_cut_is_damaged_or_as_it_was() {
    let (bytes, rows) = closed_index();
    let mut random = random(4);
    for round in 0..300 {
        let length = if round < 20 { round * 300 } else { random() as usize % bytes.len() };
        match read_all(bytes[..length].to_vec()) {
            Ok(read) => assert!(read == rows, "cut at {length}"),
            Err(IndexError::Damaged { .. }) => {}
            Err(other) => panic!("cut at {length}: {other}"),
        }
    }
}

#[test]
fn what_is_no_index_is_damaged() {
    for bytes in [vec![], vec![0; 4100], vec![0; 100_000], b"#!/bin/sh\n".to_vec(), vec![7; 100_000]] {
        assert!(matches!(read_all(bytes), Err(IndexError::Damaged { .. })));
    }
}

#[test]
fn a_newer_format_is_refused() {
    let (bytes, _) = closed_index();
    let files = Faulty::with(NAME, bytes);
    let database = disk::database(files.open(NAME).unwrap(), &Condition::new(NAME), 0).unwrap();
    let transaction = database.begin_write().unwrap();
    let about = redb::TableDefinition::<'_, &str, u64>::new("about");
    transaction.open_table(about).unwrap().insert("format", 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = open(&Arc::new(files), PATIENT).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "the index `index` is damaged: its format is 2, not 1");
}

#[test]
fn damage_that_a_reader_meets_is_the_health_of_the_index() {
    let files = Arc::new(Faulty::default());
    let mut builder = Builder::new(files.clone(), NAME, PATIENT);
    (0..5000_u32).try_for_each(|n| builder.push(Table::Open, &n.to_be_bytes(), &[n as u8; 60])).unwrap();
    builder.finish(1).unwrap();
    let mut bytes = files.bytes(NAME);
    let row = bytes.windows(60).position(|window| window == [200; 60]).unwrap();
    bytes[row] ^= 1;
    let index = open(&Arc::new(Faulty::with(NAME, bytes)), PATIENT).unwrap();
    index.health().unwrap();
    let error = contents(&index.snapshot()).unwrap_err();
    assert!(error.to_string().contains("wrong checksum"), "{error}");
    assert_eq!(index.health().unwrap_err().to_string(), error.to_string());
    index.write(4, [set(Table::Open, "a", "1")]);
    index.publish(4);
    assert_eq!(index.flush().unwrap_err().to_string(), error.to_string());
}
