//! A disk that fails: nothing acknowledged is lost, and the log goes on where it can.

use std::io::ErrorKind;

use lora_core::codec::EntryKind;
use lora_core::object::Position;
use lora_core::time::Timestamp;
use lora_embedded::log::{Damage, Log, LogError, LogStep, Options};
use lora_embedded::testing::{SimulatedDisk, Torn};

use super::common::*;

const OPTIONS: Options = Options { segment_size: 700, preallocate: 300 };

fn many() -> Vec<LogStep> {
    let shapes: Vec<Shape> = (0..12).map(|number| small(&"x".repeat(number * 37))).collect();
    Author::new().batch(&shapes)
}

/// Writes and syncs step by step, trying each again while the log takes more; how many were acknowledged.
fn write_all(log: &mut Log, steps: &[LogStep]) -> usize {
    for (done, step) in steps.iter().enumerate() {
        let mut tries = 0;
        while let Err(error) = log.append(std::slice::from_ref(step)) {
            tries += 1;
            if matches!(error, LogError::Broken { .. }) || tries > 2 {
                return done;
            }
        }
        if log.sync().is_err() {
            return done;
        }
    }
    steps.len()
}

/// Whatever a loss of power leaves: what was acknowledged is there, and nothing that was not written.
fn keeps_what_was_acknowledged(disk: &SimulatedDisk, steps_tried: &[LogStep], acknowledged: usize) {
    let seeds = (0..20).map(Torn::Seed);
    for torn in [Torn::Nothing, Torn::Everything, Torn::LastWriteCutAt(100)].into_iter().chain(seeds) {
        let crashed = disk.crash(torn);
        let (mut log, _) = open(&crashed, None).unwrap_or_else(|error| panic!("{torn:?}: {error:?}"));
        let read = steps(read_all(&log).unwrap());
        assert!(read.len() >= acknowledged && steps_tried.starts_with(&read), "{torn:?}: {} read", read.len());
        let rest = &steps_tried[read.len()..];
        assert_eq!(write_all(&mut log, rest), rest.len(), "{torn:?}");
        assert_eq!(steps(read_all(&open(&crashed, None).unwrap().0).unwrap()), steps_tried);
    }
}

#[test]
fn any_write_may_fail_once() {
    let steps_written = many();
    for nth in 1.. {
        let disk = SimulatedDisk::new();
        let mut log = create(&disk, OPTIONS);
        disk.fail_write(nth, ErrorKind::StorageFull);
        let before = disk.writes();
        assert_eq!(write_all(&mut log, &steps_written), steps_written.len(), "write {nth} was tried again");
        assert_eq!(steps(read_all(&log).unwrap()), steps_written);
        keeps_what_was_acknowledged(&disk, &steps_written, steps_written.len());
        if disk.writes() - before < nth {
            assert!(nth > 30, "the test has seen every write fail");
            return;
        }
    }
}

#[test]
fn all_writes_may_fail_from_any_on() {
    let steps_written = many();
    for nth in 1..60 {
        let disk = SimulatedDisk::new();
        let mut log = create(&disk, OPTIONS);
        disk.fail_writes_from(nth, ErrorKind::StorageFull);
        let acknowledged = write_all(&mut log, &steps_written);
        keeps_what_was_acknowledged(&disk, &steps_written, acknowledged);
    }
}

#[test]
fn any_sync_may_fail_and_breaks_the_log() {
    let steps_written = many();
    for nth in 1.. {
        let disk = SimulatedDisk::new();
        let mut log = create(&disk, OPTIONS);
        disk.fail_sync(nth, ErrorKind::Other);
        let before = disk.syncs();
        let acknowledged = write_all(&mut log, &steps_written);
        if disk.syncs() - before < nth {
            assert!(nth > 20, "the test has seen every sync fail");
            return;
        }
        let read = steps(read_all(&log).unwrap());
        assert!(read.len() >= acknowledged && steps_written.starts_with(&read), "reading goes on");
        keeps_what_was_acknowledged(&disk, &steps_written, acknowledged);
        if acknowledged < steps_written.len() {
            let refused = log.append(&steps_written[read.len()..]).unwrap_err();
            assert!(refused.to_string().starts_with("the log takes nothing more until it is opened again"));
            assert!(matches!(log.sync(), Err(LogError::Broken { .. })));
        }
    }
}

#[test]
fn what_was_refused_does_not_come_back() {
    let disk = SimulatedDisk::new();
    let mut log = create(&disk, PLAIN);
    disk.fail_write(1, ErrorKind::StorageFull);
    // Of a batch of which half is written, the first step is whole.
    let batch = Author::new().batch(&[small("a"), small(&"b".repeat(500))]);
    assert!(matches!(log.append(&batch), Err(LogError::Io { .. })));
    for seed in 0..50 {
        let (log, cut) = open(&disk.crash(Torn::Seed(seed)), None).unwrap();
        assert_eq!((log.last(), cut), (Position(0), None));
    }
}

