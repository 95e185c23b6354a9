//! What the replies to a batch mean: whether it happened, and what became of each step.

use std::sync::Arc;

use lora_core::object::Position;
use lora_core::storage::{CommitError, GuardKey, Receipt, Step, StoreError};
use lora_core::time::{Timestamp, TransactionTime};
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::{Error, Row};

use super::{ACTION, Answers};
use crate::error::{Failure, ended_session};
use crate::values::{column, object, position, timestamp};

/// The replies to the four messages.
pub(super) struct Replies {
    pub(super) begun: Result<(), Error>,
    pub(super) locked: Result<Vec<Row>, Error>,
    pub(super) done: Result<Vec<Row>, Error>,
    pub(super) committed: Result<(), Error>,
}

/// What is certain after an exchange.
pub(super) enum Outcome {
    /// It happened; what the statement said.
    Committed(Vec<Row>),
    /// Nothing happened: the tenant has no row to lock.
    NoLedger,
    /// Nothing happened: the server ended the session before.
    SessionEnded(Failure),
}

impl Replies {
    /// Success is only what all four replies say together: a COMMIT after an error succeeds, and rolls back.
    pub(super) fn outcome(self) -> Result<Outcome, Failure> {
        let Self { begun, locked, done, committed } = self;
        match (begun, locked, done, committed) {
            // Another store may have made the row after we looked for it: then the statement has found it, unlocked.
            (Ok(()), Ok(ledger), Ok(rows), Ok(())) if ledger.is_empty() && !rows.iter().any(is_taken) => {
                Ok(Outcome::NoLedger)
            }
            (Ok(()), Ok(ledger), Err(error), _) if ledger.is_empty() && is_double(&error) => Ok(Outcome::NoLedger),
            (Ok(()), Ok(_), Ok(rows), Ok(())) => Ok(Outcome::Committed(rows)),
            // The server says that it could not commit; where it only ends the session it may have.
            (Ok(()), Ok(_), Ok(_), Err(error)) if is_refusal(&error) => Err(Failure::server(ACTION, error)),
            (Ok(()), Ok(_), Ok(_), Err(source)) => Err(Failure::Unknown { source: Arc::new(source) }),
            // What should have happened before COMMIT did not: the first reply says why.
            (begun, locked, Err(last), _) => {
                let first = begun.err().or(locked.err()).unwrap_or(last);
                match first {
                    error if ended_session(&error) => Ok(Outcome::SessionEnded(Failure::server(ACTION, error))),
                    error if error.as_db_error().is_some() => Err(Failure::server(ACTION, error)),
                    error => Err(Failure::Unknown { source: Arc::new(error) }),
                }
            }
            // The statement was carried out, but not in the transaction that was asked for.
            (Err(source), ..) | (_, Err(source), ..) => Err(Failure::Unknown { source: Arc::new(source) }),
        }
    }
}

/// Whether the row is of a step that was carried out.
fn is_taken(row: &Row) -> bool {
    column::<Option<i64>>(row, 2).is_ok_and(|last| last.is_some())
}

/// Whether somebody else has taken a position that was to be taken, which the lock of the ledger's row rules out.
fn is_double(error: &Error) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

fn is_refusal(error: &Error) -> bool {
    error.as_db_error().and_then(|error| error.parsed_severity()) == Some(Severity::Error)
}

/// What the statement says of each step.
pub(super) fn answers(steps: &[&Step], rows: &[Row]) -> Result<Answers, Failure> {
    let mut answers: Vec<Option<Result<Receipt, CommitError>>> = steps.iter().map(|_| None).collect();
    for row in rows {
        let said = Said::read(row).map_err(|error| unreadable(&error))?;
        let number = usize::try_from(said.step).unwrap_or(0).wrapping_sub(1);
        let (Some(step), Some(answer)) = (steps.get(number), answers.get_mut(number)) else {
            return Err(Failure::Damaged { what: format!("step {} of a batch", said.step) });
        };
        said.add_to(step, answer);
    }
    let silent = || Failure::Damaged { what: "the answer to a step of a batch".to_owned() };
    answers.into_iter().map(|answer| answer.ok_or_else(silent)).collect()
}

fn unreadable(error: &StoreError) -> Failure {
    Failure::Damaged { what: format!("the answer to a batch ({error})") }
}

/// A row: a step that was taken, that is too early, or a head or guard of it that moved.
struct Said {
    step: i32,
    what: What,
}

enum What {
    Taken(Receipt),
    Past(Timestamp<TransactionTime>),
    MovedHead(lora_core::object::ObjectId),
    MovedGuard(GuardKey),
}

impl Said {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let step = column(row, 0)?;
        let (first, instant): (Option<i64>, Option<i64>) = (column(row, 1)?, column(row, 3)?);
        let guard: Option<Vec<u8>> = column(row, 6)?;
        let what = match (first, instant, guard) {
            (Some(_), ..) => {
                let (first, last) = (position(row, 1)?, position(row, 2)?);
                What::Taken(Receipt { first, last, instant: timestamp(row, 3, first)? })
            }
            (None, Some(_), _) => What::Past(timestamp(row, 3, Position(0))?),
            (None, None, Some(guard)) => What::MovedGuard(GuardKey(guard)),
            (None, None, None) => What::MovedHead(object(row, 4, Position(0))?),
        };
        Ok(Self { step, what })
    }

    fn add_to(self, step: &Step, answer: &mut Option<Result<Receipt, CommitError>>) {
        match self.what {
            What::Taken(receipt) => *answer = Some(Ok(receipt)),
            What::Past(newest) => {
                let asked = step.restored.unwrap_or(newest);
                *answer = Some(Err(StoreError::Past { asked, newest }.into()));
            }
            What::MovedHead(object) => moved(answer, |heads, _| heads.push(object)),
            What::MovedGuard(guard) => moved(answer, |_, guards| guards.push(guard)),
        }
    }
}

fn moved(
    answer: &mut Option<Result<Receipt, CommitError>>,
    add: impl FnOnce(&mut Vec<lora_core::object::ObjectId>, &mut Vec<GuardKey>),
) {
    let nothing = || Err(CommitError::Moved { heads: Vec::new(), guards: Vec::new() });
    if let Err(CommitError::Moved { heads, guards }) = answer.get_or_insert_with(nothing) {
        add(heads, guards);
    }
}
