//! Many at once, of one store and of two on one database: writers of one object and of several, and readers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lora_core::object::{ObjectId, Position, Seq};
use lora_core::query::Pattern;
use lora_core::schema::FieldId;
use lora_core::storage::{
    ChainPage, CommitError, Encoded, GuardKey, Key, KeyRange, KnownAt, Posting, Read, Receipt, Scan, Step, Storage,
    Wait,
};
use lora_core::time::{ManualClock, Period, Timestamp, TransactionTime};
use lora_postgres::{PostgresStore, PostgresView, Tenant};
use tokio::task::JoinSet;

use crate::support::{TestDatabase, clock, run};
use crate::writers::{Writer, assert_sound, declared, ledger, newest};

/// Stores on one database, each with a pool and a clock of its own.
async fn stores(count: i64) -> (TestDatabase, Vec<PostgresStore>) {
    let database = TestDatabase::new().await;
    let clock = |ahead: i64| Arc::new(ManualClock::at(1_000 + ahead * 50).unwrap());
    let stores = (0..count).map(|number| PostgresStore::new(database.pool_of(6), Tenant(0), clock(number)));
    let stores: Vec<_> = stores.collect();
    declared(&stores[0]).await;
    (database, stores)
}

/// What a view says of objects, of all postings at its time and before, and of boundaries.
pub(crate) type Answers = (Vec<Option<Encoded>>, Vec<Vec<Encoded>>, ChainPage, Vec<Posting>, Vec<Posting>, usize);

pub(crate) async fn answers(view: &PostgresView, objects: &[ObjectId]) -> Answers {
    let instant = Timestamp::<TransactionTime>::from_micros(1_040).unwrap();
    let known = [KnownAt::Latest, KnownAt::Instant(instant)];
    let asked: Vec<_> = objects.iter().flat_map(|object| known.map(|known| (*object, known))).collect();
    let registrations = view.registrations(&asked).await.unwrap();
    let mut histories = Vec::new();
    for object in objects.iter().take(4) {
        histories.push(view.history(*object, Seq::FIRST, 1_000).await.unwrap());
    }
    let before = Period::new(Timestamp::NEG_INFINITY, instant).unwrap();
    let during = view.known_during(objects, before, None, 1_000).await.unwrap();
    let open = postings(view, None).await;
    let all = postings(view, Some(Period::ALWAYS)).await;
    let boundaries = view.boundaries(Period::ALWAYS, None, 10_000).await.unwrap().len();
    (registrations, histories, during, open, all, boundaries)
}

