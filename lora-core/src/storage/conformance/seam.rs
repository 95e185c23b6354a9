//! Cases on the seam itself, with steps made by hand.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Harness, START_MICROS, clock, in_order};
use crate::codec::{EntryKind, Frame};
use crate::object::{LifeCycle, ObjectId, Position, Registration, Seq};
use crate::oio::shipped_classes;
use crate::query::Pattern;
use crate::schema::{ClassId, FieldId, Ids, Schema};
use crate::storage::{
    Boundary, Chunks, CommitError, ContentHash, Draft, GuardKey, IndexChange, Interrupted, Key, KnownAt, Posting,
    PostingDraft, Read, Scan, Step, Storage, StoreError, Wait,
};
use crate::time::{Clock, Period, Timestamp, TransactionTime, ValidTime};

const CLASS: ClassId = ClassId::from_number(1);
const FIELD: FieldId = FieldId::from_number(1);

pub(super) fn object(number: u128) -> ObjectId {
    ObjectId { class: CLASS, uuid: Uuid::from_u128(number) }
}

fn valid(from: i64, to: i64) -> Period<ValidTime> {
    let at = |micros| Timestamp::from_micros(micros).expect("a finite instant");
    Period::new(at(from), at(to)).expect("a period that is not empty")
}

pub(super) fn instant(micros: i64) -> Timestamp<TransactionTime> {
    Timestamp::from_micros(micros).expect("a finite instant")
}

pub(super) fn draft(object: ObjectId, seq: u32) -> Draft {
    acted(object, seq, if seq == 1 { LifeCycle::Created } else { LifeCycle::Corrected })
}

pub(super) fn acted(object: ObjectId, seq: u32, lifecycle: LifeCycle) -> Draft {
    let registration = Registration {
        object,
        seq: Seq(seq),
        lifecycle,
        actor: Uuid::nil(),
        note: format!("registration {seq}"),
        batch: None,
        asserted: None,
        content: crate::object::Content::EMPTY,
    };
    let (kind, frame) = (EntryKind::Registration, Frame::of(&registration, [1; 16]));
    Draft { kind, object, seq: Seq(seq), frame, asserted: None, index: IndexChange::default() }
}

/// A step that adds the next registration to each object, where the caller says which comes next.
pub(super) fn step(entries: Vec<Draft>) -> Step {
    let head = |draft: &Draft| (draft.object, (draft.seq > Seq::FIRST).then(|| Seq(draft.seq.0 - 1)));
    Step { heads: entries.iter().map(head).collect(), entries, ..Step::default() }
}

fn text_posting(text: &str, valid: Period<ValidTime>, present: bool) -> PostingDraft {
    PostingDraft { key: Key::text(FIELD, text), valid, present }
}

fn all_texts(known: Option<Period<TransactionTime>>) -> Scan {
    Scan { keys: Key::text_prefix(FIELD).and_all_longer(), valid: Period::ALWAYS, known }
}

/// The clock stands still, steps back and leaps; positions stay 1, 2, 3 … and instants stay increasing.
pub async fn positions_are_gapless_and_instants_rise_whatever_the_clock_does<H: Harness>(harness: &H) {
    let clock = clock();
    let store = harness.empty(clock.clone()).await;
    let mut last = (Position(0), Timestamp::NEG_INFINITY);
    for (round, micros) in [0, 0, -5_000_000, 1, 9_000_000].into_iter().enumerate() {
        clock.set(START_MICROS + micros).expect("a finite instant");
        let number = round as u128 * 2;
        let receipt = store.commit(step(vec![draft(object(number), 1), draft(object(number + 1), 1)])).await;
        let receipt = receipt.expect("new objects");
        assert_eq!(receipt.first, Position(last.0.0 + 1));
        assert_eq!(receipt.last, Position(last.0.0 + 2));
        assert!(receipt.instant > last.1 && receipt.instant >= clock.now());
        last = (receipt.last, receipt.instant);
    }
    let ledger = store.ledger(Position(0), 100, Wait::Never).await.expect("the ledger");
    let positions: Vec<u64> = ledger.iter().map(|entry| entry.position.0).collect();
    assert_eq!(positions, (1..=10).collect::<Vec<_>>());
    assert!(ledger.chunks(2).all(|pair| pair[0].instant == pair[1].instant), "one step, one instant");
    assert!(ledger.windows(2).all(|pair| pair[0].chain != pair[1].chain));
}

