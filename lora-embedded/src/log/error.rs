//! What can be wrong with a log, or with what it is asked.

use std::io;

use lora_core::codec::{DecodeError, Digest, EntryKind};
use lora_core::object::{ObjectId, Position};
use lora_core::time::{Timestamp, TransactionTime};

use super::record::FORMAT;
use super::{Anchor, LogId};

/// A log cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The disk failed.
    #[error("cannot {action} {file}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or folder.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no log.
    #[error("there is no log here")]
    Absent,
    /// There is a log already.
    #[error("there is a log here already")]
    Present,
    /// A file in the folder of the log is not a segment.
    #[error("{file} is not a segment of the log")]
    Stray {
        /// The file.
        file: String,
    },
    /// What is stored is not what was written, or not by this version.
    #[error("{segment} is damaged at byte {offset}, at position {position}")]
    Damaged {
        /// The file.
        segment: String,
        /// Where in it.
        offset: u64,
        /// The position of the entry that is expected there.
        position: Position,
        /// What is wrong.
        #[source]
        damage: Damage,
    },
    /// A step that somebody knows to be in the log is not.
    #[error(
        "the log does not have the step of positions {} to {} at byte {}: it is older than what was built from it, or \
         another log",
        .0.step.position, .0.last, .0.step.offset
    )]
    Unknown(Anchor),
    /// The log does not reach so far back, or not yet so far ahead.
    #[error("position {position} is not in the log")]
    NotHere {
        /// The position asked for.
        position: Position,
    },
    /// A step to append does not continue the log. Nothing was written.
    #[error("the step at position {position} cannot be appended")]
    Refused {
        /// The position that comes next.
        position: Position,
        /// What is wrong with the step.
        #[source]
        damage: Damage,
    },
    /// A batch does not fit into a segment. Nothing was written.
    #[error("{length} bytes at once are too many for a segment of the log")]
    TooLong {
        /// The length of all steps together.
        length: u64,
    },
    /// A write before this one failed in a way that leaves unknown what is on the disk.
    #[error("the log takes nothing more until it is opened again: {reason}")]
    Broken {
        /// What happened.
        reason: String,
    },
}

/// What is wrong with bytes of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The bytes of a segment header are not one.
    #[error("no whole segment header")]
    SegmentHeader,
    /// A newer version wrote this.
    #[error("the segment has format {found}, this version reads {FORMAT}")]
    Format {
        /// The number in the header.
        found: u8,
    },
    /// A segment of another log.
    #[error("the segment belongs to log {found}, not to {expected}")]
    ForeignLog {
        /// The id of this log.
        expected: LogId,
        /// The one in the header.
        found: LogId,
    },
    /// A segment does not begin where the one before ends, or its header and its name say different things.
    #[error("the segment begins with position {found}, not with {expected}")]
    Gap {
        /// The position that should come.
        expected: Position,
        /// The one that comes.
        found: Position,
    },
    /// A segment header does not continue the segment before.
    #[error("the segment header does not continue the instant and the chain of the segment before")]
    Before,
    /// There is no step header where one is expected.
    #[error("no step header")]
    StepHeader,
    /// The file ends inside a step or an entry.
    #[error("{length} bytes should follow, but {left} are left")]
    Incomplete {
        /// The length that is stated.
        length: u64,
        /// The length of what is there.
        left: u64,
    },
    /// The guards of a step do not match their checksum.
    #[error("the guards of the step do not match their checksum")]
    Guards,
    /// An entry does not match its checksum.
    #[error("the entry does not match its length or its checksum")]
    Entry,
    /// A step header contradicts the step.
    #[error("the step header does not describe the entries and guards that follow")]
    Contents,
    /// A step without entries.
    #[error("the step has no entries")]
    Empty,
    /// A kind of entry that this version does not know.
    #[error("the entry is of kind {tag}, which this version does not know")]
    Kind {
        /// The number of the kind.
        tag: u8,
    },
    /// An entry whose content was erased, which this version cannot read.
    #[error("the content of the entry was erased, which this version does not know")]
    Erased,
    /// The skeleton of an entry cannot be read.
    #[error("the skeleton of the entry cannot be read")]
    Skeleton(#[from] DecodeError),
    /// An entry and its skeleton say different things.
    #[error("the skeleton is that of a {kind:?} of {object:?}, and the entry is not")]
    Mismatch {
        /// The kind in the skeleton.
        kind: EntryKind,
        /// The object in the skeleton.
        object: ObjectId,
    },
    /// An entry has another position.
    #[error("position {found} in place of {expected}")]
    Position {
        /// The position that should come.
        expected: Position,
        /// The one that comes.
        found: Position,
    },
    /// An instant is not later than the one before, or is no instant.
    #[error("instant {found} after {before}")]
    Instant {
        /// The instant of the step before.
        before: Timestamp<TransactionTime>,
        /// The one that comes.
        found: Timestamp<TransactionTime>,
    },
    /// Entries of one step have different instants.
    #[error("instant {found} in a step of {expected}")]
    StepInstant {
        /// The instant of the step.
        expected: Timestamp<TransactionTime>,
        /// That of the entry.
        found: Timestamp<TransactionTime>,
    },
    /// A number that stands for no instant.
    #[error("{found} is no instant")]
    NoInstant {
        /// The number.
        found: i64,
    },
    /// An entry is not linked to the one before.
    #[error("entry {position} has chain head {}, not {}", hex(.found), hex(.expected))]
    Chain {
        /// The entry.
        position: Position,
        /// What follows from the head before.
        expected: Digest,
        /// What is stored.
        found: Digest,
    },
    /// An entry does not contain what it is committed to.
    #[error("entry {position} is committed to {}, but its frame to {}", hex(.expected), hex(.found))]
    Commitment {
        /// The entry.
        position: Position,
        /// What is stored.
        expected: Digest,
        /// What follows from the frame.
        found: Digest,
    },
}

impl Damage {
    /// Whether a write that was interrupted may have left this. Everything else has right checksums, so it was written.
    pub(super) fn may_be_torn(&self) -> bool {
        matches!(self, Self::StepHeader | Self::Incomplete { .. } | Self::Guards | Self::Entry)
    }
}

fn hex(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
}
