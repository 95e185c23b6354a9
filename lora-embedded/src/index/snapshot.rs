//! What readers see: the disk and the memtables as one, at one version.

use std::ops::Bound;
use std::sync::Arc;

use super::disk::Disk;
use super::memtable::Memtable;
use super::{IndexError, Row, Table};

/// Where everything is: a key is looked for in the active memtable, in the frozen one, and on disk, in this order.
pub(super) struct State {
    pub(super) active: Arc<Memtable>,
    /// What the indexer is writing to disk.
    pub(super) frozen: Option<Arc<Memtable>>,
    pub(super) disk: Arc<Disk>,
}

/// The index at one version, whatever is written meanwhile.
///
/// It keeps the pages that it sees: the file does not get smaller, nor reuse them, while it lives.
#[derive(Clone)]
pub(crate) struct Snapshot {
    state: Arc<State>,
    version: u64,
}

impl State {
    /// Newest first.
    fn memtables(&self) -> impl Iterator<Item = &Arc<Memtable>> {
        [Some(&self.active), self.frozen.as_ref()].into_iter().flatten()
    }
}

impl Snapshot {
    pub(super) fn new(state: Arc<State>, version: u64) -> Self {
        Self { state, version }
    }

    /// The version that it shows.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`IndexError`], where the file cannot be read.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let recent = self.state.memtables().find_map(|memtable| memtable.get(table, key, self.version));
        recent.map_or_else(|| self.state.disk.get(table, key), Ok)
    }

    /// The rows of a range of keys, ascending, read as the iterator goes on.
    pub(crate) fn range(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> impl Iterator<Item = Result<Row, IndexError>> + use<'_> {
        let recent = self.state.memtables().map(|memtable| {
            let changes = memtable.range(table, from, to, self.version);
            Source::new(Box::new(changes.map(Ok)))
        });
        let mut sources: Vec<_> = recent.collect();
        sources.push(match self.state.disk.range(table, from, to) {
            Ok(rows) => Source::new(Box::new(rows.map(|row| row.map(|(key, value)| (key, Some(value)))))),
            Err(error) => Source::new(Box::new(std::iter::once(Err(error)))),
        });
        Merge { sources }
    }

    /// The row with the greatest key of a range.
    ///
    /// # Errors
    /// [`IndexError`], where the file cannot be read.
    pub(crate) fn last(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<Option<Row>, IndexError> {
        let mut to = to.map(<[u8]>::to_vec);
        loop {
            let end = to.as_ref().map(Vec::as_slice);
            let stored = self.state.disk.range(table, from, end)?.next_back().transpose()?;
            let recent = self.state.memtables().filter_map(|memtable| memtable.last_key(table, from, end)).max();
            let Some(key) = recent.filter(|key| stored.as_ref().is_none_or(|(stored, _)| key >= stored)) else {
                return Ok(stored);
            };
            if let Some(value) = self.get(table, &key)? {
                return Ok(Some((key, value)));
            }
            to = Bound::Excluded(key);
        }
    }
}

type Changed = Result<(Vec<u8>, Option<Vec<u8>>), IndexError>;

/// One of the iterators that are merged, and what it gave last.
struct Source<'a> {
    head: Option<Changed>,
    rest: Box<dyn Iterator<Item = Changed> + Send + 'a>,
}

/// Rows in the order of their keys; of equal keys the one of the first source, and none where that says removed.
struct Merge<'a> {
    sources: Vec<Source<'a>>,
}

impl<'a> Source<'a> {
    fn new(mut rest: Box<dyn Iterator<Item = Changed> + Send + 'a>) -> Self {
        Self { head: rest.next(), rest }
    }

    fn advance(&mut self) -> Option<Changed> {
        std::mem::replace(&mut self.head, self.rest.next())
    }

    fn key(&self) -> Option<&[u8]> {
        self.head.as_ref()?.as_ref().ok().map(|(key, _)| key.as_slice())
    }
}

impl Iterator for Merge<'_> {
    type Item = Result<Row, IndexError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(failed) = self.sources.iter_mut().find(|source| matches!(source.head, Some(Err(_)))) {
                let error = failed.head.take()?.err()?;
                self.sources.clear();
                return Some(Err(error));
            }
            let (first, _) = self
                .sources
                .iter()
                .enumerate()
                .filter_map(|(at, source)| Some((at, source.key()?)))
                .min_by_key(|(_, key)| *key)?;
            let (key, value) = self.sources[first].advance()?.ok()?;
            for older in &mut self.sources[first + 1..] {
                if older.key() == Some(&key) {
                    older.advance();
                }
            }
            if let Some(value) = value {
                return Some(Ok((key, value)));
            }
        }
    }
}
