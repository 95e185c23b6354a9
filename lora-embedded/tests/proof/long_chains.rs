//! One object with 10,000 registrations, of which each turns a value over; clocks that step.

use std::sync::Arc;
use std::time::Duration;

use lora_core::codec::{EntryKind, Frame};
use lora_core::object::{Content, LifeCycle, ObjectId, Position, Registration, Seq};
use lora_core::schema::{ClassId, FieldId};
use lora_core::storage::{ChainCursor, Draft, IndexChange, Key, KnownAt, PostingDraft, Read, Scan, Step, Storage};
use lora_core::time::{Clock, ManualClock, Period, Timestamp, TransactionTime};
use lora_embedded::testing::SimulatedDisk;
use lora_embedded::{EmbeddedStore, Options};
use pollster::block_on;
use uuid::Uuid;

use crate::support::{START, small};

const COUNT: u32 = 10_000;
/// Between two registrations, on the axis of their times.
const STEP: i64 = 10;
const OBJECT: ObjectId = ObjectId { class: ClassId::from_number(1), uuid: Uuid::from_u128(1) };
const FIELD: FieldId = FieldId::from_number(1);

/// Up to 60 numbers between 1 and the last, dense at both ends.
fn some() -> impl Iterator<Item = u32> {
    (0..20).chain((20..COUNT - 20).step_by(501)).chain(COUNT - 20..COUNT).map(|number| number + 1)
}

fn registered(seq: u32) -> Timestamp<TransactionTime> {
    Timestamp::from_micros(START + STEP * i64::from(seq)).unwrap()
}

fn value(seq: u32) -> Key {
    Key::text(FIELD, if seq % 2 == 1 { "odd" } else { "even" })
}

fn step(seq: u32, asserted: Option<Timestamp<TransactionTime>>) -> Step {
    let registration = Registration {
        object: OBJECT,
        seq: Seq(seq),
        lifecycle: LifeCycle::Imported,
        actor: Uuid::nil(),
        note: String::new(),
        batch: None,
        asserted,
        content: Content::EMPTY,
    };
    let posting = |seq| PostingDraft { key: value(seq), valid: Period::ALWAYS, present: true };
    let closes = if seq > 1 { vec![posting(seq - 1)] } else { vec![] };
    let index = IndexChange { closes, opens: vec![posting(seq)], ..IndexChange::default() };
    let (kind, frame) = (EntryKind::Registration, Frame::of(&registration, [0; 16]));
    let draft = Draft { kind, object: OBJECT, seq: Seq(seq), frame, asserted, index };
    Step { heads: vec![(OBJECT, (seq > 1).then(|| Seq(seq - 1)))], entries: vec![draft], ..Step::default() }
}

/// A store with all registrations, each with its time: from the clock, or asserted long after.
fn filled(files: &SimulatedDisk, options: Options, asserted: bool) -> EmbeddedStore {
    let clock = Arc::new(ManualClock::at(START + STEP * 2 * i64::from(COUNT)).unwrap());
    let store = EmbeddedStore::open(Arc::new(files.clone()), clock.clone(), options).unwrap();
    for seq in 1..=COUNT {
        let at = registered(seq);
        if !asserted {
            clock.set(at.micros().unwrap()).unwrap();
        }
        block_on(store.commit(step(seq, asserted.then_some(at)))).unwrap();
    }
    store
}

fn seqs(store: &EmbeddedStore, at: u32, from: u32, limit: usize) -> Vec<u32> {
    let view = block_on(store.view(Some(Position(u64::from(at))))).unwrap();
    let page = block_on(view.history(OBJECT, Seq(from), limit)).unwrap();
    let seq = |encoded: &lora_core::storage::Encoded| encoded.frame.registration().unwrap().seq.0;
    for encoded in &page {
        let next = if seq(encoded) == at { Timestamp::INFINITY } else { registered(seq(encoded) + 1) };
        assert_eq!(encoded.registered, Period::new(registered(seq(encoded)), next).unwrap());
    }
    page.iter().map(seq).collect()
}

/// Who asks at position `at` finds the value that registration `seq` stated, and since when, by the time that it counted.
fn assert_found(store: &EmbeddedStore, at: u32, seq: u32) {
    let view = block_on(store.view(Some(Position(u64::from(at))))).unwrap();
    let instant = Timestamp::from_micros(registered(seq).micros().unwrap() + STEP / 2).unwrap();
    let found = block_on(view.registrations(&[(OBJECT, KnownAt::Instant(instant))])).unwrap().remove(0).unwrap();
    assert_eq!(found.position, Position(u64::from(seq)));
    let scan = |known| Scan { keys: Key::text_prefix(FIELD).and_all_longer(), valid: Period::ALWAYS, known };
    let until = if seq == at { Timestamp::INFINITY } else { registered(seq + 1) };
    let expected = (value(seq), Position(u64::from(seq)), Period::new(registered(seq), until).unwrap());
    let newest = block_on(view.postings(&[scan(None)], None, 9)).unwrap().postings;
    assert_eq!(newest.len(), 1, "one value is open at {at}");
    assert_eq!(newest[0].opened, view.position());
    let known = block_on(view.postings(&[scan(Period::instant(instant))], None, 9)).unwrap().postings;
    let known: Vec<_> = known.into_iter().map(|posting| (posting.key, posting.opened, posting.known)).collect();
    assert_eq!(known, [expected]);
}

