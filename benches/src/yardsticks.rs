//! What the machine does without us: the raw disk, the raw engine.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use redb::{Database, ReadableDatabase, TableDefinition};

use crate::figures::{Failed, Times};

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("raw");

/// Appends `bytes` to a file and syncs it, again and again: the better of a growing and a preallocated one.
pub(crate) fn append_and_sync(folder: &Path, bytes: usize, count: usize) -> Result<Times, Failed> {
    let growing = appends(&folder.join("growing"), bytes, count, 0)?;
    let preallocated = appends(&folder.join("preallocated"), bytes, count, bytes * count)?;
    Ok(if growing.median() < preallocated.median() { growing } else { preallocated })
}

fn appends(path: &Path, bytes: usize, count: usize, preallocated: usize) -> Result<Times, Failed> {
    let (file, content) = (File::create(path)?, vec![7; bytes]);
    file.write_all_at(&vec![0; preallocated], 0)?;
    file.sync_all()?;
    let times = Times::of(count, |number| {
        file.write_all_at(&content, (number * bytes) as u64)?;
        Ok(file.sync_data()?)
    });
    fs::remove_file(path)?;
    times
}

/// A database with `count` values of `bytes`, which are read at random.
pub(crate) struct RawEngine {
    database: Database,
    count: usize,
}

impl RawEngine {
    pub(crate) fn filled(path: &Path, count: usize, bytes: usize) -> Result<Self, Failed> {
        let database = Database::create(path)?;
        let transaction = database.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for number in 0..count {
                table.insert(key(number).as_slice(), vec![number as u8; bytes].as_slice())?;
            }
        }
        transaction.commit()?;
        Ok(Self { database, count })
    }

    /// Gets, each in the read transaction that all share.
    pub(crate) fn gets(&self, count: usize) -> Result<Times, Failed> {
        let transaction = self.database.begin_read()?;
        let table = transaction.open_table(TABLE)?;
        Times::of(count, |number| {
            Ok(table.get(key(number * 7919 % self.count).as_slice())?.map(|value| value.value().to_vec()))
        })
    }
}

/// Spread over the key space, as identities are.
fn key(number: usize) -> [u8; 26] {
    let mut key = [0; 26];
    key[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    key
}

/// How long an operation would take at a rate.
pub(crate) fn per(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
