//! What a check may find, in words for whoever has to do something about it.

use std::fmt;

use crate::codec::{DecodeError, Digest, EntryKind};
use crate::object::{ContentError, LifeCycle, ObjectId, Position, Seq};
use crate::storage::{Boundary, Encoded, Key, KnownAt, Posting};
use crate::time::{Period, Timestamp, TransactionTime};

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// An entry's bytes are none that a codec wrote, or the store itself cannot read it.
    #[error("entry {position} cannot be read: {source}")]
    Unreadable {
        /// The entry.
        position: Position,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The ledger has a gap, ends early, or gives an entry again.
    #[error("entry {expected} is not where it must be: {}", found.map_or("the ledger ends there".to_owned(), |found| format!("entry {found} stands there")))]
    Position {
        /// The position that comes next.
        expected: Position,
        /// The one that came.
        found: Option<Position>,
    },
    /// An entry, its instant or its head of the chain is not the one that was committed.
    #[error("entry {position} breaks the chain: its head should be {}, and is {}", short(expected), short(found))]
    Chain {
        /// The entry.
        position: Position,
        /// The head that follows from the entry and from those before it.
        expected: Digest,
        /// The head that the ledger says.
        found: Digest,
    },
    /// An instant lies before that of the entry before, or is none.
    #[error("entry {position} was entered at {found}, where the one before it was at {previous}")]
    Instant {
        /// The entry.
        position: Position,
        /// The latest instant of the entries before.
        previous: Timestamp<TransactionTime>,
        /// The instant of this one.
        found: Timestamp<TransactionTime>,
    },
    /// The ledger says another kind or another object than the entry itself.
    #[error("entry {position} is {} of {object:?}, and stands in the ledger as {} of {listed_object:?}", kind(*self_kind), kind(*listed_kind))]
    Listed {
        /// The entry.
        position: Position,
        /// Its kind by its own bytes.
        self_kind: EntryKind,
        /// Its object by its own bytes.
        object: ObjectId,
        /// The kind that the ledger says.
        listed_kind: EntryKind,
        /// The object that the ledger says.
        listed_object: ObjectId,
    },
    /// A time was asserted that had not come when the entry was made.
    #[error("entry {position} asserts {asserted}, after it was entered, at {instant}")]
    Asserted {
        /// The entry.
        position: Position,
        /// The time asserted.
        asserted: Timestamp<TransactionTime>,
        /// The instant of the entry.
        instant: Timestamp<TransactionTime>,
    },
    /// An object's registrations are not numbered 1, 2, 3 …
    #[error("entry {position} is registration {} of {object:?}, where {} comes next", found.0, expected.0)]
    Seq {
        /// The entry.
        position: Position,
        /// The object.
        object: ObjectId,
        /// The number that comes next.
        expected: Seq,
        /// The one that came.
        found: Seq,
    },
    /// A registration does not begin later than the one before it.
    #[error("entry {position} registers {object:?} from {found}, which is not after the one before, from {previous}")]
    Registered {
        /// The entry.
        position: Position,
        /// The object.
        object: ObjectId,
        /// From when the registration before it holds.
        previous: Timestamp<TransactionTime>,
        /// From when this one does.
        found: Timestamp<TransactionTime>,
    },
    /// Two entries of one step are about the same object.
    #[error("entry {position} is the second one of {object:?} in its step")]
    Twice {
        /// The second entry.
        position: Position,
        /// The object.
        object: ObjectId,
    },
    /// No act leads from one life cycle to the next.
    #[error("entry {position} makes {object:?} {to:?}, which cannot follow {from:?}")]
    Transition {
        /// The entry.
        position: Position,
        /// The object.
        object: ObjectId,
        /// The life cycle before; `None` for an object that did not exist.
        from: Option<LifeCycle>,
        /// The life cycle after.
        to: LifeCycle,
    },
    /// An object's class was not declared when it was registered.
    #[error("entry {position} is about {object:?}, of a class that was not declared then")]
    Undeclared {
        /// The entry.
        position: Position,
        /// The object.
        object: ObjectId,
    },
    /// A content breaks the rules of its class as it was declared then.
    #[error("entry {position} of {object:?} is not sound: {source}")]
    Unsound {
        /// The entry.
        position: Position,
        /// The object.
        object: ObjectId,
        /// The rule.
        source: ContentError,
    },
    /// A deletion states something.
    #[error("entry {position} deletes {object:?} and states something about it")]
    DeletedStates {
        /// The entry.
        position: Position,
        /// The object.
        object: ObjectId,
    },
    /// An object's chain of registrations, as the store gives it, is not that of the ledger.
    #[error("seen from {view}, registration {} of {object:?} should be {}, and is {}", seq.0, some(expected.as_ref()), some(found.as_ref()))]
    History {
        /// The position of the view.
        view: Position,
        /// The object.
        object: ObjectId,
        /// The first registration that differs.
        seq: Seq,
        /// The registration by the ledger.
        expected: Option<Seen>,
        /// The registration that the store gave.
        found: Option<Seen>,
    },
    /// A read finds another registration of an object than its chain says.
    #[error("seen from {view}, {object:?} {} should be {}, and is {}", known_at(known), some(expected.as_ref()), some(found.as_ref()))]
    Registration {
        /// The position of the view.
        view: Position,
        /// The object.
        object: ObjectId,
        /// Which one was asked for.
        known: KnownAt,
        /// The registration by the ledger.
        expected: Option<Seen>,
        /// The registration that the store gave.
        found: Option<Seen>,
    },
    /// The index lacks something that follows from the entries.
    #[error("seen from {view}, the index lacks {piece}")]
    Missing {
        /// The position of the view.
        view: Position,
        /// What is not there.
        piece: Piece,
    },
    /// The index holds something that follows from no entry.
    #[error("seen from {view}, the index holds {piece}, which follows from no entry")]
    Unexpected {
        /// The position of the view.
        view: Position,
        /// What should not be there.
        piece: Piece,
    },
    /// A scan of the index does not come in order, so that what this view shows of it was not judged.
    #[error("seen from {view}, the index does not come in order at {piece}")]
    Unordered {
        /// The position of the view.
        view: Position,
        /// The first that does not come after the one before it.
        piece: Piece,
    },
    /// Too much of the index differs for all of it to be named.
    #[error("seen from {view}, {buckets} more parts of the index differ, each that of few objects")]
    Unnamed {
        /// The position of the view.
        view: Position,
        /// How many parts.
        buckets: usize,
    },
}

