//! A load that is the same each time, and all answers that a store can give.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use lora_core::Service;
use lora_core::check::check;
use lora_core::codec::{Digest, EntryKind, Frame, link};
use lora_core::error::Error;
use lora_core::object::{Content, LifeCycle, ObjectId, Position, Registration, Seq};
use lora_core::oio::shipped_classes;
use lora_core::query::Pattern;
use lora_core::query::eval::Command;
use lora_core::schema::{Class, FieldId, Ids, Schema};
use lora_core::service::{By, Written};
use lora_core::storage::{
    Boundary, Chunks, CommitError, ContentHash, Draft, Encoded, GuardKey, Key, KeyRange, KnownAt, LedgerEntry,
    MemoryStore, MemoryView, Posting, Read, Receipt, Scan, Step, Storage, StoreError, Wait, changes,
};
use lora_core::testing::{self, SmallAxis};
use lora_core::time::{ManualClock, Period, Timestamp, TransactionTime};
use lora_embedded::files::Files;
use lora_embedded::{EmbeddedStore, IndexOptions, Options, log};
use pollster::block_on;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use uuid::Uuid;

pub(crate) const START: i64 = 1_000;
const CLASSES: [&str; 2] = ["user", "organisation_function"];

/// A layout under which little fits anywhere, so that little data goes through everything.
pub(crate) fn small(age: Duration) -> Options {
    let index = IndexOptions { cache: 64 << 10, memtable: 8 << 10, age, sort: 4 << 10 };
    Options { log: log::Options { segment_size: 6 << 10, preallocate: 0 }, index }
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START).unwrap())
}

pub(crate) fn open(files: &(impl Files + Clone), options: Options) -> EmbeddedStore {
    EmbeddedStore::open(Arc::new(files.clone()), clock(), options).unwrap()
}

/// Each so many of the cases are tried with every push, all of them in a long round.
pub(crate) fn one_of(short: u64) -> u64 {
    let cases: Option<u64> = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    if cases.is_some_and(|cases| cases >= 1_000) { 1 } else { short }
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(&shipped_classes(), Ids::default()).unwrap());
static OBJECTS: LazyLock<Vec<ObjectId>> = LazyLock::new(objects);

/// The store in memory, and the steps that it took.
#[derive(Clone)]
struct Recorder {
    store: MemoryStore,
    steps: Arc<Mutex<Vec<Step>>>,
}

impl Storage for Recorder {
    type View = MemoryView;

    async fn view(&self, at: Option<Position>) -> Result<MemoryView, StoreError> {
        self.store.view(at).await
    }

    async fn commit(&self, step: Step) -> Result<Receipt, CommitError> {
        let receipt = self.store.commit(step.clone()).await?;
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(step);
        Ok(receipt)
    }

    async fn ledger(&self, after: Position, limit: usize, wait: Wait) -> Result<Vec<LedgerEntry>, StoreError> {
        self.store.ledger(after, limit, wait).await
    }

    async fn put_content(&self, chunks: impl Chunks) -> Result<ContentHash, StoreError> {
        self.store.put_content(chunks).await
    }
}

/// The steps of so many commands on few objects: with corrections, deletions, asserted times, declarations that change
/// half-way, several entries in a step now and then, and guards.
pub(crate) fn script(commands: i64) -> Vec<Step> {
    let clock = clock();
    let recorder = Recorder { store: MemoryStore::new(clock.clone()), steps: Arc::default() };
    let open = |classes| block_on(Service::open(recorder.clone(), classes, || [7; 16])).unwrap();
    let mut service = open(shipped_classes());
    let mut chance = TestRunner::deterministic();
    for number in 0..commands {
        clock.set(START + 10 * number).unwrap();
        if number == commands / 2 {
            let mut classes = shipped_classes();
            // From here on entries are indexed in another way.
            classes.iter_mut().for_each(|class| class.derived.clear());
            service = open(classes);
        }
        let class = service.schema().class_named(CLASSES[number as usize % 2]).unwrap().clone();
        let drawn = (testing::uuid(), testing::command(&class, SmallAxis::default()));
        let (uuid, command) = drawn.new_tree(&mut chance).unwrap().current();
        drop(block_on(run(&service, ObjectId { class: class.id, uuid }, command)));
    }
    let steps = std::mem::take(&mut *recorder.steps.lock().unwrap());
    joined(steps)
}

