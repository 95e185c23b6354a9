//! What was written lately: an ordered map per table that is read while it is written.

use std::cmp::Reverse;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_skiplist::SkipMap;
use crossbeam_skiplist::map::Entry;

use super::{Change, TABLES, Table};

/// About what an entry costs besides its bytes.
const OVERHEAD: usize = 96;

/// After so many older versions of a key the next key is looked up: one that flips all the time has thousands.
const WALK_MAX: u32 = 8;

/// Ordered by key, the newest version first.
type Entries = SkipMap<Place, Option<Vec<u8>>>;
type Place = (Vec<u8>, Reverse<u64>);

/// Changes by key and version, removals among them.
#[derive(Default)]
pub(super) struct Memtable {
    tables: [Entries; TABLES.len()],
    bytes: AtomicUsize,
    /// The last version that readers may see. It stands still once another memtable follows: so a reader that finds
    /// this one as the newest never looks for a version that is not all here.
    published: AtomicU64,
}

impl Memtable {
    pub(super) fn new(published: u64) -> Self {
        Self { published: AtomicU64::new(published), ..Self::default() }
    }

    pub(super) fn insert(&self, version: u64, change: Change) {
        let size = change.key.len() + change.value.as_ref().map_or(0, Vec::len) + OVERHEAD;
        self.bytes.fetch_add(size, Ordering::Relaxed);
        self.tables[change.table as usize].insert((change.key, Reverse(version)), change.value);
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn published(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    pub(super) fn publish(&self, version: u64) {
        self.published.store(version, Ordering::Release);
    }

    /// What stands here about a key at a version: nothing, that it was removed, or its value.
    pub(super) fn get(&self, table: Table, key: &[u8], version: u64) -> Option<Option<Vec<u8>>> {
        let entries = &self.tables[table as usize];
        if entries.is_empty() {
            return None;
        }
        let place = (key.to_vec(), Reverse(version));
        let entry = entries.lower_bound(Bound::Included(&place))?;
        (entry.key().0 == key).then(|| entry.value().clone())
    }

    /// The newest of each key at a version, ascending, removals included.
    pub(super) fn range(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        version: u64,
    ) -> impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)> + use<'_> {
        let table = &self.tables[table as usize];
        let (from, to) = places(from, to);
        let mut entries = table.range((from, to.clone()));
        let mut given: Option<Entry<'_, Place, Option<Vec<u8>>>> = None;
        let mut passed = 0;
        std::iter::from_fn(move || {
            loop {
                let entry = entries.next()?;
                let (key, Reverse(written)) = entry.key();
                let is_older = given.as_ref().is_some_and(|given| given.key().0 == *key);
                if *written <= version && !is_older {
                    let row = (key.clone(), entry.value().clone());
                    (given, passed) = (Some(entry), 0);
                    return Some(row);
                }
                passed += u32::from(is_older);
                if passed == WALK_MAX {
                    entries = table.range((Bound::Excluded((key.clone(), Reverse(0))), to.clone()));
                }
            }
        })
    }

    /// The greatest key of a range that anything stands here about, at whatever version.
    pub(super) fn last_key(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Option<Vec<u8>> {
        let entry = self.tables[table as usize].range(places(from, to)).next_back()?;
        Some(entry.key().0.clone())
    }
}

/// The places of all versions of a range of keys.
fn places(from: Bound<&[u8]>, to: Bound<&[u8]>) -> (Bound<Place>, Bound<Place>) {
    const NEWEST: Reverse<u64> = Reverse(u64::MAX);
    const OLDEST: Reverse<u64> = Reverse(0);
    let from = match from {
        Bound::Included(key) => Bound::Included((key.to_vec(), NEWEST)),
        Bound::Excluded(key) => Bound::Excluded((key.to_vec(), OLDEST)),
        Bound::Unbounded => Bound::Unbounded,
    };
    let to = match to {
        Bound::Included(key) => Bound::Included((key.to_vec(), OLDEST)),
        Bound::Excluded(key) => Bound::Excluded((key.to_vec(), NEWEST)),
        Bound::Unbounded => Bound::Unbounded,
    };
    (from, to)
}
