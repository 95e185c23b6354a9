//! What any store must do, on files.

use std::future::Future;
use std::sync::Arc;

use lora_core::storage::conformance::Harness;
use lora_core::store_conformance;
use lora_core::time::Clock;
use lora_embedded::files::Folder;
use lora_embedded::{EmbeddedStore, Options};

/// Stores in folders that go away with the harness.
struct Folders(tempfile::TempDir);

impl Folders {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }
}

impl Harness for Folders {
    type Store = EmbeddedStore;

    async fn empty(&self, clock: Arc<dyn Clock>) -> EmbeddedStore {
        let folder = tempfile::tempdir_in(self.0.path()).expect("a temporary folder").keep();
        EmbeddedStore::open(Arc::new(Folder::new(folder)), clock, Options::default()).expect("an empty folder")
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        pollster::block_on(future)
    }
}

store_conformance!(Folders::new());
