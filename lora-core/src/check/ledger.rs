//! The ledger in itself: positions, instants, the chain of digests, and each object's chain of registrations.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Check, Finding, PAGE, PARTS, Part, Progress};
use crate::codec::{Digest, EntryKind, Frame, Skeleton, link};
use crate::object::lifecycle::{Act, transition};
use crate::object::{LifeCycle, ObjectId, Position, Seq};
use crate::storage::{LedgerEntry, Storage, StoreError, Wait};
use crate::time::{Timestamp, TransactionTime};

/// An object's newest registration, and a hash of all of them.
#[derive(Clone, Copy)]
pub(super) struct Head {
    seq: Seq,
    lifecycle: LifeCycle,
    instant: Timestamp<TransactionTime>,
    registered: Timestamp<TransactionTime>,
    pub(super) chain: u64,
}

/// What the next entry is held to.
struct Walk {
    next: u64,
    instant: Timestamp<TransactionTime>,
    /// The head that follows from the last entry, and the one that the ledger says; none where an entry is missing.
    links: Vec<Digest>,
    /// The ends of steps from which the store is looked at once more.
    ends: Vec<Position>,
}

/// A hash of all that a chain of registrations is, from that of all but the last.
pub(super) fn longer(
    chain: u64,
    position: Position,
    registered: Timestamp<TransactionTime>,
    Frame { skeleton, salt, content }: &Frame,
) -> u64 {
    hash(&(chain, position, registered, skeleton, salt, content))
}

