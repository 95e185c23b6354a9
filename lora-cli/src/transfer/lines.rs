//! Lines read ahead by a thread of their own.

use std::hash::{DefaultHasher, Hasher};
use std::{io, thread, vec};

use lora_core::oio::json_lines::{Header, read_header};
use lora_core::oio::{Document, InputError};
use tokio::sync::mpsc;

use super::{ImportError, Input, Refusal};

/// How many lines are handed over at once: what a store is asked about, or told, together.
const CHUNK: usize = 1024;

/// How many chunks are read ahead.
const AHEAD: usize = 4;

/// Lines that follow each other.
pub(super) struct Chunk<T> {
    /// What each states, with its number.
    pub(super) lines: Vec<(u64, T)>,
    /// Stands for the bytes, so that a change between two readings shows.
    pub(super) digest: u64,
}

/// The chunks of an input, up to its end or the first line that is refused.
pub(super) type Chunks<T> = mpsc::Receiver<Result<Chunk<T>, ImportError>>;

/// The header of an input, and its other lines as `read` reads them.
pub(super) fn read_ahead<T: Send + 'static>(
    input: &impl Input,
    read: impl FnMut(&Document) -> Result<T, InputError> + Send + 'static,
) -> Result<(Header, Chunks<T>), ImportError> {
    let mut lines = input.lines().map_err(ImportError::Read)?;
    let first = lines.next().unwrap_or_else(|| Ok(b"\n".to_vec())).map_err(ImportError::Read)?;
    let header = read_header(&parsed(1, &first)?).map_err(|error| ImportError::refused(1, error))?;
    let (sender, chunks) = mpsc::channel(AHEAD);
    let reader = Reader { lines, number: 1, read };
    // It ends with the input, or when nobody takes its chunks any more.
    thread::Builder::new().name("lines".into()).spawn(move || reader.send_to(&sender)).map_err(ImportError::Read)?;
    Ok((header, chunks))
}

/// The chunks of an input that was verified, as they were then.
pub(super) struct Verified<T> {
    pub(super) chunks: Chunks<T>,
    /// Of each chunk, as it was verified.
    pub(super) digests: vec::IntoIter<u64>,
}

impl<T> Verified<T> {
    /// The next lines; `None` at the end.
    ///
    /// # Errors
    /// [`ImportError::Changed`] where they are not what was verified.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<(u64, T)>>, ImportError> {
        match (self.chunks.recv().await, self.digests.next()) {
            (Some(Ok(chunk)), Some(digest)) if chunk.digest == digest => Ok(Some(chunk.lines)),
            (None, None) => Ok(None),
            (Some(Err(ImportError::Read(error))), _) => Err(ImportError::Read(error)),
            _ => Err(ImportError::Changed),
        }
    }
}

fn parsed(number: u64, line: &[u8]) -> Result<Document, ImportError> {
    let Some(text) = line.strip_suffix(b"\n") else { return Err(ImportError::refused(number, Refusal::Cut)) };
    Document::parse(text).map_err(|mut error| {
        // The line is the document's only one, and has its own number in the file.
        if let Some(position) = &mut error.position {
            position.line = usize::try_from(number).unwrap_or(usize::MAX);
        }
        ImportError::refused(number, error)
    })
}

struct Reader<L, R> {
    lines: L,
    number: u64,
    read: R,
}

impl<T, L, R> Reader<L, R>
where
    L: Iterator<Item = io::Result<Vec<u8>>>,
    R: FnMut(&Document) -> Result<T, InputError>,
{
    fn send_to(mut self, sender: &mpsc::Sender<Result<Chunk<T>, ImportError>>) {
        loop {
            let mut chunk = Chunk { lines: Vec::with_capacity(CHUNK), digest: 0 };
            let end = self.fill(&mut chunk);
            // What stands before a refused line may be refused for a reason that shows only later.
            if sender.blocking_send(Ok(chunk)).is_err() {
                return;
            }
            match end {
                Ok(false) => {}
                Ok(true) => return,
                Err(error) => return drop(sender.blocking_send(Err(error))),
            }
        }
    }

    /// Reads up to a chunk of lines; whether the input ends there.
    fn fill(&mut self, chunk: &mut Chunk<T>) -> Result<bool, ImportError> {
        let mut digest = DefaultHasher::new();
        while chunk.lines.len() < CHUNK {
            let Some(line) = self.lines.next() else { return Ok(true) };
            let line = line.map_err(ImportError::Read)?;
            self.number += 1;
            digest.write(&line);
            chunk.digest = digest.finish();
            let read = (self.read)(&parsed(self.number, &line)?);
            chunk.lines.push((self.number, read.map_err(|error| ImportError::refused(self.number, error))?));
        }
        Ok(false)
    }
}
