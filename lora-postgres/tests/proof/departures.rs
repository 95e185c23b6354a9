//! Whoever asks may go away at any time: nothing is half, no connection is left in a bad state, and the store goes on.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use lora_core::object::{ObjectId, Position, Seq};
use lora_core::storage::{Chunks, Encoded, KnownAt, Read, Storage, Wait};
use lora_core::time::Period;
use lora_postgres::{PostgresStore, Tenant};

use crate::support::{TestDatabase, clock, run};
use crate::writers::{Writer, assert_sound, declared, newest};

/// Polls a future at most so many times, each time it is woken; then it is dropped.
async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn store_of_one_connection() -> (TestDatabase, PostgresStore) {
    let database = TestDatabase::new().await;
    let store = PostgresStore::new(database.pool_of(1), Tenant(0), clock());
    declared(&store).await;
    (database, store)
}

async fn seqs(store: &PostgresStore, objects: &[ObjectId]) -> Vec<u32> {
    let view = store.view(None).await.unwrap();
    let asked: Vec<_> = objects.iter().map(|object| (*object, KnownAt::Latest)).collect();
    let found: Vec<Option<Encoded>> = view.registrations(&asked).await.unwrap();
    found.iter().map(|found| found.as_ref().map_or(0, |found| found.frame.registration().unwrap().seq.0)).collect()
}

/// The store and its only connection do what they should.
async fn goes_on(store: &PostgresStore, writer: &mut Writer) {
    let receipt = store.commit(writer.step()).await.unwrap();
    assert_eq!(newest(store).await, receipt.last);
}

#[test]
fn a_commit_that_nobody_waits_for_is_done_whole_or_not() {
    run(async {
        let (_database, store) = store_of_one_connection().await;
        let mut other = Writer::new(1, 2);
        let mut finished = false;
        for times in (0..).take_while(|_| true) {
            let mut writer = Writer::new(100 + times as u64, 3);
            let done = polled(store.commit(writer.step()), times).await;
            goes_on(&store, &mut other).await;
            // What was handed over before stands before it in the queue.
            let seqs = seqs(&store, &writer.objects()).await;
            let expected = if times == 0 { 0 } else { 1 };
            assert_eq!(seqs, [expected; 3], "after {times} polls");
            if let Some(result) = done {
                result.unwrap();
                finished = true;
                break;
            }
        }
        assert!(finished);
        assert_sound(&store).await;
    });
}

/// Commits that are dropped while others wait behind them, at every point of each.
#[test]
fn commits_of_many_that_go_away_are_whole_or_not() {
    run(async {
        let (_database, store) = store_of_one_connection().await;
        let mut other = Writer::new(1, 1);
        let mut entries = newest(&store).await.0;
        for times in 0..4 {
            let mut writers: Vec<Writer> = (0..20).map(|number| Writer::new(100 * (times + 1) + number, 3)).collect();
            let commits = writers.iter_mut().map(|writer| polled(store.commit(writer.step()), times as usize));
            futures_util::future::join_all(commits.collect::<Vec<_>>()).await;
            goes_on(&store, &mut other).await;
            entries += 1;
            for writer in &writers {
                let seqs = seqs(&store, &writer.objects()).await;
                assert!(seqs.iter().all(|seq| *seq == seqs[0]), "{seqs:?}");
                entries += u64::from(seqs[0]) * 3;
            }
            assert_eq!(newest(&store).await, Position(entries));
        }
        assert_sound(&store).await;
    });
}

#[test]
fn a_question_that_nobody_waits_for_leaves_the_connection_as_it_was() {
    run(async {
        let (_database, store) = store_of_one_connection().await;
        let mut writer = Writer::new(1, 2);
        goes_on(&store, &mut writer).await;
        let objects = writer.objects();
        let view = store.view(None).await.unwrap();
        let mut done = [false; 6];
        for times in 0.. {
            done[0] |= polled(store.view(None), times).await.is_some();
            done[1] |= polled(view.registrations(&[(objects[0], KnownAt::Latest)]), times).await.is_some();
            done[2] |= polled(view.history(objects[0], Seq::FIRST, 9), times).await.is_some();
            done[3] |= polled(view.boundaries(Period::ALWAYS, None, 9), times).await.is_some();
            done[4] |= polled(store.ledger(Position(0), 9, Wait::Never), times).await.is_some();
            done[5] |= polled(view.known_during(&objects, Period::ALWAYS, None, 9), times).await.is_some();
            assert!(polled(store.ledger(newest(&store).await, 9, Wait::ForEntries), times).await.is_none());
            goes_on(&store, &mut writer).await;
            if done.iter().all(|done| *done) {
                break;
            }
        }
        assert_sound(&store).await;
    });
}

/// A content that is given up on the way leaves nothing behind, and one that arrived is there.
#[test]
fn a_content_that_is_given_up_leaves_nothing() {
    struct Slow(usize);
    impl Chunks for Slow {
        async fn next(&mut self) -> Result<Option<Vec<u8>>, lora_core::storage::Interrupted> {
            tokio::task::yield_now().await;
            self.0 = self.0.saturating_sub(1);
            Ok((self.0 > 0).then(|| vec![self.0 as u8; 50_000]))
        }
    }
    run(async {
        let (database, store) = store_of_one_connection().await;
        let mut kept = None;
        for times in 0.. {
            if let Some(hash) = polled(store.put_content(Slow(6)), times).await {
                kept = Some(hash.unwrap());
                break;
            }
        }
        let found = newest_content(&store, kept.unwrap()).await;
        assert_eq!((found.len(), found[0], found[249_999]), (250_000, 5, 1));
        let client = database.client().await;
        let left = "SELECT (SELECT count(*) FROM lora.content_arriving), (SELECT count(DISTINCT blob) FROM \
                    lora.content_piece), (SELECT count(*) FROM lora.content)";
        for _ in 0..500 {
            let row = client.query_one(left, &[]).await.unwrap();
            let left: (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
            if left == (0, 1, 1) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("something was left behind");
    });
}

async fn newest_content(store: &PostgresStore, hash: lora_core::storage::ContentHash) -> Vec<u8> {
    store.view(None).await.unwrap().content(hash, 0..u64::MAX).await.unwrap().unwrap()
}
