//! The index against what follows from the entries: rectangles and boundaries.
//!
//! What follows from the entries is added to sums of hashes, and what the store has is taken away again.

use std::collections::BTreeSet;
use std::hash::Hash;

use super::ledger::hash;
use super::replay::Replay;
use super::{Check, Finding, PAGE, Part, Piece, Progress};
use crate::object::{ObjectId, Position};
use crate::query::execute::give_way;
use crate::storage::{Boundary, Key, KeyRange, Posting, Read, Scan, Storage, StoreError};
use crate::time::Period;

const BUCKETS: usize = 1 << 16;
/// How many buckets are compared one by one.
const NAMED_MAX: usize = 256;

/// A view with the sums of what it should show, less what it shows.
pub(super) struct Sums<V> {
    pub(super) view: V,
    postings: Vec<u64>,
    boundaries: Vec<u64>,
}

/// Objects with the same end of their UUIDs are in one bucket.
fn bucket(object: ObjectId) -> usize {
    let [.., high, low] = *object.uuid.as_bytes();
    usize::from(u16::from_be_bytes([high, low]))
}

impl<V> Sums<V> {
    pub(super) fn new(view: V) -> Self {
        Self { view, postings: vec![0; BUCKETS], boundaries: vec![0; BUCKETS] }
    }

    fn differing(&self) -> BTreeSet<usize> {
        (0..BUCKETS).filter(|bucket| self.postings[*bucket] != 0 || self.boundaries[*bucket] != 0).collect()
    }
}

fn add(sums: &mut [u64], object: ObjectId, thing: &impl Hash) {
    let sum = &mut sums[bucket(object)];
    *sum = sum.wrapping_add(hash(thing));
}

fn take(sums: &mut [u64], object: ObjectId, thing: &impl Hash) {
    let sum = &mut sums[bucket(object)];
    *sum = sum.wrapping_sub(hash(thing));
}

impl<S: Storage, P: FnMut(Progress)> Check<'_, S, P> {
    /// Adds what an object should have in the index.
    pub(super) fn expect(&mut self, object: ObjectId, replay: &Replay) {
        for (index, sums) in self.views.iter_mut().enumerate() {
            replay.postings(sums.view.position()).for_each(|posting| add(&mut sums.postings, object, &posting));
            replay.boundaries(index).for_each(|boundary| add(&mut sums.boundaries, object, &boundary));
        }
    }

    /// Takes away what the store has, and names what is left over.
    pub(super) async fn index(&mut self) -> Result<(), StoreError> {
        for index in 0..self.views.len() {
            let mut done = 0;
            self.scan(index, |check, piece| match piece {
                Piece::Posting(posting) => {
                    take(&mut check.views[index].postings, posting.object, &posting);
                    done += 1;
                    if done % PAGE == 0 {
                        check.progress(Part::Postings, done, None);
                    }
                }
                Piece::Boundary(boundary) => {
                    take(&mut check.views[index].boundaries, boundary.object, &boundary);
                }
                Piece::Term(_) => {}
            })
            .await?;
            self.name(index).await?;
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
        let (mut postings, mut bounds) = self.expected(index, &buckets).await?;
        self.scan(index, |check, piece| {
            let expected = match &piece {
                Piece::Posting(posting) => !buckets.contains(&bucket(posting.object)) || postings.remove(posting),
                Piece::Boundary(boundary) => !buckets.contains(&bucket(boundary.object)) || bounds.remove(boundary),
                Piece::Term(_) => true,
            };
            if !expected {
                check.report.add(Finding::Unexpected { view, piece });
            }
        })
        .await?;
        let missing = postings.into_iter().map(Piece::Posting).chain(bounds.into_iter().map(Piece::Boundary));
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
        let objects = objects.filter(|object| buckets.contains(&bucket(**object)) && !self.doubtful.contains(object));
        let objects: Vec<ObjectId> = objects.copied().collect();
        let (mut postings, mut boundaries) = (BTreeSet::new(), BTreeSet::new());
        for object in objects {
            let chain = match self.chains.get(&object) {
                Some(chain) => chain.clone(),
                None => self.history(0, object).await?.unwrap_or_default(),
            };
            if let Ok(replay) = Replay::of(&self.declarations, object, &chain, &views, |_| {}) {
                postings.extend(replay.postings(views[index]));
                boundaries.extend(replay.boundaries(index));
            }
        }
        Ok((postings, boundaries))
    }

    /// Hands over all that a view shows of the index and that can be judged.
    async fn scan(&mut self, index: usize, mut each: impl FnMut(&mut Self, Piece)) -> Result<(), StoreError> {
        self.scan_postings(index, |check, posting| each(check, Piece::Posting(posting))).await?;
        self.scan_boundaries(index, |check, boundary| each(check, Piece::Boundary(boundary))).await
    }

    async fn scan_postings(
        &mut self,
        index: usize,
        mut each: impl FnMut(&mut Self, Posting),
    ) -> Result<(), StoreError> {
        let keys = KeyRange { from: Key::from_bytes(Vec::new()), to: None };
        let everything = [Scan { keys, valid: Period::ALWAYS, known: Some(Period::ALWAYS) }];
        let (mut after, mut last) = (None, None);
        loop {
            give_way().await;
            let page = match self.views[index].view.postings(&everything, after.as_ref(), PAGE).await {
                Ok(page) => page,
                Err(error) => return self.unreadable(error),
            };
            for posting in page.postings {
                if !self.in_turn(index, &mut last, &posting, Piece::Posting) {
                    return Ok(());
                }
                if self.may_judge(posting.object, Some(posting.opened)) {
                    each(self, posting);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn scan_boundaries(
        &mut self,
        index: usize,
        mut each: impl FnMut(&mut Self, Boundary),
    ) -> Result<(), StoreError> {
        let mut last = None;
        loop {
            give_way().await;
            let page = match self.views[index].view.boundaries(Period::ALWAYS, last, PAGE).await {
                Ok(page) => page,
                Err(error) => return self.unreadable(error),
            };
            if page.is_empty() {
                return Ok(());
            }
            for boundary in page {
                if !self.in_turn(index, &mut last, &boundary, Piece::Boundary) {
                    return Ok(());
                }
                if self.may_judge(boundary.object, None) {
                    each(self, boundary);
                }
            }
        }
    }

    /// Whether a thing comes after the last one; without order there would be no end of pages.
    fn in_turn<T: Ord + Clone>(&mut self, index: usize, last: &mut Option<T>, next: &T, piece: fn(T) -> Piece) -> bool {
        let in_turn = last.as_ref().is_none_or(|last| last < next);
        if !in_turn {
            let view = self.views[index].view.position();
            self.report.add(Finding::Unordered { view, piece: piece(next.clone()) });
        }
        *last = Some(next.clone());
        in_turn
    }

    /// Whether it is known what an object should have in the index, and whether the entry is there that opened it.
    fn may_judge(&self, object: ObjectId, opened: Option<Position>) -> bool {
        let gone = !self.lost.is_empty()
            && (!self.heads.contains_key(&object) || opened.is_some_and(|opened| self.is_lost(opened)));
        !gone && !self.doubtful.contains(&object)
    }
}
