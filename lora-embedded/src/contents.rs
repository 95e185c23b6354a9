//! Contents: one file each, named by its hash, in blocks with a checksum each.
//!
//! A file is its blocks one after the other, all but the last one of 64 KiB: four bytes of checksum, then the bytes. The
//! checksum (CRC-32C, big-endian) covers which block it is and whether it is the last, so that a file that was cut short
//! is found out by whoever asks for its end; an empty content is one empty block. So any range can be read and verified
//! without the rest.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lora_core::storage::{Chunks, ContentHash, StoreError};
use sha2::{Digest, Sha256};

use crate::files::{File, Files};

/// Where contents lie, each in a folder named by its first two characters.
const FOLDER: &str = "contents";
/// Where contents arrive; what lies here when a store is opened arrived only in part.
const ARRIVING: &str = "arriving";
/// The bytes of a content in one block.
const BLOCK: usize = 64 << 10;
const CHECKSUM: usize = size_of::<u32>();
/// A block as it lies in the file.
const STRIDE: u64 = (CHECKSUM + BLOCK) as u64;

/// The contents of a store.
pub(crate) struct Contents {
    files: Arc<dyn Files>,
    arrivals: AtomicU64,
}

impl Contents {
    /// The contents in a store's folder; removes what arrived only in part.
    pub(crate) fn open(files: Arc<dyn Files>) -> io::Result<Self> {
        for name in files.list(ARRIVING)? {
            files.remove(&format!("{ARRIVING}/{name}"))?;
        }
        Ok(Self { files, arrivals: AtomicU64::new(0) })
    }

    pub(crate) async fn put(&self, mut chunks: impl Chunks) -> Result<ContentHash, StoreError> {
        let name = format!("{ARRIVING}/{}", self.arrivals.fetch_add(1, Ordering::Relaxed));
        let file = self.files.create(&name).map_err(failed)?;
        let mut arriving = Arriving { files: &*self.files, name, kept: false };
        let hash = write(file.as_ref(), &mut chunks).await?;
        arriving.keep(hash).map_err(failed)?;
        Ok(hash)
    }

    pub(crate) fn read(&self, of: ContentHash, range: Range<u64>) -> Result<Option<Vec<u8>>, StoreError> {
        match self.files.open(&place(of).1) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.and_then(|file| read(file.as_ref(), of, range)).map(Some).map_err(failed),
        }
    }
}

/// A content on its way; it goes away again unless it is kept. Where that fails too, the next start removes it.
struct Arriving<'a> {
    files: &'a dyn Files,
    name: String,
    kept: bool,
}

impl Arriving<'_> {
    fn keep(&mut self, hash: ContentHash) -> io::Result<()> {
        let (folder, name) = place(hash);
        self.files.rename(&self.name, &name)?;
        self.kept = true;
        [&*folder, FOLDER, ""].iter().try_for_each(|folder| self.files.sync_folder(folder))
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        if !self.kept {
            let _ = self.files.remove(&self.name);
        }
    }
}

async fn write(file: &dyn File, chunks: &mut impl Chunks) -> Result<ContentHash, StoreError> {
    let (mut hash, mut blocks) = (Sha256::new(), Blocks { file, number: 0, bytes: Vec::new() });
    while let Some(chunk) = chunks.next().await.map_err(StoreError::Interrupted)? {
        hash.update(&chunk);
        blocks.push(&chunk).map_err(failed)?;
    }
    blocks.end().map_err(failed)?;
    Ok(ContentHash(hash.finalize().into()))
}

/// The blocks of a file that is written.
struct Blocks<'a> {
    file: &'a dyn File,
    number: u64,
    /// What is not written yet: at most one block, of which nobody knows whether it is the last.
    bytes: Vec<u8>,
}

impl Blocks<'_> {
    fn push(&mut self, mut chunk: &[u8]) -> io::Result<()> {
        while !chunk.is_empty() {
            if self.bytes.len() == BLOCK {
                self.write(false)?;
            }
            let (part, rest) = chunk.split_at(chunk.len().min(BLOCK - self.bytes.len()));
            self.bytes.extend_from_slice(part);
            chunk = rest;
        }
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        self.write(true)?;
        self.file.sync()
    }

    fn write(&mut self, last: bool) -> io::Result<()> {
        let mut block = checksum(self.number, last, &self.bytes).to_vec();
        block.append(&mut self.bytes);
        self.file.write_at(&block, self.number * STRIDE)?;
        self.number += 1;
        Ok(())
    }
}

fn checksum(number: u64, last: bool, bytes: &[u8]) -> [u8; CHECKSUM] {
    let place = crc32c::crc32c_append(crc32c::crc32c(&number.to_be_bytes()), &[u8::from(last)]);
    crc32c::crc32c_append(place, bytes).to_be_bytes()
}

/// The bytes of a range as far as it reaches; the last block is among those verified whenever it ends the answer.
fn read(file: &dyn File, of: ContentHash, range: Range<u64>) -> io::Result<Vec<u8>> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, format!("content {of} is damaged"));
    let size = file.size()?;
    let last = size.checked_sub(CHECKSUM as u64).ok_or_else(damaged)? / STRIDE;
    let (from, to) = (range.start / BLOCK as u64, range.end.saturating_sub(1) / BLOCK as u64);
    let mut found = Vec::new();
    for number in from.min(last)..=to.min(last) {
        let mut block = vec![0; (size - number * STRIDE).min(STRIDE) as usize];
        file.read_at(&mut block, number * STRIDE)?;
        let (stored, bytes) = block.split_at(CHECKSUM);
        if stored != checksum(number, number == last, bytes) {
            return Err(damaged());
        }
        let inside = |at: u64| at.saturating_sub(number * BLOCK as u64).min(bytes.len() as u64) as usize;
        found.extend_from_slice(bytes.get(inside(range.start)..inside(range.end)).unwrap_or_default());
    }
    Ok(found)
}

/// The folder of a content, and its file.
fn place(hash: ContentHash) -> (String, String) {
    let hash = hash.to_string();
    let folder = format!("{FOLDER}/{}", &hash[..2]);
    let name = format!("{folder}/{hash}");
    (folder, name)
}

fn failed(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full(Box::new(error)),
        _ => StoreError::Unavailable(Box::new(error)),
    }
}
