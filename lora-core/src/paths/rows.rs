//! The rows of a path, a part at a time.

use uuid::Uuid;

use super::Question;
use super::join::joined;
use super::parts::Parts;
use super::shape::{Shape, valid_at};
use crate::query::execute::place::Slice;
use crate::query::execute::run::Run;
use crate::query::execute::{Limits, QueryError};
use crate::storage::{Declarations, KnownAt, Read};
use crate::time::{Period, Timestamp, TransactionTime, ValidTime};

/// Objects that belong together, and one of the longest periods in which they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The object of each node; none where an optional one is missing.
    pub objects: Vec<Option<Uuid>>,
    /// During which valid time.
    pub valid: Period<ValidTime>,
}

/// The place of a row in an answer: by objects node by node, where none comes first, and then by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// The object of each node.
    pub objects: Vec<Option<Uuid>>,
    /// When the row begins.
    pub from: Timestamp<ValidTime>,
}

impl Row {
    /// The place of the row.
    pub fn key(&self) -> RowKey {
        RowKey { objects: self.objects.clone(), from: self.valid.from() }
    }
}

/// Where an answer has got to. It holds nothing open in the store: every part is asked of a view that is handed in, and
/// which must always be one of the same position.
#[derive(Debug)]
pub struct Rows {
    after: Option<RowKey>,
    parts: Parts,
}

impl Rows {
    /// The rows from the beginning, or only what comes after one.
    ///
    /// A key that is not one of the path's rows is the place where such a row would stand.
    pub fn after(row: Option<RowKey>) -> Self {
        let parts = Parts::from(row.as_ref().map(|row| row.objects.clone()));
        Self { after: row, parts }
    }

    /// The next rows, in order; `None` at the end. `wanted` is about how many are of use.
    ///
    /// # Errors
    /// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] where this part alone is beyond the limits.
    pub async fn next<V: Read>(
        &mut self,
        view: &V,
        declarations: &Declarations,
        question: &Question,
        wanted: usize,
        limits: Limits,
    ) -> Result<Option<Vec<Row>>, QueryError> {
        let asked = question.context.known.at_most_one().zip(question.context.valid);
        let Some((known, window)) = asked else { return Ok(None) };
        let shape = Shape::new(question, Slice::At(known), vec![moment(known)], window);
        let mut run = Run::new(view, declarations, limits);
        while let Some(tables) = self.parts.next(&mut run, &shape, limits, wanted).await? {
            let mut found = Vec::new();
            for joined in joined(&shape, &tables)? {
                let valid = valid_at(&joined.points, moment(known)).into_iter().flat_map(crate::time::Periods::iter);
                let asked = valid.filter(|period| period.overlaps(window));
                found.extend(asked.map(|valid| Row { objects: joined.objects.clone(), valid }));
            }
            if let Some(after) = &self.after {
                found.retain(|row| row.key() > *after);
            }
            if !found.is_empty() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// An instant at which what is known then is known.
pub(super) fn moment(known: KnownAt) -> Timestamp<TransactionTime> {
    match known {
        KnownAt::Latest => Timestamp::LAST,
        KnownAt::Instant(at) => at,
    }
}