pub(crate) async fn run<S: Storage>(
    service: &Service<S>,
    object: ObjectId,
    command: Command,
) -> Result<Written, Error> {
    let by = By::actor(Uuid::from_u128(77));
    match command {
        Command::Create(content) => service.create(object, content, by).await,
        Command::Import(content) => service.import(object, content, by).await,
        Command::Update(patch) => service.update(object, patch, by).await,
        Command::Passivate => service.passivate(object, by).await,
        Command::Delete => service.delete(object, by).await,
    }
}

/// Every third step together with the one before, where they have no object in common; every second one guards a key.
fn joined(steps: Vec<Step>) -> Vec<Step> {
    let mut joined: Vec<Step> = Vec::new();
    for (number, mut step) in steps.into_iter().enumerate() {
        if number % 2 == 1 {
            step.guards = vec![GuardKey(format!("guard {}", number % 8).into_bytes())];
            step.seen = Position(u64::MAX);
        }
        match joined.last_mut().filter(|last| number % 3 == 0 && is_apart(last, &step)) {
            Some(last) => {
                step.heads.retain(|head| !last.heads.contains(head));
                last.heads.append(&mut step.heads);
                last.guards.append(&mut step.guards);
                last.entries.append(&mut step.entries);
                last.seen = Position(u64::MAX);
            }
            None => joined.push(step),
        }
    }
    joined
}

fn is_apart(left: &Step, right: &Step) -> bool {
    let mut entries = left.entries.iter().chain(&right.entries);
    let is_registered = entries.all(|draft| draft.kind == EntryKind::Registration);
    let has = |object| right.entries.iter().any(|draft| draft.object == object);
    is_registered && !left.entries.iter().any(|draft| has(draft.object))
}

/// What a script does to a store in memory, step by step.
pub(crate) struct Expected {
    pub(crate) steps: Vec<Step>,
    /// The last position, and all answers, after none of the steps, after one, and so on.
    after: Vec<(Position, Vec<Answer>)>,
}

impl Expected {
    pub(crate) fn of(steps: Vec<Step>) -> Self {
        let store = MemoryStore::new(clock());
        let state = |receipt: Option<Receipt>| {
            let answers = answers(&store).into_iter().map(|(_, answer)| answer.unwrap()).collect();
            (receipt.map_or(Position(0), |receipt| receipt.last), answers)
        };
        let mut after = vec![state(None)];
        for step in &steps {
            after.push(state(Some(block_on(store.commit(step.clone())).unwrap())));
        }
        Self { steps, after }
    }

    /// How many steps a store has: whole ones, all that were done before, and no answer differs.
    #[track_caller]
    pub(crate) fn steps_of<S: Storage>(&self, store: &S) -> usize {
        let newest = newest(store);
        let steps = self.after.iter().position(|(position, _)| *position == newest);
        let steps = steps.unwrap_or_else(|| panic!("{newest} is inside a step"));
        for ((asked, found), expected) in answers(store).into_iter().zip(&self.after[steps].1) {
            assert_eq!(&found.unwrap_or_else(|error| panic!("{asked}: {error:?}")), expected, "{asked} at {newest}");
        }
        steps
    }

    /// Whether a store gives right answers, or an error for those that it cannot give; how many errors.
    pub(crate) fn errors_of<S: Storage>(&self, store: &S, steps: usize) -> Vec<StoreError> {
        let mut errors = Vec::new();
        for ((asked, found), expected) in answers(store).into_iter().zip(&self.after[steps].1) {
            match found {
                Ok(found) => assert_eq!(&found, expected, "{asked} after {steps} steps"),
                Err(error) => errors.push(error),
            }
        }
        errors
    }

