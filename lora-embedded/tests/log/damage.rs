//! What was changed behind the log's back is named, or cut off where a crash explains it; it is never served.

use std::sync::Arc;

use lora_core::object::Position;
use lora_core::time::Timestamp;
use lora_embedded::log::{Anchor, Cut, Damage, Log, LogError, LogStep, Options, Place, PlacedStep};
use lora_embedded::testing::SimulatedDisk;
use uuid::Uuid;

use super::common::*;

/// Three steps of one, two and one entries, one with guards.
fn shapes() -> Vec<Shape> {
    let two = Shape { contents: vec![b"two".into(), vec![]], guards: vec![b"key".into(), vec![]] };
    vec![small("one"), two, small("three")]
}

/// Two steps, of which the second calls durable just the first.
fn two() -> [Shape; 2] {
    [small("one"), small("two")]
}

/// The damage, where it is, and the position expected there; panics unless the disk is as it was.
fn refused(disk: &SimulatedDisk, known: Option<&Anchor>) -> (String, u64, u64, Damage) {
    let before = segments(disk);
    let error = open(disk, known).map(|(log, cut)| (log.last(), cut)).unwrap_err();
    assert_eq!(segments(disk), before, "nothing is changed where opening fails");
    match error {
        LogError::Damaged { segment, offset, position, damage } => (segment, offset, position.0, damage),
        other => panic!("{other:?}"),
    }
}

/// The places of all steps, by position of their first entry.
fn placed(disk: &SimulatedDisk) -> Vec<PlacedStep> {
    read_all(&open(&disk.after_kill(), None).unwrap().0).unwrap()
}

#[test]
fn every_cut_recovers_to_the_longest_prefix_of_whole_steps() {
    for segment_size in [1 << 20, 1] {
        let (disk, steps_written) = written(&shapes(), segment_size);
        let files = segments(&disk);
        let (last, bytes) = files.last().unwrap();
        let in_last: Vec<u64> =
            placed(&disk).iter().filter(|step| step.first() >= position_of(last)).map(end_of).collect();
        for cut in 0..=bytes.len() {
            for zeros in [0, 1, 100] {
                let mut left = bytes[..cut].to_vec();
                left.resize(cut + zeros, 0);
                // Zeros may be just what was cut off.
                let cut = left.iter().zip(bytes).take_while(|(left, byte)| left == byte).count();
                let mut files = files.clone();
                files.last_mut().unwrap().1 = left;
                recovers_to_a_prefix(&disk_of(&files), &steps_written, &in_last, cut as u64);
            }
        }
    }
}

fn recovers_to_a_prefix(disk: &SimulatedDisk, written: &[LogStep], ends: &[u64], cut: u64) {
    let (log, cut_off) = match open(disk, None) {
        Err(LogError::Absent) => {
            assert!(cut < 76 && segments(disk).is_empty());
            return;
        }
        opened => opened.unwrap(),
    };
    let whole = ends.iter().filter(|end| **end <= cut).count();
    let before = written.len() - ends.len();
    assert_eq!(steps(read_all(&log).unwrap()), written[..before + whole], "cut at {cut}");
    let end = ends[..whole].last().copied().unwrap_or(76);
    match cut_off {
        Some(Cut { offset: 0, .. }) => assert!(cut < 76),
        Some(Cut { offset, bytes, .. }) => assert!(offset == end && bytes <= cut - end),
        None => assert!(cut == end, "{cut} bytes are {} more than whole steps", cut - end),
    }
    let (again, cut_off) = open(disk, None).unwrap();
    assert_eq!((again.last(), again.head(), cut_off), (log.last(), log.head(), None), "opening again changes nothing");
}

fn position_of(segment: &str) -> Position {
    Position(segment.trim_start_matches("log/").parse().unwrap())
}

fn end_of(step: &PlacedStep) -> u64 {
    let last = step.places.entries[step.places.entries.len() - 1];
    u64::from(last.offset) + u64::from(last.length)
}

#[test]
fn every_flipped_bit_before_the_last_step_is_named() {
    for (shapes, segment_size) in [(&shapes()[..], 1 << 20), (&shapes(), 1), (&two(), 1 << 20)] {
        let (disk, _) = written(shapes, segment_size);
        let steps = placed(&disk);
        let names: Vec<_> = segments(&disk).into_iter().map(|(name, _)| name).collect();
        for step in &steps[..steps.len() - 1] {
            let name = names.iter().rev().find(|name| position_of(name) <= step.first()).unwrap();
            every_flipped_bit_is_named(&disk, name, step);
        }
    }
}

