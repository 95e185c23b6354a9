//! The store under the service against the definition, opened anew and with its connections killed in between: once with
//! searches and reads, once with queries of several classes.

use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use deadpool_postgres::Pool;
use lora_core::testing::queries;
use lora_core::testing::state_machine::{Stand, acts, run as run_acts};
use lora_core::time::ManualClock;
use lora_postgres::{PostgresStore, Tenant};
use proptest::prelude::*;

use crate::support::{TestDatabase, new_tenant, run};

/// One for each test, because connections are killed by the database.
static SEARCHED: LazyLock<TestDatabase> = LazyLock::new(|| run(TestDatabase::new()));
static QUERIED: LazyLock<TestDatabase> = LazyLock::new(|| run(TestDatabase::new()));

#[derive(Debug, Clone, Copy)]
enum Event {
    /// Another store on another pool.
    Reopened,
    /// The server ends all sessions.
    Killed,
}

struct OnPostgres {
    database: &'static TestDatabase,
    pool: Pool,
    tenant: Tenant,
}

impl OnPostgres {
    fn new(database: &'static TestDatabase) -> Self {
        Self { database, pool: database.pool(), tenant: new_tenant() }
    }

    fn open(&self, clock: Arc<ManualClock>) -> PostgresStore {
        run(async { PostgresStore::new(self.pool.clone(), self.tenant, clock) })
    }
}

impl Stand for OnPostgres {
    type Store = PostgresStore;
    type Event = Event;

    fn empty(&mut self, clock: Arc<ManualClock>) -> PostgresStore {
        self.open(clock)
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        run(future)
    }

    fn happen(&mut self, event: &Event, store: PostgresStore, clock: Arc<ManualClock>) -> PostgresStore {
        match event {
            Event::Reopened => {
                drop(store);
                self.pool.close();
                self.pool = self.database.pool();
                self.open(clock)
            }
            Event::Killed => {
                run(killed(self.database, &self.pool));
                store
            }
        }
    }
}

/// Ends all sessions of the database, and waits until the pool has heard of it.
async fn killed(database: &TestDatabase, pool: &Pool) {
    // Right after a pool was opened there may be none.
    drop(pool.get().await.unwrap());
    let client = database.client().await;
    let kill = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let killed = client.query(kill, &[]).await.unwrap();
    assert!(killed.iter().any(|row| row.get(0)), "there was something to kill");
    let is_any_alive = || {
        let mut alive = false;
        pool.retain(|client, _| {
            alive |= !client.is_closed();
            true
        });
        alive
    };
    while is_any_alive() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn event() -> BoxedStrategy<Event> {
    prop_oneof![Just(Event::Reopened), Just(Event::Killed)].boxed()
}

/// A case takes much longer here than on other stores, so that a long round has fewer of them.
fn cases() -> u32 {
    let asked: Option<u32> = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    asked.map_or(40, |cases| cases.div_ceil(5))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn the_service_answers_as_the_definition_does_whatever_happens_to_the_store(
        (class, acts) in acts(Some(event())),
    ) {
        run_acts(OnPostgres::new(&SEARCHED), class, &acts);
    }

    #[test]
    fn queries_find_what_the_definition_finds_whatever_happens_to_the_store(script in queries::script(Some(event()))) {
        queries::run(OnPostgres::new(&QUERIED), &script);
    }
}
