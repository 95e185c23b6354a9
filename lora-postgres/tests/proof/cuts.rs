//! The line is cut after the n-th message of a commit, for every n, in both directions: the step is there whole or not
//! at all, what is said of it is true, nothing stays open at the server, and the store goes on.

use std::time::{Duration, Instant};

use lora_core::storage::{Read, Storage};
use lora_postgres::testing::{TestCluster, TestDatabase};
use lora_postgres::{Options, PostgresStore, Tenant, Timeouts, connect};
use tokio_postgres::Client;

use crate::proxy::{Counting, Cut, End, Happened, Proxy, Towards};
use crate::support::{clock, run};
use crate::writers::{Said, Writer, assert_sound, declared, ledger, registrations, said};

/// A store's way to its server goes through a proxy, and that of who looks after it does not.
struct Stage {
    _cluster: TestCluster,
    database: TestDatabase,
    proxy: Proxy,
    witness: PostgresStore,
    observer: Client,
}

impl Stage {
    async fn new() -> Self {
        let cluster = TestCluster::start();
        let database = TestDatabase::migrated_on(&cluster).await;
        let proxy = Proxy::to(cluster.port()).await;
        let witness = store_on(database.url(), Timeouts::default()).await;
        declared(&witness).await;
        let observer = database.connect().await;
        Self { _cluster: cluster, database, proxy, witness, observer }
    }

    /// A store with one connection at most, and none as yet.
    async fn store(&self) -> PostgresStore {
        self.store_with(Timeouts::default()).await
    }

    async fn store_with(&self, timeouts: Timeouts) -> PostgresStore {
        let server = format!("127.0.0.1:{}", self.proxy.port());
        store_on(&format!("postgres://lora@{server}/{}?sslmode=disable", self.database.name()), timeouts).await
    }

