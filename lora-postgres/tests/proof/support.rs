//! Stores for tests: a database of its own each, or a tenant of its own in one.

use std::future::Future;
use std::sync::atomic::{AtomicI16, Ordering};
use std::sync::{Arc, LazyLock};

use deadpool_postgres::{Manager, Pool, Runtime};
use lora_core::time::ManualClock;
use lora_postgres::{SESSION_OPTIONS, Tenant};
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

pub(crate) const START: i64 = 1_000;

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// Runs a future on the tests' runtime.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// A migrated database that goes away at the end.
pub(crate) struct TestDatabase {
    name: String,
    url: String,
}

fn server() -> String {
    std::env::var("LORA_TEST_DATABASE_URL").expect("LORA_TEST_DATABASE_URL names a server for tests")
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

impl TestDatabase {
    pub(crate) async fn new() -> Self {
        let name = format!("lora_test_{}", Uuid::new_v4().simple());
        let admin = connect(&server()).await;
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");
        let (before, _) =
            server().rsplit_once('/').map(|(before, after)| (before.to_owned(), after.to_owned())).unwrap();
        let database = Self { url: format!("{before}/{name}"), name };
        let client = connect(&database.url).await;
        for migration in
            [include_str!("../../migrations/0001_store.sql"), include_str!("../../migrations/0002_trigram.sql")]
        {
            client.batch_execute(migration).await.expect("migrated");
        }
        database
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A connection beside any store's.
    pub(crate) async fn client(&self) -> Client {
        connect(&self.url).await
    }

    pub(crate) fn pool(&self) -> Pool {
        self.pool_of(4)
    }

    pub(crate) fn pool_of(&self, size: usize) -> Pool {
        let mut config: Config = self.url.parse().expect("a URL");
        config.options(SESSION_OPTIONS);
        let manager = Manager::new(config, NoTls);
        let wait = Some(std::time::Duration::from_secs(30));
        let pool = Pool::builder(manager).max_size(size).runtime(Runtime::Tokio1).wait_timeout(wait);
        pool.build().expect("a pool")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        let dropped = std::thread::spawn(move || {
            run(async { connect(&server()).await.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await })
        });
        drop(dropped.join());
    }
}

/// A clock that stands still until it is set.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START).expect("a finite instant"))
}

static NEXT_TENANT: AtomicI16 = AtomicI16::new(1);

/// A tenant that nobody in this process has had.
pub(crate) fn new_tenant() -> Tenant {
    Tenant(NEXT_TENANT.fetch_add(1, Ordering::SeqCst))
}
