//! The reference store: everything in memory, nothing durable, simple enough to be believed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::{Bound, Range};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use event_listener::Event;
use sha2::{Digest as _, Sha256};

use super::{
    Boundary, ChainCursor, ChainPage, Chunks, CommitError, ContentHash, Draft, Encoded, GuardKey, Key, KeyRange,
    KnownAt, LedgerEntry, Posting, PostingPage, Read, Receipt, Scan, ScanCursor, Step, Storage, StoreError, Terms,
    Wait,
};
use crate::codec::{Digest, link};
use crate::object::{ObjectId, Position, Seq};
use crate::query::Pattern;
use crate::schema::FieldId;
use crate::time::{Clock, Period, Timestamp, TransactionTime, ValidTime};

/// A store in memory.
///
/// Views share the store's data and look at it up to their position, so that old ones cost nothing.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    state: RwLock<State>,
    committed: Event,
    clock: Arc<dyn Clock>,
}

/// What is stored. Nothing is ever changed but by closing: what a view may see, it finds.
struct State {
    /// The entry at position `p` is at index `p - 1`.
    entries: Vec<Stored>,
    /// The positions of each object's registrations, oldest first.
    chains: BTreeMap<ObjectId, Vec<Position>>,
    /// Open rectangles; an object has one at most with a given key and valid period.
    current: BTreeMap<Place, Open>,
    /// Closed rectangles, by the entry that opened them.
    history: BTreeMap<(Place, Position), Closed>,
    /// By boundary: from which entry to before which it was one.
    boundaries: BTreeMap<(Boundary, Position), Option<Position>>,
    guards: HashMap<GuardKey, Position>,
    contents: HashMap<ContentHash, Vec<u8>>,
    instant: Timestamp<TransactionTime>,
    chain: Digest,
}

struct Stored {
    entry: LedgerEntry,
    registered_from: Timestamp<TransactionTime>,
}

/// Key, object and valid period of a rectangle.
type Place = (Key, ObjectId, Period<ValidTime>);

#[derive(Clone, Copy)]
struct Open {
    opened: Position,
    present: bool,
    since: Timestamp<TransactionTime>,
}

#[derive(Clone, Copy)]
struct Closed {
    open: Open,
    known: Period<TransactionTime>,
    closed: Position,
}

impl MemoryStore {
    /// An empty store whose instants come from `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State {
            entries: Vec::new(),
            chains: BTreeMap::new(),
            current: BTreeMap::new(),
            history: BTreeMap::new(),
            boundaries: BTreeMap::new(),
            guards: HashMap::new(),
            contents: HashMap::new(),
            instant: Timestamp::NEG_INFINITY,
            chain: Digest::default(),
        };
        Self { shared: Arc::new(Shared { state: RwLock::new(state), committed: Event::new(), clock }) }
    }
}

impl Shared {
    /// The state, also after a writer that panicked: that is our bug, and readers need not suffer from it.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for MemoryStore {
    type View = MemoryView;

    async fn view(&self, at: Option<Position>) -> Result<MemoryView, StoreError> {
        let newest = self.shared.read().newest();
        match at {
            Some(asked) if asked > newest => Err(StoreError::Ahead { asked, newest }),
            _ => Ok(MemoryView { shared: self.shared.clone(), position: at.unwrap_or(newest) }),
        }
    }

    async fn commit(&self, step: Step) -> Result<Receipt, CommitError> {
        step.not_empty()?;
        let receipt = {
            let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
            state.check(&step)?;
            state.apply(step, self.shared.clock.now())?
        };
        self.shared.committed.notify(usize::MAX);
        Ok(receipt)
    }

    async fn ledger(&self, after: Position, limit: usize, wait: Wait) -> Result<Vec<LedgerEntry>, StoreError> {
        loop {
            let listener = self.shared.committed.listen();
            let entries = self.shared.read().entries_after(after, limit);
            if !entries.is_empty() || limit == 0 || wait == Wait::Never {
                return Ok(entries);
            }
            listener.await;
        }
    }

