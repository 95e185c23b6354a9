//! The index: ordered bytes in a redb database, behind a map of what was written lately.
//!
//! It answers questions and is no truth: it lags behind the log, and can be computed from it.

mod apply;
mod builder;
mod disk;
mod error;
mod memtable;
mod pages;
mod snapshot;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use self::apply::Shared;
pub(crate) use self::builder::Builder;
use self::disk::Disk;
pub(crate) use self::error::IndexError;
use self::pages::Condition;
pub(crate) use self::snapshot::Snapshot;
use crate::files::Files;

/// A key space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    Chains,
    Open,
    Closed,
    Boundaries,
    Terms,
    Guards,
    Landmarks,
    Meta,
}

/// All tables, in the order of their numbers.
const TABLES: [Table; 8] = [
    Table::Chains,
    Table::Open,
    Table::Closed,
    Table::Boundaries,
    Table::Terms,
    Table::Guards,
    Table::Landmarks,
    Table::Meta,
];

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Chains => "chains",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Boundaries => "boundaries",
            Self::Terms => "terms",
            Self::Guards => "guards",
            Self::Landmarks => "landmarks",
            Self::Meta => "meta",
        }
    }
}

/// A key, and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// A value for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) table: Table,
    pub(crate) key: Vec<u8>,
    /// `None` removes.
    pub(crate) value: Option<Vec<u8>>,
}

/// How much memory an index takes, and how far it lags behind.
#[derive(Debug, Clone, Copy)]
pub struct IndexOptions {
    /// For pages of the file, in bytes.
    pub cache: usize,
    /// How much is written to disk at once, in bytes of memory; up to three times as much waits there.
    pub memtable: usize,
    /// How long what was published waits before it is written to disk.
    pub age: Duration,
    /// For sorting rows while an index is built, in bytes.
    pub sort: usize,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self { cache: 64 << 20, memtable: 32 << 20, age: Duration::from_millis(500), sort: 128 << 20 }
    }
}

/// An open index; the last handle closes it.
///
/// One thread writes and publishes. Versions only grow.
#[derive(Clone)]
pub(crate) struct Index {
    indexer: Arc<Indexer>,
}

/// The thread that writes to disk; it ends with this.
struct Indexer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Index {
    /// Opens the index in a file, or makes an empty one at version 0.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] where it must be rebuilt: a wrong checksum, another program's file, a newer format.
    pub(crate) fn open(files: &Arc<dyn Files>, name: &str, options: IndexOptions) -> Result<Self, IndexError> {
        let condition = Condition::new(name);
        builder::remove_remains(files.as_ref(), name)?;
        let opened = match files.open(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Builder::new(files.clone(), name, options).finish(0)?;
                files.open(name)
            }
            opened => opened,
        };
        let file = opened.map_err(|error| condition.io("be opened", error))?;
        // To redb an empty file is a new database.
        if file.size().map_err(|error| condition.io("tell its size", error))? == 0 {
            return Err(condition.damaged("it is empty"));
        }
        let database = disk::database(file, &condition, options.cache)?;
        let disk = Disk::new(&database, condition.clone())?;
        condition.set_patient(true);
        let shared = Arc::new(Shared::new(disk, condition.clone(), options));
        let run = {
            let shared = shared.clone();
            move || apply::run(&shared, &database)
        };
        let spawned = thread::Builder::new().name("indexer".to_owned()).spawn(run);
        let thread = Mutex::new(Some(spawned.map_err(|error| condition.io("have a thread", error))?));
        Ok(Self { indexer: Arc::new(Indexer { shared, thread }) })
    }

    /// Takes changes in, for [`latest`](Self::latest) at once, for readers once the version is published.
    pub(crate) fn write(&self, version: u64, changes: impl IntoIterator<Item = Change>) {
        self.indexer.shared.write(version, changes);
    }

    /// Shows everything up to a version to readers; waits only where more would wait for the disk than memory allows.
    pub(crate) fn publish(&self, version: u64) {
        self.indexer.shared.publish(version);
    }

    /// What readers see: the published version; never waits.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.indexer.shared.snapshot()
    }

    /// What the writer sees: everything written.
    pub(crate) fn latest(&self) -> Snapshot {
        self.indexer.shared.latest()
    }

    /// The version up to which the file stands.
    pub(crate) fn applied(&self) -> u64 {
        self.indexer.shared.applied()
    }

    /// Waits until everything that is published now is in the file; not for the writer between write and publication,
    /// which it would wait for.
    ///
    /// # Errors
    /// [`IndexError`], where the file cannot be written, also where it waits for room.
    #[cfg(test)]
    pub(crate) fn flush(&self) -> Result<(), IndexError> {
        self.indexer.shared.flush()
    }

    /// Writes what is published to the file and closes it, whoever has a handle or a snapshot still.
    pub(crate) fn close(&self) {
        self.indexer.close();
    }

    /// Whether the file can be read and written, as far as is known.
    ///
    /// # Errors
    /// The first [`IndexError`] that anyone met with; readers may go on, but nothing more is written to disk. After
    /// [`IndexError::Full`] it goes on by itself.
    pub(crate) fn health(&self) -> Result<(), IndexError> {
        self.indexer.shared.health()
    }

    /// Whether the writer may go on: false where nothing is written to disk and memory for changes is used up.
    pub(crate) fn has_room(&self) -> bool {
        self.indexer.shared.has_room()
    }
}

impl Indexer {
    fn close(&self) {
        self.shared.close();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            thread.thread().unpark();
            // A panic in it was remembered as an error where it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.close();
    }
}