fn every_flipped_bit_is_named(disk: &SimulatedDisk, name: &str, step: &PlacedStep) {
    for offset in u64::from(step.places.offset)..end_of(step) {
        for bit in 0..8 {
            let disk = disk.after_kill();
            disk.flip_bit(name, offset as usize, bit);
            let (segment, at, position, _) = refused(&disk, None);
            assert_eq!(segment, name);
            assert!(at <= offset && at >= u64::from(step.places.offset), "{at} for {offset}");
            assert!(position >= step.first().0 && position <= step.last().0);
        }
    }
}

#[test]
fn a_later_step_is_found_wherever_its_header_lies() {
    // The rest of the file is looked through in pieces of 256 KiB: the header lies in two of them.
    for inside_first_piece in [1, 20, 47] {
        let content = "x".repeat((256 << 10) - 48 - 107 - 38 - inside_first_piece);
        let (disk, _) = written(&[small(&content), small("two")], 1 << 20);
        disk.flip_bit(FIRST_SEGMENT, 1_000, 0);
        let (_, offset, position, damage) = refused(&disk, None);
        assert_eq!((offset, position, damage), (76 + 48, 1, Damage::Entry));
    }
}

#[test]
fn a_flipped_bit_in_the_last_step_is_named_or_cut_off() {
    let (disk, written) = written(&shapes(), 1 << 20);
    let last = placed(&disk).pop().unwrap();
    for offset in u64::from(last.places.offset)..end_of(&last) {
        for bit in 0..8 {
            let flipped = disk.after_kill();
            flipped.flip_bit(FIRST_SEGMENT, offset as usize, bit);
            // Who knows that the step was there does not take it for torn.
            assert!(open(&flipped.after_kill(), Some(&last.anchor())).is_err());
            if let Ok((log, cut)) = open(&flipped, None) {
                assert_eq!(steps(read_all(&log).unwrap()), written[..2]);
                assert_eq!(cut.unwrap().offset, u64::from(last.places.offset));
            }
        }
    }
}

#[test]
fn a_flipped_bit_in_an_open_log_is_not_served() {
    let (disk, _) = written(&shapes(), 1 << 20);
    let (log, _) = open(&disk, None).unwrap();
    let (reader, steps) = (log.reader(), read_all(&log).unwrap());
    for (entry, place) in steps.iter().flat_map(|step| step.entries()) {
        for offset in place.offset..place.offset + place.length {
            disk.flip_bit(FIRST_SEGMENT, offset as usize, 3);
            assert!(reader.entry(entry.ledger.position, place).is_err());
            assert!(read_all(&log).is_err());
            disk.flip_bit(FIRST_SEGMENT, offset as usize, 3);
        }
    }
    assert_eq!(read_all(&log).unwrap(), steps);
}

#[test]
fn every_flipped_bit_in_a_segment_header_is_named() {
    let (disk, _) = written(&shapes(), 1);
    for (name, _) in segments(&disk) {
        for offset in 0..76 {
            let disk = disk.after_kill();
            disk.flip_bit(&name, offset, 5);
            let (segment, at, _, damage) = refused(&disk, None);
            assert_eq!((segment, at), (name.clone(), 0), "{damage}");
        }
    }
}

#[test]
fn a_segment_that_was_never_made_is_removed() {
    let (disk, written) = written(&shapes(), 1);
    for bytes in [&[][..], &[0; 500], b"LORALOG", &segments(&disk)[2].1[..75]] {
        let disk = disk.after_kill();
        disk.put("log/00000000000000000005", bytes);
        let (log, cut) = open(&disk, None).unwrap();
        assert_eq!((cut.unwrap().offset, segments(&disk).len()), (0, 3));
        assert_eq!(steps(read_all(&log).unwrap()), written);
    }
    // Nothing follows on the header, so nothing is lost with it.
    let empty = disk.after_kill();
    empty.put("log/00000000000000000005", &segments(&disk)[2].1[..76]);
    empty.flip_bit("log/00000000000000000005", 75, 0);
    assert_eq!(open(&empty, None).unwrap().1.unwrap().offset, 0);
    // The segment before was synced when it was made: what is wrong there is damage.
    disk.put("log/00000000000000000005", b"LORALOG");
    disk.flip_bit("log/00000000000000000004", 100, 0);
    assert_eq!(refused(&disk, None).2, 4);
}