    async fn put_content(&self, mut chunks: impl Chunks) -> Result<ContentHash, StoreError> {
        let mut content = Vec::new();
        while let Some(chunk) = chunks.next().await.map_err(StoreError::Interrupted)? {
            content.extend(chunk);
        }
        let hash = ContentHash(Sha256::digest(&content).into());
        self.shared.state.write().unwrap_or_else(PoisonError::into_inner).contents.insert(hash, content);
        Ok(hash)
    }
}

impl State {
    fn newest(&self) -> Position {
        Position(self.entries.len() as u64)
    }

    fn stored(&self, position: Position) -> &Stored {
        &self.entries[position.0 as usize - 1]
    }

    fn entries_after(&self, after: Position, limit: usize) -> Vec<LedgerEntry> {
        let from = usize::try_from(after.0).unwrap_or(usize::MAX).min(self.entries.len());
        let rest = &self.entries[from..];
        let mut end = rest.len().min(limit);
        // A page ends with a step, unless the step alone is longer than the page.
        let last_of_step = |at: usize| at == rest.len() || rest[at - 1].entry.instant != rest[at].entry.instant;
        if let Some(whole) = (1..=end).rev().find(|at| last_of_step(*at)) {
            end = whole;
        }
        rest[..end].iter().map(|stored| stored.entry.clone()).collect()
    }

    fn check(&self, step: &Step) -> Result<(), CommitError> {
        let head = |object: &ObjectId| self.chains.get(object).map(|chain| Seq(chain.len() as u32));
        let moved = step.heads.iter().filter(|(object, seen)| head(object) != *seen);
        let heads: Vec<ObjectId> = moved.map(|(object, _)| *object).collect();
        let taken = step.guards.iter().filter(|key| self.guards.get(key).is_some_and(|at| *at > step.seen));
        let guards: Vec<GuardKey> = taken.cloned().collect();
        if heads.is_empty() && guards.is_empty() { Ok(()) } else { Err(CommitError::Moved { heads, guards }) }
    }

    fn apply(&mut self, step: Step, clock: Timestamp<TransactionTime>) -> Result<Receipt, StoreError> {
        let instant = step.instant(self.instant, clock)?;
        let first = Position(self.newest().0 + 1);
        for draft in step.entries {
            self.append(draft, instant);
        }
        let last = self.newest();
        self.guards.extend(step.guards.into_iter().map(|key| (key, last)));
        self.instant = instant;
        Ok(Receipt { first, last, instant })
    }

    fn append(&mut self, draft: Draft, instant: Timestamp<TransactionTime>) {
        let position = Position(self.newest().0 + 1);
        let registered_from = draft.asserted.unwrap_or(instant);
        let object = draft.object;
        for closing in draft.index.closes {
            let place = (closing.key, object, closing.valid);
            if let Some(open) = self.current.remove(&place) {
                let known = Period::new(open.since, registered_from).expect("the core registers in increasing order");
                self.history.insert((place, open.opened), Closed { open, known, closed: position });
            }
        }
        for opening in draft.index.opens {
            let open = Open { opened: position, present: opening.present, since: registered_from };
            self.current.insert((opening.key, object, opening.valid), open);
        }
        for at in draft.index.boundaries_gone {
            let this = Boundary { at, object };
            let open = self.boundaries.range_mut((this, Position(0))..=(this, position)).next_back();
            if let Some((_, gone)) = open {
                *gone = Some(position);
            }
        }
        for at in draft.index.boundaries_new {
            self.boundaries.insert((Boundary { at, object }, position), None);
        }
        self.chain = link(&self.chain, position, instant, &draft.frame.commitment());
        self.chains.entry(object).or_default().push(position);
        let (kind, frame, chain) = (draft.kind, Arc::new(draft.frame), self.chain);
        let entry = LedgerEntry { position, instant, kind, object, frame, chain };
        self.entries.push(Stored { entry, registered_from });
    }

    /// The registration at an index of a chain, as far as `view` shows the next one.
    fn encoded(&self, chain: &[Position], index: usize, view: Position) -> Encoded {
        let stored = self.stored(chain[index]);
        let next = chain.get(index + 1).filter(|position| **position <= view);
        let to = next.map_or(Timestamp::INFINITY, |position| self.stored(*position).registered_from);
        let registered = Period::new(stored.registered_from, to).expect("the core registers in increasing order");
        Encoded { position: chain[index], registered, frame: stored.entry.frame.clone() }
    }

