//! The ledger does not depend on what the server does behind it: a dump that is restored into another cluster goes on
//! where the database was, and a transaction that stays open elsewhere holds nothing up.

use std::time::Duration;

use lora_core::object::{ObjectId, Position};
use lora_core::storage::{Storage, Wait};
use lora_postgres::testing::{self, TestCluster};
use lora_postgres::{Options, PostgresStore, Tenant, connect, migrate};

use crate::concurrency::answers;
use crate::support::{TestDatabase, clock, run};
use crate::writers::{Writer, assert_sound, declared, ledger, newest};

/// A store as a server opens it: the database is looked at, and must be one.
async fn opened(url: &str) -> PostgresStore {
    let pool = connect(&Options::new(url.parse().unwrap())).await.unwrap();
    let plan = migrate::plan(&pool).await.unwrap();
    assert_eq!((plan.is_empty, plan.pending), (false, vec![]));
    PostgresStore::new(pool, Tenant(0), clock())
}

#[test]
fn a_restored_dump_goes_on_where_the_database_was() {
    run(async {
        let database = TestDatabase::new().await;
        let store = PostgresStore::new(database.pool(), Tenant(0), clock());
        declared(&store).await;
        let mut writers: Vec<Writer> = (0..3).map(|number| Writer::new(number, 2)).collect();
        for _ in 0..6 {
            for writer in &mut writers {
                store.commit(writer.step()).await.unwrap();
            }
        }
        let objects: Vec<ObjectId> = writers.iter().flat_map(Writer::objects).collect();
        let last = newest(&store).await;

        let cluster = TestCluster::start();
        let copy = testing::TestDatabase::on(&cluster).await;
        testing::copy(database.url(), copy.url());
        let restored = opened(copy.url()).await;
        assert_eq!(ledger(&restored).await, ledger(&store).await, "everything, in order");
        for at in 0..=last.0 {
            let at = Some(Position(at));
            let (there, here) = (store.view(at).await.unwrap(), restored.view(at).await.unwrap());
            assert!(answers(&there, &objects).await == answers(&here, &objects).await, "the answers at {at:?} differ");
        }
        assert!(restored.view(Some(Position(last.0 + 1))).await.is_err(), "nothing lies ahead");

        // Both go on, each on its own, and in the same way.
        let waiting = tokio::spawn({
            let restored = restored.clone();
            async move { restored.ledger(last, 9, Wait::ForEntries).await.unwrap() }
        });
        let step = writers[0].step();
        let (there, here) = (store.commit(step.clone()).await.unwrap(), restored.commit(step).await.unwrap());
        assert_eq!((here, here.first), (there, Position(last.0 + 1)));
        assert_eq!(waiting.await.unwrap().len(), 2);
        assert_sound(&restored).await;
    });
}

/// A feed that were led by the server's transaction numbers would stand still at the oldest open one.
#[test]
fn an_open_transaction_elsewhere_holds_nobody_up() {
    run(async {
        let (database, elsewhere) = (TestDatabase::new().await, TestDatabase::new().await);
        let store = PostgresStore::new(database.pool(), Tenant(0), clock());
        declared(&store).await;
        let mut open = Vec::new();
        for client in [elsewhere.client().await, database.client().await] {
            let write = "CREATE TABLE public.written (); BEGIN; INSERT INTO public.written DEFAULT VALUES";
            client.batch_execute(write).await.unwrap();
            let number = client.query_one("SELECT pg_current_xact_id_if_assigned() IS NOT NULL", &[]).await.unwrap();
            assert!(number.get::<_, bool>(0), "it is one that writes");
            open.push(client);
        }
        let mut writer = Writer::new(1, 2);
        for _ in 0..3 {
            let seen = newest(&store).await;
            let waiting = tokio::spawn({
                let store = store.clone();
                async move { store.ledger(seen, 9, Wait::ForEntries).await.unwrap() }
            });
            let receipt = store.commit(writer.step()).await.unwrap();
            let entries = tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
            assert_eq!(entries.last().unwrap().position, receipt.last);
            assert_eq!(newest(&store).await, receipt.last);
        }
        for client in open {
            client.batch_execute("COMMIT").await.unwrap();
        }
        assert_sound(&store).await;
    });
}
