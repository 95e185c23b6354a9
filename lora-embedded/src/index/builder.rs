//! An index from rows in any order: they are sorted in pieces, and merged into a new file.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::sync::Arc;

use redb::{StorageBackend, WriteTransaction};

use super::pages::{Condition, Pages};
use super::{IndexError, IndexOptions, TABLES, Table, disk};
use crate::files::{File, Files};

/// How much of a sorted piece is read or written at once.
const BUFFER: usize = 64 << 10;

/// Builds an index beside the one that is there, and puts it in its place when it is whole.
pub(crate) struct Builder {
    files: Arc<dyn Files>,
    name: String,
    options: IndexOptions,
    rows: Rows,
    runs: Vec<Run>,
}

type Place = (Table, Vec<u8>);
type Sorted<'a> = Box<dyn Iterator<Item = Result<(Place, Vec<u8>), IndexError>> + 'a>;

impl Builder {
    /// Without rows.
    pub(crate) fn new(files: Arc<dyn Files>, name: &str, options: IndexOptions) -> Self {
        Self { files, name: name.to_owned(), options, rows: Rows::default(), runs: Vec::new() }
    }

    /// Takes a row; of rows with equal keys the last one stays.
    ///
    /// # Errors
    /// [`IndexError`], where rows that do not fit into memory cannot be put aside.
    pub(crate) fn push(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), IndexError> {
        self.rows.push(table, key, value);
        if self.rows.size() >= self.options.sort {
            let name = format!("{}.sorted-{}", self.name, self.runs.len());
            let mut rows = std::mem::take(&mut self.rows);
            self.runs.push(Run::write(self.files.as_ref(), &name, rows.sorted())?);
        }
        Ok(())
    }

    /// Makes the index, which stands at `version`.
    ///
    /// # Errors
    /// [`IndexError`], where it cannot be written; what was there before is there still.
    pub(crate) fn finish(mut self, version: u64) -> Result<(), IndexError> {
        let name = format!("{}.new", self.name);
        let (file, condition) = create(self.files.as_ref(), &name)?;
        let database = disk::database(file, &condition, self.options.cache)?;
        let mut sources: Vec<Sorted<'_>> = self.runs.iter().map(|run| Box::new(run.rows()) as Sorted<'_>).collect();
        let rest = self.rows.sorted().map(|(table, key, value)| Ok(((table, key.to_vec()), value.to_vec())));
        sources.push(Box::new(rest));
        disk::commit(&database, &condition, version, |transaction| fill(transaction, &condition, sources))?;
        database.close().map_err(|error| condition.explain(error))?;
        let renamed = self.files.rename(&name, &self.name).and_then(|()| self.files.sync_folder(""));
        renamed.map_err(|error| condition.io("take its place", error))?;
        remove_remains(self.files.as_ref(), &self.name)
    }
}

/// Removes what a build left behind.
pub(super) fn remove_remains(files: &dyn Files, name: &str) -> Result<(), IndexError> {
    let prefix = format!("{name}.");
    let remove = || {
        let mut remains = files.list("")?;
        remains.retain(|name| name.starts_with(&prefix));
        remains.iter().try_for_each(|name| files.remove(name))
    };
    remove().map_err(|error| Condition::new(name).io("remove what a build left behind", error))
}

fn create(files: &dyn Files, name: &str) -> Result<(Arc<dyn File>, Arc<Condition>), IndexError> {
    let condition = Condition::new(name);
    match files.remove(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(condition.io("be replaced", error)),
        _ => {}
    }
    let file = files.create(name).map_err(|error| condition.io("be made", error))?;
    Ok((file, condition))
}