#[test]
fn a_batch_of_which_a_crash_left_the_later_steps_is_torn() {
    let disk = SimulatedDisk::new();
    let mut log = create(&disk, PLAIN);
    let mut author = Author::new();
    let batch = author.batch(&shapes());
    let places = log.append(&batch).unwrap();
    log.sync().unwrap();
    let torn = disk.after_kill();
    torn.flip_bit(FIRST_SEGMENT, places[1].offset as usize + 60, 0);
    let (recovered, cut) = open(&torn, None).unwrap();
    assert_eq!(steps(read_all(&recovered).unwrap()), batch[..1]);
    assert_eq!(cut.unwrap().offset, u64::from(places[1].offset));

    log.append(&[author.step(&small("four"))]).unwrap();
    disk.flip_bit(FIRST_SEGMENT, places[1].offset as usize + 60, 0);
    let (_, offset, position, _) = refused(&disk, None);
    assert_eq!((offset, position), (u64::from(places[1].entries[0].offset), 2), "a later step says that it was whole");
}

#[test]
fn segments_that_do_not_belong_together_are_refused() {
    let (disk, _) = written(&shapes(), 1);
    let files = segments(&disk);
    let other = SimulatedDisk::new();
    let mut log = Log::create(Arc::new(other.clone()), Uuid::from_u128(5), Options { segment_size: 1, preallocate: 0 });
    let mut author = Author::new();
    for shape in shapes() {
        log.as_mut().unwrap().append(&[author.step(&shape)]).unwrap();
    }
    let second = files[1].0.clone();

    let mut foreign = files.clone();
    foreign[1] = segments(&other)[1].clone();
    let damage = Damage::ForeignLog { expected: ID, found: Uuid::from_u128(5) };
    assert_eq!(refused(&disk_of(&foreign), None), (second.clone(), 0, 2, damage));

    let missing = [files[0].clone(), files[2].clone()];
    let damage = Damage::Gap { expected: Position(2), found: Position(4) };
    assert_eq!(refused(&disk_of(&missing), None), (files[2].0.clone(), 0, 2, damage));

    let damage = Damage::Gap { expected: Position(1), found: Position(2) };
    assert_eq!(refused(&disk_of(&files[1..]), None), (second.clone(), 0, 1, damage));

    let mut renamed = files.clone();
    renamed[1].0 = "log/00000000000000000003".to_owned();
    let damage = Damage::Gap { expected: Position(2), found: Position(3) };
    assert_eq!(refused(&disk_of(&renamed), None), (renamed[1].0.clone(), 0, 2, damage));

    let mut newer = files;
    newer[1].1[7] = 2;
    assert_eq!(refused(&disk_of(&newer), None), (second, 0, 2, Damage::Format { found: 2 }));

    disk.put("log/2", b"");
    assert!(matches!(open(&disk, None), Err(LogError::Stray { file }) if file == "log/2"));
}

/// The file of a log, with a step of another log in place of one of its own.
fn spliced(own: &[LogStep], step: usize, other: &[LogStep], from: usize) -> (String, u64, u64, Damage) {
    let file = |steps: &[LogStep]| {
        let disk = SimulatedDisk::new();
        create(&disk, PLAIN).append(steps).unwrap();
        let steps = placed(&disk);
        let bytes = segments(&disk).pop().unwrap().1;
        let pieces = steps.iter().map(|step| bytes[step.places.offset as usize..end_of(step) as usize].to_vec());
        (bytes[..76].to_vec(), pieces.collect::<Vec<_>>())
    };
    let (header, mut pieces) = file(own);
    pieces[step] = file(other).1.swap_remove(from);
    refused(&disk_of(&[(FIRST_SEGMENT.to_owned(), [header, pieces.concat()].concat())]), None)
}

#[test]
fn whole_steps_in_the_wrong_place_are_refused() {
    let own = Author::new().batch(&shapes());
    let (_, _, position, damage) = spliced(&own, 1, &own, 2);
    assert_eq!((position, damage), (2, Damage::Position { expected: Position(2), found: Position(4) }));

    let other = Author::new().batch(&[small("another"), small("two")]);
    let (_, _, position, damage) = spliced(&own, 1, &other, 1);
    assert!(matches!(damage, Damage::Chain { position: Position(2), .. }) && position == 2, "{damage:?}");

    let mut early = Author::new();
    early.head.instant = Timestamp::from_micros(1_600_000_000_000_000).unwrap();
    let early = early.batch(&[small("one"), small("two")]);
    let (_, _, position, damage) = spliced(&own, 1, &early, 1);
    let before = own[0].entries[0].ledger.instant;
    assert_eq!((position, damage), (2, Damage::Instant { before, found: early[1].entries[0].ledger.instant }));
}

