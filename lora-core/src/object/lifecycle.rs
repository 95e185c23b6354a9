//! Which act may follow which.

use serde::{Deserialize, Serialize};

/// What kind of act made a registration (OIO: *livscykluskode*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifeCycle {
    /// The object was created with an id of our choice.
    Created,
    /// The object came, or came back, with an id of its own.
    Imported,
    /// The object was updated or replaced.
    Corrected,
    /// The object is no longer in use and keeps its content.
    Passivated,
    /// The object is gone, its content empty.
    Deleted,
}

/// An act on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the verbs of the service")]
pub enum Act {
    Create,
    Import,
    Update,
    Passivate,
    Delete,
}

/// The act may not follow the object's newest registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// The object does not exist.
    #[error("the object does not exist")]
    Unknown,
    /// The object exists already, so that it cannot be created.
    #[error("the object exists already")]
    Exists,
    /// The newest registration allows no such act.
    #[error("no transition from {from:?} to {to:?}")]
    Illegal {
        /// The newest registration's life cycle.
        from: LifeCycle,
        /// The one that the act would have made.
        to: LifeCycle,
    },
}

/// The life cycle that `act` gives an object whose newest registration has `current`; `None` when there is nothing to
/// do, as in deleting what is deleted.
///
/// | from \ act | create | import | update | passivate | delete |
/// |---|---|---|---|---|---|
/// | (none) | created | imported | – | – | – |
/// | created, imported, corrected | – | corrected | corrected | passivated | deleted |
/// | passivated | – | imported | – | – | deleted |
/// | deleted | – | imported | – | – | nothing |
///
/// # Errors
/// [`TransitionError`] where the table has a dash.
pub fn transition(current: Option<LifeCycle>, act: Act) -> Result<Option<LifeCycle>, TransitionError> {
    use LifeCycle::{Corrected, Created, Deleted, Imported, Passivated};
    let Some(current) = current else {
        return match act {
            Act::Create => Ok(Some(Created)),
            Act::Import => Ok(Some(Imported)),
            Act::Update | Act::Passivate | Act::Delete => Err(TransitionError::Unknown),
        };
    };
    let gone = matches!(current, Passivated | Deleted);
    match act {
        Act::Create => Err(TransitionError::Exists),
        Act::Import => Ok(Some(if gone { Imported } else { Corrected })),
        Act::Update if gone => Err(TransitionError::Illegal { from: current, to: Corrected }),
        Act::Update => Ok(Some(Corrected)),
        Act::Passivate if gone => Err(TransitionError::Illegal { from: current, to: Passivated }),
        Act::Passivate => Ok(Some(Passivated)),
        Act::Delete => Ok((current != Deleted).then_some(Deleted)),
    }
}

/// Checks that a registration with the life cycle `next` may follow one with `current`, or be the first.
///
/// # Errors
/// [`TransitionError`] where no act makes `next` of `current`.
pub fn may_follow(current: Option<LifeCycle>, next: LifeCycle) -> Result<(), TransitionError> {
    let act = match next {
        LifeCycle::Created => Act::Create,
        LifeCycle::Imported => Act::Import,
        LifeCycle::Corrected => Act::Update,
        LifeCycle::Passivated => Act::Passivate,
        LifeCycle::Deleted => Act::Delete,
    };
    match transition(current, act)? {
        Some(made) if made == next => Ok(()),
        _ => Err(TransitionError::Illegal { from: current.unwrap_or(next), to: next }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LifeCycle::*;

    #[test]
    fn every_cell_of_the_table() {
        let table = [
            (None, [Some(Created), Some(Imported), None, None, None]),
            (Some(Created), [None, Some(Corrected), Some(Corrected), Some(Passivated), Some(Deleted)]),
            (Some(Imported), [None, Some(Corrected), Some(Corrected), Some(Passivated), Some(Deleted)]),
            (Some(Corrected), [None, Some(Corrected), Some(Corrected), Some(Passivated), Some(Deleted)]),
            (Some(Passivated), [None, Some(Imported), None, None, Some(Deleted)]),
            (Some(Deleted), [None, Some(Imported), None, None, None]),
        ];
        let acts = [Act::Create, Act::Import, Act::Update, Act::Passivate, Act::Delete];
        for (current, row) in table {
            for (act, expected) in acts.into_iter().zip(row) {
                let got = transition(current, act);
                if (current, act) == (Some(Deleted), Act::Delete) {
                    assert_eq!(got, Ok(None), "deleting what is deleted does nothing");
                } else {
                    assert_eq!(got.ok().flatten(), expected, "{current:?} {act:?}");
                    assert_eq!(got.is_err(), expected.is_none(), "{current:?} {act:?}");
                }
            }
        }
    }

    #[test]
    fn a_refusal_says_why() {
        assert_eq!(transition(None, Act::Update), Err(TransitionError::Unknown));
        assert_eq!(transition(Some(Deleted), Act::Create), Err(TransitionError::Exists));
        let illegal = TransitionError::Illegal { from: Passivated, to: Corrected };
        assert_eq!(transition(Some(Passivated), Act::Update), Err(illegal));
        let illegal = TransitionError::Illegal { from: Deleted, to: Passivated };
        assert_eq!(transition(Some(Deleted), Act::Passivate), Err(illegal));
    }
}
