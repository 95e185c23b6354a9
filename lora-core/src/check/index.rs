//! The index against what follows from the entries: rectangles and boundaries.
//!
//! What follows from the entries is added to sums of hashes, and what the store has is taken away again.
//! Of the newest view these are all rectangles, of older ones those that were open then: they are found in another way.

use std::collections::BTreeSet;

use super::ledger::hash;
use super::replay::Replay;
use super::{Check, Finding, PAGE, Part, Piece, Progress};
use crate::object::{ObjectId, Position};
use crate::query::execute::give_way;
use crate::storage::{Boundary, Key, KeyRange, Posting, Read, Scan, ScanCursor, Storage, StoreError};
use crate::time::{Period, Timestamp, TransactionTime};

/// Enough for buckets of few objects.
const BUCKETS_MAX: u64 = 1 << 16;
/// How many buckets are compared one by one.
const NAMED_MAX: usize = 256;

/// A view with the sums of what it should show, less what it shows.
pub(super) struct Sums<V> {
    pub(super) view: V,
    postings: Vec<u64>,
    boundaries: Vec<u64>,
}

impl<V> Sums<V> {
    /// The view, before anything is expected of it, in a store that stands at `newest`.
    pub(super) fn new(view: V, newest: Position) -> Self {
        let buckets = newest.0.min(BUCKETS_MAX).next_power_of_two() as usize;
        Self { view, postings: vec![0; buckets], boundaries: vec![0; buckets] }
    }

    /// Objects with the same end of their UUIDs are in one bucket.
    fn bucket(&self, object: ObjectId) -> usize {
        object.uuid.as_u128() as usize % self.postings.len()
    }

    fn add_posting(&mut self, posting: &Posting, known: Period<TransactionTime>) {
        let bucket = self.bucket(posting.object);
        self.postings[bucket] = self.postings[bucket].wrapping_add(weight(posting, known));
    }

    fn take_posting(&mut self, posting: &Posting) {
        let bucket = self.bucket(posting.object);
        self.postings[bucket] = self.postings[bucket].wrapping_sub(weight(posting, posting.known));
    }

    fn add_boundary(&mut self, boundary: &Boundary) {
        let bucket = self.bucket(boundary.object);
        self.boundaries[bucket] = self.boundaries[bucket].wrapping_add(hash(boundary));
    }

    fn take_boundary(&mut self, boundary: &Boundary) {
        let bucket = self.bucket(boundary.object);
        self.boundaries[bucket] = self.boundaries[bucket].wrapping_sub(hash(boundary));
    }

    fn differing(&self) -> BTreeSet<usize> {
        let sums = self.postings.iter().zip(&self.boundaries).enumerate();
        sums.filter(|(_, sums)| *sums != (&0, &0)).map(|(bucket, _)| bucket).collect()
    }
}

fn weight(Posting { key, object, valid, opened, present, .. }: &Posting, known: Period<TransactionTime>) -> u64 {
    hash(&(key, object, valid, opened, present, known))
}

/// Which rectangles of a view are compared: all, or the open ones.
fn all_known(index: usize) -> Option<Period<TransactionTime>> {
    (index == 0).then_some(Period::ALWAYS)
}

fn shown(replay: &Replay, index: usize, view: Position) -> impl Iterator<Item = (&Posting, Period<TransactionTime>)> {
    let all = all_known(index).is_some();
    replay.postings(view).filter(move |(_, known)| all || known.to() == Timestamp::INFINITY)
}

