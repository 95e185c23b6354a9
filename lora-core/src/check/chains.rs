//! Each object's registrations, as the store gives them, against the ledger.

use std::ops::Bound;

use super::ledger::{Head, longer};
use super::replay::Replay;
use super::{Check, FINDINGS_MAX, Finding, PAGE, Part, Progress, Seen};
use crate::codec::Skeleton;
use crate::object::{ObjectId, Position, Seq};
use crate::query::execute::give_way;
use crate::storage::{Encoded, KnownAt, LedgerEntry, Read, Storage, StoreError};
use crate::time::{Period, Timestamp};

/// How many objects are looked at in one go.
const OBJECTS: usize = 256;
/// About how many objects are looked at in older views, too.
const SAMPLES: usize = 1_000;

/// A registration to ask for, and what the answer must be.
type Question = (ObjectId, KnownAt, Option<Encoded>);

impl<S: Storage, P: FnMut(Progress)> Check<'_, S, P> {
    /// Reads all registrations of all objects, and computes what they should have in the index.
    pub(super) async fn objects(&mut self) -> Result<(), StoreError> {
        let every = self.heads.len() / SAMPLES + 1;
        let (mut last, mut done) = (Bound::Unbounded, 0);
        loop {
            give_way().await;
            let heads = self.heads.range((last, Bound::Unbounded)).take(OBJECTS);
            let heads: Vec<(ObjectId, Head)> = heads.map(|(object, head)| (*object, *head)).collect();
            let Some((newest, _)) = heads.last() else { break };
            last = Bound::Excluded(*newest);
            let mut questions = Vec::new();
            for (object, head) in heads {
                self.object(object, &head, done % every == 0, &mut questions).await?;
                done += 1;
            }
            self.ask(0, questions).await?;
            self.progress(Part::Objects, done, Some(self.heads.len() as u64));
        }
        self.differing().await
    }

    /// Finds out whether all declarations are known.
    pub(super) async fn declared(&mut self) -> Result<(), StoreError> {
        let head = self.heads.get(&ObjectId::STORE).copied();
        self.blind |= self.doubtful.contains(&ObjectId::STORE);
        if !self.lost.is_empty() {
            // What is lost may have been a declaration: then the store knows of more than the ledger has.
            let chain = self.history(0, ObjectId::STORE).await?;
            self.blind |=
                chain.is_none_or(|chain| chain.last().is_some() && !head.is_some_and(|head| agrees(&chain, &head)));
        }
        Ok(())
    }

    /// Reads the registrations of an object, and says what else to ask about it.
    async fn object(
        &mut self,
        object: ObjectId,
        head: &Head,
        sampled: bool,
        questions: &mut Vec<Question>,
    ) -> Result<(), StoreError> {
        if self.doubtful.contains(&object) {
            return Ok(());
        }
        match self.history(0, object).await? {
            None => _ = self.doubtful.insert(object),
            Some(chain) if agrees(&chain, head) => {
                questions.extend(about(object, &chain));
                self.judge(object, &chain);
                if sampled {
                    self.look_back(object, &chain).await?;
                }
            }
            Some(_) if self.chains.len() < FINDINGS_MAX => _ = self.chains.insert(object, Vec::new()),
            Some(_) => {
                self.report.found += 1;
                self.doubtful.insert(object);
            }
        }
        if questions.len() >= PAGE {
            self.ask(0, std::mem::take(questions)).await?;
        }
        Ok(())
    }

    /// All registrations of an object that a view shows; `None` where one cannot be read.
    pub(super) async fn history(&mut self, view: usize, object: ObjectId) -> Result<Option<Vec<Encoded>>, StoreError> {
        let mut chain = Vec::new();
        loop {
            let from = Seq(chain.len() as u32 + 1);
            match self.views[view].view.history(object, from, PAGE).await {
                Ok(page) => {
                    let whole = page.len() < PAGE || chain.len() as u64 > self.report.position.0;
                    chain.extend(page);
                    if whole {
                        return Ok(Some(chain));
                    }
                }
                Err(error) => {
                    self.unreadable(error)?;
                    return Ok(None);
                }
            }
        }
    }

    /// Looks into the registrations of an object, which are those of the ledger.
    fn judge(&mut self, object: ObjectId, chain: &[Encoded]) {
        if object == ObjectId::STORE || self.blind {
            return;
        }
        let views: Vec<Position> = self.views.iter().map(|sums| sums.view.position()).collect();
        match Replay::of(&self.declarations, object, chain, &views, |finding| self.report.add(finding)) {
            Some(replay) => {
                self.expect(&replay);
                self.expect_terms(&replay);
            }
            None => _ = self.doubtful.insert(object),
        }
    }

    /// Asks for registrations one by one; a batch with one that cannot be read is not judged.
    async fn ask(&mut self, view: usize, questions: Vec<Question>) -> Result<(), StoreError> {
        let of: Vec<(ObjectId, KnownAt)> = questions.iter().map(|(object, known, _)| (*object, *known)).collect();
        let answers = match self.views[view].view.registrations(&of).await {
            Ok(answers) => answers,
            Err(error) => return self.unreadable(error),
        };
        let view = self.views[view].view.position();
        for ((object, known, expected), found) in questions.into_iter().zip(answers) {
            if expected != found {
                let (expected, found) = (expected.as_ref().map(Seen::from), found.as_ref().map(Seen::from));
                self.report.add(Finding::Registration { view, object, known, expected, found });
            }
        }
        Ok(())
    }

    /// Looks at an object from the older positions.
    async fn look_back(&mut self, object: ObjectId, chain: &[Encoded]) -> Result<(), StoreError> {
        for view in 1..self.views.len() {
            let expected = shown(chain, self.views[view].view.position());
            if let Some(found) = self.history(view, object).await? {
                self.compare(view, object, &expected, &found);
            }
            self.ask(view, vec![(object, KnownAt::Latest, expected.last().cloned())]).await?;
        }
        Ok(())
    }

    /// Names the first difference between two chains.
    fn compare(&mut self, view: usize, object: ObjectId, expected: &[Encoded], found: &[Encoded]) {
        let count = expected.len().max(found.len());
        let Some(index) = (0..count).find(|index| expected.get(*index) != found.get(*index)) else { return };
        let (expected, found) = (expected.get(index).map(Seen::from), found.get(index).map(Seen::from));
        let (view, seq) = (self.views[view].view.position(), Seq(index as u32 + 1));
        self.report.add(Finding::History { view, object, seq, expected, found });
    }

    /// Looks at the objects whose history is not that of the ledger, by the ledger.
    async fn differing(&mut self) -> Result<(), StoreError> {
        self.read_chains().await?;
        for (object, chain) in self.chains.clone() {
            let found = self.history(0, object).await?.unwrap_or_default();
            if found.iter().any(|found| self.is_lost(found.position)) {
                self.doubtful.insert(object);
                continue;
            }
            self.compare(0, object, &chain, &found);
            self.judge(object, &chain);
        }
        Ok(())
    }

    /// Reads the registrations of those objects from the ledger.
    async fn read_chains(&mut self) -> Result<(), StoreError> {
        let newest = self.report.position;
        let mut after = if self.chains.is_empty() { newest } else { Position(0) };
        while after < newest {
            let (page, next) = self.page(after).await?;
            for entry in page.iter().filter(|entry| entry.position <= newest) {
                if let Some(chain) = self.chains.get_mut(&entry.object) {
                    lengthen(chain, entry);
                }
            }
            after = next;
        }
        Ok(())
    }
}

