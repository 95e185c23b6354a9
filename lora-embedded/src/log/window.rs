//! A file read from the front to its end in large pieces.

use std::io;
use std::sync::Arc;

use crate::files::File;

/// How many bytes are read first, unless more are asked for; twice as many each time, until …
const FIRST_READ: u64 = 16 << 10;
/// … so many are.
const LONGEST_READ: u64 = 256 << 10;

pub(super) struct Window {
    pub(super) file: Arc<dyn File>,
    /// Where the reader is.
    pub(super) offset: u64,
    /// Where it must stop.
    end: u64,
    /// What was read, from `start` on.
    bytes: Vec<u8>,
    start: u64,
    next_read: u64,
}

impl Window {
    pub(super) fn new(file: Arc<dyn File>, offset: u64, end: u64) -> Self {
        Self { file, offset, end, bytes: Vec::new(), start: offset, next_read: FIRST_READ }
    }

    pub(super) fn left(&self) -> u64 {
        self.end.saturating_sub(self.offset)
    }

    /// The next bytes, no more than are left.
    pub(super) fn peek(&mut self, length: u64) -> io::Result<&[u8]> {
        if self.offset + length > self.start + self.bytes.len() as u64 {
            self.bytes.resize(length.max(self.next_read).min(self.left()) as usize, 0);
            self.next_read = LONGEST_READ.min(self.next_read * 2);
            self.start = self.offset;
            self.file.read_at(&mut self.bytes, self.offset)?;
        }
        let from = (self.offset - self.start) as usize;
        Ok(&self.bytes[from..from + length as usize])
    }

    /// Where the zeros begin that end the file.
    pub(super) fn used(&self) -> io::Result<u64> {
        let mut used = self.offset;
        self.scan(0, |offset, bytes| {
            let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
            if zeros < bytes.len() {
                used = offset + (bytes.len() - zeros) as u64;
            }
            false
        })?;
        Ok(used)
    }

    /// Shows all bytes that are left, in pieces of which each repeats the last `overlap` bytes of the one before, until
    /// `found` says so.
    pub(super) fn scan(&self, overlap: u64, mut found: impl FnMut(u64, &[u8]) -> bool) -> io::Result<bool> {
        let mut bytes = Vec::new();
        let mut offset = self.offset;
        while offset < self.end {
            bytes.resize(LONGEST_READ.min(self.end - offset) as usize, 0);
            self.file.read_at(&mut bytes, offset)?;
            if found(offset, &bytes) {
                return Ok(true);
            }
            let next = offset + bytes.len() as u64;
            if next == self.end {
                break;
            }
            offset = next - overlap;
        }
        Ok(false)
    }
}
