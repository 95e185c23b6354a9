//! What was written is read: by steps, by entry, now and after opening again.

use std::sync::atomic::{AtomicU64, Ordering};

use lora_core::object::Position;
use lora_embedded::files::Files;
use lora_embedded::log::{Landmark, LogError, Options, Place};
use lora_embedded::testing::{SimulatedDisk, Torn};
use proptest::prelude::*;

use super::common::*;

proptest! {
    #[test]
    fn any_steps_in_any_segments(batches in batches(), options in options()) {
        let disk = SimulatedDisk::new();
        let mut log = create(&disk, options);
        let (mut author, mut appended, mut places) = (Author::new(), Vec::new(), Vec::new());
        for shapes in &batches {
            let batch = author.batch(shapes);
            places.extend(log.append(&batch).unwrap());
            appended.extend(batch);
        }
        log.sync().unwrap();

        let read = read_all(&log).unwrap();
        prop_assert_eq!(read.iter().map(|step| step.places.clone()).collect::<Vec<_>>(), places);
        let reader = log.reader();
        for step in &read {
            for (entry, place) in step.entries() {
                prop_assert_eq!(&reader.entry(entry.ledger.position, place).unwrap(), entry);
            }
        }
        // From each step on, and known to be there.
        for (index, step) in read.iter().enumerate() {
            let later: Result<Vec<_>, _> = reader.steps(step.anchor().step, log.last()).collect();
            prop_assert_eq!(&later.unwrap(), &read[index..]);
            let (again, cut) = open(&disk, Some(&step.anchor())).unwrap();
            prop_assert_eq!((again.last(), again.head(), cut), (log.last(), log.head(), None));
        }
        prop_assert_eq!(steps(read), appended.clone());

        let (again, cut) = open(&disk.crash(Torn::Nothing), None).unwrap();
        prop_assert_eq!((again.id(), again.last(), again.head(), cut), (ID, log.last(), log.head(), None));
        prop_assert_eq!(steps(read_all(&again).unwrap()), appended);
    }
}

#[test]
fn a_segment_begins_when_the_last_one_is_long_enough() {
    let (disk, steps) = written(&[small("a"), small("b"), small("c")], 300);
    let one = segments(&disk)[0].1.len();
    let names: Vec<_> = disk.list("log").unwrap();
    assert_eq!(names, ["00000000000000000001", "00000000000000000003"], "two steps of {one} bytes together reach 300");
    assert_eq!(steps.len(), 3);
}

#[test]
fn zeros_are_written_ahead_and_cut_off_when_the_segment_is_done() {
    let disk = SimulatedDisk::new();
    let mut log = create(&disk, Options { segment_size: 500, preallocate: 300 });
    let mut author = Author::new();
    let mut sizes = || {
        log.append(&[author.step(&small("a"))]).unwrap();
        segments(&disk).iter().map(|(_, bytes)| bytes.len()).collect::<Vec<_>>()
    };
    let step = 48 + 107 + 38 + 1;
    assert_eq!(sizes(), [300]);
    assert_eq!(sizes(), [600]);
    assert_eq!(sizes(), [900]);
    assert_eq!(sizes(), [76 + 3 * step, 300]);
}

#[test]
fn a_step_is_read_up_to_the_position_asked_for() {
    let (disk, _) = written(&[small("a"), small("b"), small("c")], 1 << 20);
    let (log, _) = open(&disk, None).unwrap();
    let reader = log.reader();
    let upto = |position| reader.steps(reader.start(), Position(position)).map(|step| step.unwrap().last().0);
    assert_eq!(upto(0).collect::<Vec<_>>(), [0; 0]);
    assert_eq!(upto(2).collect::<Vec<_>>(), [1, 2]);
    let mut beyond = reader.steps(reader.start(), Position(4)).skip(3);
    assert!(matches!(beyond.next(), Some(Err(LogError::NotHere { position: Position(4) }))));
    assert!(beyond.next().is_none());
    let before = reader.steps(Landmark { position: Position(0), offset: 76 }, Position(1)).next();
    assert!(matches!(before, Some(Err(LogError::NotHere { position: Position(0) }))));
}

#[test]
fn an_entry_is_not_read_from_where_another_lies() {
    let (disk, _) = written(&[small("a"), small("b")], 1 << 20);
    let (log, _) = open(&disk, None).unwrap();
    let read = read_all(&log).unwrap();
    let place = read[0].places.entries[0];
    for (position, place) in [
        (2, place),
        (1, Place { offset: place.offset + 1, ..place }),
        (1, Place { length: place.length + 1, ..place }),
        (1, Place { length: 0, ..place }),
        (1, Place { offset: u32::MAX, length: u32::MAX }),
    ] {
        let refused = log.reader().entry(Position(position), place);
        assert!(matches!(refused, Err(LogError::Damaged { .. })), "{refused:?}");
    }
    assert!(matches!(log.reader().entry(Position(0), place), Err(LogError::NotHere { .. })));
}

#[test]
fn readers_read_while_the_writer_writes() {
    let disk = SimulatedDisk::new();
    let mut log = create(&disk, Options { segment_size: 2_000, preallocate: 500 });
    let (reader, committed) = (log.reader(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for reader in [reader.clone(), reader] {
            let committed = &committed;
            scope.spawn(move || {
                while committed.load(Ordering::Acquire) < 300 {
                    let upto = committed.load(Ordering::Acquire);
                    let read: Result<Vec<_>, _> = reader.steps(reader.start(), Position(upto)).collect();
                    assert_eq!(read.unwrap().len() as u64, upto);
                }
            });
        }
        let mut author = Author::of(&log);
        for number in 1..=300_u64 {
            log.append(&[author.step(&small(&"x".repeat(number as usize)))]).unwrap();
            log.sync().unwrap();
            committed.store(number, Ordering::Release);
        }
    });
}
