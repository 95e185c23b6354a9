//! From memory to disk: the thread that applies frozen memtables, and what it shares with writer and readers.

use std::ops::Bound;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use redb::Database;

use super::disk::{self, Disk};
use super::memtable::Memtable;
use super::pages::Condition;
use super::snapshot::{Snapshot, State};
use super::{Change, IndexError, IndexOptions, TABLES};

/// How often who waits for the disk looks whether it still works.
const LOOK: Duration = Duration::from_millis(50);

/// What writer, readers and indexer share. Readers only load the state; who changes it holds `control`.
pub(super) struct Shared {
    state: ArcSwap<State>,
    control: Mutex<Control>,
    changed: Condvar,
    condition: Arc<Condition>,
    options: IndexOptions,
}

struct Control {
    /// The last version that the writer began.
    written: u64,
    /// The version up to which everything is on disk or frozen.
    frozen: u64,
    /// When the first version after that was published.
    since: Option<Instant>,
    /// The version that somebody waits for to be on disk.
    wanted: u64,
    closing: bool,
}

impl Shared {
    pub(super) fn new(disk: Disk, condition: Arc<Condition>, options: IndexOptions) -> Self {
        let applied = disk.applied();
        let state = State { active: Arc::new(Memtable::new(applied)), frozen: None, disk: Arc::new(disk) };
        let control = Control { written: applied, frozen: applied, since: None, wanted: 0, closing: false };
        let (state, control) = (ArcSwap::from_pointee(state), Mutex::new(control));
        Self { state, control, changed: Condvar::new(), condition, options }
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, control: MutexGuard<'a, Control>, limit: Duration) -> MutexGuard<'a, Control> {
        self.changed.wait_timeout(control, limit).unwrap_or_else(PoisonError::into_inner).0
    }

    pub(super) fn write(&self, version: u64, changes: impl IntoIterator<Item = Change>) {
        let active = {
            let mut control = self.control();
            control.written = version;
            self.state.load().active.clone()
        };
        for change in changes {
            active.insert(version, change);
        }
    }

    pub(super) fn publish(&self, version: u64) {
        let mut control = self.control();
        self.state.load().active.publish(version);
        if control.since.is_none() {
            control.since = Some(Instant::now());
            self.changed.notify_all();
        }
        self.freeze_when_due(&mut control);
        while self.is_crowded() && self.health().is_ok() {
            control = self.wait(control, LOOK);
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let state = self.state.load_full();
        let version = state.active.published();
        Snapshot::new(state, version)
    }

    pub(super) fn latest(&self) -> Snapshot {
        let control = self.control();
        Snapshot::new(self.state.load_full(), control.written)
    }

    pub(super) fn applied(&self) -> u64 {
        self.state.load().disk.applied()
    }

    #[cfg(test)]
    pub(super) fn flush(&self) -> Result<(), IndexError> {
        let mut control = self.control();
        let target = self.state.load().active.published();
        control.wanted = control.wanted.max(target);
        self.changed.notify_all();
        while self.applied() < target {
            self.health()?;
            control = self.wait(control, LOOK);
        }
        Ok(())
    }

    pub(super) fn health(&self) -> Result<(), IndexError> {
        match self.condition.fault() {
            Some(fault) => Err(fault.clone()),
            None if self.condition.is_full() => Err(IndexError::Full { name: self.condition.name.clone() }),
            None => Ok(()),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        !self.is_crowded() || self.health().is_ok()
    }

    pub(super) fn close(&self) {
        self.condition.set_patient(false);
        self.control().closing = true;
        self.changed.notify_all();
    }

    fn is_crowded(&self) -> bool {
        self.state.load().active.bytes() >= 2 * self.options.memtable
    }

    /// Puts a new memtable before the active one, which then is applied; never between a write and its publication,
    /// because what readers do not see yet must not be found on disk.
    fn freeze_when_due(&self, control: &mut Control) {
        let state = self.state.load();
        let published = state.active.published();
        let possible = state.frozen.is_none() && control.written == published && published > control.frozen;
        let old = control.since.is_some_and(|since| since.elapsed() >= self.options.age);
        let due =
            old || control.closing || control.wanted > control.frozen || state.active.bytes() >= self.options.memtable;
        if possible && due {
            let (active, frozen) = (Arc::new(Memtable::new(published)), Some(state.active.clone()));
            self.state.store(Arc::new(State { active, frozen, disk: state.disk.clone() }));
            (control.frozen, control.since) = (published, None);
            self.changed.notify_all();
        }
    }

    /// Waits for a memtable to apply; none when the index closes and everything is applied.
    fn next_frozen(&self) -> Option<Arc<Memtable>> {
        let mut control = self.control();
        loop {
            self.freeze_when_due(&mut control);
            if let Some(frozen) = &self.state.load().frozen {
                return Some(frozen.clone());
            }
            if control.closing {
                return None;
            }
            let rest = control.since.map(|since| self.options.age.saturating_sub(since.elapsed()));
            control = self.wait(control, rest.unwrap_or(Duration::MAX));
        }
    }

    fn replace_frozen(&self, disk: Disk) {
        let _control = self.control();
        let active = self.state.load().active.clone();
        self.state.store(Arc::new(State { active, frozen: None, disk: Arc::new(disk) }));
        self.changed.notify_all();
    }

    fn wait_for_close(&self) {
        let mut control = self.control();
        while !control.closing {
            control = self.wait(control, Duration::MAX);
        }
    }
}

/// Applies what is frozen until the index closes; after an error it only keeps the database open for readers.
///
/// The database closes with it; where that fails, the next one who opens it finds the state of the last commit.
pub(super) fn run(shared: &Shared, database: &Database) {
    while let Some(frozen) = shared.next_frozen() {
        let condition = &shared.condition;
        let applied = panic::catch_unwind(AssertUnwindSafe(|| {
            apply(database, condition, &frozen)?;
            Disk::new(database, condition.clone())
        }));
        match applied.unwrap_or_else(|_| Err(condition.damaged("the indexer panicked"))) {
            Ok(disk) => shared.replace_frozen(disk),
            Err(error) => {
                condition.fail(error);
                shared.wait_for_close();
                return;
            }
        }
    }
}

fn apply(database: &Database, condition: &Condition, memtable: &Memtable) -> Result<(), IndexError> {
    let version = memtable.published();
    disk::commit(database, condition, version, |transaction| {
        for table in TABLES {
            let mut rows = disk::open_table(transaction, condition, table)?;
            for (key, value) in memtable.range(table, Bound::Unbounded, Bound::Unbounded, version) {
                let done = match value {
                    Some(value) => rows.insert(key.as_slice(), value.as_slice()),
                    None => rows.remove(key.as_slice()),
                };
                done.map_err(|error| condition.explain(error))?;
            }
        }
        Ok(())
    })
}
