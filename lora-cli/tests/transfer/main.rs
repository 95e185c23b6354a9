//! JSON Lines out of stores and into them.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod damage;
mod interruption;
mod past;
mod round_trip;

use std::io;
use std::sync::Arc;

use lora_cli::generate::{self, Options};
use lora_cli::transfer::{self, Committing, ImportError, Imported, Input};
use lora_core::Service;
use lora_core::object::{LifeCycle, ObjectId, Position, Seq};
use lora_core::oio::shipped_classes;
use lora_core::storage::{
    Boundary, Encoded, Key, KeyRange, LedgerEntry, MemoryStore, MemoryView, Posting, Read, Scan, Storage, Wait,
};
use lora_core::time::{ManualClock, Period, Timestamp, TransactionTime};
use pollster::block_on;

/// 2026-11-18, some time after the default end of the generated history.
const NOW_MICROS: i64 = 1_795_000_000_000_000;

/// Later than anything that the tests commit, which the store's clock, as it stands still, does not keep up with.
fn now() -> Timestamp<TransactionTime> {
    Timestamp::from_micros(NOW_MICROS + 1_000_000).unwrap()
}

fn empty() -> MemoryStore {
    MemoryStore::new(Arc::new(ManualClock::at(NOW_MICROS).unwrap()))
}

fn opened(store: &MemoryStore) -> Service<MemoryStore> {
    block_on(Service::open(store.clone(), shipped_classes(), || [1; 16])).unwrap()
}

/// Lines in memory.
#[derive(Clone)]
struct Text(Vec<u8>);

impl Input for Text {
    fn lines(&self) -> io::Result<Box<dyn Iterator<Item = io::Result<Vec<u8>>> + Send>> {
        let lines: Vec<_> = self.0.split_inclusive(|byte| *byte == b'\n').map(|line| Ok(line.to_vec())).collect();
        Ok(Box::new(lines.into_iter()))
    }
}

impl Text {
    fn of(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(lines.into_iter().flat_map(|line| format!("{}\n", line.as_ref()).into_bytes()).collect())
    }

    fn rows(&self) -> Vec<String> {
        std::str::from_utf8(&self.0).unwrap().lines().map(str::to_owned).collect()
    }
}

/// A small municipality.
fn municipality(people: u64) -> Text {
    Text::of(generate::lines(&Options { people, years: 3, ..Options::default() }).unwrap())
}

fn export(store: &MemoryStore) -> Text {
    let mut out = Vec::new();
    let last = block_on(transfer::export(store, None, &mut out, |_| {})).unwrap();
    assert_eq!(last, position(store));
    Text(out)
}

fn restore(store: &MemoryStore, text: &Text) -> Result<Imported, ImportError> {
    block_on(async {
        let into = Committing::new(store.clone());
        transfer::restore(store, into, text, &|| [2; 16], |_| {}).await
    })
}

/// One by one.
fn assert(service: &Service<MemoryStore>, text: &Text) -> Result<Imported, ImportError> {
    block_on(transfer::assert(service, ONE_BY_ONE, text, now(), |_| {}))
}

const ONE_BY_ONE: Option<Committing<MemoryStore>> = None;

/// Many at once.
fn assert_in_bulk(service: &Service<MemoryStore>, text: &Text) -> Result<Imported, ImportError> {
    block_on(async {
        let into = Committing::new(service.store().clone());
        transfer::assert(service, Some(into), text, now(), |_| {}).await
    })
}

fn view(store: &MemoryStore) -> MemoryView {
    block_on(store.view(None)).unwrap()
}

fn position(store: &MemoryStore) -> Position {
    view(store).position()
}

fn ledger(store: &MemoryStore) -> Vec<LedgerEntry> {
    block_on(store.ledger(Position(0), usize::MAX, Wait::Never)).unwrap()
}

/// Everything that a search may meet: all rectangles that ever were, and all boundaries.
fn index(store: &MemoryStore) -> (Vec<Posting>, Vec<Boundary>) {
    let all = KeyRange { from: Key::from_bytes(Vec::new()), to: None };
    let ever = Period::new(Timestamp::NEG_INFINITY, Timestamp::INFINITY).unwrap();
    let scan = Scan { keys: all, valid: Period::ALWAYS, known: Some(ever) };
    let view = view(store);
    let postings = block_on(view.postings(&[scan], None, usize::MAX)).unwrap().postings;
    (postings, block_on(view.boundaries(Period::ALWAYS, None, usize::MAX)).unwrap())
}

/// When a registration was made, by which act, and what it states.
type Stated = (Timestamp<TransactionTime>, LifeCycle, Vec<u8>);

/// What the store has of each object, without places.
fn histories(store: &MemoryStore) -> Vec<(ObjectId, Vec<Stated>)> {
    let mut objects: Vec<ObjectId> = ledger(store).iter().map(|entry| entry.object).collect();
    objects.sort();
    objects.dedup();
    objects.retain(|object| *object != ObjectId::STORE);
    let stated = |encoded: Encoded| {
        let lifecycle = encoded.frame.registration().unwrap().lifecycle;
        (encoded.registered.from(), lifecycle, encoded.frame.content.clone())
    };
    let history = |object| block_on(view(store).history(object, Seq::FIRST, usize::MAX)).unwrap();
    objects.into_iter().map(|object| (object, history(object).into_iter().map(stated).collect())).collect()
}