    /// The part of an object's chain that `view` shows.
    fn chain(&self, object: ObjectId, view: Position) -> &[Position] {
        let chain = self.chains.get(&object).map_or(&[][..], Vec::as_slice);
        &chain[..chain.partition_point(|position| *position <= view)]
    }

    fn known_at(&self, object: ObjectId, at: KnownAt, view: Position) -> Option<Encoded> {
        let chain = self.chain(object, view);
        let count = match at {
            KnownAt::Latest => chain.len(),
            KnownAt::Instant(at) => chain.partition_point(|position| self.stored(*position).registered_from <= at),
        };
        Some(self.encoded(chain, count.checked_sub(1)?, view))
    }

    /// Where in a chain the registrations lie that were the newest at some instant of a period, after one of them.
    fn known_during(
        &self,
        chain: &[Position],
        known: Period<TransactionTime>,
        after: Option<Timestamp<TransactionTime>>,
    ) -> Range<usize> {
        let registered = |position: &Position| self.stored(*position).registered_from;
        let until = |at| chain.partition_point(|position| registered(position) <= at);
        let first = until(known.from()).saturating_sub(1).max(after.map_or(0, until));
        first..chain.partition_point(|position| registered(position) < known.to())
    }

    /// Up to `limit` postings of one scan, after one of its own.
    fn scan(&self, scan: &Scan, after: Option<&Posting>, limit: usize, view: Position) -> Vec<Posting> {
        let wanted = |posting: &Posting| {
            let known = match scan.known {
                None => posting.known.to() == Timestamp::INFINITY,
                Some(window) => posting.known.overlaps(window),
            };
            known
                && posting.opened <= view
                && posting.valid.overlaps(scan.valid)
                && after.is_none_or(|after| posting > after)
        };
        let from = match after {
            Some(posting) => (posting.key.clone(), posting.object, posting.valid),
            None => (scan.keys.from.clone(), ObjectId::STORE, Period::ALWAYS),
        };
        let within = |key: &Key| scan.keys.to.as_ref().is_none_or(|to| key < to);
        let open = self.current.range(from.clone()..).take_while(|(place, _)| within(&place.0));
        let open = open.map(|(place, open)| posting(place, *open, Period::since(open.since)));
        let closed = self.history.range((from, Position(0))..).take_while(|((place, _), _)| within(&place.0));
        let closed = closed.map(|((place, _), closed)| {
            let known = if closed.closed > view { Period::since(closed.open.since) } else { Some(closed.known) };
            posting(place, closed.open, known)
        });
        let mut found: Vec<Posting> = open.flatten().filter(wanted).take(limit).collect();
        // What the newest view takes for open is open: history has nothing to add.
        if scan.known.is_some() || view < self.newest() {
            found.extend(closed.flatten().filter(wanted).take(limit));
        }
        found.sort();
        found.truncate(limit);
        found
    }

    /// The distinct keys of a range that pass, open or closed.
    fn keys(&self, range: &KeyRange, passes: impl Fn(&Key) -> bool) -> BTreeSet<Key> {
        let inside = |key: &&Key| range.contains(key);
        let from = (range.from.clone(), ObjectId::STORE, Period::ALWAYS);
        let mut open = self.current.range(from.clone()..).map(|(place, _)| &place.0).take_while(inside);
        let mut closed = self.history.range((from, Position(0))..).map(|((place, _), _)| &place.0).take_while(inside);
        let mut found = BTreeSet::new();
        for keys in [&mut open as &mut dyn Iterator<Item = &Key>, &mut closed] {
            let mut last = None;
            for key in keys.filter(|key| last.replace(*key) != Some(key)).filter(|key| passes(key)) {
                found.insert(key.clone());
            }
        }
        found
    }
}

fn posting(place: &Place, open: Open, known: Option<Period<TransactionTime>>) -> Option<Posting> {
    let (key, object, valid) = place.clone();
    Some(Posting { key, object, valid, opened: open.opened, present: open.present, known: known? })
}

/// A reading position in a [`MemoryStore`].
#[derive(Clone)]
pub struct MemoryView {
    shared: Arc<Shared>,
    position: Position,
}

