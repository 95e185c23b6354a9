//! JSON Lines out of a store and into one: [`export()`], [`assert()`] and [`restore()`].
//!
//! An import reads its input twice: first all of it is verified, line by line and against the store; only then is the
//! first entry made. So a damaged or truncated input leaves the store as it was. What was interrupted while it made
//! entries is taken up by the same import run again: what is there already is recognised, and skipped.

mod assert;
mod bulk;
mod export;
mod input;
mod lines;
mod load;
mod restore;

use std::io;

use lora_core::error::Error;
use lora_core::oio::{DocumentError, InputError};
use lora_core::storage::{CommitError, StoreError};

pub use assert::assert;
pub use bulk::{Bulk, Committing};
pub use export::{ExportError, export};
pub use input::{Input, TextFile};
pub use load::Loading;
pub use restore::restore;

/// How far an export or import is; given to a callback now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// With how many entries it is done.
    pub done: u64,
    /// How many there are, where that is known.
    pub total: Option<u64>,
}

/// What an export or import is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Writing lines.
    Export,
    /// Reading everything once, without changing anything.
    Verify,
    /// Making entries.
    Enter,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// How many entries it made.
    pub entered: u64,
    /// How many entries of the input were in the store before.
    pub present: u64,
}

/// An import did not come about.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The input itself failed.
    #[error("the input cannot be read")]
    Read(#[source] io::Error),
    /// The input may not be imported; nothing was.
    #[error("line {line} is refused, so nothing is imported: {refusal}")]
    Refused {
        /// The line, from 1.
        line: u64,
        /// Why.
        refusal: Refusal,
    },
    /// Somebody wrote to the input meanwhile.
    #[error("the input is not what was verified any more; what was entered before the change stays")]
    Changed,
    /// The store did not take an entry, as it was changed meanwhile or failed.
    #[error("line {line} cannot be entered; what was entered before it stays, and the same import goes on from there")]
    Entry {
        /// The line, from 1.
        line: u64,
        /// Why.
        source: Error,
    },
    /// The store did not take steps, of those that it takes many at a time.
    #[error(
        "the lines before line {line} cannot be entered; what was entered stays, and the same import goes on there"
    )]
    Step {
        /// The line after the steps.
        line: u64,
        /// Why.
        source: CommitError,
    },
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Why a line is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no JSON.
    #[error(transparent)]
    Json(#[from] DocumentError),
    /// It is no entry, or none that may stand here.
    #[error(transparent)]
    Entry(#[from] InputError),
    /// The input ends inside it.
    #[error("it does not end with a line feed; expected the whole export, of which the end is missing")]
    Cut,
    /// The object has another history in the store.
    #[error(
        "it would rewrite the past: the store has {held} where the line states {stated}; \
         expected the same, or a registration after all that the store has of the object"
    )]
    Conflict {
        /// What the store has.
        held: String,
        /// What the line states.
        stated: String,
    },
    /// A store is not empty, and not what a restore of this input began.
    #[error(
        "the store has another entry at position {position}; expected an empty store, or one that this restore began"
    )]
    NotEmpty {
        /// The position.
        position: u64,
    },
}

impl ImportError {
    fn refused(line: u64, refusal: impl Into<Refusal>) -> Self {
        Self::Refused { line, refusal: refusal.into() }
    }
}
