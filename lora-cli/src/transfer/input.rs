//! What is imported: a text that can be read twice.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// A longer line is taken for one that never ends.
const LINE_BYTES_MAX: u64 = 1 << 30;

/// The lines of an import, which are read once to verify them and once to enter them.
pub trait Input: Sync {
    /// All lines from the first on, each with its line feed.
    ///
    /// # Errors
    /// What keeps the text from being read.
    fn lines(&self) -> io::Result<Box<dyn Iterator<Item = io::Result<Vec<u8>>> + Send>>;
}

/// A file with lines.
#[derive(Debug)]
pub struct TextFile(Arc<File>);

impl TextFile {
    /// The file at a path; where it is a pipe or a device, all that it gives, copied as by [`spooled`](Self::spooled).
    ///
    /// # Errors
    /// What keeps it from being opened or copied.
    pub fn open(path: &Path, folder: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.is_file() { Ok(Self(Arc::new(file))) } else { Self::spooled(file, folder) }
    }

    /// All that `reader` gives, copied into a file of `folder` that has no name and goes with this value.
    ///
    /// # Errors
    /// What keeps it from being copied.
    pub fn spooled(mut reader: impl Read, folder: &Path) -> io::Result<Self> {
        let mut file = tempfile::tempfile_in(folder)?;
        io::copy(&mut reader, &mut file)?;
        file.rewind()?;
        Ok(Self(Arc::new(file)))
    }
}

impl Input for TextFile {
    fn lines(&self) -> io::Result<Box<dyn Iterator<Item = io::Result<Vec<u8>>> + Send>> {
        let reader = FromStart { file: self.0.clone(), offset: 0 };
        Ok(Box::new(Lines(BufReader::with_capacity(1 << 18, reader))))
    }
}

/// Reads a file without moving the place where others read it.
struct FromStart {
    file: Arc<File>,
    offset: u64,
}

impl Read for FromStart {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

struct Lines(BufReader<FromStart>);

impl Iterator for Lines {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        let mut line = Vec::new();
        match self.0.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => Some(Ok(line)),
            Err(error) => Some(Err(error)),
        }
    }
}
