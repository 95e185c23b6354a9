//! What can be wrong with a store: for whoever opens one, and for the core.

use std::io;

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
    /// The index can neither be used nor be built anew.
    #[error("the index of the store cannot be built")]
    Index(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An entry of the log cannot be understood. Nothing was changed.
    #[error("the entries of the store cannot be read")]
    Entries(#[source] StoreError),
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
    StoreError::Unavailable(Box::new(error))
}

/// What to tell the core where the log failed.
pub(crate) fn log_failed(error: LogError) -> StoreError {
    match error {
        LogError::Damaged { position, .. } => {
            let source = DecodeError { at: 0, expected: "the bytes that were written" };
            StoreError::Corrupt { position, source }
        }
        LogError::Io { ref source, .. } if source.kind() == io::ErrorKind::StorageFull => StoreError::Full(Box::new(error)),
        error => StoreError::Unavailable(Box::new(error)),
    }
}

/// The position of an entry that cannot be understood, as an error.
pub(crate) fn not_understood(position: Position, expected: &'static str) -> StoreError {
    StoreError::Corrupt { position, source: DecodeError { at: 0, expected } }
}
