//! The log: steps of entries, in files that only grow, each byte under a checksum.
//!
//! A log is a chain of **segments**, one file each, named by the position of its first entry.
//! A segment is a header and then **steps**; a step is all there or not at all.
//! Only the last segment is written to, and one starts only when all before it are synced.
//! `docs/storage-format.md` has the bytes.
//!
//! What a crash leaves behind is told from damage by one number: each step names the last position that was **durable**
//! when it was written. A bad step that a later one calls durable was once whole and is damage; a bad step that no later
//! one knows of was never acknowledged by what stands after it, and is cut off with what follows.

mod append;
mod error;
mod read;
pub(crate) mod record;
mod recover;
mod segment;
mod window;

use lora_core::codec::{Digest, link};
use lora_core::object::Position;
use lora_core::storage::{GuardKey, LedgerEntry};
use lora_core::time::{Timestamp, TransactionTime};
use uuid::Uuid;

pub use append::Log;
pub use error::{Damage, LogError};
pub use read::{LogReader, Steps};
pub use recover::{Cut, id_in};

/// What makes a log this one and no other: 16 random bytes, handed in by whoever may be random.
pub type LogId = Uuid;

/// How a log is laid out on the disk; none of it is part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// A new segment starts when the last one has this many bytes or more.
    pub segment_size: u32,
    /// How many bytes of zeros are written ahead, so that a sync need not change the length of the file; 0 for none.
    pub preallocate: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_size: 64 << 20, preallocate: 1 << 20 }
    }
}

/// An entry, and the commitment that its link in the chain is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The entry of the ledger.
    pub ledger: LedgerEntry,
    /// The commitment of its frame.
    pub commitment: Digest,
}

/// What is written together: the entries of one step, and the keys that it guards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStep {
    /// The guards that the step takes.
    pub guards: Vec<GuardKey>,
    /// The entries, at least one.
    pub entries: Vec<Entry>,
}

/// Where an entry lies in its segment; which segment that is follows from its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub offset: u32,
    /// How many bytes it has.
    pub length: u32,
}

/// Where a step and its entries lie in their segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepPlaces {
    /// The first byte of the step.
    pub offset: u32,
    /// The entries, in order.
    pub entries: Vec<Place>,
}

/// A step as it was read: whole, and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedStep {
    /// What was written.
    pub step: LogStep,
    /// Where it lies.
    pub places: StepPlaces,
    /// The last position that was durable when it was written.
    pub durable: Position,
}

/// Where a step begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landmark {
    /// The position of its first entry.
    pub position: Position,
    /// Its first byte in the segment.
    pub offset: u32,
}

/// A step that somebody knows to be in the log: an index knows the last one that it took in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// Where it begins.
    pub step: Landmark,
    /// The position of its last entry.
    pub last: Position,
    /// The head of the chain after it.
    pub chain: Digest,
}

/// The instant and the chain after an entry: what the next one builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The instant of the entry's step.
    pub instant: Timestamp<TransactionTime>,
    /// The head of the chain.
    pub chain: Digest,
}

impl Head {
    /// Before the first entry of all.
    pub const START: Self = Self { instant: Timestamp::NEG_INFINITY, chain: [0; 32] };
}

impl StepPlaces {
    /// The same places, counted from further ahead.
    fn shift(&mut self, by: u32) {
        self.offset += by;
        self.entries.iter_mut().for_each(|place| place.offset += by);
    }
}

impl PlacedStep {
    /// The position of the first entry.
    pub fn first(&self) -> Position {
        self.step.entries[0].ledger.position
    }

    /// The position of the last entry.
    pub fn last(&self) -> Position {
        Position(self.first().0 + self.step.entries.len() as u64 - 1)
    }

    /// The instant of all entries.
    pub fn instant(&self) -> Timestamp<TransactionTime> {
        self.step.entries[0].ledger.instant
    }

    /// The step as one to open the log at.
    pub fn anchor(&self) -> Anchor {
        let step = Landmark { position: self.first(), offset: self.places.offset };
        Anchor { step, last: self.last(), chain: self.step.entries[self.step.entries.len() - 1].ledger.chain }
    }

    /// The entries and where they lie.
    pub fn entries(&self) -> impl Iterator<Item = (&Entry, Place)> {
        self.step.entries.iter().zip(self.places.entries.iter().copied())
    }
}

/// What the next step has to continue. Writer and readers ask it the same, so that nothing is written that cannot be
/// read.
#[derive(Debug, Clone, Copy)]
struct Tip {
    /// The position of the next entry.
    next: Position,
    /// The head before it; a reader that starts in the middle of a segment does not know it.
    head: Option<Head>,
}

impl Tip {
    /// Goes on to after a step; stays where it is when the step is not the next one.
    fn follow(&mut self, entries: &[Entry]) -> Result<(), Damage> {
        let mut after = *self;
        let instant = entries.first().ok_or(Damage::Empty)?.ledger.instant;
        let before = self.head.map_or(Timestamp::NEG_INFINITY, |head| head.instant);
        if instant <= before || !instant.is_finite() {
            return Err(Damage::Instant { before, found: instant });
        }
        for Entry { ledger, commitment } in entries {
            if ledger.position != after.next {
                return Err(Damage::Position { expected: after.next, found: ledger.position });
            }
            if ledger.instant != instant {
                return Err(Damage::StepInstant { expected: instant, found: ledger.instant });
            }
            let expected = after.head.map(|head| link(&head.chain, ledger.position, instant, commitment));
            if let Some(expected) = expected.filter(|expected| *expected != ledger.chain) {
                return Err(Damage::Chain { position: ledger.position, expected, found: ledger.chain });
            }
            after = Self { next: Position(after.next.0 + 1), head: Some(Head { instant, chain: ledger.chain }) };
        }
        *self = after;
        Ok(())
    }
}
