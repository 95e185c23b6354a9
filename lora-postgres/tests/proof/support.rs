//! Stores for tests: a database of its own each, or a tenant of its own in one.

use std::future::Future;
use std::sync::atomic::{AtomicI16, Ordering};
use std::sync::{Arc, LazyLock};

use deadpool_postgres::{Manager, Pool, Runtime};
use lora_core::time::ManualClock;
use lora_postgres::{SESSION_OPTIONS, Tenant, testing};
use tokio_postgres::{Client, Config, NoTls};

pub(crate) const START: i64 = 1_000;

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// Runs a future on the tests' runtime.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// A migrated database that goes away at the end.
pub(crate) struct TestDatabase(testing::TestDatabase);

impl TestDatabase {
    pub(crate) async fn new() -> Self {
        Self(testing::TestDatabase::migrated().await)
    }

    pub(crate) fn url(&self) -> &str {
        self.0.url()
    }

    /// A connection beside any store's.
    pub(crate) async fn client(&self) -> Client {
        self.0.connect().await
    }

    pub(crate) fn pool(&self) -> Pool {
        self.pool_of(4)
    }

    pub(crate) fn pool_of(&self, size: usize) -> Pool {
        let mut config: Config = self.0.url().parse().expect("a URL");
        config.options(SESSION_OPTIONS);
        let manager = Manager::new(config, NoTls);
        let wait = Some(std::time::Duration::from_secs(30));
        let pool = Pool::builder(manager).max_size(size).runtime(Runtime::Tokio1).wait_timeout(wait);
        pool.build().expect("a pool")
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