#[test]
fn all_syncs_may_fail_from_any_on() {
    let steps_written = many();
    for nth in 1..40 {
        let disk = SimulatedDisk::new();
        let mut log = create(&disk, OPTIONS);
        disk.fail_syncs_from(nth, ErrorKind::Other);
        let acknowledged = write_all(&mut log, &steps_written);
        keeps_what_was_acknowledged(&disk, &steps_written, acknowledged);
    }
}

#[test]
fn a_full_disk_refuses_and_takes_more_when_there_is_room() {
    let steps_written = many();
    for room in (0..6_000).step_by(13) {
        let disk = SimulatedDisk::new();
        let mut log = create(&disk, OPTIONS);
        disk.set_room(room);
        let acknowledged = write_all(&mut log, &steps_written);
        if acknowledged < steps_written.len() {
            let error = log.append(&steps_written[acknowledged..]).unwrap_err();
            assert!(matches!(error, LogError::Io { ref source, .. } if source.kind() == ErrorKind::StorageFull));
        }
        keeps_what_was_acknowledged(&disk, &steps_written, acknowledged);
        disk.set_room(u64::MAX);
        assert_eq!(write_all(&mut log, &steps_written[acknowledged..]), steps_written.len() - acknowledged);
        assert_eq!(steps(read_all(&log).unwrap()), steps_written);
    }
}

#[test]
fn room_for_the_steps_is_enough_where_there_is_none_for_zeros() {
    let disk = SimulatedDisk::new();
    let mut log = create(&disk, Options { preallocate: 1 << 20, ..Options::default() });
    let steps_written = many();
    disk.set_room(10_000);
    assert_eq!(write_all(&mut log, &steps_written), steps_written.len());
    assert!(disk.bytes(FIRST_SEGMENT).unwrap().len() < 10_000);
}

#[test]
fn a_log_that_cannot_be_made_can_be_made_later() {
    for nth in 1..=2 {
        let disk = SimulatedDisk::new();
        disk.fail_write(nth, ErrorKind::StorageFull);
        assert!(matches!(create_at(&disk), Err(LogError::Io { .. })));
        let disk = disk.crash(Torn::Everything);
        assert!(matches!(open(&disk, None), Err(LogError::Absent)));
        assert!(create_at(&disk).is_ok());
        assert!(matches!(create_at(&disk), Err(LogError::Present)));
    }
}

fn create_at(disk: &SimulatedDisk) -> Result<Log, LogError> {
    Log::create(std::sync::Arc::new(disk.clone()), ID, OPTIONS)
}

#[test]
fn steps_that_do_not_continue_the_log_are_refused() {
    let disk = SimulatedDisk::new();
    let mut log = create(&disk, OPTIONS);
    let steps_written = many();
    log.append(&steps_written[..2]).unwrap();
    let good = &steps_written[2];
    let mut refuse = |change: &dyn Fn(&mut LogStep)| {
        let mut step = good.clone();
        change(&mut step);
        match log.append(&[step]).unwrap_err() {
            LogError::Refused { position: Position(3), damage } => damage,
            other => panic!("{other:?}"),
        }
    };
    let before = steps_written[1].entries[0].ledger.instant;
    assert_eq!(refuse(&|step| step.entries.clear()), Damage::Empty);
    assert_eq!(
        refuse(&|step| step.entries[0].ledger.position = Position(4)),
        Damage::Position { expected: Position(3), found: Position(4) }
    );
    for instant in [before, Timestamp::NEG_INFINITY, Timestamp::INFINITY] {
        let damage = refuse(&|step| step.entries[0].ledger.instant = instant);
        assert_eq!(damage, Damage::Instant { before, found: instant });
    }
    assert!(matches!(refuse(&|step| step.entries[0].commitment[0] ^= 1), Damage::Chain { .. }));
    assert!(matches!(refuse(&|step| step.entries[0].ledger.chain[0] ^= 1), Damage::Chain { .. }));
    let kind = EntryKind::Declaration;
    assert!(matches!(refuse(&|step| step.entries[0].ledger.kind = kind), Damage::Mismatch { .. }));
    let two = |step: &mut LogStep| {
        let mut next = step.entries[0].clone();
        next.ledger.position = Position(4);
        next.ledger.instant = next.ledger.instant.next();
        step.entries.push(next);
    };
    assert!(matches!(refuse(&two), Damage::StepInstant { .. }));
    // None of this has left a trace.
    assert_eq!(write_all(&mut log, &steps_written[2..]), 10);
    assert_eq!(steps(read_all(&log).unwrap()), steps_written);
}