/// A step with one stale head among good ones stores nothing, and says which head it was.
pub async fn a_step_is_all_or_nothing<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    store.commit(step(vec![draft(object(1), 1)])).await.expect("a new object");
    let stale = step(vec![draft(object(2), 1), draft(object(1), 1), draft(object(3), 1)]);
    match store.commit(stale).await {
        Err(CommitError::Moved { heads, guards }) => assert_eq!((heads, guards), (vec![object(1)], vec![])),
        other => panic!("a stale head was accepted: {other:?}"),
    }
    let view = store.view(None).await.expect("a view");
    assert_eq!(view.position(), Position(1));
    let found = view.registrations(&[(object(2), KnownAt::Latest), (object(3), KnownAt::Latest)]).await;
    assert_eq!(found.expect("readable"), [None, None]);
    let skipping = Step { heads: vec![(object(1), Some(Seq(7)))], ..step(vec![draft(object(1), 8)]) };
    assert!(matches!(store.commit(skipping).await, Err(CommitError::Moved { .. })));
    store.commit(step(vec![draft(object(2), 1), draft(object(1), 2)])).await.expect("fresh heads");
}

/// A step that states nothing has no position; whoever commits one beside others does not hold those up.
pub async fn a_step_without_entries_is_refused<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    let guarding = Step { guards: vec![GuardKey(vec![1])], ..Step::default() };
    for empty in [Step::default(), guarding.clone()] {
        assert!(matches!(store.commit(empty).await, Err(CommitError::Empty)));
    }
    let receipt = store.commit(Step { guards: guarding.guards, ..step(vec![draft(object(1), 1)]) }).await;
    assert_eq!(receipt.expect("nobody has taken the guard").last, Position(1));
}

/// Two steps with the same guard from the same view: one succeeds; from a newer view the other may.
pub async fn a_guard_is_refused_to_whoever_did_not_see_it_taken<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    let guard = GuardKey(b"user key fin".to_vec());
    let guarded = |number, seen| Step { seen, guards: vec![guard.clone()], ..step(vec![draft(object(number), 1)]) };
    let first = store.commit(guarded(1, Position(0))).await.expect("nobody took it");
    match store.commit(guarded(2, Position(0))).await {
        Err(CommitError::Moved { heads, guards }) => assert_eq!((heads, guards), (vec![], vec![guard.clone()])),
        other => panic!("a taken guard was accepted: {other:?}"),
    }
    let other = Step { guards: vec![GuardKey(b"another".to_vec())], ..step(vec![draft(object(3), 1)]) };
    let other = store.commit(other).await.expect("another guard");
    store.commit(guarded(2, first.last)).await.expect("a view that saw it taken");
    assert!(store.commit(guarded(4, other.last)).await.is_err(), "taken again since");
}

/// A view at a position shows exactly what was committed up to it, however long ago; one ahead is refused.
pub async fn a_view_reopened_at_a_position_shows_what_it_showed<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    store.commit(step(vec![draft(object(1), 1)])).await.expect("a new object");
    let view = store.view(Some(Position(1))).await.expect("a view");
    let latest = [(object(1), KnownAt::Latest), (object(2), KnownAt::Latest)];
    let before = view.registrations(&latest).await.expect("readable");
    assert_eq!(before[0].as_ref().map(|seen| seen.registered.to()), Some(Timestamp::INFINITY));
    store.commit(step(vec![draft(object(1), 2), draft(object(2), 1)])).await.expect("fresh heads");
    for view in [view, store.view(Some(Position(1))).await.expect("reopened")] {
        assert_eq!(view.registrations(&latest).await.expect("readable"), before);
        assert_eq!(view.history(object(1), Seq::FIRST, 9).await.expect("readable").len(), 1);
    }
    let empty = store.view(Some(Position(0))).await.expect("the beginning");
    assert_eq!(empty.registrations(&latest).await.expect("readable"), [None, None]);
    match store.view(Some(Position(4))).await.err() {
        Some(StoreError::Ahead { asked: Position(4), newest: Position(3) }) => {}
        other => panic!("a view ahead of the store: {other:?}"),
    }
}

