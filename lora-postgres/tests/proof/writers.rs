//! Steps made by hand, and everything that a store must be.

use std::collections::HashMap;

use lora_core::Service;
use lora_core::check::check;
use lora_core::codec::{Digest, EntryKind, Frame, link};
use lora_core::object::{Content, LifeCycle, ObjectId, Position, Registration, Seq};
use lora_core::oio::shipped_classes;
use lora_core::schema::{Class, Ids, Schema};
use lora_core::storage::{
    CommitError, Draft, Encoded, KnownAt, LedgerEntry, Read, Receipt, Step, Storage, StoreError, Wait, changes,
};
use lora_core::testing::{self, SmallAxis};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use uuid::Uuid;

/// Somebody who registers the same objects again and again, all of them in each step.
pub(crate) struct Writer {
    class: Class,
    contents: Vec<Content>,
    previous: Vec<Registration>,
    name: u64,
    count: u128,
}

impl Writer {
    /// A writer of so many objects, which are nobody else's.
    pub(crate) fn new(name: u64, count: u128) -> Self {
        let class = user();
        let mut chance = TestRunner::deterministic();
        let content = testing::content(&class, SmallAxis::default());
        Self::with(name, count, (0..8).map(|_| content.new_tree(&mut chance).unwrap().current()).collect())
    }

    /// A writer who registers these contents in turn.
    pub(crate) fn with(name: u64, count: u128, contents: Vec<Content>) -> Self {
        Self { class: user(), contents, previous: Vec::new(), name, count }
    }

    pub(crate) fn objects(&self) -> Vec<ObjectId> {
        let uuid = |number| Uuid::from_u128((u128::from(self.name) << 64) + 100 + number);
        (0..self.count).map(|number| ObjectId { class: self.class.id, uuid: uuid(number) }).collect()
    }

    /// The next step after the newest registrations of the objects, as far as this writer knows.
    pub(crate) fn next(&self) -> (Step, Vec<Registration>) {
        let seq = self.previous.first().map_or(Seq::FIRST, |previous| previous.seq.next());
        let next = |(number, object): (usize, ObjectId)| Registration {
            object,
            seq,
            lifecycle: if seq == Seq::FIRST { LifeCycle::Imported } else { LifeCycle::Corrected },
            actor: Uuid::nil(),
            note: format!("{} objects of {}", self.count, self.name),
            batch: None,
            asserted: None,
            content: self.contents[(seq.0 as usize + number + self.name as usize) % self.contents.len()].clone(),
        };
        let next: Vec<Registration> = self.objects().into_iter().enumerate().map(next).collect();
        let previous = self.previous.iter().map(Some).chain(std::iter::repeat(None));
        let drafts = next.iter().zip(previous).map(|(next, previous)| self.draft(previous, next));
        (step_of(drafts.collect()), next)
    }

    /// How many registrations each object has, as far as this writer knows.
    pub(crate) fn registered(&self) -> u32 {
        self.previous.first().map_or(0, |previous| previous.seq.0)
    }

    /// Takes it that a step was committed.
    pub(crate) fn went(&mut self, to: Vec<Registration>) {
        self.previous = to;
    }

    /// The next step, if all before it were committed.
    pub(crate) fn step(&mut self) -> Step {
        let (step, next) = self.next();
        self.went(next);
        step
    }

    fn draft(&self, previous: Option<&Registration>, next: &Registration) -> Draft {
        Draft {
            kind: EntryKind::Registration,
            object: next.object,
            seq: next.seq,
            frame: Frame::of(next, [9; 16]),
            asserted: None,
            index: changes(previous.map(|previous| (&self.class, previous)), &self.class, next),
        }
    }
}

fn user() -> Class {
    let schema = Schema::new(&shipped_classes(), Ids::default()).unwrap();
    schema.class_named("user").unwrap().clone()
}

fn step_of(entries: Vec<Draft>) -> Step {
    let head = |draft: &Draft| (draft.object, (draft.seq > Seq::FIRST).then(|| Seq(draft.seq.0 - 1)));
    Step { heads: entries.iter().map(head).collect(), entries, ..Step::default() }
}

/// Declares the shipped classes.
pub(crate) async fn declared<S: Storage>(store: &S) {
    Service::open(store.clone(), shipped_classes(), || [5; 16]).await.unwrap();
}

pub(crate) async fn newest<S: Storage>(store: &S) -> Position {
    lora_core::storage::Read::position(&store.view(None).await.unwrap())
}

/// What was said of a step.
#[derive(Debug)]
pub(crate) enum Said {
    Acknowledged(Receipt),
    /// It may or may not have happened.
    Unknown,
    /// It did not happen: the server was not there.
    Refused,
}

pub(crate) fn said(answer: Result<Receipt, CommitError>) -> Said {
    match answer {
        Ok(receipt) => Said::Acknowledged(receipt),
        Err(CommitError::Store(StoreError::Unavailable(error))) => {
            if error.to_string().contains("may or may not have happened") { Said::Unknown } else { Said::Refused }
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// How many registrations the objects of a step have: all of them the same.
pub(crate) async fn registrations<S: Storage>(store: &S, of: &[ObjectId]) -> Result<u32, StoreError> {
    let view = store.view(None).await?;
    let asked: Vec<_> = of.iter().map(|object| (*object, KnownAt::Latest)).collect();
    let seq = |found: &Option<Encoded>| found.as_ref().map_or(0, |found| found.frame.registration().unwrap().seq.0);
    let seqs: Vec<u32> = view.registrations(&asked).await?.iter().map(seq).collect();
    assert!(seqs.iter().all(|seq| *seq == seqs[0]), "half a step is there: {seqs:?}");
    Ok(seqs[0])
}

pub(crate) async fn ledger<S: Storage>(store: &S) -> Vec<LedgerEntry> {
    let mut entries: Vec<LedgerEntry> = Vec::new();
    loop {
        let after = entries.last().map_or(Position(0), |entry| entry.position);
        let page = store.ledger(after, 500, Wait::Never).await.unwrap();
        if page.is_empty() {
            return entries;
        }
        entries.extend(page);
    }
}

/// Positions are 1, 2, 3 …, instants rise, the chain is that of the entries and of each object, and nothing in the index
/// is missing or too much.
pub(crate) async fn assert_sound<S: Storage>(store: &S) {
    let mut head = Digest::default();
    let mut seqs: HashMap<ObjectId, u32> = HashMap::new();
    let entries = ledger(store).await;
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!(entry.position, Position(index as u64 + 1));
        assert!(index == 0 || entries[index - 1].instant <= entry.instant, "instants rise at {}", entry.position);
        head = link(&head, entry.position, entry.instant, &entry.frame.commitment());
        assert_eq!(entry.chain, head, "the link of {}", entry.position);
        if let Ok(registration) = entry.frame.registration() {
            let seq = seqs.entry(entry.object).or_default();
            *seq += 1;
            assert_eq!(registration.seq, Seq(*seq), "the chain of {:?} at {}", entry.object, entry.position);
        }
    }
    let report = check(store, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report}");
}
