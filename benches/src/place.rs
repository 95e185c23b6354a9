//! What a store must offer to be measured: everything that is not the same for all of them.

use std::time::Duration;

use lora_cli::transfer::Loading;
use lora_core::storage::Storage;

use crate::figures::{Failed, Figure};
use crate::report::Kind;

/// Where a store lies, and what its disk and engine do without us.
pub(crate) trait Place: Send + Sync + 'static {
    type Store: Storage;
    type Raw: Raw;

    const KIND: Kind;
    /// What [`written`](Self::written) counts.
    const WRITTEN: &'static str;

    /// Opens the store; where there is none, makes it.
    fn open(&self) -> impl Future<Output = Result<Self::Store, Failed>> + Send;

    /// What an import is given to as a whole; `None` where registrations are entered one by one.
    fn bulk(&self, store: &Self::Store) -> Option<Loading>;

    /// Brings the store to rest after an import, as it would come by itself some minutes later.
    fn settle(&self) -> impl Future<Output = Result<(), Failed>> + Send;

    /// The yardsticks: `count` values of `bytes`.
    fn raw(&self, count: usize, bytes: usize) -> impl Future<Output = Result<Self::Raw, Failed>> + Send;

    /// How long the store is on the disk, everything included.
    fn on_disk(&self) -> impl Future<Output = Result<u64, Failed>> + Send;

    /// How much was written until now.
    fn written(&self) -> impl Future<Output = Result<u64, Failed>> + Send;

    /// The options with which the binary serves the store.
    fn server_options(&self) -> Vec<String>;

    /// Versions and durability.
    fn facts(&self) -> impl Future<Output = Result<Vec<String>, Failed>> + Send;
}

/// The machine without us, with values of one length.
pub(crate) trait Raw: Send + Sync + 'static {
    const READ: &'static str;
    const WRITE: &'static str;
    const WRITERS: &'static str;
    /// What an answer in OIO JSON is compared with.
    const DOCUMENT: &'static str;
    /// Whether that includes writing an answer at hand as OIO JSON.
    const DOCUMENT_IS_WRITTEN: bool;

    /// Reads one value by its key.
    fn read(&self, number: usize) -> impl Future<Output = Result<(), Failed>> + Send;

    /// Writes one value, durable when it returns.
    fn write(&self) -> impl Future<Output = Result<(), Failed>> + Send;

    /// How many values are written a second, at the engine's best.
    fn writers(&self, during: Duration) -> impl Future<Output = Result<Figure, Failed>> + Send;

    /// How many values are loaded a second, and the name of the way; `None` where the engine has none.
    fn load(&self) -> impl Future<Output = Result<Option<(&'static str, Figure)>, Failed>> + Send;

    /// Takes the values away.
    fn remove(self) -> impl Future<Output = Result<(), Failed>> + Send;
}