pub(crate) async fn postings(view: &PostgresView, known: Option<Period<TransactionTime>>) -> Vec<Posting> {
    let keys = KeyRange { from: Key::from_bytes(Vec::new()), to: None };
    let scans = [Scan { keys, valid: Period::ALWAYS, known }];
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = view.postings(&scans, after.as_ref(), 300).await.unwrap();
        found.extend(page.postings);
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

/// Writers register until each has done its rounds, on one store and the next in turn; their receipts.
async fn write(stores: &[PostgresStore], writers: u64, objects: u128, rounds: usize) -> Vec<Receipt> {
    let mut tasks = JoinSet::new();
    for number in 0..writers {
        let stores = stores.to_vec();
        tasks.spawn(async move {
            let mut writer = Writer::new(number, objects);
            let mut receipts = Vec::new();
            for round in 0..rounds {
                let store = &stores[(number as usize + round) % stores.len()];
                receipts.push(store.commit(writer.step()).await.unwrap());
                // What was acknowledged is visible, through whichever store.
                let other = &stores[(number as usize + round + 1) % stores.len()];
                assert!(newest(other).await >= receipts.last().unwrap().last);
            }
            receipts
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// Every receipt is a whole step of the ledger, no two are the same, and later positions have later instants.
async fn assert_receipts(store: &PostgresStore, mut receipts: Vec<Receipt>, objects: u128) {
    receipts.sort_by_key(|receipt| receipt.first);
    let entries = ledger(store).await;
    assert_eq!(entries.len(), 1 + receipts.len() * objects as usize, "none was lost, none came twice");
    let mut next = Position(2);
    for receipt in &receipts {
        assert_eq!((receipt.first, receipt.last.0), (next, next.0 + objects as u64 - 1), "gapless");
        next = Position(receipt.last.0 + 1);
        let step = &entries[receipt.first.0 as usize - 1..receipt.last.0 as usize];
        assert!(step.iter().all(|entry| entry.instant == receipt.instant));
    }
    assert!(receipts.windows(2).all(|pair| pair[0].instant < pair[1].instant), "strictly later");
}

/// Views come one after the other while others write: positions only grow, each shows whole steps, and what is asked at
/// a fixed position is answered the same again.
async fn look(stores: Vec<PostgresStore>, writers: u64, objects: u128, done: Arc<AtomicBool>) -> usize {
    let all: Vec<Vec<ObjectId>> = (0..writers).map(|number| Writer::new(number, objects).objects()).collect();
    let flat: Vec<ObjectId> = all.iter().flatten().copied().collect();
    let (mut looks, mut last, mut pinned) = (0, Position(0), None);
    while !done.load(Ordering::SeqCst) || looks < 2 {
        let store = &stores[looks % stores.len()];
        let view = store.view(None).await.unwrap();
        assert!(view.position() >= last, "nothing goes away again");
        last = view.position();
        assert_whole(&view, &all).await;
        let first = answers(&view, &flat).await;
        let again = store.view(Some(view.position())).await.unwrap();
        assert!(first == answers(&again, &flat).await, "the answers at {last} changed");
        let (at, then) = pinned.get_or_insert((last, first));
        let then_again = store.view(Some(*at)).await.unwrap();
        assert!(*then == answers(&then_again, &flat).await, "the answers at {at} changed");
        looks += 1;
    }
    looks
}

/// The objects of a step have the same number of registrations, and all of them together are what lies before.
async fn assert_whole(view: &PostgresView, all: &[Vec<ObjectId>]) {
    let asked: Vec<_> = all.iter().flatten().map(|object| (*object, KnownAt::Latest)).collect();
    let found = view.registrations(&asked).await.unwrap();
    let seq = |found: &Option<Encoded>| found.as_ref().map_or(0, |found| found.frame.registration().unwrap().seq.0);
    let seqs: Vec<u32> = found.iter().map(seq).collect();
    for step in seqs.chunks(all[0].len()) {
        assert!(step.iter().all(|seq| *seq == step[0]), "{step:?} at {}", view.position());
    }
    let entries: u64 = seqs.iter().map(|seq| u64::from(*seq)).sum();
    assert_eq!(entries + 1, view.position().0, "every entry up to the position, and none after");
}

fn writers_and_readers(stores_count: i64, writers: u64, objects: u128, rounds: usize) {
    run(async {
        let (_database, stores) = stores(stores_count).await;
        let done = Arc::new(AtomicBool::new(false));
        let looking = tokio::spawn(look(stores.clone(), writers, objects, done.clone()));
        let receipts = write(&stores, writers, objects, rounds).await;
        done.store(true, Ordering::SeqCst);
        assert!(looking.await.unwrap() > 0);
        for store in &stores {
            assert_receipts(store, receipts.clone(), objects).await;
        }
        assert_sound(&stores[0]).await;
    });
}

#[test]
fn eight_writers_of_an_object_each() {
    writers_and_readers(1, 8, 1, 25);
}

#[test]
fn eight_writers_of_several_objects_each_on_two_stores() {
    writers_and_readers(2, 8, 3, 15);
}

#[test]
fn sixty_four_writers_of_an_object_each_on_two_stores() {
    writers_and_readers(2, 64, 1, 6);
}

#[test]
fn sixty_four_writers_of_several_objects_each() {
    writers_and_readers(1, 64, 3, 5);
}

/// All write the same object, and other objects of their own with it: whoever is refused looks again.
fn writers_of_one_object(stores_count: i64, writers: u64, rounds: usize) {
    run(async {
        let (_database, stores) = stores(stores_count).await;
        let mut tasks = JoinSet::new();
        for number in 0..writers {
            let store = stores[number as usize % stores.len()].clone();
            tasks.spawn(async move {
                let hot = Writer::new(1_000, 1).objects()[0];
                let mut own = Writer::new(number, 1);
                let mut refused = 0;
                for _ in 0..rounds {
                    while !write_with_hot(&store, hot, &mut own).await {
                        refused += 1;
                    }
                }
                refused
            });
        }
        let refused: usize = tasks.join_all().await.into_iter().sum();
        assert!(refused > 0, "nobody met anybody");
        let expected = 1 + 2 * writers * rounds as u64;
        assert_eq!(newest(&stores[0]).await, Position(expected), "every one of them got its turn");
        assert_sound(&stores[0]).await;
    });
}

/// Registers an object of one's own together with one that everybody writes, on top of what is there.
async fn write_with_hot(store: &PostgresStore, hot: ObjectId, own: &mut Writer) -> bool {
    let view = store.view(None).await.unwrap();
    let newest = view.registrations(&[(hot, KnownAt::Latest)]).await.unwrap().remove(0);
    let mut everybody = Writer::new(1_000, 1);
    if let Some(newest) = newest {
        everybody.went(vec![newest.frame.registration().unwrap()]);
    }
    let ((mut step, registrations), (theirs, _)) = (own.next(), everybody.next());
    step.heads.extend(theirs.heads);
    step.entries.extend(theirs.entries);
    match store.commit(step).await {
        Ok(_) => {
            own.went(registrations);
            true
        }
        Err(CommitError::Moved { heads, guards }) => {
            assert_eq!((heads, guards), (vec![hot], vec![]));
            false
        }
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn eight_writers_of_one_object() {
    writers_of_one_object(1, 8, 6);
}

#[test]
fn sixty_four_writers_of_one_object_on_two_stores() {
    writers_of_one_object(2, 64, 1);
}

/// One object that everybody wants does not hold up those who want another: they are not refused, whoever else is.
#[test]
fn a_hot_object_refuses_nobody_else() {
    run(async {
        let (_database, stores) = stores(1).await;
        let mut tasks = JoinSet::new();
        for number in 0..40 {
            let store = stores[0].clone();
            tasks.spawn(
                async move { store.commit(Writer::new(if number % 2 == 0 { 0 } else { number }, 1).step()).await },
            );
        }
        let results = tasks.join_all().await;
        let refused = results.iter().filter(|result| matches!(result, Err(CommitError::Moved { .. }))).count();
        assert_eq!((refused, results.iter().filter(|result| result.is_ok()).count()), (19, 21));
        assert_sound(&stores[0]).await;
    });
}

/// Of those who guard the same key from the same view one succeeds, on either store.
#[test]
fn a_guard_is_one_writers_at_a_time() {
    run(async {
        let (_database, stores) = stores(2).await;
        let mut seen = newest(&stores[0]).await;
        for round in 0..5 {
            let mut tasks = JoinSet::new();
            for number in 0..16 {
                let store = stores[number as usize % 2].clone();
                let guards = vec![GuardKey(b"one of these".to_vec())];
                let step = Step { seen, guards, ..Writer::new(100 * round + number, 2).step() };
                tasks.spawn(async move { store.commit(step).await });
            }
            let results = tasks.join_all().await;
            let taken: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
            assert_eq!(taken.len(), 1, "{results:?}");
            assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(CommitError::Moved { .. }))));
            seen = taken[0].last;
        }
        assert_sound(&stores[0]).await;
    });
}

/// Who waits for the ledger hears of what another store commits, in whole steps.
#[test]
fn who_waits_for_the_ledger_hears_of_every_store() {
    run(async {
        let (_database, stores) = stores(2).await;
        let mut tasks = JoinSet::new();
        for listener in stores.clone().into_iter().chain(stores.clone()) {
            tasks.spawn(async move {
                let mut seen = Position(1);
                while seen < Position(1 + 8 * 5 * 2) {
                    let entries = listener.ledger(seen, 3, Wait::ForEntries).await.unwrap();
                    assert_eq!(entries[0].position, Position(seen.0 + 1));
                    seen = entries.last().unwrap().position;
                    assert_eq!(seen.0 % 2, 1, "a page ends with a step");
                }
            });
        }
        write(&stores[..1], 8, 2, 5).await;
        tasks.join_all().await;
    });
}

/// A notification is faster than the second after which everybody looks, also after the connection was lost.
#[test]
fn another_stores_commit_wakes_at_once_also_after_the_listener_lost_its_connection() {
    run(async {
        let (database, stores) = stores(2).await;
        let listener = stores[1].clone().hearing_others(database.url().parse().unwrap(), tokio_postgres::NoTls);
        let client = database.client().await;
        let listening = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN lora'";
        let mut writer = Writer::new(0, 1);
        for _ in 0..2 {
            let seen = newest(&listener).await;
            let waiting = tokio::spawn({
                let listener = listener.clone();
                async move { listener.ledger(seen, 9, Wait::ForEntries).await.unwrap() }
            });
            let mut pids = Vec::new();
            while pids.is_empty() {
                pids = client.query(listening, &[]).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let began = Instant::now();
            stores[0].commit(writer.step()).await.unwrap();
            assert_eq!(waiting.await.unwrap().len(), 1);
            assert!(began.elapsed() < Duration::from_millis(500), "woken after {:?}", began.elapsed());
            let pid: i32 = pids[0].get(0);
            client.execute("SELECT pg_terminate_backend($1, 5000)", &[&pid]).await.unwrap();
        }
    });
}

/// What one tenant has is nothing to another, in the same tables.
#[test]
fn tenants_do_not_see_each_other() {
    run(async {
        let database = TestDatabase::new().await;
        let pool = database.pool();
        let [one, other] = [7, -3].map(|tenant| PostgresStore::new(pool.clone(), Tenant(tenant), clock()));
        declared(&one).await;
        write(std::slice::from_ref(&one), 2, 2, 3).await;
        assert_eq!(newest(&other).await, Position(0));
        declared(&other).await;
        write(std::slice::from_ref(&other), 1, 2, 1).await;
        let view = other.view(None).await.unwrap();
        assert_eq!(view.position(), Position(3));
        let objects: BTreeSet<ObjectId> =
            postings(&view, None).await.into_iter().map(|posting| posting.object).collect();
        assert_eq!(objects, Writer::new(0, 2).objects().into_iter().collect());
        let fields: Vec<FieldId> = (0..300).map(FieldId::from_number).collect();
        let terms = view.terms(&fields, &Pattern::parse("%").unwrap(), 10_000).await.unwrap();
        let all = one.view(None).await.unwrap().terms(&fields, &Pattern::parse("%").unwrap(), 10_000).await.unwrap();
        assert!(terms.keys.len() < all.keys.len(), "{} and {}", terms.keys.len(), all.keys.len());
        assert_sound(&one).await;
        assert_sound(&other).await;
    });
}

/// The first commits of a tenant, when there is no row to lock yet: each is carried out, and once.
#[test]
fn the_first_commits_of_a_tenant_happen_once_each() {
    run(async {
        let database = TestDatabase::new().await;
        let pools: Vec<_> = (0..4).map(|_| database.pool()).collect();
        for tenant in (0..60).map(Tenant) {
            let stores = pools.iter().map(|pool| PostgresStore::new(pool.clone(), tenant, clock()));
            let first =
                stores.zip(1..).map(|(store, name)| async move { store.commit(Writer::new(name, 1).step()).await });
            let receipts = futures_util::future::join_all(first).await;
            let mut positions: Vec<u64> = receipts.into_iter().map(|receipt| receipt.unwrap().last.0).collect();
            positions.sort_unstable();
            assert_eq!(positions, [1, 2, 3, 4], "{tenant:?}");
            let store = PostgresStore::new(pools[0].clone(), tenant, clock());
            assert_eq!(newest(&store).await, Position(4));
        }
    });
}
