//! Logs to test with.

use std::sync::Arc;

use lora_core::codec::{EntryKind, Frame, Skeleton, link};
use lora_core::object::{LifeCycle, ObjectId, Position, Seq};
use lora_core::schema::ClassId;
use lora_core::storage::{GuardKey, LedgerEntry};
use lora_core::time::Timestamp;
use lora_embedded::log::{Anchor, Cut, Entry, Head, Log, LogError, LogId, LogStep, Options, PlacedStep};
use lora_embedded::testing::SimulatedDisk;
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) const ID: LogId = Uuid::from_bytes(*b"one log of tests");
pub(crate) const FIRST_SEGMENT: &str = "log/00000000000000000001";

/// One segment, and no zeros ahead: a disk in memory is copied often.
pub(crate) const PLAIN: Options = Options { segment_size: 64 << 20, preallocate: 0 };

/// What a step is made of: a content for each entry, and guards.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) contents: Vec<Vec<u8>>,
    pub(crate) guards: Vec<Vec<u8>>,
}

/// A step of one entry, without guards.
pub(crate) fn small(content: &str) -> Shape {
    Shape { contents: vec![content.into()], guards: vec![] }
}

pub(crate) fn shape() -> impl Strategy<Value = Shape> {
    let bytes = |longest| prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..longest);
    let contents = prop::collection::vec(bytes(700), 1..4);
    (contents, prop::collection::vec(bytes(9), 0..3)).prop_map(|(contents, guards)| Shape { contents, guards })
}

/// Batches of steps.
pub(crate) fn batches() -> impl Strategy<Value = Vec<Vec<Shape>>> {
    prop::collection::vec(prop::collection::vec(shape(), 1..4), 0..8)
}

pub(crate) fn options() -> impl Strategy<Value = Options> {
    let preallocate = prop_oneof![Just(0), 1..3_000_u32];
    (0..3_000_u32, preallocate).prop_map(|(segment_size, preallocate)| Options { segment_size, preallocate })
}

/// Writes shapes as steps that continue a log.
pub(crate) struct Author {
    pub(crate) next: u64,
    pub(crate) head: Head,
}

impl Author {
    pub(crate) fn new() -> Self {
        Self { next: 1, head: Head::START }
    }

    pub(crate) fn of(log: &Log) -> Self {
        Self { next: log.last().0 + 1, head: log.head() }
    }

    pub(crate) fn step(&mut self, shape: &Shape) -> LogStep {
        let micros = self.head.instant.micros().map_or(1_700_000_000_000_000, |micros| micros + 7);
        self.head.instant = Timestamp::from_micros(micros).unwrap();
        let entries = shape.contents.iter().map(|content| self.entry(content)).collect();
        LogStep { guards: shape.guards.iter().cloned().map(GuardKey).collect(), entries }
    }

    pub(crate) fn batch(&mut self, shapes: &[Shape]) -> Vec<LogStep> {
        shapes.iter().map(|shape| self.step(shape)).collect()
    }

    fn entry(&mut self, content: &[u8]) -> Entry {
        let position = Position(self.next);
        let frame = frame(self.next, content);
        let commitment = frame.commitment();
        self.head.chain = link(&self.head.chain, position, self.head.instant, &commitment);
        self.next += 1;
        let Skeleton { kind, object, .. } = Skeleton::decode(&frame.skeleton).unwrap();
        let (instant, chain) = (self.head.instant, self.head.chain);
        Entry { ledger: LedgerEntry { position, instant, kind, object, frame: Arc::new(frame), chain }, commitment }
    }
}

fn frame(number: u64, content: &[u8]) -> Frame {
    let class = ClassId::from_number(3);
    let skeleton = Skeleton {
        kind: if number == 1 { EntryKind::Declaration } else { EntryKind::Registration },
        object: ObjectId { class, uuid: Uuid::from_u64_pair(7, number) },
        seq: Seq::FIRST,
        lifecycle: LifeCycle::Imported,
        actor: Uuid::nil(),
        batch: None,
        asserted: None,
    };
    Frame { skeleton: skeleton.encode(), salt: *b"not a secret....", content: content.to_vec() }
}

pub(crate) fn create(disk: &SimulatedDisk, options: Options) -> Log {
    Log::create(Arc::new(disk.clone()), ID, options).unwrap()
}

pub(crate) fn open(disk: &SimulatedDisk, known: Option<&Anchor>) -> Result<(Log, Option<Cut>), LogError> {
    Log::open(Arc::new(disk.clone()), PLAIN, known)
}

/// A disk with a log of these steps, each synced before the next, all in segments of so many bytes.
pub(crate) fn written(shapes: &[Shape], segment_size: u32) -> (SimulatedDisk, Vec<LogStep>) {
    let disk = SimulatedDisk::new();
    let mut log = create(&disk, Options { segment_size, preallocate: 0 });
    let steps = Author::new().batch(shapes);
    for step in &steps {
        log.append(std::slice::from_ref(step)).unwrap();
        log.sync().unwrap();
    }
    (disk, steps)
}

/// All steps of a log, everything verified.
pub(crate) fn read_all(log: &Log) -> Result<Vec<PlacedStep>, LogError> {
    let reader = log.reader();
    reader.steps(reader.start(), log.last()).with_commitments().collect()
}

pub(crate) fn steps(placed: Vec<PlacedStep>) -> Vec<LogStep> {
    placed.into_iter().map(|placed| placed.step).collect()
}

/// The names and bytes of the segments.
pub(crate) fn segments(disk: &SimulatedDisk) -> Vec<(String, Vec<u8>)> {
    use lora_embedded::files::Files;
    let names = disk.list("log").unwrap().into_iter().map(|name| format!("log/{name}"));
    names.map(|name| (name.clone(), disk.bytes(&name).unwrap())).collect()
}

/// A disk with these files, durable.
pub(crate) fn disk_of(files: &[(String, Vec<u8>)]) -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    files.iter().for_each(|(name, bytes)| disk.put(name, bytes));
    disk
}
