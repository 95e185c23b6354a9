//! Contents: one file each, named by its hash.

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
        let arriving = format!("{ARRIVING}/{}", self.arrivals.fetch_add(1, Ordering::Relaxed));
        let file = self.files.create(&arriving).map_err(failed)?;
        let hash = match write(file.as_ref(), &mut chunks).await {
            Ok(hash) => self.keep(&arriving, hash).map(|()| hash).map_err(failed),
            Err(error) => Err(error),
        };
        // Where this fails too, the next start removes it.
        hash.inspect_err(|_| drop(self.files.remove(&arriving)))
    }

    fn keep(&self, arrived: &str, hash: ContentHash) -> io::Result<()> {
        let (folder, name) = place(hash);
        self.files.rename(arrived, &name)?;
        self.files.sync_folder(&folder)?;
        self.files.sync_folder(FOLDER)?;
        self.files.sync_folder("")
    }

    pub(crate) fn read(&self, of: ContentHash, range: Range<u64>) -> Result<Option<Vec<u8>>, StoreError> {
        let file = match self.files.open(&place(of).1) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let size = file.size().map_err(failed)?;
        let (from, to) = (range.start.min(size), range.end.min(size));
        let mut bytes =
            vec![0; usize::try_from(to.saturating_sub(from)).map_err(|error| failed(io::Error::other(error)))?];
        file.read_at(&mut bytes, from).map_err(failed)?;
        Ok(Some(bytes))
    }
}

async fn write(file: &dyn File, chunks: &mut impl Chunks) -> Result<ContentHash, StoreError> {
    let (mut hash, mut at) = (Sha256::new(), 0);
    while let Some(chunk) = chunks.next().await.map_err(StoreError::Interrupted)? {
        hash.update(&chunk);
        file.write_at(&chunk, at).map_err(failed)?;
        at += chunk.len() as u64;
    }
    file.sync().map_err(failed)?;
    Ok(ContentHash(hash.finalize().into()))
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