/// From its instant on and not a microsecond earlier; up to the next one's instant and not at it.
pub async fn registrations_are_known_from_their_instant_until_the_next<H: Harness>(harness: &H) {
    let clock = clock();
    let store = harness.empty(clock.clone()).await;
    let first = store.commit(step(vec![draft(object(1), 1)])).await.expect("a new object").instant;
    clock.set(START_MICROS + 1_000).expect("a finite instant");
    let second = store.commit(step(vec![draft(object(1), 2)])).await.expect("a fresh head").instant;
    let view = store.view(None).await.expect("a view");
    let before = |at: Timestamp<TransactionTime>| instant(at.micros().expect("finite") - 1);
    for (at, seq) in [
        (before(first), None),
        (first, Some(1)),
        (before(second), Some(1)),
        (second, Some(2)),
        (Timestamp::INFINITY, Some(2)),
        (Timestamp::NEG_INFINITY, None),
    ] {
        let found = view.registrations(&[(object(1), KnownAt::Instant(at))]).await.expect("readable").remove(0);
        let found = found.map(|encoded| encoded.frame.registration().expect("sound").seq.0);
        assert_eq!(found, seq, "known at {at}");
    }
    let chain = view.history(object(1), Seq::FIRST, 9).await.expect("readable");
    assert_eq!(chain[0].registered, Period::new(first, second).expect("not empty"));
    assert_eq!(chain[1].registered, Period::since(second).expect("not empty"));
}

/// Any number of registrations, read a page at a time from any of them.
pub async fn history_comes_in_pages<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    for seq in 1..=7 {
        store.commit(step(vec![draft(object(1), seq)])).await.expect("a fresh head");
    }
    let view = store.view(None).await.expect("a view");
    let seqs = async |from, limit| {
        let page = view.history(object(1), Seq(from), limit).await.expect("readable");
        page.iter().map(|encoded| encoded.frame.registration().expect("sound").seq.0).collect::<Vec<_>>()
    };
    assert_eq!(seqs(1, 3).await, [1, 2, 3]);
    assert_eq!(seqs(4, 3).await, [4, 5, 6]);
    assert_eq!(seqs(7, 3).await, [7]);
    assert_eq!(seqs(8, 3).await, Vec::<u32>::new());
    assert!(view.history(object(2), Seq::FIRST, 3).await.expect("readable").is_empty());
}

/// Postings by key range, valid period and known period; closed ones stay for who looks from before; pages agree.
pub async fn postings_are_rectangles_in_pages<H: Harness>(harness: &H) {
    let clock = clock();
    let store = harness.empty(clock.clone()).await;
    let mut one = draft(object(1), 1);
    one.index.opens = vec![text_posting("a", valid(0, 10), true), text_posting("b", valid(10, 20), false)];
    let mut two = draft(object(2), 1);
    two.index.opens = vec![text_posting("a", valid(5, 15), true)];
    let opened = store.commit(step(vec![one, two])).await.expect("new objects");
    clock.set(START_MICROS + 1_000).expect("a finite instant");
    let mut next = draft(object(1), 2);
    next.index.closes = vec![text_posting("a", valid(0, 10), true)];
    next.index.opens = vec![text_posting("a", valid(0, 10), false), text_posting("c", valid(0, 5), true)];
    let closed = store.commit(step(vec![next])).await.expect("a fresh head");

    let before = Period::new(opened.instant, closed.instant).expect("not empty");
    let since = |at| Period::since(at).expect("not empty");
    let posting = |text, object, valid, opened, present, known| Posting {
        key: Key::text(FIELD, text),
        object,
        valid,
        opened,
        present,
        known,
    };
    let old_a = posting("a", object(1), valid(0, 10), Position(1), true, before);
    let new_a = posting("a", object(1), valid(0, 10), Position(3), false, since(closed.instant));
    let a_of_two = posting("a", object(2), valid(5, 15), Position(2), true, since(opened.instant));
    let b = posting("b", object(1), valid(10, 20), Position(1), false, since(opened.instant));
    let c = posting("c", object(1), valid(0, 5), Position(3), true, since(closed.instant));

    let newest = store.view(None).await.expect("a view");
    let pinned = store.view(Some(Position(2))).await.expect("a view");
    let all_known = all_texts(Some(Period::ALWAYS));
    let known_before = all_texts(Some(before));
    let valid_at_ten = Scan { valid: valid(10, 11), ..all_texts(None) };
    let only_a = Scan { keys: Key::text(FIELD, "a").alone(), ..all_texts(None) };
    let still_open = Posting { known: since(opened.instant), ..old_a.clone() };
    for (view, scans, expected) in [
        (&newest, vec![all_texts(None)], vec![&new_a, &a_of_two, &b, &c]),
        (&newest, vec![all_known], vec![&old_a, &new_a, &a_of_two, &b, &c]),
        (&newest, vec![known_before], vec![&old_a, &a_of_two, &b]),
        (&newest, vec![valid_at_ten.clone(), only_a], vec![&a_of_two, &b, &new_a, &a_of_two]),
        (&pinned, vec![all_texts(None)], vec![&still_open, &a_of_two, &b]),
        (&pinned, vec![valid_at_ten], vec![&a_of_two, &b]),
    ] {
        for limit in [1, 2, 100] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = view.postings(&scans, after.as_ref(), limit).await.expect("readable");
                assert!(page.postings.len() <= limit);
                found.extend(page.postings);
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{limit} a page, {scans:?}");
        }
    }
}

