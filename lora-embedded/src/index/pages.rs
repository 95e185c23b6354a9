//! Pages with a checksum each: what redb reads is what it wrote, or an error that names the page.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use redb::StorageBackend;

use super::IndexError;
use crate::files::File;

/// What redb sees of a page.
const PAGE: usize = 4096;
/// A page as it lies in the file: its checksum, then its bytes.
///
/// The checksum stands in front, because redb's header is the first 320 bytes of page 0: the two share a sector, and a
/// write of the header that is cut short leaves a page that is right, old or new.
const STRIDE: usize = CHECKSUM + PAGE;
const CHECKSUM: usize = size_of::<u32>();
/// How long to wait before a full disk is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// A file of pages.
///
/// One thread writes; others may read pages that it does not write meanwhile, as redb does.
pub(super) struct Pages {
    file: Arc<dyn File>,
    condition: Arc<Condition>,
}

/// How a file fares, for those who see only redb's errors: after the first, redb says no more than that there was one.
pub(super) struct Condition {
    pub(super) name: String,
    fault: OnceLock<IndexError>,
    full: AtomicBool,
    patient: AtomicBool,
}

impl Condition {
    /// Of a file that nothing happened to; a full disk is an error until somebody is [`patient`](Self::set_patient).
    pub(super) fn new(name: &str) -> Arc<Self> {
        let (fault, full, patient) = (OnceLock::new(), AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { name: name.to_owned(), fault, full, patient })
    }

    /// Whether a write that finds the disk full waits for room.
    pub(super) fn set_patient(&self, patient: bool) {
        self.patient.store(patient, Ordering::Release);
    }

    /// Whether a write waits for room.
    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }

    /// The first error of the file.
    pub(super) fn fault(&self) -> Option<&IndexError> {
        self.fault.get()
    }

    pub(super) fn damaged(&self, reason: impl Into<String>) -> IndexError {
        IndexError::Damaged { name: self.name.clone(), reason: reason.into() }
    }

    pub(super) fn io(&self, doing: &'static str, source: io::Error) -> IndexError {
        IndexError::Io { name: self.name.clone(), doing, source: Arc::new(source) }
    }

    /// What redb's error means: the fault behind it, where there is one.
    pub(super) fn explain(&self, error: impl Into<redb::Error>) -> IndexError {
        if let Some(fault) = self.fault() {
            return fault.clone();
        }
        match error.into() {
            redb::Error::DatabaseClosed => IndexError::Closed { name: self.name.clone() },
            error => self.damaged(error.to_string()),
        }
    }

    /// Remembers an error; the first one stays.
    pub(super) fn fail(&self, error: IndexError) {
        self.fault.get_or_init(|| error);
    }

    fn note<T>(&self, doing: &'static str, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| {
            self.fail(match error.kind() {
                io::ErrorKind::InvalidData => self.damaged(error.to_string()),
                io::ErrorKind::UnexpectedEof => self.damaged("it ends too early"),
                io::ErrorKind::StorageFull => IndexError::Full { name: self.name.clone() },
                kind => self.io(doing, io::Error::new(kind, error.to_string())),
            });
        })
    }

    /// Changes the file. While patient, it hides from redb that the file cannot be changed, because redb would refuse
    /// to read from then on: a full disk is tried again until it has room, after another error the thread waits here.
    fn change(&self, doing: &'static str, attempt: impl Fn() -> io::Result<()>) -> io::Result<()> {
        loop {
            let mut result = if self.fault().is_none() { attempt() } else { Err(io::ErrorKind::Other.into()) };
            let patient = self.patient.load(Ordering::Acquire);
            let full = matches!(&result, Err(error) if patient && error.kind() == io::ErrorKind::StorageFull);
            self.full.store(full, Ordering::Release);
            if !full {
                result = self.note(doing, result);
            }
            if result.is_ok() || !patient {
                return result;
            }
            thread::park_timeout(PAUSE);
        }
    }
}

impl Pages {
    pub(super) fn new(file: Arc<dyn File>, condition: Arc<Condition>) -> Self {
        Self { file, condition }
    }

    fn read_pages(&self, first: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut stored = vec![0; count * STRIDE];
        self.file.read_at(&mut stored, first * STRIDE as u64)?;
        for (number, page) in (first..).zip(stored.chunks_exact(STRIDE)) {
            verify(number, page)?;
        }
        Ok(stored)
    }

    fn read_bytes(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let span = Span::new(offset, out.len());
        let stored = self.read_pages(span.first, span.count)?;
        let mut rest = out;
        let mut skip = span.skip;
        for page in stored.chunks_exact(STRIDE) {
            let bytes = &page[CHECKSUM + skip..];
            let (part, after) = rest.split_at_mut(bytes.len().min(rest.len()));
            part.copy_from_slice(&bytes[..part.len()]);
            (rest, skip) = (after, 0);
        }
        Ok(())
    }

    fn write_bytes(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let span = Span::new(offset, bytes.len());
        let mut stored = vec![0; span.count * STRIDE];
        let mut rest = bytes;
        let mut skip = span.skip;
        for (number, page) in (span.first..).zip(stored.chunks_exact_mut(STRIDE)) {
            let (part, after) = rest.split_at((PAGE - skip).min(rest.len()));
            if part.len() < PAGE && number < self.count()? {
                page.copy_from_slice(&self.read_pages(number, 1)?);
            }
            page[CHECKSUM + skip..][..part.len()].copy_from_slice(part);
            let sum = checksum(number, &page[CHECKSUM..]);
            page[..CHECKSUM].copy_from_slice(&sum.to_le_bytes());
            (rest, skip) = (after, 0);
        }
        self.condition.change("be written", || self.file.write_at(&stored, span.first * STRIDE as u64))
    }

    fn count(&self) -> io::Result<u64> {
        Ok(self.file.size()? / STRIDE as u64)
    }

    fn resize(&self, len: u64) -> io::Result<()> {
        if !len.is_multiple_of(PAGE as u64) {
            let message = format!("{len} bytes are not a number of whole pages");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.condition.change("change its size", || self.file.set_size(len / PAGE as u64 * STRIDE as u64))
    }
}

/// The pages that a piece of the file lies on.
struct Span {
    first: u64,
    count: usize,
    /// How many bytes of the first page come before.
    skip: usize,
}

impl Span {
    fn new(offset: u64, length: usize) -> Self {
        let skip = (offset % PAGE as u64) as usize;
        Self { first: offset / PAGE as u64, count: (skip + length).div_ceil(PAGE), skip }
    }
}

/// Covers where a page lies, so that one in another's place is found out; never 0, which stands for a page of zeros
/// that was never written.
fn checksum(number: u64, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&number.to_le_bytes()), bytes).max(1)
}

fn verify(number: u64, page: &[u8]) -> io::Result<()> {
    let (stored, bytes) = page.split_at(CHECKSUM);
    if stored == checksum(number, bytes).to_le_bytes() || page.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    let message = format!("page {number} at byte {} of the file has a wrong checksum", number * STRIDE as u64);
    Err(io::Error::new(io::ErrorKind::InvalidData, message))
}

impl StorageBackend for Pages {
    fn len(&self) -> io::Result<u64> {
        Ok(self.condition.note("tell its size", self.count())? * PAGE as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.condition.note("be read", self.read_bytes(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.condition.note("change its size", self.resize(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        // Never tried again, not even on a full disk: the system may have dropped what it could not write.
        self.condition.change("be synced", || self.file.sync().map_err(io::Error::other))
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.condition.note("be written", self.write_bytes(offset, data))
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pages").field("name", &self.condition.name).finish_non_exhaustive()
    }
}
