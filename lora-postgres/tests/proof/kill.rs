//! The server is killed under writers, again and again: what was acknowledged is there, and the store finds it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lora_core::storage::{Receipt, Storage};
use lora_postgres::testing::{Durability, Stop, TestCluster, TestDatabase};
use lora_postgres::{Options, PostgresStore, Tenant, connect};
use tokio::task::JoinSet;

use crate::support::{clock, run};
use crate::writers::{Said, Writer, assert_sound, declared, ledger, registrations, said};

const WRITERS: u64 = 8;
const OBJECTS: u128 = 3;
/// The longest that anything may take until the store goes on.
const PATIENCE: Duration = Duration::from_secs(30);

/// What writers tell while they write.
#[derive(Default)]
struct Told {
    done: AtomicBool,
    acknowledged: AtomicUsize,
    refused: AtomicUsize,
    unknown: AtomicUsize,
}

/// Registers until it is done; what was acknowledged. Who is refused looks whether it happened, as soon as there is
/// somebody to ask.
async fn write(store: PostgresStore, mut writer: Writer, told: Arc<Told>) -> (Writer, Vec<Receipt>) {
    let mut acknowledged = Vec::new();
    while !told.done.load(Ordering::SeqCst) {
        let before = writer.registered();
        let (step, next) = writer.next();
        match said(store.commit(step).await) {
            Said::Acknowledged(receipt) => {
                told.acknowledged.fetch_add(1, Ordering::SeqCst);
                acknowledged.push(receipt);
                writer.went(next);
            }
            said => {
                let now = found(&store, &writer).await;
                let was_unknown = matches!(said, Said::Unknown);
                assert!(now == before || (was_unknown && now == before + 1), "{said:?}: {now} after {before}");
                if now > before {
                    writer.went(next);
                }
                let count = if was_unknown { &told.unknown } else { &told.refused };
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    (writer, acknowledged)
}

/// How many registrations the writer's objects have, asked until there is an answer.
async fn found(store: &PostgresStore, writer: &Writer) -> u32 {
    let began = Instant::now();
    loop {
        match registrations(store, &writer.objects()).await {
            Ok(found) => return found,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Until so many more steps were acknowledged.
async fn more(told: &Told, steps: usize) {
    let (began, before) = (Instant::now(), told.acknowledged.load(Ordering::SeqCst));
    while told.acknowledged.load(Ordering::SeqCst) < before + steps {
        assert!(began.elapsed() < PATIENCE, "the store does not go on");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn what_a_killed_server_acknowledged_is_there() {
    run(async {
        let cluster = TestCluster::start_with(Durability::Synced, &[]);
        let database = TestDatabase::migrated_on(&cluster).await;
        let options = Options { pool: 4, ..Options::new(database.url().parse().unwrap()) };
        let store = PostgresStore::new(connect(&options).await.unwrap(), Tenant(0), clock());
        declared(&store).await;
        let told = Arc::new(Told::default());
        let mut tasks = JoinSet::new();
        for number in 0..WRITERS {
            tasks.spawn(write(store.clone(), Writer::new(number, OBJECTS), told.clone()));
        }
        for how in [Stop::Killed, Stop::Immediate, Stop::Killed, Stop::Immediate, Stop::Killed] {
            more(&told, 40).await;
            cluster.stop(how);
            cluster.start_again();
        }
        more(&told, 40).await;
        told.done.store(true, Ordering::SeqCst);
        let done = tasks.join_all().await;

        let entries = ledger(&store).await;
        let mut steps = 0;
        for (writer, acknowledged) in &done {
            assert_eq!(registrations(&store, &writer.objects()).await.unwrap(), writer.registered());
            steps += writer.registered() as usize;
            for receipt in acknowledged {
                let step = &entries[receipt.first.0 as usize - 1..receipt.last.0 as usize];
                let objects: Vec<_> = step.iter().map(|entry| entry.object).collect();
                assert_eq!(objects, writer.objects(), "{receipt:?}");
                assert!(step.iter().all(|entry| entry.instant == receipt.instant));
            }
        }
        assert_eq!(entries.len(), 1 + steps * OBJECTS as usize, "nothing that nobody asked for");
        let lost = told.unknown.load(Ordering::SeqCst) + told.refused.load(Ordering::SeqCst);
        assert!(lost >= 5, "only {lost} commits noticed that the server was killed");
        assert_sound(&store).await;
    });
}
