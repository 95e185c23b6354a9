//! The redb database: its tables, what it says about itself, and a state of it that readers share.

use std::ops::Bound;
use std::sync::Arc;

use redb::{Database, Durability, ReadOnlyTable, ReadTransaction, ReadableDatabase, TableDefinition, WriteTransaction};

use super::pages::{Condition, Pages};
use super::{IndexError, Row, TABLES, Table};
use crate::files::File;

type Bytes = &'static [u8];
pub(super) type DiskTable<'t> = redb::Table<'t, Bytes, Bytes>;

/// What the index says about itself.
const ABOUT: TableDefinition<'static, &str, u64> = TableDefinition::new("about");
const FORMAT: &str = "format";
const APPLIED: &str = "applied";
/// The format that this version reads and writes.
const CURRENT: u64 = 1;

/// Opens the database in a file; makes one in an empty file.
pub(super) fn database(file: Arc<dyn File>, condition: &Arc<Condition>, cache: usize) -> Result<Database, IndexError> {
    let pages = Pages::new(file, condition.clone());
    let opened = Database::builder().set_cache_size(cache).create_with_backend(pages);
    opened.map_err(|error| condition.explain(error))
}

/// Runs one transaction that is durable when this returns, and proves that everything up to `version` is applied.
///
/// Quick repair costs a second sync. With it, opening after a crash takes milliseconds, and the pages of a commit that
/// was cut short are never read: their checksums may be wrong, and that would be the end of the whole database.
pub(super) fn commit(
    database: &Database,
    condition: &Condition,
    version: u64,
    work: impl FnOnce(&WriteTransaction) -> Result<(), IndexError>,
) -> Result<(), IndexError> {
    let transaction = begin(database).map_err(|error| condition.explain(error))?;
    work(&transaction)?;
    conclude(transaction, version).map_err(|error| condition.explain(error))
}

fn begin(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

fn conclude(transaction: WriteTransaction, version: u64) -> Result<(), redb::Error> {
    {
        let mut about = transaction.open_table(ABOUT)?;
        about.insert(FORMAT, CURRENT)?;
        about.insert(APPLIED, version)?;
    }
    Ok(transaction.commit()?)
}

/// A table to write to.
pub(super) fn open_table<'t>(
    transaction: &'t WriteTransaction,
    condition: &Condition,
    table: Table,
) -> Result<DiskTable<'t>, IndexError> {
    transaction.open_table(definition(table)).map_err(|error| condition.explain(error))
}

const fn definition(table: Table) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(table.name())
}

/// A state of the database, with its tables opened; its pages are kept for as long as this lives.
pub(super) struct Disk {
    tables: [ReadOnlyTable<Bytes, Bytes>; TABLES.len()],
    applied: u64,
    condition: Arc<Condition>,
}

impl Disk {
    /// The newest state.
    pub(super) fn new(database: &Database, condition: Arc<Condition>) -> Result<Self, IndexError> {
        let read = || -> Result<_, redb::Error> {
            let transaction = database.begin_read()?;
            let about = transaction.open_table(ABOUT)?;
            let about = |key| about.get(key).map(|value| value.map(|value| value.value()));
            Ok((about(FORMAT)?, about(APPLIED)?, tables(&transaction)?))
        };
        match read().map_err(|error| condition.explain(error))? {
            (Some(CURRENT), Some(applied), tables) => Ok(Self { tables, applied, condition }),
            (Some(format), Some(_), _) => Err(condition.damaged(format!("its format is {format}, not {CURRENT}"))),
            _ => Err(condition.damaged("it does not say what it is")),
        }
    }

    /// The version up to which it stands.
    pub(super) fn applied(&self) -> u64 {
        self.applied
    }

    pub(super) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let found = self.tables[table as usize].get(key).map_err(|error| self.condition.explain(error))?;
        Ok(found.map(|value| value.value().to_vec()))
    }

    pub(super) fn range(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<impl DoubleEndedIterator<Item = Result<Row, IndexError>> + use<'_>, IndexError> {
        let rows = self.tables[table as usize].range::<&[u8]>((from, to));
        let rows = rows.map_err(|error| self.condition.explain(error))?;
        Ok(rows.map(|row| match row {
            Ok((key, value)) => Ok((key.value().to_vec(), value.value().to_vec())),
            Err(error) => Err(self.condition.explain(error)),
        }))
    }
}

fn tables(transaction: &ReadTransaction) -> Result<[ReadOnlyTable<Bytes, Bytes>; TABLES.len()], redb::Error> {
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        tables.push(transaction.open_table(definition(table))?);
    }
    Ok(tables.try_into().unwrap_or_else(|_| unreachable!("one for each of TABLES")))
}