/// A part of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A rectangle.
    Posting(Posting),
    /// A boundary of an object's newest registration.
    Boundary(Boundary),
    /// A text in the dictionary of terms.
    Term(Key),
}

/// A registration as a store gave it, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its place in the ledger.
    pub position: Position,
    /// From when to when it was the newest.
    pub registered: Period<TransactionTime>,
    /// The commitment to its bytes.
    pub commitment: Digest,
}

impl From<&Encoded> for Seen {
    fn from(encoded: &Encoded) -> Self {
        let Encoded { position, registered, frame } = encoded;
        Self { position: *position, registered: *registered, commitment: frame.commitment() }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} ({}) registered {}", self.position, short(&self.commitment), self.registered)
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Posting(Posting { key, object, valid, opened, present, known }) => {
                let counts = if *present { "counting" } else { "not counting" };
                write!(f, "{key:?} of {object:?} during {valid}, {counts}, known {known}, opened by entry {opened}")
            }
            Self::Boundary(Boundary { at, object }) => write!(f, "the boundary {at} of {object:?}"),
            Self::Term(key) => write!(f, "the term {key:?}"),
        }
    }
}

fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Registration => "a registration",
        EntryKind::Declaration => "a declaration",
    }
}

/// As much of a digest as tells two apart.
fn short(digest: &Digest) -> String {
    digest[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn some(seen: Option<&Seen>) -> String {
    seen.map_or_else(|| "none".to_owned(), Seen::to_string)
}

fn known_at(known: &KnownAt) -> String {
    match known {
        KnownAt::Latest => "as known latest".to_owned(),
        KnownAt::Instant(at) => format!("as known at {at}"),
    }
}
