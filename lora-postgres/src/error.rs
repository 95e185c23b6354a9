//! What can go wrong between the store and its server, and what the core hears of it.

use std::error::Error;
use std::io;
use std::sync::Arc;

use deadpool_postgres::PoolError;
use lora_core::codec::DecodeError;
use lora_core::object::Position;
use lora_core::storage::StoreError;
use tokio_postgres::error::{Severity, SqlState};

/// Why something could not be done, for everybody who asked for it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// The server refused, or the connection broke.
    #[error("the PostgreSQL server could not {action}")]
    Server { action: &'static str, source: Arc<tokio_postgres::Error> },
    /// There was no connection to be had.
    #[error("no connection to the PostgreSQL server to {action}")]
    Pool { action: &'static str, source: Arc<PoolError> },
    /// The connection was gone before anything was asked for.
    #[error("the connection to the PostgreSQL server was closed before it could {action}")]
    Closed { action: &'static str },
    /// Nobody knows whether it was done.
    #[error(
        "the connection to the PostgreSQL server broke while it committed: this may or may not have happened, so read \
         before you ask for it again"
    )]
    Unknown { source: Arc<tokio_postgres::Error> },
    /// The task that commits has ended, because its runtime has.
    #[error("the store's runtime has ended")]
    Stopped,
    /// What should be a copy of the store is none.
    #[error("what should be a replica has another entry at position {position}: it is not one of this database")]
    OtherLedger { position: u64 },
    /// Something is not in the database that must be.
    #[error("{what} is not in the database as it was written: run `lora check`")]
    Damaged { what: String },
}

impl Failure {
    pub(crate) fn server(action: &'static str, error: tokio_postgres::Error) -> Self {
        Self::Server { action, source: Arc::new(error) }
    }

    pub(crate) fn pool(action: &'static str, error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::server(action, error),
            error => Self::Pool { action, source: Arc::new(error) },
        }
    }

    pub(crate) fn to_store_error(&self) -> StoreError {
        let is_full = |error: &tokio_postgres::Error| error.code() == Some(&SqlState::DISK_FULL);
        match self {
            Self::Server { source, .. } if is_full(source) => StoreError::Full(Box::new(self.clone())),
            _ => StoreError::Unavailable(Box::new(self.clone())),
        }
    }
}

/// Whether the connection is no more, or the server is going away: another connection may do.
pub(crate) fn is_gone(error: &tokio_postgres::Error) -> bool {
    let broke = error.source().is_some_and(|source| source.is::<io::Error>());
    error.is_closed() || broke || ended_session(error)
}

/// Whether the server said that it ends the session; it does nothing in it after that.
pub(crate) fn ended_session(error: &tokio_postgres::Error) -> bool {
    let severity = error.as_db_error().and_then(|error| error.parsed_severity());
    matches!(severity, Some(Severity::Fatal | Severity::Panic))
}

/// What to say of bytes that nobody has written so.
pub(crate) fn corrupt(position: Position, expected: &'static str) -> StoreError {
    StoreError::Corrupt { position, source: DecodeError { at: 0, expected } }
}
