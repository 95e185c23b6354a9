//! The seam between the core and a store, and the reference store in memory.
//!
//! A store keeps entries and postings and gives them back; it never merges, splits, filters by meaning or validates.
//! What it must guarantee is said at each method here and tested by the conformance suite
//! (feature `test-support`, module `conformance`).

#[cfg(feature = "test-support")]
pub mod conformance;
mod contents;
mod declarations;
mod key;
mod memory;
mod posting;

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

pub use contents::{Chunks, ContentHash, Interrupted};
pub use declarations::{Declarations, Declared};
pub(crate) use key::is_whole;
pub use key::{Key, KeyRange};
pub use memory::{MemoryStore, MemoryView};
pub use posting::{Posting, PostingDraft, boundaries, changes, postings};

use crate::codec::{DecodeError, Digest, EntryKind, Frame};
use crate::object::{ObjectId, Position, Seq};
use crate::query::Pattern;
use crate::schema::FieldId;
use crate::time::{Period, Timestamp, TransactionTime, ValidTime};

/// One tenant's realm in a store.
pub trait Storage: Clone + Send + Sync + 'static {
    /// A reading position in this store.
    type View: Read + 'static;

    /// What was committed up to a position: everything for `None`, and for `Some(p)` exactly that, also minutes later
    /// and in another process. A view holds nothing open in the store.
    ///
    /// # Errors
    /// [`StoreError::Ahead`] when `p` has not been committed.
    fn view(&self, at: Option<Position>) -> impl Future<Output = Result<Self::View, StoreError>> + Send;

    /// A view for an answer that must show at least what is needed, and may show no more: where a store has copies, it
    /// can be one that lags behind. Waits for a copy that nearly shows it, but not long.
    ///
    /// Whoever is going to write decides by [`view`](Self::view), which shows everything.
    ///
    /// # Errors
    /// [`StoreError::Ahead`] when the position has not been committed.
    fn view_showing(&self, need: Need) -> impl Future<Output = Result<Self::View, StoreError>> + Send {
        async move { need.met_by(self.view(None).await?) }
    }

    /// Commits a step, all or nothing.
    ///
    /// Its entries get the next positions, consecutive, and one instant: the clock's, but later than the last one and
    /// not before any asserted time in the step. They become visible together; position order = instant order = order
    /// of visibility. When the call returns, what it acknowledged is as durable as the store is.
    ///
    /// # Errors
    /// [`CommitError::Moved`] when a head or guard is not what the step says it saw; nothing is stored.
    /// [`CommitError::Empty`] when the step has no entries.
    /// [`StoreError::Past`] when a restored instant is not later than the last one.
    fn commit(&self, step: Step) -> impl Future<Output = Result<Receipt, CommitError>> + Send;

    /// Up to `limit` entries after a position, in order; never ends inside a step unless a step is longer than `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn ledger(
        &self,
        after: Position,
        limit: usize,
        wait: Wait,
    ) -> impl Future<Output = Result<Vec<LedgerEntry>, StoreError>> + Send;

    /// Keeps a content under its hash, as durable as the store is when the call returns. Contents stand beside the
    /// entries: they have no position, and every view shows them.
    ///
    /// # Errors
    /// [`StoreError::Interrupted`] where the content did not arrive whole; nothing is stored.
    fn put_content(&self, chunks: impl Chunks) -> impl Future<Output = Result<ContentHash, StoreError>> + Send;
}

/// Whether to wait for entries where there are none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Answer at once.
    Never,
    /// Answer as soon as there is an entry after the position. Dropping the future ends the wait.
    ForEntries,
}

/// Set-based reads at one position: one call, one round trip, any number of objects.
pub trait Read: Send + Sync {
    /// The last position that this view shows.
    fn position(&self) -> Position;