/// The registrations that were known at some instant from one on and before another, in pages of two.
fn known_during(
    store: &EmbeddedStore,
    at: u32,
    from: Timestamp<TransactionTime>,
    to: Timestamp<TransactionTime>,
) -> Vec<u32> {
    let view = block_on(store.view(Some(Position(u64::from(at))))).unwrap();
    let (mut seqs, mut after) = (Vec::new(), None::<ChainCursor>);
    loop {
        let page = block_on(view.known_during(&[OBJECT], Period::new(from, to).unwrap(), after, 2)).unwrap();
        for (_, encoded) in page.found {
            let seq = encoded.frame.registration().unwrap().seq.0;
            let until = if seq == at { Timestamp::INFINITY } else { registered(seq + 1) };
            assert_eq!(encoded.registered, Period::new(registered(seq), until).unwrap());
            seqs.push(seq);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return seqs,
        }
    }
}

/// Windows that begin and end with a registration, and a microsecond beside it.
fn assert_known_during(store: &EmbeddedStore, at: u32, seq: u32) {
    let beside = |seq, micros| Timestamp::from_micros(registered(seq).micros().unwrap() + micros).unwrap();
    let last = (seq + 3).min(at);
    let expected = |from: u32, to: u32| (from.max(1)..=to.min(at)).collect::<Vec<_>>();
    let known = |from, to| known_during(store, at, from, to);
    assert_eq!(known(registered(seq), beside(last, 1)), expected(seq, last));
    assert_eq!(known(beside(seq, -1), beside(last, 1)), expected(seq - 1, last));
    assert_eq!(known(registered(seq), registered(seq + 1)), [seq]);
    assert_eq!(known(beside(seq, -1), registered(seq)), expected(seq - 1, seq - 1));
    assert_eq!(known(beside(at, 7 * STEP), Timestamp::INFINITY), [at]);
}

fn assert_right(store: &EmbeddedStore) {
    for number in some() {
        assert_eq!(seqs(store, COUNT, number, 3), (number..=COUNT).take(3).collect::<Vec<_>>());
        assert_eq!(seqs(store, number, 1, 2), (1..=number).take(2).collect::<Vec<_>>());
        assert_eq!(seqs(store, number, number, 2), [number]);
        assert_eq!(seqs(store, number, number + 1, 2), [0; 0]);
        assert_found(store, COUNT, number);
        assert_found(store, number, number.div_ceil(2));
        assert_found(store, number, number);
        assert_known_during(store, COUNT, number);
        assert_known_during(store, number, number.div_ceil(2));
        assert_known_during(store, number, number);
    }
    let view = block_on(store.view(None)).unwrap();
    let always = Scan { keys: value(1).alone(), valid: Period::ALWAYS, known: Some(Period::ALWAYS) };
    let page = block_on(view.postings(&[always], None, usize::MAX)).unwrap();
    assert_eq!(page.postings.len() as u32, COUNT / 2);
}

fn a_value_turned_over(asserted: bool) {
    let disk = SimulatedDisk::new();
    let mut options = small(Duration::from_millis(5));
    options.log.segment_size = 1 << 20;
    let store = filled(&disk, options, asserted);
    assert_right(&store);
    drop(store);
    let clock = Arc::new(ManualClock::at(0).unwrap());
    assert_right(&EmbeddedStore::open(Arc::new(disk), clock, options).unwrap());
}

#[test]
fn a_value_turned_over_10_000_times_is_found_at_any_time() {
    a_value_turned_over(false);
}

#[test]
fn a_value_asserted_10_000_times_is_found_at_any_time() {
    a_value_turned_over(true);
}

/// What a question about a window reads depends on what it finds, and not on what the chain has before and after it.
#[test]
fn a_window_of_a_long_chain_is_found_without_walking_there() {
    for asserted in [false, true] {
        let disk = SimulatedDisk::new();
        let options = small(Duration::from_millis(5));
        drop(filled(&disk, options, asserted));
        let clock = Arc::new(ManualClock::at(0).unwrap());
        let store = EmbeddedStore::open(Arc::new(disk.clone()), clock, options).unwrap();
        for (at, seq) in some().flat_map(|seq| [(COUNT, seq), (COUNT - 1, seq), (seq, seq), (seq, seq.div_ceil(2))]) {
            let view = block_on(store.view(Some(Position(u64::from(at))))).unwrap();
            let window = Period::new(registered(seq), registered(seq + 3)).unwrap();
            let before = disk.reads();
            // Pages of the index, beside an entry of the log for each that is found; all of the chain are more than 130.
            let found = block_on(view.known_during(&[OBJECT; 2], window, None, 5)).unwrap().found.len() as u64;
            let pages = disk.reads() - before - found;
            // Where the newest one that the view does not show is in the way, time is halved.
            let expected = if seq > at { 100 } else { 20 };
            assert!(pages <= expected, "{pages} pages for {found} of {seq} at {at}");
        }
    }
}

/// Instants rise whatever the clock does, also where a store is opened with a clock that is behind.
#[test]
fn instants_rise_over_clocks_that_step_and_stores_that_close() {
    let disk = SimulatedDisk::new();
    let (mut last, mut seq) = (Timestamp::NEG_INFINITY, 0);
    for micros in [5_000, 1_000, 900_000, 0, 900_000, 2_000_000] {
        let clock = Arc::new(ManualClock::at(START + micros).unwrap());
        let store = EmbeddedStore::open(Arc::new(disk.clone()), clock.clone(), small(Duration::ZERO)).unwrap();
        for back in [0, -400_000, 7, 7, -1] {
            clock.set(START + micros + back).unwrap();
            seq += 1;
            let receipt = block_on(store.commit(step(seq, None))).unwrap();
            assert!(receipt.instant > last && receipt.instant >= clock.now());
            assert_eq!(receipt.first, Position(u64::from(seq)));
            last = receipt.instant;
        }
    }
}