impl<S: Storage, P: FnMut(Progress)> Check<'_, S, P> {
    /// Adds what an object should have in the index.
    pub(super) fn expect(&mut self, replay: &Replay) {
        for (index, sums) in self.views.iter_mut().enumerate() {
            shown(replay, index, sums.view.position()).for_each(|(posting, known)| sums.add_posting(posting, known));
            replay.boundaries(index).for_each(|boundary| sums.add_boundary(&boundary));
        }
    }

    /// Takes away what the store has, and names what is left over.
    pub(super) async fn index(&mut self) -> Result<(), StoreError> {
        for index in 0..self.views.len() {
            let mut done = 0;
            let take = |check: &mut Self, piece| match piece {
                Piece::Posting(posting) => {
                    check.views[index].take_posting(&posting);
                    done += 1;
                    if done % PAGE == 0 {
                        check.progress(Part::Postings, done, None);
                    }
                }
                Piece::Boundary(boundary) => check.views[index].take_boundary(&boundary),
                Piece::Term(_) => {}
            };
            if self.scan(index, take).await? {
                self.name(index).await?;
            }
        }
        Ok(())
    }

    /// Compares the buckets that differ one by one.
    async fn name(&mut self, index: usize) -> Result<(), StoreError> {
        let view = self.views[index].view.position();
        let mut buckets = self.views[index].differing();
        if let Some(rest) = buckets.iter().nth(NAMED_MAX).copied() {
            let rest = buckets.split_off(&rest);
            self.report.add(Finding::Unnamed { view, buckets: rest.len() });
        }
        if buckets.is_empty() {
            return Ok(());
        }
        let (mut postings, mut boundaries) = self.expected(index, &buckets).await?;
        let compare = |check: &mut Self, piece| {
            let object = match &piece {
                Piece::Posting(posting) => Some((posting.object, postings.remove(posting))),
                Piece::Boundary(boundary) => Some((boundary.object, boundaries.remove(boundary))),
                Piece::Term(_) => None,
            };
            if let Some((object, false)) = object
                && buckets.contains(&check.views[index].bucket(object))
            {
                check.report.add(Finding::Unexpected { view, piece });
            }
        };
        if !self.scan(index, compare).await? {
            return Ok(());
        }
        let missing = postings.into_iter().map(Piece::Posting).chain(boundaries.into_iter().map(Piece::Boundary));
        missing.for_each(|piece| self.report.add(Finding::Missing { view, piece }));
        Ok(())
    }

    /// What the objects of some buckets should have in the index, as seen from a view.
    async fn expected(
        &mut self,
        index: usize,
        buckets: &BTreeSet<usize>,
    ) -> Result<(BTreeSet<Posting>, BTreeSet<Boundary>), StoreError> {
        let views: Vec<Position> = self.views.iter().map(|sums| sums.view.position()).collect();
        let objects = self.heads.keys().filter(|object| **object != ObjectId::STORE);
        let objects = objects.filter(|object| buckets.contains(&self.views[index].bucket(**object)));
        let objects: Vec<ObjectId> = objects.filter(|object| !self.doubtful.contains(object)).copied().collect();
        let (mut postings, mut boundaries) = (BTreeSet::new(), BTreeSet::new());
        for object in objects {
            let chain = match self.chains.get(&object) {
                Some(chain) => chain.clone(),
                None => self.history(0, object).await?.unwrap_or_default(),
            };
            if let Some(replay) = Replay::of(&self.declarations, object, &chain, &views, |_| {}) {
                let shown = shown(&replay, index, views[index]);
                postings.extend(shown.map(|(posting, known)| Posting { known, ..posting.clone() }));
                boundaries.extend(replay.boundaries(index));
            }
        }
        Ok((postings, boundaries))
    }

    /// Hands over all that a view shows of the index and that can be judged; `false` where not all can be seen.
    async fn scan(&mut self, index: usize, mut each: impl FnMut(&mut Self, Piece)) -> Result<bool, StoreError> {
        Ok(self.scan_postings(index, &mut each).await? && self.scan_boundaries(index, &mut each).await?)
    }

    async fn scan_postings(
        &mut self,
        index: usize,
        each: &mut impl FnMut(&mut Self, Piece),
    ) -> Result<bool, StoreError> {
        let keys = KeyRange { from: Key::from_bytes(Vec::new()), to: None };
        let everything = [Scan { keys, valid: Period::ALWAYS, known: all_known(index) }];
        let (mut after, mut last): (Option<ScanCursor>, Option<Posting>) = (None, None);
        loop {
            give_way().await;
            let page = match self.views[index].view.postings(&everything, after.as_ref(), PAGE).await {
                Ok(page) => page,
                Err(error) => return self.unreadable(error).map(|()| false),
            };
            if !self.in_order(index, last.as_ref(), &page.postings, Piece::Posting) {
                return Ok(false);
            }
            last = page.postings.last().cloned();
            for posting in page.postings {
                if self.may_judge(posting.object, Some(posting.opened)) {
                    each(self, Piece::Posting(posting));
                }
            }
            after = page.next.filter(|_| last.is_some());
            if after.is_none() {
                return Ok(true);
            }
        }
    }

    async fn scan_boundaries(
        &mut self,
        index: usize,
        each: &mut impl FnMut(&mut Self, Piece),
    ) -> Result<bool, StoreError> {
        let mut last = None;
        loop {
            give_way().await;
            let page = match self.views[index].view.boundaries(Period::ALWAYS, last, PAGE).await {
                Ok(page) => page,
                Err(error) => return self.unreadable(error).map(|()| false),
            };
            if page.is_empty() {
                return Ok(true);
            }
            if !self.in_order(index, last.as_ref(), &page, Piece::Boundary) {
                return Ok(false);
            }
            last = page.last().copied();
            for boundary in page {
                if self.may_judge(boundary.object, None) {
                    each(self, Piece::Boundary(boundary));
                }
            }
        }
    }

    /// Whether a page goes on in order from the last one; if pages did not, there might be no end of them.
    fn in_order<T: Ord + Clone>(&mut self, index: usize, last: Option<&T>, page: &[T], piece: fn(T) -> Piece) -> bool {
        let all = last.into_iter().chain(page);
        let first_wrong = all.clone().zip(all.skip(1)).find(|(before, next)| before >= next);
        if let Some((_, wrong)) = first_wrong {
            let view = self.views[index].view.position();
            self.report.add(Finding::Unordered { view, piece: piece(wrong.clone()) });
        }
        first_wrong.is_none()
    }

    /// Whether it is known what an object should have in the index, and whether the entry is there that opened it.
    fn may_judge(&self, object: ObjectId, opened: Option<Position>) -> bool {
        let gone = !self.lost.is_empty()
            && (!self.heads.contains_key(&object) || opened.is_some_and(|opened| self.is_lost(opened)));
        !gone && !self.doubtful.contains(&object)
    }
}
