//! Contents: bytes of any length beside the entries, kept under their hash.

use std::error::Error;
use std::fmt;
use std::future::Future;

use crate::codec::Digest;

/// The SHA-256 of a content, under which a store keeps it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub Digest);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A content that arrives piece by piece, so that nobody needs to hold it whole. Iterators of pieces are contents.
pub trait Chunks: Send {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// Whatever kept it from arriving; nothing is stored then.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, Interrupted>> + Send;
}

/// Why a content did not arrive whole.
pub type Interrupted = Box<dyn Error + Send + Sync>;

impl<I: Iterator<Item = Vec<u8>> + Send> Chunks for I {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Interrupted> {
        Ok(Iterator::next(self))
    }
}