/// Whether a store's registrations of an object are those of the ledger, each the newest until the next.
fn agrees(chain: &[Encoded], head: &Head) -> bool {
    let hash = |chain, encoded: &Encoded| longer(chain, encoded.position, encoded.registered.from(), &encoded.frame);
    let adjacent = chain.windows(2).all(|pair| pair[0].registered.to() == pair[1].registered.from());
    let open = chain.last().is_some_and(|last| last.registered.to() == Timestamp::INFINITY);
    adjacent && open && chain.iter().fold(0, hash) == head.chain
}

/// The part of a chain that a view at a position shows.
fn shown(chain: &[Encoded], view: Position) -> Vec<Encoded> {
    let mut shown: Vec<Encoded> = chain.iter().filter(|encoded| encoded.position <= view).cloned().collect();
    if let Some(last) = shown.last_mut() {
        last.registered = Period::since(last.registered.from()).unwrap_or(last.registered);
    }
    shown
}

/// Adds an entry of the ledger to its object's chain, where the ledger was found to be in order.
fn lengthen(chain: &mut Vec<Encoded>, entry: &LedgerEntry) {
    let asserted = Skeleton::decode(&entry.frame.skeleton).ok().and_then(|skeleton| skeleton.asserted);
    let from = asserted.unwrap_or(entry.instant);
    if let Some(last) = chain.last_mut() {
        last.registered = Period::new(last.registered.from(), from).unwrap_or(last.registered);
    }
    let registered = Period::since(from).unwrap_or(Period::ALWAYS);
    chain.push(Encoded { position: entry.position, registered, frame: entry.frame.clone() });
}

/// What to ask about an object: its newest registration, each by its first instant, and none just before the first.
fn about(object: ObjectId, chain: &[Encoded]) -> impl Iterator<Item = Question> {
    let at = move |encoded: &Encoded| (object, KnownAt::Instant(encoded.registered.from()), Some(encoded.clone()));
    let first = chain.first().and_then(|first| first.registered.from().micros());
    let before = first.and_then(|first| Timestamp::from_micros(first - 1).ok());
    let before = before.map(|before| (object, KnownAt::Instant(before), None));
    chain.iter().map(at).chain(before).chain([(object, KnownAt::Latest, chain.last().cloned())])
}
