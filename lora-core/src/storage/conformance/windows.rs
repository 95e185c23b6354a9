//! Cases on what was known in a window of transaction time: of many objects, exact at both edges, in pages.

use uuid::Uuid;

use super::seam::{acted, draft, instant, object, step};
use super::{Harness, START_MICROS, always, clock, in_order, service};
use crate::object::{Content, LifeCycle, ObjectId, Position, Seq};
use crate::query::{Known, TimeContext};
use crate::service::By;
use crate::storage::{ChainCursor, ChainPage, Draft, Encoded, Read, Storage};
use crate::time::{Period, Timestamp, TransactionTime};

/// So many microseconds after the start.
fn at(micros: i64) -> Timestamp<TransactionTime> {
    instant(START_MICROS + micros)
}

fn window(from: Timestamp<TransactionTime>, to: Timestamp<TransactionTime>) -> Period<TransactionTime> {
    Period::new(from, to).expect("a window that is not empty")
}

/// Object 1 is registered at 0, 2, 3 and, as deleted, at 6; object 2 at 2 and 6. Of object 4 it is asserted at 9 and 10
/// what was known from -4 and -2 on, and it is registered at 12. Object 5 comes at 13.
async fn filled<H: Harness>(harness: &H) -> H::Store {
    let clock = clock();
    let store = harness.empty(clock.clone()).await;
    let asserted = |micros, draft| Draft { asserted: Some(at(micros)), ..draft };
    for (micros, entries) in [
        (0, vec![draft(object(1), 1)]),
        (2, vec![draft(object(1), 2), draft(object(2), 1)]),
        (3, vec![draft(object(1), 3)]),
        (6, vec![acted(object(1), 4, LifeCycle::Deleted), draft(object(2), 2)]),
        (9, vec![asserted(-4, draft(object(4), 1))]),
        (10, vec![asserted(-2, draft(object(4), 2))]),
        (12, vec![draft(object(4), 3)]),
        (13, vec![draft(object(5), 1)]),
    ] {
        clock.set(START_MICROS + micros).expect("a finite instant");
        let receipt = store.commit(step(entries)).await.expect("fresh heads");
        assert_eq!(receipt.instant, at(micros));
    }
    store
}

/// The last positions of the steps, and the one before all.
const STEPS: [u64; 9] = [0, 1, 3, 4, 6, 7, 8, 9, 10];

/// Objects in an order of their own, one of them twice, one that nobody knows.
fn asked() -> Vec<ObjectId> {
    [2, 3, 1, 4, 1, 5].map(object).to_vec()
}

type Found = Vec<(usize, Encoded)>;

async fn histories<V: Read>(view: &V, of: &[ObjectId]) -> Vec<Vec<Encoded>> {
    let mut found = Vec::new();
    for object in of {
        found.push(view.history(*object, Seq::FIRST, 99).await.expect("readable"));
    }
    found
}

/// What was known in a window, as whole histories show it.
fn overlapping(histories: &[Vec<Encoded>], known: Period<TransactionTime>) -> Found {
    let all =
        histories.iter().enumerate().flat_map(|(number, chain)| chain.iter().map(move |one| (number, one.clone())));
    all.filter(|(_, encoded)| encoded.registered.overlaps(known)).collect()
}

async fn page<V: Read>(
    view: &V,
    of: &[ObjectId],
    known: Period<TransactionTime>,
    after: Option<ChainCursor>,
    limit: usize,
) -> ChainPage {
    view.known_during(of, known, after, limit).await.expect("readable")
}

/// From the first instant of the window on, up to and not including its end; an end that a view does not show is none.
pub async fn a_window_has_what_was_known_at_some_instant_of_it<H: Harness>(harness: &H) {
    let store = filled(harness).await;
    let (always, never) = (Timestamp::NEG_INFINITY, Timestamp::INFINITY);
    for (position, number, from, to, expected) in [
        (10, 1, always, at(0), &[][..]),
        (10, 1, at(-1), at(0), &[]),
        (10, 1, at(-1), at(1), &[1]),
        (10, 1, at(0), at(1), &[1]),
        (10, 1, at(1), at(2), &[1]),
        (10, 1, at(1), at(3), &[1, 2]),
        (10, 1, at(2), at(3), &[2]),
        (10, 1, at(2), at(4), &[2, 3]),
        (10, 1, at(4), at(5), &[3]),
        (10, 1, at(5), at(6), &[3]),
        (10, 1, at(5), at(7), &[3, 4]),
        (10, 1, at(6), never, &[4]),
        (10, 1, at(99), never, &[4]),
        (10, 1, always, never, &[1, 2, 3, 4]),
        (4, 1, at(5), at(7), &[3]),
        (4, 1, at(99), never, &[3]),
        (0, 1, always, never, &[]),
        (10, 3, always, never, &[]),
        (10, 4, at(-9), at(-4), &[]),
        (10, 4, at(-3), at(-2), &[1]),
        (10, 4, at(-2), at(12), &[2]),
        (10, 4, at(11), at(13), &[2, 3]),
        (7, 4, at(-2), at(12), &[1]),
        (6, 4, always, never, &[]),
    ] {
        let view = store.view(Some(Position(position))).await.expect("a view");
        let page = page(&view, &[object(number)], window(from, to), None, 9).await;
        assert_eq!(page.next, None);
        let seq = |encoded: &Encoded| encoded.frame.registration().expect("sound").seq.0;
        let seqs: Vec<u32> = page.found.iter().map(|(_, encoded)| seq(encoded)).collect();
        assert_eq!(seqs, expected, "object {number} from {from} to {to} at {position}");
    }
}

