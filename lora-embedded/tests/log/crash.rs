//! Loss of power at any moment: what was synced is there, whole, and nothing else but a prefix of what was written.

use std::sync::Arc;

use lora_embedded::log::{Cut, Log, LogError, Options};
use lora_embedded::testing::{SimulatedDisk, Torn};
use proptest::prelude::*;

use super::common::*;

fn torn() -> impl Strategy<Value = Torn> {
    prop_oneof![
        Just(Torn::Nothing),
        Just(Torn::Everything),
        (0..3_000_usize).prop_map(Torn::LastWriteCutAt),
        any::<u64>().prop_map(Torn::Seed),
        any::<u64>().prop_map(Torn::Seed),
    ]
}

proptest! {
    #[test]
    fn what_was_synced_survives(
        lives in prop::collection::vec((batches(), prop::collection::vec(any::<bool>(), 8), torn()), 1..4),
        options in options(),
    ) {
        let mut disk = SimulatedDisk::new();
        drop(create(&disk, options));
        let mut kept = Vec::new();
        for (batches, synced, torn) in lives {
            let (mut log, _) = open_with(&disk, options).unwrap();
            let mut author = Author::of(&log);
            let mut written = kept;
            let mut acknowledged = written.len();
            for (shapes, sync) in batches.iter().zip(synced) {
                let batch = author.batch(shapes);
                log.append(&batch).unwrap();
                written.extend(batch);
                if sync {
                    log.sync().unwrap();
                    acknowledged = written.len();
                }
            }
            disk = disk.crash(torn);
            let (log, _) = open_with(&disk, options).unwrap();
            let read = steps(read_all(&log).unwrap());
            prop_assert!(read.len() >= acknowledged && written.starts_with(&read), "{} of {}", read.len(), written.len());
            let files = segments(&disk);
            let (again, cut) = open_with(&disk, options).unwrap();
            prop_assert_eq!((again.last(), again.head(), cut), (log.last(), log.head(), None));
            prop_assert_eq!(segments(&disk), files, "opening again changes nothing");
            kept = read;
        }
    }

    #[test]
    fn a_killed_process_loses_nothing(batches in batches(), options in options(), seed: u64) {
        let disk = SimulatedDisk::new();
        let mut log = create(&disk, options);
        let mut author = Author::new();
        let mut written = Vec::new();
        for shapes in &batches {
            written.extend(author.batch(shapes));
            log.append(&written[written.len() - shapes.len()..]).unwrap();
        }
        let disk = disk.after_kill();
        let (log, cut) = open_with(&disk, options).unwrap();
        prop_assert_eq!((steps(read_all(&log).unwrap()), cut), (written.clone(), None));
        // What was shown after opening is on the disk: it was synced then.
        let (log, _) = open_with(&disk.crash(Torn::Seed(seed)), options).unwrap();
        prop_assert_eq!(steps(read_all(&log).unwrap()), written);
    }
}

fn open_with(disk: &SimulatedDisk, options: Options) -> Result<(Log, Option<Cut>), LogError> {
    Log::open(Arc::new(disk.clone()), options, None)
}

#[test]
fn a_log_is_there_when_making_it_has_returned() {
    let disk = SimulatedDisk::new();
    drop(create(&disk, Options::default()));
    let (log, cut) = open(&disk.crash(Torn::Nothing), None).unwrap();
    assert_eq!((log.id(), log.last().0, cut), (ID, 0, None));
}
