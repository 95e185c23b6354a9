//! What can be wrong with what somebody says to a register.

use uuid::Uuid;

use crate::error::{Error, ErrorKind};
use crate::object::lifecycle::TransitionError;
use crate::object::{ContentError, LifeCycle};
use crate::query::PatternError;
use crate::query::build::AskError;
use crate::query::execute::QueryError;
use crate::schema::NameError;
use crate::storage::StoreError;
use crate::time::{EmptyPeriod, ValidTime};

/// A register did not do what it was asked; nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// A name is not declared, or a value does not fit it.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A pattern is none.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// Values are to hold at no instant.
    #[error(transparent)]
    Empty(#[from] EmptyPeriod<ValidTime>),
    /// A value that the class demands is not given to a new object, or taken away from one.
    #[error("a `{class}` needs a value for `{field}`")]
    Missing {
        /// The class.
        class: String,
        /// The field.
        field: String,
    },
    /// What was to be created is or was there.
    #[error("there is or was a `{class}` {id}: update it, or put it anew")]
    Exists {
        /// The class.
        class: String,
        /// The object.
        id: Uuid,
    },
    /// What was to be changed is not there.
    #[error("there is no `{class}` {id}")]
    NotThere {
        /// The class.
        class: String,
        /// The object.
        id: Uuid,
    },
    /// What was to be changed is no longer in use.
    #[error("the `{class}` {id} is {}: put it anew to bring it back", gone(*lifecycle))]
    Gone {
        /// The class.
        class: String,
        /// The object.
        id: Uuid,
        /// The life cycle that it ended with.
        lifecycle: LifeCycle,
    },
    /// What the object would state is not what its class allows.
    #[error("the `{class}` {id} would not be sound")]
    Unsound {
        /// The class.
        class: String,
        /// The object.
        id: Uuid,
        /// What is wrong, and when.
        source: ContentError,
    },
    /// The service or its store failed.
    #[error(transparent)]
    Service(Error),
}

const fn gone(lifecycle: LifeCycle) -> &'static str {
    match lifecycle {
        LifeCycle::Deleted => "deleted",
        LifeCycle::Passivated => "passive",
        LifeCycle::Created | LifeCycle::Imported | LifeCycle::Corrected => "in use",
    }
}

impl RegisterError {
    /// What a write of an object made of an error of the service.
    pub(super) fn of_write(class: &str, id: Uuid, error: Error) -> Self {
        let class = class.to_owned();
        match error {
            Error::Transition { source: TransitionError::Unknown, .. } => Self::NotThere { class, id },
            Error::Transition { source: TransitionError::Exists, .. } => Self::Exists { class, id },
            Error::Transition { source: TransitionError::Illegal { from: lifecycle, .. }, .. } => {
                Self::Gone { class, id, lifecycle }
            }
            Error::Content { source, .. } => Self::Unsound { class, id, source },
            other => Self::Service(other),
        }
    }

    /// What a caller should do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Name(_) | Self::Pattern(_) | Self::Empty(_) | Self::Missing { .. } | Self::Unsound { .. } => {
                ErrorKind::Invalid
            }
            Self::Exists { .. } | Self::Gone { .. } => ErrorKind::Conflict,
            Self::NotThere { .. } => ErrorKind::NotFound,
            Self::Service(error) => error.kind(),
        }
    }
}

impl From<AskError> for RegisterError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Name(error) => Self::Name(error),
            AskError::Pattern(error) => Self::Pattern(error),
        }
    }
}

impl From<Error> for RegisterError {
    fn from(error: Error) -> Self {
        Self::Service(error)
    }
}

impl From<QueryError> for RegisterError {
    fn from(error: QueryError) -> Self {
        Self::Service(error.into())
    }
}

impl From<StoreError> for RegisterError {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}
