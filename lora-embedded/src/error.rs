//! What can be wrong with a store: for whoever opens one, and for the core.

use std::io;
use std::sync::Arc;

use lora_core::codec::DecodeError;
use lora_core::object::Position;
use lora_core::storage::StoreError;

use crate::index::IndexError;
use crate::log::LogError;

/// A store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log cannot be read. Nothing was changed.
    #[error("the log of the store cannot be used")]
    Log(#[source] Box<LogError>),
    /// The log does not have what the index has seen in it. Nothing was changed.
    #[error(
        "the log ends before position {position}, which its index has: entries are missing. Put the whole log back; or, \
         to go on without them, remove the file `index` or run `lora check --rebuild`"
    )]
    Shortened {
        /// The last position that the index knows.
        position: Position,
    },
    /// The index can neither be used nor be built anew, or an entry of the log cannot be understood.
    #[error("the index of the store cannot be built")]
    Index(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The operating system refused.
    #[error("cannot {action}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What it said.
        source: io::Error,
    },
}

/// What to tell the core where the index failed.
pub(crate) fn index_failed(error: IndexError) -> StoreError {
    match error {
        IndexError::Full { .. } => StoreError::Full(Box::new(error)),
        error => StoreError::Unavailable(Box::new(error)),
    }
}

/// What to tell the core where the log failed.
pub(crate) fn log_failed(error: LogError) -> StoreError {
    match error {
        LogError::Damaged { position, .. } => {
            let source = DecodeError { at: 0, expected: "the bytes that were written" };
            StoreError::Corrupt { position, source }
        }
        error => StoreError::Unavailable(Box::new(error)),
    }
}

/// Why the writer could not do what it was asked, for everybody who asked.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    Log(Arc<LogError>),
    Index(Arc<IndexError>),
    /// The log has entries that cannot be understood.
    Entries(Arc<StoreError>),
    /// A load went wrong half-way.
    Load,
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self::Log(Arc::new(error))
    }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        Self::Index(Arc::new(error))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Entries(Arc::new(error))
    }
}

impl Failure {
    pub(crate) fn to_store_error(&self) -> StoreError {
        match self {
            Self::Log(error) if error.is_full() => StoreError::Full(Box::new(error.clone())),
            Self::Log(error) => StoreError::Unavailable(Box::new(error.clone())),
            Self::Index(error) => StoreError::Unavailable(Box::new(error.clone())),
            Self::Entries(error) => StoreError::Unavailable(Box::new(error.clone())),
            Self::Load => StoreError::Unavailable("a load went wrong: open the store again and repeat it".into()),
        }
    }
}

impl LogError {
    fn is_full(&self) -> bool {
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        matches!(self, Self::Io { source, .. } if full.contains(&source.kind()))
    }
}