/// Windows between any two instants, at every position: the registrations are those of the histories.
pub async fn windows_agree_with_histories<H: Harness>(harness: &H) {
    let store = filled(harness).await;
    let edges = [Timestamp::NEG_INFINITY].into_iter().chain((-5..=14).map(at)).chain([Timestamp::INFINITY]);
    let edges: Vec<_> = edges.collect();
    for position in STEPS.map(Position) {
        let view = store.view(Some(position)).await.expect("a view");
        let histories = histories(&view, &asked()).await;
        for (number, from) in edges.iter().enumerate() {
            for to in &edges[number + 1..] {
                let known = window(*from, *to);
                let page = page(&view, &asked(), known, None, 99).await;
                let expected = ChainPage { found: overlapping(&histories, known), next: None };
                assert_eq!(page, expected, "{known} at {position}");
            }
        }
    }
}

/// Pages of any length make up the whole; each but the last is full and says after what to go on.
pub async fn windows_of_many_objects_come_in_pages<H: Harness>(harness: &H) {
    let store = filled(harness).await;
    let windows = [window(at(1), at(7)), window(at(2), at(3)), window(at(-3), at(12)), Period::ALWAYS];
    for (position, known) in STEPS.map(Position).into_iter().flat_map(|position| windows.map(|known| (position, known)))
    {
        let view = store.view(Some(position)).await.expect("a view");
        let whole = overlapping(&histories(&view, &asked()).await, known);
        for limit in 1..=whole.len() + 1 {
            let (mut rest, mut after) = (&whole[..], None);
            loop {
                let page = page(&view, &asked(), known, after, limit).await;
                let (expected, left) = rest.split_at(limit.min(rest.len()));
                assert_eq!(page.found, expected, "{limit} a page, {known} at {position}");
                assert_eq!(page.next, page.end().filter(|_| !left.is_empty()));
                (rest, after) = (left, page.next);
                if after.is_none() {
                    break;
                }
            }
        }
    }
}

/// Who has seen enough of an object goes on with the next one; after the last one there is nothing.
pub async fn the_rest_of_an_object_can_be_left_out<H: Harness>(harness: &H) {
    let store = filled(harness).await;
    let view = store.view(None).await.expect("a view");
    let whole = overlapping(&histories(&view, &asked()).await, Period::ALWAYS);
    for number in 0..=asked().len() {
        for registered_from in [Timestamp::NEG_INFINITY, at(-3), at(2), at(4), Timestamp::INFINITY] {
            let after = Some(ChainCursor { object: number, registered_from });
            let page = page(&view, &asked(), Period::ALWAYS, after, 99).await;
            let left = |(object, encoded): &&(usize, Encoded)| {
                *object > number || (*object == number && encoded.registered.from() > registered_from)
            };
            let expected: Found = whole.iter().filter(left).cloned().collect();
            assert_eq!(page, ChainPage { found: expected, next: None }, "{after:?}");
        }
    }
    let after = Some(ChainCursor { object: 2, registered_from: at(0) });
    let known = window(at(3), at(4));
    let found = page(&view, &asked(), known, after, 1).await.found;
    assert_eq!(
        found,
        overlapping(&histories(&view, &asked()).await, known)[1..2],
        "what is before the window is in none"
    );
    assert_eq!(page(&view, &[], Period::ALWAYS, None, 9).await, ChainPage::default());
}

/// A list over a window has the registrations of all objects, newest first, however many they are.
pub async fn lists_over_a_window_are_whole<H: Harness>(harness: &H) {
    const EACH: u32 = 100;
    let (service, clock) = service(harness).await;
    let class = service.schema().class_named("organisation_unit").expect("shipped").id;
    let uuids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
    for round in 1..=i64::from(EACH) {
        clock.set(START_MICROS + 10 * round).expect("a finite instant");
        for uuid in &uuids {
            let by = By { note: format!("round {round}"), ..By::default() };
            service.import(ObjectId { class, uuid: *uuid }, Content::EMPTY, by).await.expect("imported");
        }
    }
    service.delete(ObjectId { class, uuid: uuids[1] }, By::default()).await.expect("deleted");
    let deleted = at(10 * i64::from(EACH) + 3);
    let view = service.view(None).await.expect("a view");
    for (from, to, listed, seqs) in [
        (at(0), deleted, &[1, 2, 3][..], 1..=EACH),
        (at(25), at(10 * i64::from(EACH)), &[1, 2, 3], 2..=EACH - 1),
        (at(39), at(50), &[1, 2, 3], 3..=4),
        (deleted, Timestamp::INFINITY, &[1, 3], EACH..=EACH),
    ] {
        let context = TimeContext { known: Known::During(Some(window(from, to))), ..always(&clock) };
        let answers = service.list(&view, class, &uuids, &context).await.expect("readable");
        let found: Vec<u128> = answers.iter().map(|answer| answer.object.uuid.as_u128()).collect();
        assert_eq!(found, listed, "from {from} to {to}");
        for answer in answers {
            let given = answer.registrations.iter().map(|answered| answered.registration.seq.0);
            assert_eq!(given.collect::<Vec<_>>(), seqs.clone().rev().collect::<Vec<_>>());
            let read = service.read(&view, answer.object, &context).await.expect("readable");
            assert_eq!(read, Some(answer));
        }
    }
    in_order(service.store()).await;
}