impl Read for MemoryView {
    fn position(&self) -> Position {
        self.position
    }

    async fn registrations(&self, of: &[(ObjectId, KnownAt)]) -> Result<Vec<Option<Encoded>>, StoreError> {
        let state = self.shared.read();
        Ok(of.iter().map(|(object, at)| state.known_at(*object, *at, self.position)).collect())
    }

    async fn history(&self, of: ObjectId, from: Seq, limit: usize) -> Result<Vec<Encoded>, StoreError> {
        let state = self.shared.read();
        let chain = state.chain(of, self.position);
        let first = (from.0.max(1) - 1) as usize;
        let last = first.saturating_add(limit).min(chain.len());
        Ok((first..last).map(|index| state.encoded(chain, index, self.position)).collect())
    }

    async fn known_during(
        &self,
        of: &[ObjectId],
        known: Period<TransactionTime>,
        after: Option<ChainCursor>,
        limit: usize,
    ) -> Result<ChainPage, StoreError> {
        let state = self.shared.read();
        let mut page = ChainPage::default();
        for (number, object) in of.iter().enumerate().skip(after.map_or(0, |after| after.object)) {
            let after = after.filter(|after| after.object == number).map(|after| after.registered_from);
            let chain = state.chain(*object, self.position);
            for index in state.known_during(chain, known, after) {
                if page.found.len() == limit {
                    page.next = page.end();
                    return Ok(page);
                }
                page.found.push((number, state.encoded(chain, index, self.position)));
            }
        }
        Ok(page)
    }

    async fn postings(
        &self,
        scans: &[Scan],
        after: Option<&ScanCursor>,
        limit: usize,
    ) -> Result<PostingPage, StoreError> {
        let state = self.shared.read();
        let first = after.map_or(0, |cursor| cursor.scan);
        let mut page = PostingPage { postings: Vec::new(), next: None };
        for (index, scan) in scans.iter().enumerate().skip(first) {
            let after = after.filter(|cursor| cursor.scan == index).map(|cursor| &cursor.posting);
            page.postings.extend(state.scan(scan, after, limit - page.postings.len(), self.position));
            if page.postings.len() == limit {
                page.next = page.postings.last().map(|last| ScanCursor { scan: index, posting: last.clone() });
                break;
            }
        }
        Ok(page)
    }

    async fn terms(&self, fields: &[FieldId], pattern: &Pattern, limit: usize) -> Result<Terms, StoreError> {
        let state = self.shared.read();
        let matches = |key: &Key| key.folded().is_some_and(|(text, whole)| !whole || pattern.matches_folded(text));
        let mut keys = Vec::new();
        for field in fields {
            let range = Key::text_prefix(*field).and_all_longer();
            keys.extend(state.keys(&range, matches));
        }
        let complete = keys.len() <= limit;
        keys.truncate(limit);
        Ok(Terms { keys, complete })
    }

    async fn boundaries(
        &self,
        within: Period<ValidTime>,
        after: Option<Boundary>,
        limit: usize,
    ) -> Result<Vec<Boundary>, StoreError> {
        let state = self.shared.read();
        let from = match after {
            Some(seen) => Bound::Excluded((seen, Position(u64::MAX))),
            None => Bound::Included((Boundary { at: within.from(), object: ObjectId::STORE }, Position(0))),
        };
        let shown = |opened: Position, gone: Option<Position>| {
            opened <= self.position && gone.is_none_or(|gone| gone > self.position)
        };
        let all = state.boundaries.range((from, Bound::Unbounded));
        let all = all.take_while(|((boundary, _), _)| boundary.at < within.to());
        let all = all.filter(|((boundary, opened), gone)| boundary.at >= within.from() && shown(*opened, **gone));
        Ok(all.map(|((boundary, _), _)| *boundary).take(limit).collect())
    }

    async fn content(&self, of: ContentHash, range: Range<u64>) -> Result<Option<Vec<u8>>, StoreError> {
        let state = self.shared.read();
        let Some(content) = state.contents.get(&of) else { return Ok(None) };
        let end = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(content.len());
        Ok(Some(content[end(range.start).min(end(range.end))..end(range.end)].to_vec()))
    }
}