    /// A view that shows the whole script answers as it should, whatever came after.
    pub(crate) fn assert_view<V: Read>(&self, view: &V) {
        let (_, answers) = self.after.last().unwrap();
        for (found, expected) in view_answers(view).into_iter().zip(&answers[1..]) {
            // Terms are those of the newest position, whatever the view.
            if !matches!(expected, Answer::Keys(_)) {
                assert_eq!(&found.1.unwrap(), expected, "{}", found.0);
            }
        }
    }

    /// Commits the steps from one on.
    #[track_caller]
    pub(crate) fn go_on(&self, store: &EmbeddedStore, from: usize) {
        for step in &self.steps[from..] {
            block_on(store.commit(step.clone())).unwrap();
        }
        assert_eq!(self.steps_of(store), self.steps.len());
    }
}

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
        let class = SCHEMA.class_named(CLASSES[0]).unwrap().clone();
        let mut chance = TestRunner::deterministic();
        let content = testing::content(&class, SmallAxis::default());
        let contents = (0..8).map(|_| content.new_tree(&mut chance).unwrap().current()).collect();
        Self { class, contents, previous: Vec::new(), name, count }
    }

    pub(crate) fn objects(&self) -> Vec<ObjectId> {
        let uuid = |number| Uuid::from_u128((u128::from(self.name) << 64) + 100 + number);
        (0..self.count).map(|number| ObjectId { class: self.class.id, uuid: uuid(number) }).collect()
    }

    /// The next step, if all before it were committed.
    pub(crate) fn next(&mut self) -> Step {
        let seq = self.previous.first().map_or(Seq::FIRST, |previous| previous.seq.next());
        let next = |(number, object): (usize, ObjectId)| Registration {
            object,
            seq,
            lifecycle: if seq == Seq::FIRST { LifeCycle::Imported } else { LifeCycle::Corrected },
            actor: Uuid::nil(),
            note: format!("{} objects", self.count),
            batch: None,
            asserted: None,
            content: self.contents[(seq.0 as usize + number) % self.contents.len()].clone(),
        };
        let next: Vec<Registration> = self.objects().into_iter().enumerate().map(next).collect();
        let previous = self.previous.iter().map(Some).chain(std::iter::repeat(None));
        let drafts = next.iter().zip(previous).map(|(next, previous)| draft(&self.class, previous, next));
        let step = step_of(drafts.collect());
        self.previous = next;
        step
    }
}

fn draft(class: &Class, previous: Option<&Registration>, next: &Registration) -> Draft {
    Draft {
        kind: EntryKind::Registration,
        object: next.object,
        seq: next.seq,
        frame: Frame::of(next, [9; 16]),
        asserted: next.asserted,
        index: changes(previous.map(|previous| (class, previous)), class, next),
    }
}

fn step_of(entries: Vec<Draft>) -> Step {
    let head = |draft: &Draft| (draft.object, (draft.seq > Seq::FIRST).then(|| Seq(draft.seq.0 - 1)));
    Step { heads: entries.iter().map(head).collect(), entries, ..Step::default() }
}

/// Declares the shipped classes.
pub(crate) fn declared(store: &EmbeddedStore) {
    block_on(Service::open(store.clone(), shipped_classes(), || [5; 16])).unwrap();
}

/// Positions are 1, 2, 3 …, and the chain is that of the entries.
pub(crate) fn assert_links(entries: &[LedgerEntry]) {
    let mut head = Digest::default();
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!(entry.position, Position(index as u64 + 1));
        head = link(&head, entry.position, entry.instant, &entry.frame.commitment());
        assert_eq!(entry.chain, head, "the link of {}", entry.position);
    }
}

/// Everything that a store must be.
pub(crate) fn assert_sound<S: Storage>(store: &S) {
    assert_links(&ledger(store).unwrap());
    let report = block_on(check(store, |_| {})).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings.first());
}

pub(crate) fn newest<S: Storage>(store: &S) -> Position {
    block_on(store.view(None)).unwrap().position()
}

/// Something that a store said.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Ledger(Vec<LedgerEntry>),
    Registrations(Vec<Option<Encoded>>),
    History(Vec<Encoded>),
    KnownDuring(Vec<(usize, Encoded)>),
    Postings(Vec<Posting>),
    Keys(Vec<Key>),
    Boundaries(Vec<Boundary>),
}