/// Texts that are gone can still be found by pattern, for questions about the past; a limit makes the answer incomplete.
pub async fn terms_are_all_that_ever_were<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    let mut first = draft(object(1), 1);
    first.index.opens = vec![text_posting("Finans", Period::ALWAYS, true)];
    store.commit(step(vec![first])).await.expect("a new object");
    let mut second = draft(object(1), 2);
    second.index.closes = vec![text_posting("Finans", Period::ALWAYS, true)];
    let long = format!("fin{}", "x".repeat(300));
    second.index.opens = vec![text_posting("Finance", Period::ALWAYS, true), text_posting(&long, Period::ALWAYS, true)];
    store.commit(step(vec![second])).await.expect("a fresh head");
    let view = store.view(None).await.expect("a view");
    let terms = async |pattern: &str, limit| {
        let pattern = Pattern::parse(pattern).expect("a pattern");
        view.terms(&[FIELD], &pattern, limit).await.expect("readable")
    };
    let key = |text: &str| Key::text(FIELD, text);
    let found = terms("%NAN%", 10).await;
    assert!(found.complete);
    assert_eq!(found.keys, [key("finance"), key("finans"), key(&long)], "a text cut short may match");
    let one = terms("fin%", 1).await;
    assert_eq!((one.keys.len(), one.complete), (1, false));
    let other = view.terms(&[FieldId::from_number(2)], &Pattern::parse("%").expect("a pattern"), 10).await;
    assert!(other.expect("readable").keys.is_empty());
}