    /// No session is inside a transaction, and nobody holds the ledger.
    async fn assert_nothing_open(&self) {
        const BUSY: &str = "SELECT state, query FROM pg_stat_activity \
                            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
        const FREE: &str = "SELECT FROM lora.ledger WHERE tenant = 0 FOR UPDATE NOWAIT";
        // A session whose client is gone may still be carrying out what it was sent.
        let patience = Instant::now();
        loop {
            let busy = self.observer.query(BUSY, &[]).await.unwrap();
            let is_free = self.observer.query(FREE, &[]).await.is_ok_and(|rows| rows.len() == 1);
            if busy.is_empty() && is_free {
                return;
            }
            let states: Vec<(String, String)> = busy.iter().map(|row| (row.get(0), row.get(1))).collect();
            assert!(patience.elapsed() < Duration::from_secs(10), "left open: {states:?}, ledger free: {is_free}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn store_on(url: &str, timeouts: Timeouts) -> PostgresStore {
    let options = Options { pool: 1, timeouts, ..Options::new(url.parse().unwrap()) };
    PostgresStore::new(connect(&options).await.unwrap(), Tenant(0), clock())
}

/// How often what was said, and what was true.
#[derive(Debug, Default)]
struct Tally {
    acknowledged: usize,
    refused: usize,
    unknown_and_there: usize,
    unknown_and_not: usize,
}

impl Tally {
    /// Holds what was said of a step to whether it is there.
    fn add(&mut self, said: &Said, is_there: bool, happened: Happened) {
        let count = match (said, is_there) {
            (Said::Acknowledged(_), true) => &mut self.acknowledged,
            (Said::Refused, false) => &mut self.refused,
            (Said::Unknown, true) => &mut self.unknown_and_there,
            (Said::Unknown, false) => &mut self.unknown_and_not,
            (said, is_there) => panic!("{said:?}, and it is there: {is_there}"),
        };
        *count += 1;
        // What nobody asked for cannot have happened: then nothing else may be said.
        assert!(!matches!(said, Said::Unknown) || happened.had_begun, "{said:?} of what was not asked for");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connection {
    /// One that committed before.
    Used,
    /// None: it is made, set up and prepared for the commit.
    New,
}

/// Commits a step of three objects under each cut until there is nothing left to cut.
fn every_cut(towards: Towards, end: End, connection: Connection) -> Tally {
    run(async {
        let stage = Stage::new().await;
        let mut tally = Tally::default();
        let mut writer = Writer::new(1, 3);
        let objects = writer.objects();
        let mut used = stage.store().await;
        used.commit(writer.step()).await.unwrap();
        for after in 0.. {
            if connection == Connection::New {
                used = stage.store().await;
            }
            // Its connection comes back to the pool, now that it has told the others of the last commit.
            if connection == Connection::Used {
                used.view(None).await.unwrap();
            }
            let before = registrations(&stage.witness, &objects).await.unwrap();
            let (step, next) = writer.next();
            stage.proxy.cut(Cut { towards, end, counting: Counting::Everything, after });
            let said = said(used.commit(step).await);
            // Hears of the cut where it comes after the commit.
            let looked = used.view(None).await;
            let happened = stage.proxy.mend().await;
            stage.assert_nothing_open().await;
            let is_there = registrations(&stage.witness, &objects).await.unwrap() > before;
            tally.add(&said, is_there, happened);
            if let (Said::Acknowledged(receipt), Ok(view)) = (&said, looked) {
                assert!(view.position() >= receipt.last, "what was acknowledged is seen");
            }
            if is_there {
                writer.went(next);
            }
            // The next commit, on top of it.
            let receipt = used.commit(writer.step()).await.unwrap();
            assert_eq!(ledger(&stage.witness).await.last().unwrap().position, receipt.last);
            if !happened.was_cut {
                assert!(after > 8, "only {after} messages were seen");
                break;
            }
        }
        assert_sound(&stage.witness).await;
        tally
    })
}

#[test]
fn a_commit_cut_on_its_way_to_the_server_did_not_happen() {
    for connection in [Connection::Used, Connection::New] {
        let tally = every_cut(Towards::Server, End::Orderly, connection);
        // The last message is COMMIT: what is cut before it did not happen, and what is cut after it was acknowledged.
        assert_eq!(tally.unknown_and_there, 0, "{tally:?}");
        assert!(tally.unknown_and_not > 6 && tally.acknowledged > 0, "{tally:?}");
    }
}

#[test]
fn a_commit_whose_answer_is_cut_is_there_whole_or_not_at_all() {
    for connection in [Connection::Used, Connection::New] {
        let tally = every_cut(Towards::Client, End::Orderly, connection);
        assert!(tally.unknown_and_there > 0 && tally.acknowledged > 0, "{tally:?}");
    }
}

#[test]
fn a_commit_cut_by_a_reset_is_there_whole_or_not_at_all() {
    for towards in [Towards::Server, Towards::Client] {
        let tally = every_cut(towards, End::Reset, Connection::Used);
        assert!(tally.unknown_and_there + tally.unknown_and_not > 6 && tally.acknowledged > 0, "{tally:?}");
    }
}

/// The server says that it ends the session, so that it is certain that nothing happened: the batch is sent again.
#[test]
fn a_commit_whose_session_the_server_ends_is_carried_out_once() {
    run(async {
        let stage = Stage::new().await;
        let store = store_on(stage.database.url(), Timeouts::default()).await;
        let mut writer = Writer::new(1, 1);
        store.commit(writer.step()).await.unwrap();
        let holder = stage.database.connect().await;
        holder.batch_execute("BEGIN; SELECT FROM lora.ledger WHERE tenant = 0 FOR UPDATE").await.unwrap();
        let (waiting, step) = (store.clone(), writer.step());
        let waiting = tokio::spawn(async move { waiting.commit(step).await });
        let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while stage.observer.query(end, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        holder.batch_execute("COMMIT").await.unwrap();
        let receipt = waiting.await.unwrap().unwrap();
        assert_eq!(registrations(&stage.witness, &writer.objects()).await.unwrap(), 2);
        assert_eq!(ledger(&stage.witness).await.last().unwrap().position, receipt.last);
        stage.assert_nothing_open().await;
        assert_sound(&stage.witness).await;
    });
}

/// A client that freezes while it holds the ledger is done without after the times of its options.
///
/// Left out is what follows 3, 5 and 6 messages, a statement without the Sync that is sent together with it: there the
/// server counts no time, and only TCP says that the client is gone.
#[test]
fn who_freezes_inside_a_commit_holds_the_others_up_no_longer_than_its_options_say() {
    // Long enough that a busy machine sees it begin.
    let short = Duration::from_millis(1_000);
    let timeouts = Timeouts { statement: short, idle_in_transaction: short, ..Timeouts::default() };
    run(async {
        let stage = Stage::new().await;
        let mut other = Writer::new(2, 1);
        let mut held_up = 0;
        for after in [0, 1, 2, 4, 7] {
            let store = stage.store_with(timeouts).await;
            let mut writer = Writer::new(100 + after as u64, 1);
            store.commit(writer.step()).await.unwrap();
            store.view(None).await.unwrap();
            stage.proxy.cut(Cut { towards: Towards::Server, end: End::Silent, counting: Counting::FromBegin, after });
            let step = writer.step();
            let frozen = tokio::spawn(async move { store.commit(step).await });
            while !stage.proxy.is_cut() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let began = Instant::now();
            let committed = tokio::time::timeout(Duration::from_secs(10), stage.witness.commit(other.step())).await;
            committed.unwrap().unwrap();
            held_up += usize::from(began.elapsed() > short / 4);
            assert_eq!(registrations(&stage.witness, &writer.objects()).await.unwrap(), 1);
            frozen.abort();
        }
        assert!(held_up >= 2, "it held the ledger {held_up} times");
        assert_sound(&stage.witness).await;
    });
}
