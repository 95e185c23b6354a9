//! A real PostgreSQL for tests (feature `test-support`).
//!
//! A [`TestDatabase`] is empty and a test's own. It lies on the server that `LORA_TEST_DATABASE_URL` names, else on a
//! private one that this process starts when it is first needed. A [`TestCluster`] is a server of a test's own, to be
//! stopped, killed and started again.

mod binaries;
mod cluster;
mod database;
mod dump;

pub use cluster::{Durability, Stop, TestCluster};
pub use database::TestDatabase;
pub use dump::{copy, schema};

use std::future::Future;
use std::thread;

/// Runs a future to its end on a thread of its own, whatever runtime the caller has or has not.
pub(crate) fn in_own_runtime<T: Send>(future: impl Future<Output = T> + Send) -> T {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(future)
    };
    let done = thread::scope(|scope| scope.spawn(run).join());
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