/// The same for the same value within one process, which is all that a check needs.
pub(super) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl<S: Storage, P: FnMut(Progress)> Check<'_, S, P> {
    /// Reads the whole ledger; returns the ends of steps from which the store is looked at once more.
    pub(super) async fn ledger(&mut self) -> Result<Vec<Position>, StoreError> {
        let newest = self.report.position;
        let mut walk =
            Walk { next: 1, instant: Timestamp::NEG_INFINITY, links: vec![Digest::default()], ends: Vec::new() };
        let mut after = Position(0);
        while after < newest {
            let (page, next) = self.page(after).await?;
            for entry in page.iter().filter(|entry| entry.position <= newest) {
                self.entry(&mut walk, entry);
            }
            after = next;
            self.progress(Part::Entries, after.0.min(newest.0) as usize, Some(newest.0));
        }
        if walk.next <= newest.0 && !self.is_lost(newest) {
            self.report.add(Finding::Position { expected: Position(walk.next), found: None });
            self.lost.push(walk.next..=newest.0);
        }
        self.report.objects = self.heads.keys().filter(|object| **object != ObjectId::STORE).count() as u64;
        Ok(walk.ends)
    }

    /// Entries after a position, and the position after which to go on; those that cannot be read are passed over.
    pub(super) async fn page(&mut self, after: Position) -> Result<(Vec<LedgerEntry>, Position), StoreError> {
        let next = |page: &[LedgerEntry]| page.last().map(|last| last.position.max(Position(after.0 + 1)));
        let error = match self.store.ledger(after, PAGE, Wait::Never).await {
            Ok(page) => {
                let next = next(&page).unwrap_or(Position(u64::MAX));
                return Ok((page, next));
            }
            Err(error) => error,
        };
        let StoreError::Corrupt { position, .. } = error else { return Err(error) };
        if position <= after {
            return Err(error);
        }
        self.unreadable(error)?;
        let count = (position.0 - after.0 - 1).min(PAGE as u64) as usize;
        let before = match self.store.ledger(after, count, Wait::Never).await {
            // Neither it nor what stands before it in its step.
            Err(StoreError::Corrupt { .. }) => Vec::new(),
            before => before?,
        };
        let next = next(&before).unwrap_or(position);
        if before.is_empty() && count > 0 {
            self.lost.push(after.0 + 1..=position.0);
        }
        Ok((before, next))
    }

    fn entry(&mut self, walk: &mut Walk, entry: &LedgerEntry) {
        self.report.entries += 1;
        if !self.comes_next(walk, entry) || !self.linked(walk, entry) || !self.later(walk, entry) {
            self.doubtful.insert(entry.object);
            return;
        }
        let Some(skeleton) = self.skeleton(entry) else {
            self.doubtful.insert(entry.object);
            return;
        };
        if skeleton.kind == EntryKind::Declaration
            && let Err(StoreError::Corrupt { position, source }) = self.declarations.enter(entry.position, &entry.frame)
        {
            self.report.add(Finding::Unreadable { position, source });
            self.blind = true;
        }
        self.registration(entry, &skeleton);
    }

    /// Whether an entry comes after those that came before; a gap before it is noted.
    fn comes_next(&mut self, walk: &mut Walk, entry: &LedgerEntry) -> bool {
        let (expected, found) = (Position(walk.next), entry.position);
        if found != expected {
            walk.links.clear();
            if !self.is_lost(expected) {
                self.report.add(Finding::Position { expected, found: Some(found) });
            }
        }
        if found > expected {
            self.lost.push(expected.0..=found.0 - 1);
        }
        walk.next = walk.next.max(found.0 + 1);
        found >= expected
    }

    fn linked(&mut self, walk: &mut Walk, entry: &LedgerEntry) -> bool {
        let LedgerEntry { position, instant, chain, .. } = *entry;
        let commitment = entry.frame.commitment();
        let expected: Vec<Digest> =
            walk.links.iter().map(|link_before| link(link_before, position, instant, &commitment)).collect();
        let sound = expected.is_empty() || expected.contains(&chain);
        walk.links = vec![chain];
        if let (false, Some(expected)) = (sound, expected.first()) {
            walk.links.insert(0, *expected);
            self.report.add(Finding::Chain { position, expected: *expected, found: chain });
        }
        sound
    }

    /// Whether an entry's instant is one, and not before that of the entry before; the end of a step is noted.
    fn later(&mut self, walk: &mut Walk, entry: &LedgerEntry) -> bool {
        let (position, previous, found) = (entry.position, walk.instant, entry.instant);
        if found < previous || !found.is_finite() {
            self.report.add(Finding::Instant { position, previous, found });
            return false;
        }
        if found > previous && position.0 > 1 {
            walk.end(Position(position.0 - 1), self.report.position);
        }
        walk.instant = found;
        true
    }

    /// The skeleton, where it is one and says what the ledger says.
    fn skeleton(&mut self, entry: &LedgerEntry) -> Option<Skeleton> {
        let position = entry.position;
        let skeleton = match Skeleton::decode(&entry.frame.skeleton) {
            Ok(skeleton) => skeleton,
            Err(source) => {
                self.report.add(Finding::Unreadable { position, source });
                return None;
            }
        };
        let is_declared = skeleton.object == ObjectId::STORE;
        let agrees = (skeleton.kind, skeleton.object) == (entry.kind, entry.object);
        if !agrees || is_declared != (skeleton.kind == EntryKind::Declaration) {
            self.report.add(Finding::Listed {
                position,
                self_kind: skeleton.kind,
                object: skeleton.object,
                listed_kind: entry.kind,
                listed_object: entry.object,
            });
            self.doubtful.insert(skeleton.object);
            return None;
        }
        if let Some(asserted) = skeleton.asserted.filter(|asserted| *asserted > entry.instant) {
            self.report.add(Finding::Asserted { position, asserted, instant: entry.instant });
            return None;
        }
        Some(skeleton)
    }

    /// Lays a registration after those of its object.
    fn registration(&mut self, entry: &LedgerEntry, skeleton: &Skeleton) {
        let (position, object, instant) = (entry.position, entry.object, entry.instant);
        let registered = skeleton.asserted.unwrap_or(instant);
        let before = self.heads.get(&object).copied();
        if !self.doubtful.contains(&object) && !self.follows(entry, skeleton, before, registered) {
            self.doubtful.insert(object);
        }
        let chain = longer(before.map_or(0, |head| head.chain), position, registered, &entry.frame);
        let head = Head { seq: skeleton.seq, lifecycle: skeleton.lifecycle, instant, registered, chain };
        self.heads.insert(object, head);
    }

    /// Whether what follows from an object's registrations is known with this one, too.
    fn follows(
        &mut self,
        entry: &LedgerEntry,
        skeleton: &Skeleton,
        before: Option<Head>,
        registered: Timestamp<TransactionTime>,
    ) -> bool {
        let (position, object) = (entry.position, entry.object);
        let expected = before.map_or(Seq::FIRST, |head| head.seq.next());
        if skeleton.seq != expected {
            // Where entries are missing, that they are is what was found.
            if self.lost.is_empty() || skeleton.seq < expected {
                self.report.add(Finding::Seq { position, object, expected, found: skeleton.seq });
            }
            return false;
        }
        let (from, to) = (before.map(|head| head.lifecycle), skeleton.lifecycle);
        if !may_follow(from, to) {
            self.report.add(Finding::Transition { position, object, from, to });
        }
        let Some(head) = before else { return true };
        if head.instant == entry.instant {
            self.report.add(Finding::Twice { position, object });
        }
        if registered <= head.registered {
            self.report.add(Finding::Registered { position, object, previous: head.registered, found: registered });
            return false;
        }
        true
    }
}

impl Walk {
    /// Notes the end of a step where it is the first one after another part of the history.
    fn end(&mut self, position: Position, newest: Position) {
        let part = |position: Position| position.0.saturating_mul(PARTS) / newest.0;
        let seen = self.ends.last().map_or(0, |last| part(*last));
        if part(position) > seen {
            self.ends.push(position);
        }
    }
}

fn may_follow(from: Option<LifeCycle>, to: LifeCycle) -> bool {
    let acts = [Act::Create, Act::Import, Act::Update, Act::Passivate, Act::Delete];
    acts.into_iter().any(|act| transition(from, act) == Ok(Some(to)))
}