    /// For each object the registration known latest or at an instant, in the order asked.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn registrations(
        &self,
        of: &[(ObjectId, KnownAt)],
    ) -> impl Future<Output = Result<Vec<Option<Encoded>>, StoreError>> + Send;

    /// Up to `limit` registrations of an object from `from` on, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn history(
        &self,
        of: ObjectId,
        from: Seq,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Encoded>, StoreError>> + Send;

    /// Up to `limit` registrations of the objects that were the newest of theirs at some instant of `known`, after one
    /// already seen: object by object in the order asked, each oldest first. One asked twice is given twice.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn known_during(
        &self,
        of: &[ObjectId],
        known: Period<TransactionTime>,
        after: Option<ChainCursor>,
        limit: usize,
    ) -> impl Future<Output = Result<ChainPage, StoreError>> + Send;

    /// Up to `limit` postings of the scans: scan by scan, each in the order of (key, object, valid period, opened).
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn postings(
        &self,
        scans: &[Scan],
        after: Option<&ScanCursor>,
        limit: usize,
    ) -> impl Future<Output = Result<PostingPage, StoreError>> + Send;

    /// At most `limit` text keys of the fields whose folded text matches, among all that the store ever held up to now.
    /// Texts that may be cut short in their key always count as matching.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn terms(
        &self,
        fields: &[FieldId],
        pattern: &Pattern,
        limit: usize,
    ) -> impl Future<Output = Result<Terms, StoreError>> + Send;

    /// Up to `limit` instants inside `within` at which a row of an object's newest registration begins or ends, after
    /// a boundary already seen, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn boundaries(
        &self,
        within: Period<ValidTime>,
        after: Option<Boundary>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Boundary>, StoreError>> + Send;

    /// The bytes of a content in a range, as far as it reaches; `None` where there is no such content.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn content(
        &self,
        of: ContentHash,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}

/// What an answer must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need {
    /// Everything up to this position.
    pub position: Position,
    /// Everything that is registered before this instant; `None` where the question is not about one.
    pub registered_before: Option<Timestamp<TransactionTime>>,
}

impl Need {
    /// The view, if it shows the position.
    ///
    /// # Errors
    /// [`StoreError::Ahead`] where it does not.
    pub fn met_by<V: Read>(self, view: V) -> Result<V, StoreError> {
        let newest = view.position();
        if newest < self.position { Err(StoreError::Ahead { asked: self.position, newest }) } else { Ok(view) }
    }
}

/// Which registration of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KnownAt {
    /// The newest that the view shows.
    Latest,
    /// The one whose time of registration contains the instant.
    Instant(Timestamp<TransactionTime>),
}

/// A stored registration and when it was the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Its place in the ledger.
    pub position: Position,
    /// From when to when it was the newest of its object, as far as the view shows.
    pub registered: Period<TransactionTime>,
    /// The registration's bytes.
    pub frame: Arc<Frame>,
}

/// The last registration of a page, and the object asked for that it came from.
///
/// With [`Timestamp::INFINITY`] the rest of the object's registrations are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainCursor {
    /// The object's index among those asked for.
    pub object: usize,
    /// From when on the registration was known: what orders those of an object, and finds them.
    pub registered_from: Timestamp<TransactionTime>,
}

/// A page of registrations of several objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChainPage {
    /// The registrations, each with the index of its object among those asked for.
    pub found: Vec<(usize, Encoded)>,
    /// Where to go on, unless this was the last page.
    pub next: Option<ChainCursor>,
}

impl ChainPage {
    /// The place of the last registration; none where there is none.
    pub fn end(&self) -> Option<ChainCursor> {
        let (object, last) = self.found.last()?;
        Some(ChainCursor { object: *object, registered_from: last.registered.from() })
    }
}

/// A range of keys to scan for postings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Which keys.
    pub keys: KeyRange,
    /// Only rectangles that share an instant with this period of valid time.
    pub valid: Period<ValidTime>,
    /// Only rectangles that are open (`None`), or were known at some instant of this period.
    pub known: Option<Period<TransactionTime>>,
}

/// The last posting of a page, and the scan that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanCursor {
    /// The scan's index.
    pub scan: usize,
    /// The posting after which to go on.
    pub posting: Posting,
}

/// A page of postings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostingPage {
    /// The postings.
    pub postings: Vec<Posting>,
    /// Where to go on, unless this was the last page.
    pub next: Option<ScanCursor>,
}

/// Keys of texts, as [`Read::terms`] finds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The keys, in order.
    pub keys: Vec<Key>,
    /// Whether these are all.
    pub complete: bool,
}

/// An instant at which something of an object's newest registration begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Boundary {
    /// The instant.
    pub at: Timestamp<ValidTime>,
    /// The object.
    pub object: ObjectId,
}

