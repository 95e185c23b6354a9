//! The n-th write fails, or the n-th sync, for every n of a scripted load, and of whatever else writes.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use lora_core::storage::{CommitError, ContentHash, Read, Step, Storage, StoreError};
use lora_embedded::files::Files;
use lora_embedded::testing::{SimulatedDisk, Torn};
use lora_embedded::{EmbeddedStore, OpenError, Options};
use pollster::block_on;

use crate::support::{Expected, clock, one_of, open, script, small};

/// Which operations fail.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Write(ErrorKind),
    WritesFrom(ErrorKind),
    Sync(ErrorKind),
    SyncsFrom(ErrorKind),
}

impl Fault {
    const ALL: [Self; 8] = [
        Self::Write(ErrorKind::Other),
        Self::Write(ErrorKind::StorageFull),
        Self::WritesFrom(ErrorKind::Other),
        Self::WritesFrom(ErrorKind::StorageFull),
        Self::Sync(ErrorKind::Other),
        Self::Sync(ErrorKind::StorageFull),
        Self::SyncsFrom(ErrorKind::Other),
        Self::SyncsFrom(ErrorKind::StorageFull),
    ];

    fn strike(self, disk: &SimulatedDisk, nth: u64) {
        match self {
            Self::Write(kind) => disk.fail_write(nth, kind),
            Self::WritesFrom(kind) => disk.fail_writes_from(nth, kind),
            Self::Sync(kind) => disk.fail_sync(nth, kind),
            Self::SyncsFrom(kind) => disk.fail_syncs_from(nth, kind),
        }
    }

    /// How many of the operations that this one lets fail were done.
    fn done(self, disk: &SimulatedDisk) -> u64 {
        match self {
            Self::Write(_) | Self::WritesFrom(_) => disk.writes(),
            Self::Sync(_) | Self::SyncsFrom(_) => disk.syncs(),
        }
    }

    /// Lets the first operation fail, then the second, and so on, until a run passes untouched.
    fn everywhere(self, first: u64, mut run: impl FnMut(u64) -> SimulatedDisk) {
        let mut nth = first;
        while self.done(&run(nth)) >= nth {
            nth += one_of(SOME);
        }
    }
}

/// With each push a fault strikes one of so many operations, each fault beginning with another one, so that every
/// operation fails in one way or more.
const SOME: u64 = 8;

fn try_open(disk: &SimulatedDisk, options: Options) -> Result<EmbeddedStore, OpenError> {
    EmbeddedStore::open(Arc::new(disk.clone()), clock(), options)
}

/// A store on a failing disk, and what it acknowledged.
struct Load<'a> {
    expected: &'a Expected,
    disk: SimulatedDisk,
    store: EmbeddedStore,
    steps: usize,
    contents: Vec<(ContentHash, Vec<u8>)>,
    /// Whether a step was refused that may be there all the same.
    in_flight: bool,
}

impl<'a> Load<'a> {
    fn start(expected: &'a Expected, disk: SimulatedDisk, options: Options) -> Self {
        let store = try_open(&disk, options).unwrap_or_else(|_| {
            disk.heal();
            open(&disk, options)
        });
        Self { expected, disk, store, steps: 0, contents: Vec::new(), in_flight: false }
    }

    fn run(&mut self) {
        while self.steps < self.expected.steps.len() && !self.in_flight {
            if self.steps % 4 == 2 {
                self.put_content();
            }
            let step = &self.expected.steps[self.steps];
            // A fault that passes is one that the next attempt does not meet.
            let done = self.commit(step) || self.commit(step);
            self.steps += usize::from(done);
            self.in_flight = !done;
        }
        assert_eq!(self.expected.steps_of(&self.store), self.steps, "reads go on");
    }

