//! What a caller of the service can meet.

use crate::history::Obstacle;
use crate::object::lifecycle::TransitionError;
use crate::object::{ContentError, ObjectId, Seq};
use crate::paths::PathError;
use crate::query::execute::QueryError;
use crate::schema::{ClassId, DeclarationError};
use crate::storage::StoreError;
use crate::time::{Timestamp, TransactionTime};

/// An operation of the service failed; nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The class is not one of this store.
    #[error("this store has no class with the number {}", .0.number())]
    UnknownClass(ClassId),
    /// The act may not follow the object's newest registration.
    #[error("{object:?} cannot be changed like that")]
    Transition {
        /// The object.
        object: ObjectId,
        /// Why not.
        source: TransitionError,
    },
    /// The content, as it would be, is not one that the class allows.
    #[error("the content of {object:?} would not be sound")]
    Content {
        /// The object.
        object: ObjectId,
        /// What is wrong.
        source: ContentError,
    },
    /// The object has no such registration.
    #[error("{object:?} has no registration {seq:?}: its newest is {newest:?}")]
    NoRegistration {
        /// The object.
        object: ObjectId,
        /// The registration asked for.
        seq: Seq,
        /// The newest that there is.
        newest: Seq,
    },
    /// Later registrations stand on what is to be taken back.
    #[error("registration {seq:?} of {object:?} cannot be taken back: {} later ones changed the same, first {}", obstacles.len(), obstacles[0])]
    Overlaid {
        /// The object.
        object: ObjectId,
        /// The registration to be taken back.
        seq: Seq,
        /// What was changed since, at least one thing; the first hundred where there are more.
        obstacles: Vec<Obstacle>,
    },
    /// A history import asserts a time that the object's chain cannot take.
    #[error("{object:?} cannot be asserted as registered at {asserted}: it must lie after {after} and not after {now}")]
    Asserted {
        /// The object.
        object: ObjectId,
        /// The refused time.
        asserted: Timestamp<TransactionTime>,
        /// When the newest registration was registered; −∞ where there is none.
        after: Timestamp<TransactionTime>,
        /// The present.
        now: Timestamp<TransactionTime>,
    },
    /// Others changed the object faster than this call could, again and again.
    #[error("{object:?} changed during each of {attempts} attempts")]
    Contended {
        /// The object.
        object: ObjectId,
        /// How often it was tried.
        attempts: u32,
    },
    /// The classes to open the store with are not sound.
    #[error("{} mistakes in the class declarations, first: {}", .0.len(), .0[0])]
    Declarations(Vec<DeclarationError>),
    /// Classes were declared anew since this service was opened: it does not know by which it would write.
    #[error("the classes of this store were declared anew: open it again")]
    Redeclared,
    /// A question takes more than it may.
    #[error("the question was given up: it takes more than {max} {what}")]
    TooLarge {
        /// What there would be too much of.
        what: &'static str,
        /// How much there may be.
        max: u64,
    },
    /// A question about a path asks for something that is not declared.
    #[error(transparent)]
    Path(PathError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<PathError> for Error {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Query(error) => error.into(),
            error => Self::Path(error),
        }
    }
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::TooLarge { what, max } => Self::TooLarge { what, max },
            QueryError::Undeclared { class } => Self::UnknownClass(class),
            QueryError::Store(error) => Self::Store(error),
        }
    }
}

/// What a caller should do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Fix the request.
    Invalid,
    /// There is no such thing.
    NotFound,
    /// Read again, then decide.
    Conflict,
    /// Try again later.
    Unavailable,
    /// Make room, then try again.
    Full,
    /// Stop, and check the store.
    Corrupt,
}

impl Error {
    /// What a caller should do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownClass(_)
            | Self::Transition { source: TransitionError::Unknown, .. }
            | Self::NoRegistration { .. } => ErrorKind::NotFound,
            Self::Transition { source: TransitionError::Exists, .. }
            | Self::Contended { .. }
            | Self::Overlaid { .. } => ErrorKind::Conflict,
            Self::Transition { source: TransitionError::Illegal { .. }, .. }
            | Self::Content { .. }
            | Self::Asserted { .. }
            | Self::Declarations(_)
            | Self::TooLarge { .. }
            | Self::Path(_)
            | Self::Store(StoreError::Ahead { .. } | StoreError::Past { .. } | StoreError::Interrupted(_)) => {
                ErrorKind::Invalid
            }
            Self::Redeclared | Self::Store(StoreError::Unavailable(_)) => ErrorKind::Unavailable,
            Self::Store(StoreError::Full(_)) => ErrorKind::Full,
            Self::Store(StoreError::Corrupt { .. }) => ErrorKind::Corrupt,
        }
    }
}
