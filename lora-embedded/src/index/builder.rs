//! An index from rows in any order.

use std::sync::Arc;

use super::pages::Condition;
use super::{IndexError, IndexOptions, Table, disk};
use crate::files::Files;

/// Builds an index beside the one that is there, and puts it in its place when it is whole.
pub(crate) struct Builder {
    files: Arc<dyn Files>,
    name: String,
    options: IndexOptions,
    rows: Vec<(Table, Vec<u8>, Vec<u8>)>,
}

impl Builder {
    /// An empty one.
    pub(crate) fn new(files: Arc<dyn Files>, name: &str, options: IndexOptions) -> Self {
        Self { files, name: name.to_owned(), options, rows: Vec::new() }
    }

    /// Takes a row; of rows with equal keys the last one stays.
    ///
    /// # Errors
    /// [`IndexError`], where rows that do not fit into memory cannot be put aside.
    pub(crate) fn push(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) -> Result<(), IndexError> {
        self.rows.push((table, key, value));
        Ok(())
    }

    /// Makes the index, which stands at `version`.
    ///
    /// # Errors
    /// [`IndexError`], where it cannot be written; what was there before is there still.
    pub(crate) fn finish(mut self, version: u64) -> Result<(), IndexError> {
        self.rows.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
        let name = format!("{}.new", self.name);
        let condition = Condition::new(&name);
        let _ = self.files.remove(&name);
        let file = self.files.create(&name).map_err(|error| condition.io("create", error))?;
        let database = disk::database(file, &condition, self.options.cache)?;
        let written = disk::commit(&database, version, |transaction| {
            for table in super::TABLES {
                let mut target = disk::open_table(transaction, table)?;
                for (_, key, value) in self.rows.iter().filter(|row| row.0 == table) {
                    target.insert(key.as_slice(), value.as_slice())?;
                }
            }
            Ok(())
        });
        written.map_err(|error| condition.explain(error))?;
        drop(database);
        self.files.rename(&name, &self.name).map_err(|error| condition.io("rename", error))?;
        self.files.sync_folder("").map_err(|error| condition.io("sync its folder", error))
    }
}
