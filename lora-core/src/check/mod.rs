//! Every invariant of a store, computed anew from its entries over the storage seam: for any store.
//!
//! The ledger is what counts. It is read once, and must hold in itself; then each object's registrations and the whole
//! index must be those that follow from it, seen from now and from a few positions gone by.
//!
//! Memory does not grow with the entries: some hundred bytes an object, some tens a term, and the longest chain of
//! registrations. Rectangles and boundaries are compared by sums of hashes, in buckets of few objects; what is in the
//! buckets that differ is computed once more and compared one by one.
//!
//! What cannot be judged because an entry is broken is left out, so that one fault is not reported a hundred times:
//! after a repair, check again.

mod chains;
mod finding;
mod index;
mod ledger;
mod replay;
mod terms;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::ops::RangeInclusive;

use crate::codec::DecodeError;
use crate::object::{ObjectId, Position};
use crate::storage::{Declarations, Encoded, Read, Storage, StoreError};

pub use finding::{Finding, Piece, Seen};
use index::Sums;
use ledger::Head;

/// How many rows a single read of a store asks for.
const PAGE: usize = 1_000;
/// How many findings a report names.
const FINDINGS_MAX: usize = 1_000;
/// The parts of the history at whose ends the store is looked at once more.
const PARTS: u64 = 3;

/// What a check did and found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The position up to which the store was checked.
    pub position: Position,
    /// How many entries were read.
    pub entries: u64,
    /// How many objects they are about.
    pub objects: u64,
    /// What is wrong, at most 1,000 of it.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub found: u64,
}

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is looked at.
    pub part: Part,
    /// How many of them were looked at.
    pub done: u64,
    /// How many there are, where that is known.
    pub of: Option<u64>,
}

/// What a check looks at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The entries of the ledger.
    Entries,
    /// The objects with their registrations.
    Objects,
    /// The rectangles of the index.
    Postings,
}

/// Checks everything that a store holds up to its newest position, beside whoever writes.
///
/// Between two pages of it the future is pending once, so that others have their turn, and whoever does not need the
/// answer any more can drop it.
///
/// # Errors
/// [`StoreError`] where the store cannot be reached. An entry that cannot be read is a finding.
pub async fn check<S: Storage>(store: &S, progress: impl FnMut(Progress)) -> Result<Report, StoreError> {
    let view = store.view(None).await?;
    let position = view.position();
    let mut check = Check {
        store,
        progress,
        report: Report { position, ..Report::default() },
        views: vec![Sums::new(view, position)],
        declarations: Declarations::default(),
        blind: false,
        heads: BTreeMap::new(),
        doubtful: BTreeSet::new(),
        lost: Vec::new(),
        chains: BTreeMap::new(),
        terms: HashMap::new(),
    };
    for older in check.ledger().await? {
        check.views.push(Sums::new(store.view(Some(older)).await?, position));
    }
    check.declared().await?;
    check.known_terms().await?;
    check.objects().await?;
    if !check.blind {
        check.index().await?;
        check.unexpected_terms().await?;
    }
    Ok(check.report)
}

/// A check on its way.
struct Check<'s, S: Storage, P> {
    store: &'s S,
    progress: P,
    report: Report,
    /// The newest view, then older ones.
    views: Vec<Sums<S::View>>,
    /// As far as they can be read.
    declarations: Declarations,
    /// Whether a declaration is broken or gone, so that nobody knows what follows from the entries.
    blind: bool,
    /// The newest registration of each object by the ledger.
    heads: BTreeMap<ObjectId, Head>,
    /// Objects with an entry that is broken or gone: nobody knows what follows from those.
    doubtful: BTreeSet<ObjectId>,
    /// Positions whose entry is not there or cannot be read.
    lost: Vec<RangeInclusive<u64>>,
    /// By the ledger, the registrations of the objects whose history the store gives in another way.
    chains: BTreeMap<ObjectId, Vec<Encoded>>,
    /// By the hash of each term that the store has: whether it follows from an entry.
    terms: HashMap<u64, bool>,
}

impl<S: Storage, P: FnMut(Progress)> Check<'_, S, P> {
    /// Takes an entry that cannot be read, or goes on failing where the store does.
    fn unreadable(&mut self, error: StoreError) -> Result<(), StoreError> {
        let StoreError::Corrupt { position, source } = error else { return Err(error) };
        self.broken(position, source);
        Ok(())
    }

    fn broken(&mut self, position: Position, source: DecodeError) {
        if !self.is_lost(position) {
            self.lost.push(position.0..=position.0);
            self.report.add(Finding::Unreadable { position, source });
        }
    }

    fn is_lost(&self, position: Position) -> bool {
        self.lost.iter().any(|lost| lost.contains(&position.0))
    }

    fn progress(&mut self, part: Part, done: usize, of: Option<u64>) {
        (self.progress)(Progress { part, done: done as u64, of });
    }
}

impl Report {
    /// Whether everything is as it must be.
    pub fn is_clean(&self) -> bool {
        self.found == 0
    }

    fn add(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, entries, objects, findings, found } = self;
        writeln!(f, "checked {entries} entries of {objects} objects up to position {position}: {found} findings")?;
        findings.iter().try_for_each(|finding| writeln!(f, "  {finding}"))?;
        match found.saturating_sub(findings.len() as u64) {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entries => "entries",
            Self::Objects => "objects",
            Self::Postings => "postings",
        })
    }
}