#[test]
fn a_segment_that_continues_another_history_is_refused() {
    let (disk, _) = written(&shapes(), 1);
    let (other, _) = written(&[small("another"), small("two")], 1);
    let mut files = segments(&disk);
    files[1] = segments(&other).swap_remove(1);
    assert_eq!(refused(&disk_of(&files), None), (files[1].0.clone(), 0, 2, Damage::Before));
    let mut first = files[0].1.clone();
    first[40] = 1;
    let checksum = crc32c::crc32c(&first[..72]);
    first[72..76].copy_from_slice(&checksum.to_be_bytes());
    let only = disk_of(&[(FIRST_SEGMENT.to_owned(), first)]);
    assert_eq!(refused(&only, None), (FIRST_SEGMENT.to_owned(), 0, 1, Damage::Before));
}

/// Changes bytes of the first entry and makes its checksum right again.
fn forged(change: impl FnOnce(&mut [u8], Place)) -> SimulatedDisk {
    let (disk, _) = written(&[small("one")], 1 << 20);
    let place = placed(&disk)[0].places.entries[0];
    let mut bytes = disk.bytes(FIRST_SEGMENT).unwrap();
    change(&mut bytes, place);
    let (from, to) = (place.offset as usize, (place.offset + place.length) as usize);
    let checksum = crc32c::crc32c(&bytes[from + 8..to]);
    bytes[from + 4..from + 8].copy_from_slice(&checksum.to_be_bytes());
    disk_of(&[(FIRST_SEGMENT.to_owned(), bytes)])
}

#[test]
fn what_this_version_does_not_know_is_refused() {
    for (tag, expected) in [(0, Damage::Kind { tag: 0 }), (3, Damage::Kind { tag: 3 }), (0x81, Damage::Erased)] {
        let disk = forged(|bytes, place| bytes[place.offset as usize + 8] = tag);
        assert_eq!(refused(&disk, None), (FIRST_SEGMENT.to_owned(), 76 + 48, 1, expected));
    }
    // A declaration whose tag says registration.
    let disk = forged(|bytes, place| bytes[place.offset as usize + 8] = 1);
    assert!(matches!(refused(&disk, None).3, Damage::Mismatch { .. }));
    let disk = forged(|bytes, place| bytes[place.offset as usize + 107] = 9);
    assert!(matches!(refused(&disk, None).3, Damage::Skeleton(_)));
}

#[test]
fn a_content_that_is_not_the_one_committed_to_is_found_by_a_full_check() {
    let disk = forged(|bytes, place| bytes[(place.offset + place.length) as usize - 1] ^= 1);
    let (log, _) = open(&disk, None).unwrap();
    let damage = match read_all(&log).unwrap_err() {
        LogError::Damaged { damage, offset: 124, position: Position(1), .. } => damage,
        other => panic!("{other:?}"),
    };
    assert!(matches!(damage, Damage::Commitment { position: Position(1), .. }));
}

#[test]
fn a_log_that_lacks_the_known_step_is_refused() {
    let (disk, _) = written(&shapes(), 1 << 20);
    let last = placed(&disk).pop().unwrap().anchor();
    let (older, _) = written(&shapes()[..2], 1 << 20);
    let mut longer = older.bytes(FIRST_SEGMENT).unwrap();
    longer.resize(4_000, 0);
    for bytes in [older.bytes(FIRST_SEGMENT).unwrap(), longer] {
        let older = disk_of(&[(FIRST_SEGMENT.to_owned(), bytes)]);
        assert!(matches!(open(&older, Some(&last)), Err(LogError::Unknown(known)) if known == last));
    }
    let other = Anchor { chain: [1; 32], ..last };
    assert!(matches!(open(&disk, Some(&other)), Err(LogError::Unknown(_))));
    assert!(matches!(open(&SimulatedDisk::new(), Some(&last)), Err(LogError::Unknown(_))));
    assert!(matches!(open(&SimulatedDisk::new(), None), Err(LogError::Absent)));
}