/// Boundaries come and go with the newest registration, and a pinned view keeps its own.
pub async fn boundaries_are_those_of_the_newest_registration<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    let at = |micros| Timestamp::<ValidTime>::from_micros(micros).expect("a finite instant");
    let mut first = draft(object(1), 1);
    first.index.boundaries_new = vec![at(10), at(20)];
    let mut other = draft(object(2), 1);
    other.index.boundaries_new = vec![at(20)];
    store.commit(step(vec![first, other])).await.expect("new objects");
    let mut second = draft(object(1), 2);
    second.index.boundaries_gone = vec![at(20)];
    second.index.boundaries_new = vec![at(30)];
    store.commit(step(vec![second])).await.expect("a fresh head");
    let mut third = draft(object(1), 3);
    third.index.boundaries_gone = vec![at(30)];
    third.index.boundaries_new = vec![at(20)];
    store.commit(step(vec![third])).await.expect("a fresh head");

    let boundary = |micros, number| Boundary { at: at(micros), object: object(number) };
    let newest = store.view(None).await.expect("a view");
    let all = newest.boundaries(Period::ALWAYS, None, 9).await.expect("readable");
    assert_eq!(all, [boundary(10, 1), boundary(20, 1), boundary(20, 2)]);
    let rest = newest.boundaries(valid(5, 21), Some(boundary(20, 1)), 9).await.expect("readable");
    assert_eq!(rest, [boundary(20, 2)]);
    let none = newest.boundaries(valid(11, 20), None, 9).await.expect("readable");
    assert!(none.is_empty(), "the window's end is exclusive");
    assert_eq!(newest.boundaries(Period::ALWAYS, None, 1).await.expect("readable"), [boundary(10, 1)]);
    let pinned = store.view(Some(Position(3))).await.expect("a view");
    let then = pinned.boundaries(Period::ALWAYS, None, 9).await.expect("readable");
    assert_eq!(then, [boundary(10, 1), boundary(20, 2), boundary(30, 1)]);
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A page never ends inside a step, and who waits for the next entry is woken by it.
pub async fn the_ledger_gives_whole_steps_and_wakes_who_waits<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    store.commit(step(vec![draft(object(1), 1), draft(object(2), 1)])).await.expect("new objects");
    store.commit(step(vec![draft(object(3), 1), draft(object(4), 1), draft(object(5), 1)])).await.expect("new");
    let positions = async |after, limit| {
        let page = store.ledger(Position(after), limit, Wait::Never).await.expect("the ledger");
        page.iter().map(|entry| entry.position.0).collect::<Vec<_>>()
    };
    assert_eq!(positions(0, 4).await, [1, 2], "three more would end inside the second step");
    assert_eq!(positions(2, 4).await, [3, 4, 5]);
    assert_eq!(positions(2, 2).await, [3, 4], "a step longer than the page is cut");
    assert_eq!(positions(4, 2).await, [5]);
    assert_eq!(positions(5, 2).await, Vec::<u64>::new());

    let flag = Arc::new(Flag(AtomicBool::new(false)));
    let waker = flag.clone().into();
    let mut context = Context::from_waker(&waker);
    let mut waiting = pin!(store.ledger(Position(5), 9, Wait::ForEntries));
    assert!(waiting.as_mut().poll(&mut context).is_pending(), "there is nothing to give yet");
    store.commit(step(vec![draft(object(6), 1)])).await.expect("a new object");
    match waiting.as_mut().poll(&mut context) {
        Poll::Ready(page) => assert_eq!(page.expect("the ledger").len(), 1),
        Poll::Pending => {
            let page = waiting.await.expect("the ledger");
            assert_eq!(page[0].position, Position(6));
        }
    }
}

/// The registration time is the asserted one, position order stays instant order, and later instants lie after it.
pub async fn an_asserted_time_is_kept_and_holds_the_clock_up<H: Harness>(harness: &H) {
    let clock = clock();
    let store = harness.empty(clock.clone()).await;
    let asserted = |object, micros| Draft { asserted: Some(instant(micros)), ..draft(object, 1) };
    let past = store.commit(step(vec![asserted(object(1), START_MICROS - 7_000)])).await.expect("a new object");
    assert!(past.instant >= clock.now(), "the step itself happens now");
    let ahead = START_MICROS + 5_000;
    store.commit(step(vec![asserted(object(2), ahead)])).await.expect("a new object");
    let next = store.commit(step(vec![draft(object(2), 2)])).await.expect("a fresh head");
    assert!(next.instant > instant(ahead), "later than any asserted time before");
    let view = store.view(None).await.expect("a view");
    let chain = view.history(object(1), Seq::FIRST, 9).await.expect("readable");
    assert_eq!(chain[0].registered.from(), instant(START_MICROS - 7_000));
    let chain = view.history(object(2), Seq::FIRST, 9).await.expect("readable");
    assert_eq!(chain[0].registered, Period::new(instant(ahead), next.instant).expect("not empty"));
}

