//! What any store must do, on PostgreSQL.

use std::future::Future;
use std::sync::{Arc, LazyLock};

use lora_core::storage::conformance::Harness;
use lora_core::store_conformance;
use lora_core::time::Clock;
use lora_postgres::PostgresStore;

use crate::support::{TestDatabase, new_tenant, run};

/// One database, and a tenant of its own for each case: none sees another's entries.
static DATABASE: LazyLock<TestDatabase> = LazyLock::new(|| run(TestDatabase::new()));

struct Tenants;

impl Harness for Tenants {
    type Store = PostgresStore;

    async fn empty(&self, clock: Arc<dyn Clock>) -> PostgresStore {
        PostgresStore::new(DATABASE.pool(), new_tenant(), clock)
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        LazyLock::force(&DATABASE);
        run(future)
    }
}

store_conformance!(Tenants);
