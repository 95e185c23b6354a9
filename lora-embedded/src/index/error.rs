use std::io;
use std::sync::Arc;

/// Why an index cannot answer or go on.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum IndexError {
    /// It must be rebuilt from the log.
    #[error("the index `{name}` is damaged: {reason}")]
    Damaged { name: String, reason: String },
    /// The file could not be read or written.
    #[error("the index `{name}` cannot {doing}")]
    Io {
        name: String,
        doing: &'static str,
        #[source]
        source: Arc<io::Error>,
    },
    /// The disk is full; it goes on by itself when there is room again.
    #[error("the index `{name}` waits for room on the disk")]
    Full { name: String },
    /// It was closed while a snapshot of it was still used.
    #[error("the index `{name}` is closed")]
    Closed { name: String },
}