/// Opening again declares nothing new; a class that is added, left out or put first changes nobody's id.
pub async fn ids_are_kept_when_classes_come_and_go<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    let mut classes = shipped_classes();
    for class in &mut classes {
        class.relations.iter_mut().for_each(|relation| relation.targets.clear());
        class.paths.clear();
    }
    let open = async |classes: Vec<_>| {
        crate::Service::open(store.clone(), classes, || [0; 16]).await.expect("sound classes").schema().clone()
    };
    let few = open(classes[2..4].to_vec()).await;
    assert_eq!(*few, *open(classes[2..4].to_vec()).await);
    let position = store.view(None).await.expect("a view").position();
    assert_eq!(position, Position(1), "the same declarations are entered once");
    let mut turned = classes.clone();
    turned.reverse();
    let all = open(turned).await;
    for class in few.classes() {
        assert_eq!(all.class(class.id), Some(class));
    }
    let fresh = Schema::new(&classes, Ids::default()).expect("sound classes");
    let user = |schema: &Schema| schema.class_named("user").map(|class| class.id);
    assert_ne!(user(&all), user(&fresh), "the ids are those of this store");
    in_order(&store).await;
}

/// A restore takes over instants; one that is not later than the last, or lies before what it asserts, is refused.
pub async fn a_restored_step_takes_over_its_instant<H: Harness>(harness: &H) {
    let store = harness.empty(clock()).await;
    let long_ago = instant(START_MICROS - 9_000_000);
    let restored = |at, draft| Step { restored: Some(at), ..step(vec![draft]) };
    let receipt = store.commit(restored(long_ago, draft(object(1), 1))).await.expect("an empty store");
    assert_eq!((receipt.last, receipt.instant), (Position(1), long_ago), "whatever the clock says");
    let asserting = Draft { asserted: Some(long_ago.next().next()), ..draft(object(3), 1) };
    for refused in [restored(long_ago, draft(object(2), 1)), restored(long_ago.next(), asserting)] {
        match store.commit(refused).await {
            Err(CommitError::Store(StoreError::Past { newest, .. })) => assert_eq!(newest, long_ago),
            other => panic!("an instant out of order was restored: {other:?}"),
        }
    }
    let receipt = store.commit(restored(long_ago.next(), draft(object(2), 1))).await.expect("a microsecond later");
    assert_eq!((receipt.last, receipt.instant), (Position(2), long_ago.next()));
    let receipt = store.commit(step(vec![draft(object(3), 1)])).await.expect("life goes on");
    assert_eq!(receipt.instant, instant(START_MICROS), "by the clock again");
}

/// Bytes beside the entries: whole or in parts, twice the same is once, and a broken arrival leaves nothing.
pub async fn contents_are_kept_under_their_hash<H: Harness>(harness: &H) {
    struct Broken(bool);
    impl Chunks for Broken {
        async fn next(&mut self) -> Result<Option<Vec<u8>>, Interrupted> {
            if std::mem::replace(&mut self.0, true) { Err("the line went dead".into()) } else { Ok(Some(vec![7])) }
        }
    }
    let store = harness.empty(clock()).await;
    let hash = store.put_content([b"hello ".to_vec(), b"world".to_vec()].into_iter()).await.expect("it arrived");
    assert_eq!(hash.to_string(), "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
    assert_eq!(store.put_content([b"hello world".to_vec()].into_iter()).await.expect("the same"), hash);
    let empty = store.put_content(std::iter::empty()).await.expect("nothing is a content");
    let view = store.view(None).await.expect("a view");
    for (of, range, expected) in [
        (hash, 0..u64::MAX, Some(&b"hello world"[..])),
        (hash, 6..9, Some(b"wor")),
        (hash, 9..200, Some(b"ld")),
        (hash, 11..12, Some(b"")),
        (hash, 200..300, Some(b"")),
        (empty, 0..9, Some(b"")),
        (ContentHash([0; 32]), 0..9, None),
    ] {
        assert_eq!(view.content(of, range.clone()).await.expect("readable").as_deref(), expected, "{range:?}");
    }
    match store.put_content(Broken(false)).await {
        Err(StoreError::Interrupted(source)) => assert_eq!(source.to_string(), "the line went dead"),
        other => panic!("half a content was kept: {other:?}"),
    }
    let half = ContentHash(Sha256::digest([7]).into());
    assert_eq!(view.content(half, 0..9).await.expect("readable"), None);
    assert_eq!(view.position(), Position(0), "contents have no position");
}