    fn commit(&self, step: &Step) -> bool {
        match block_on(self.store.commit(step.clone())) {
            Ok(_) => true,
            Err(CommitError::Store(StoreError::Full(_) | StoreError::Unavailable(_))) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    fn put_content(&mut self) {
        let chunk = vec![self.steps as u8; 40_000];
        let chunks = [chunk.clone(), chunk];
        if let Ok(hash) = block_on(self.store.put_content(chunks.clone().into_iter())) {
            self.contents.push((hash, chunks.concat()));
        }
    }

    /// The store that is opened on what is left has all that was acknowledged, at most one step more, and takes the
    /// rest; a loss of power afterwards takes nothing away.
    fn survives(&self, left: &SimulatedDisk, options: Options) {
        let store = open(left, options);
        let found = self.expected.steps_of(&store);
        let most = self.steps + usize::from(self.in_flight);
        assert!((self.steps..=most).contains(&found), "{found} steps for {}", self.steps);
        for (hash, content) in &self.contents {
            let view = block_on(store.view(None)).unwrap();
            let found = block_on(view.content(*hash, 0..u64::MAX)).unwrap();
            assert!(found.as_ref() == Some(content), "content {hash}");
        }
        self.expected.go_on(&store, found);
        drop(store);
        assert_eq!(self.expected.steps_of(&open(&left.crash(Torn::Nothing), options)), self.expected.steps.len());
    }

    /// Closes the store and opens it again, on the same disk, without faults.
    fn survives_closing(self, options: Options) {
        let Self { expected, disk, store, steps, contents, in_flight } = self;
        drop(store);
        disk.heal();
        let store = open(&SimulatedDisk::new(), options);
        let left = disk.clone();
        Self { expected, disk, store, steps, contents, in_flight }.survives(&left, options);
    }
}

#[test]
fn what_was_acknowledged_survives_a_fault_anywhere() {
    let expected = Expected::of(script(10));
    let options = small(Duration::from_secs(3_600));
    for (first, fault) in (1..).zip(Fault::ALL) {
        fault.everywhere(1 + first % one_of(SOME), |nth| {
            let disk = SimulatedDisk::new();
            fault.strike(&disk, nth);
            let mut load = Load::start(&expected, disk.clone(), options);
            load.run();
            match (nth / SOME + nth) % 4 {
                0 => load.survives(&disk.crash(Torn::Nothing), options),
                1 => load.survives(&disk.crash(Torn::Seed(nth)), options),
                2 => load.survives(&disk.after_kill(), options),
                _ => load.survives_closing(options),
            }
            disk
        });
    }
}

/// The same, with everything applied to the index at once, by its own thread.
#[test]
fn what_was_acknowledged_survives_a_fault_anywhere_while_the_index_is_written() {
    let expected = Expected::of(script(8));
    let mut options = small(Duration::ZERO);
    options.index.memtable = 1;
    for (first, fault) in (1..).zip(Fault::ALL) {
        fault.everywhere(1 + first % one_of(SOME), |nth| {
            let disk = SimulatedDisk::new();
            fault.strike(&disk, nth);
            let mut load = Load::start(&expected, disk.clone(), options);
            load.run();
            match (nth / SOME + nth) % 2 {
                0 => load.survives(&disk.crash(Torn::Seed(nth)), options),
                _ => load.survives_closing(options),
            }
            disk
        });
    }
}

/// An opening that fails leaves nothing behind that keeps the next one from succeeding.
#[test]
fn a_store_opens_after_an_opening_that_failed_anywhere() {
    let expected = Expected::of(script(10));
    let options = small(Duration::from_secs(3_600));
    let whole = SimulatedDisk::new();
    let store = open(&whole, options);
    expected.go_on(&store, 0);
    let behind = whole.after_kill();
    let lost = whole.after_kill();
    lost.remove("index").unwrap();
    drop(store);
    for disk in [SimulatedDisk::new(), behind, lost, whole] {
        let steps = if disk.list("log").unwrap().is_empty() { 0 } else { expected.steps.len() };
        for (first, fault) in (1..).zip(Fault::ALL) {
            let untouched = disk.after_kill();
            drop(open(&untouched, options));
            let operations = fault.done(&untouched) - fault.done(&disk);
            for nth in (1 + first % one_of(SOME)..=operations).step_by(one_of(SOME) as usize) {
                let disk = disk.after_kill();
                fault.strike(&disk, nth);
                let opened = try_open(&disk, options);
                if let Ok(store) = &opened {
                    assert_eq!(expected.steps_of(store), steps);
                }
                drop(opened);
                for found in [disk.crash(Torn::Seed(nth)), disk.after_kill()] {
                    assert_eq!(expected.steps_of(&open(&found, options)), steps, "{fault:?} {nth}");
                }
            }
        }
    }
}

/// A load that fails leaves whole steps, from the first one on.
#[test]
fn a_load_that_failed_anywhere_leaves_whole_steps() {
    let expected = Expected::of(script(10));
    let options = small(Duration::from_secs(3_600));
    for (first, fault) in (1..).zip(Fault::ALL) {
        fault.everywhere(1 + first % one_of(SOME), |nth| {
            let disk = SimulatedDisk::new();
            let store = open(&disk, options);
            fault.strike(&disk, nth);
            let batches = expected.steps.chunks(3);
            let loaded = batches.map(|steps| block_on(store.load(steps.to_vec()))).collect::<Result<Vec<_>, _>>();
            let finished = block_on(store.finish_load());
            let whole = loaded.is_ok() && finished.is_ok();
            if whole {
                assert_eq!(expected.steps_of(&store), expected.steps.len());
            } else {
                assert_eq!(expected.steps_of(&store), 0, "nothing is shown of a load that failed");
                assert!(block_on(store.commit(expected.steps[0].clone())).is_err());
            }
            for found in [disk.crash(Torn::Nothing), disk.crash(Torn::Seed(nth)), disk.after_kill()] {
                let store = open(&found, options);
                let steps = expected.steps_of(&store);
                assert!(!whole || steps == expected.steps.len(), "{fault:?} {nth}");
                expected.go_on(&store, steps);
            }
            disk
        });
    }
}

/// A full disk refuses to write and can be read; with room again it goes on by itself.
#[test]
fn a_full_disk_is_read_and_goes_on_when_there_is_room() {
    let expected = Expected::of(script(10));
    let options = small(Duration::from_secs(3_600));
    let disk = SimulatedDisk::new();
    let store = open(&disk, options);
    for (done, step) in expected.steps.iter().enumerate() {
        disk.set_room(done as u64 * 5);
        match block_on(store.commit(step.clone())) {
            Err(CommitError::Store(StoreError::Full(_))) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(expected.steps_of(&store), done);
        disk.heal();
        block_on(store.commit(step.clone())).unwrap();
    }
    assert_eq!(expected.steps_of(&store), expected.steps.len());
}