type Asked = (String, Result<Answer, StoreError>);

/// The objects of scripts.
fn objects() -> Vec<ObjectId> {
    let of = |name: &str| {
        let class = SCHEMA.class_named(name).unwrap().id;
        (1..=4).map(move |number| ObjectId { class, uuid: Uuid::from_u128(number) })
    };
    CLASSES.into_iter().flat_map(of).chain([ObjectId::STORE]).collect()
}

/// All answers of a store: now, and at positions gone by.
pub(crate) fn answers<S: Storage>(store: &S) -> Vec<Asked> {
    let newest = newest(store).0;
    let mut asked = vec![("the ledger".to_owned(), ledger(store).map(Answer::Ledger))];
    for position in [newest, newest / 2] {
        let at = format!(" at {position}");
        match block_on(store.view(Some(Position(position)))) {
            Ok(view) => asked.extend(view_answers(&view).into_iter().map(|(asked, answer)| (asked + &at, answer))),
            Err(error) => asked.push((at, Err(error))),
        }
    }
    asked
}

fn ledger<S: Storage>(store: &S) -> Result<Vec<LedgerEntry>, StoreError> {
    let mut entries: Vec<LedgerEntry> = Vec::new();
    loop {
        let after = entries.last().map_or(Position(0), |entry| entry.position);
        let page = block_on(store.ledger(after, 5, Wait::Never))?;
        if page.is_empty() {
            return Ok(entries);
        }
        entries.extend(page);
    }
}

fn view_answers<V: Read>(view: &V) -> Vec<Asked> {
    let instant = |micros| KnownAt::Instant(Timestamp::from_micros(START + micros).unwrap());
    let mut asked = Vec::new();
    for known in [KnownAt::Latest, instant(60)] {
        let of: Vec<_> = OBJECTS.iter().map(|object| (*object, known)).collect();
        let answer = block_on(view.registrations(&of)).map(Answer::Registrations);
        asked.push((format!("registrations {known:?}"), answer));
    }
    for object in &*OBJECTS {
        for from in [1, 3] {
            let answer = block_on(view.history(*object, Seq(from), 3)).map(Answer::History);
            asked.push((format!("history of {object:?} from {from}"), answer));
        }
    }
    let window = |from, to| {
        let at = |micros| Timestamp::<TransactionTime>::from_micros(START + micros).unwrap();
        Period::new(at(from), at(to)).unwrap()
    };
    for known in [Period::ALWAYS, window(50, 51), window(0, 30)] {
        asked.push((format!("known during {known:?}"), known_during(view, known).map(Answer::KnownDuring)));
    }
    for known in [None, Some(Period::ALWAYS), Some(window(50, 51)), Some(window(0, 30))] {
        asked.push((format!("postings {known:?}"), postings(view, known).map(Answer::Postings)));
    }
    let fields: Vec<FieldId> =
        SCHEMA.classes().iter().flat_map(|class| class.fields()).map(|(_, field)| field.id).collect();
    let terms = block_on(view.terms(&fields, &Pattern::parse("%").unwrap(), usize::MAX));
    asked.push(("terms".to_owned(), terms.map(|terms| Answer::Keys(terms.keys))));
    let boundaries = block_on(view.boundaries(Period::ALWAYS, None, usize::MAX));
    asked.push(("boundaries".to_owned(), boundaries.map(Answer::Boundaries)));
    asked
}

fn known_during<V: Read>(view: &V, known: Period<TransactionTime>) -> Result<Vec<(usize, Encoded)>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = block_on(view.known_during(&OBJECTS, known, after, 5))?;
        found.extend(page.found);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

fn postings<V: Read>(view: &V, known: Option<Period<TransactionTime>>) -> Result<Vec<Posting>, StoreError> {
    let keys = KeyRange { from: Key::from_bytes(Vec::new()), to: None };
    let scans = [Scan { keys, valid: Period::ALWAYS, known }];
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = block_on(view.postings(&scans, after.as_ref(), 40))?;
        found.extend(page.postings);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}