/// Writes all rows in ascending order; of those with equal keys, the one from the latest source.
fn fill(transaction: &WriteTransaction, condition: &Condition, mut sources: Vec<Sorted<'_>>) -> Result<(), IndexError> {
    let (mut heads, count) = (BinaryHeap::new(), sources.len());
    let mut advance = |heads: &mut BinaryHeap<_>, source: usize| {
        if let Some(row) = sources[source].next() {
            let (place, value) = row?;
            heads.push(Reverse((place, Reverse(source), value)));
        }
        Ok(())
    };
    for source in 0..count {
        advance(&mut heads, source)?;
    }
    let mut last = None;
    for table in TABLES {
        let mut target = disk::open_table(transaction, condition, table)?;
        while let Some(Reverse((place, ..))) = heads.peek()
            && place.0 == table
        {
            let Some(Reverse((place, Reverse(source), value))) = heads.pop() else { break };
            advance(&mut heads, source)?;
            if last.as_ref() != Some(&place) {
                target.insert(place.1.as_slice(), value.as_slice()).map_err(|error| condition.explain(error))?;
                last = Some(place);
            }
        }
    }
    Ok(())
}

/// Rows in memory.
#[derive(Default)]
struct Rows {
    bytes: Vec<u8>,
    spans: Vec<Span>,
}

/// Where a row's key lies, and its value after it.
#[derive(Clone, Copy)]
struct Span {
    table: Table,
    at: usize,
    key: usize,
    value: usize,
}

impl Rows {
    fn push(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.spans.push(Span { table, at: self.bytes.len(), key: key.len(), value: value.len() });
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
    }

    /// How many bytes of memory they take.
    fn size(&self) -> usize {
        self.bytes.len() + size_of_val(self.spans.as_slice())
    }

    /// Ascending; of rows with equal keys the last one.
    fn sorted(&mut self) -> impl Iterator<Item = (Table, &[u8], &[u8])> {
        let bytes = self.bytes.as_slice();
        let place = |span: &Span| (span.table, &bytes[span.at..][..span.key]);
        self.spans.reverse();
        self.spans.sort_by(|left, right| place(left).cmp(&place(right)));
        self.spans.dedup_by(|after, before| place(after) == place(before));
        self.spans.iter().map(|span| {
            let (key, value) = bytes[span.at..][..span.key + span.value].split_at(span.key);
            (span.table, key, value)
        })
    }
}

/// Sorted rows in a file, in pages with checksums as everything else.
struct Run {
    pages: Pages,
    condition: Arc<Condition>,
    size: u64,
}

impl Run {
    fn write<'a>(
        files: &dyn Files,
        name: &str,
        rows: impl Iterator<Item = (Table, &'a [u8], &'a [u8])>,
    ) -> Result<Self, IndexError> {
        let (file, condition) = create(files, name)?;
        let pages = Pages::new(file, condition.clone());
        let mut out = BufWriter::with_capacity(BUFFER, Cursor { pages: &pages, at: 0, end: u64::MAX });
        let write = || {
            for (table, key, value) in rows {
                out.write_all(&[table as u8])?;
                out.write_all(&(key.len() as u64).to_le_bytes())?;
                out.write_all(&(value.len() as u64).to_le_bytes())?;
                out.write_all(key)?;
                out.write_all(value)?;
            }
            out.flush()
        };
        write().map_err(|error| condition.io("be written", error))?;
        let size = out.get_ref().at;
        drop(out);
        Ok(Self { pages, condition, size })
    }

    fn rows(&self) -> impl Iterator<Item = Result<(Place, Vec<u8>), IndexError>> {
        let mut input = BufReader::with_capacity(BUFFER, Cursor { pages: &self.pages, at: 0, end: self.size });
        std::iter::from_fn(move || {
            let row = read_row(&mut input).transpose()?;
            Some(row.map_err(|error| self.condition.explain(redb::Error::Io(error))))
        })
    }
}

fn read_row(input: &mut impl BufRead) -> io::Result<Option<(Place, Vec<u8>)>> {
    if input.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut table = [0];
    input.read_exact(&mut table)?;
    let mut length = || {
        let mut length = [0; 8];
        input.read_exact(&mut length).map(|()| vec![0; u64::from_le_bytes(length) as usize])
    };
    let (mut key, mut value) = (length()?, length()?);
    input.read_exact(&mut key)?;
    input.read_exact(&mut value)?;
    Ok(Some(((TABLES[usize::from(table[0])], key), value)))
}

/// Goes through pages from an offset on.
struct Cursor<'a> {
    pages: &'a Pages,
    at: u64,
    end: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        self.pages.read(self.at, &mut buffer[..count])?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Write for Cursor<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pages.write(self.at, bytes)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