/// What a commit is to do, computed from a view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// The position of the view.
    pub seen: Position,
    /// For each object of the step the registration that was newest in the view.
    pub heads: Vec<(ObjectId, Option<Seq>)>,
    /// Keys that nobody may have guarded since `seen`, and which this step guards.
    pub guards: Vec<GuardKey>,
    /// The entries: at least one, and at most one per object.
    pub entries: Vec<Draft>,
    /// The instant that a restore takes over, in place of the clock's.
    pub restored: Option<Timestamp<TransactionTime>>,
}

impl Step {
    /// Whether there is something to commit.
    ///
    /// # Errors
    /// [`CommitError::Empty`].
    pub fn not_empty(&self) -> Result<(), CommitError> {
        if self.entries.is_empty() { Err(CommitError::Empty) } else { Ok(()) }
    }

    /// The instant of this step: the clock's, but later than the last one and not before any asserted time; or the one
    /// that it restores.
    ///
    /// # Errors
    /// [`StoreError::Past`] when the restored instant is not later than the last one, or lies before an asserted time.
    pub fn instant(
        &self,
        last: Timestamp<TransactionTime>,
        clock: Timestamp<TransactionTime>,
    ) -> Result<Timestamp<TransactionTime>, StoreError> {
        let asserted = self.entries.iter().filter_map(|draft| draft.asserted).max();
        let earliest = last.next().max(asserted.unwrap_or(Timestamp::NEG_INFINITY));
        match self.restored {
            Some(asked) if asked < earliest => Err(StoreError::Past { asked, newest: last }),
            Some(asked) => Ok(asked),
            None => Ok(clock.max(earliest)),
        }
    }
}

/// What a guard is about; made by the core, compared by the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuardKey(pub Vec<u8>);

/// An entry before it has its position and instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What the entry is.
    pub kind: EntryKind,
    /// The object.
    pub object: ObjectId,
    /// The place in the object's chain; one more than the head.
    pub seq: Seq,
    /// The bytes.
    pub frame: Frame,
    /// The registration time that a history import asserts, in place of the step's instant.
    pub asserted: Option<Timestamp<TransactionTime>>,
    /// How the index changes.
    pub index: IndexChange,
}

/// How a registration changes the index of its object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexChange {
    /// Open rectangles that end with this registration.
    pub closes: Vec<PostingDraft>,
    /// Rectangles that begin with it.
    pub opens: Vec<PostingDraft>,
    /// Boundaries that are no longer any.
    pub boundaries_gone: Vec<Timestamp<ValidTime>>,
    /// New boundaries.
    pub boundaries_new: Vec<Timestamp<ValidTime>>,
}

/// What a commit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The position of the step's first entry.
    pub first: Position,
    /// The position of the step's last entry: the one to ask for by who wants to see it.
    pub last: Position,
    /// The instant of all of them.
    pub instant: Timestamp<TransactionTime>,
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its place.
    pub position: Position,
    /// The instant of its step.
    pub instant: Timestamp<TransactionTime>,
    /// What it is.
    pub kind: EntryKind,
    /// The object.
    pub object: ObjectId,
    /// Its bytes.
    pub frame: Arc<Frame>,
    /// The head of the chain after it.
    pub chain: Digest,
}

/// A store failed, or was asked for what it does not have.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The position lies after everything committed.
    #[error("position {asked} is not here yet: the store stands at {newest}")]
    Ahead {
        /// The position asked for.
        asked: Position,
        /// The last position committed.
        newest: Position,
    },
    /// A restored instant does not lie after everything committed.
    #[error("{asked} cannot be restored: the store's last instant is {newest}")]
    Past {
        /// The instant to restore.
        asked: Timestamp<TransactionTime>,
        /// The instant of the last step.
        newest: Timestamp<TransactionTime>,
    },
    /// The store cannot be reached; the same call may succeed later.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store has no room for more; it can be read, and written to when there is room again.
    #[error("the store is full")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A content did not arrive whole.
    #[error("the content did not arrive whole")]
    Interrupted(#[source] Interrupted),
    /// What is stored is not what was written.
    #[error("entry {position} cannot be read")]
    Corrupt {
        /// The entry.
        position: Position,
        /// What is wrong with it.
        source: DecodeError,
    },
}

/// A commit did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else was faster.
    #[error("{} objects and {} guards changed since they were read", heads.len(), guards.len())]
    Moved {
        /// The objects whose newest registration is another one.
        heads: Vec<ObjectId>,
        /// The guards taken since.
        guards: Vec<GuardKey>,
    },
    /// There is nothing to commit, and so no position to answer with.
    #[error("a step without entries cannot be committed")]
    Empty,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
