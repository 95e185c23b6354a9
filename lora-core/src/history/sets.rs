//! Two points of the two time axes, for all objects that a selection finds at either.

use std::collections::VecDeque;

use uuid::Uuid;

use super::PART;
use super::difference::{Between, Difference, Point, compared};
use crate::object::ObjectId;
use crate::query::execute::{Answers, Limits, QueryError, give_way};
use crate::query::{Known, Query, Selection, TimeContext};
use crate::storage::{Declarations, KnownAt, Read};
use crate::time::{Period, Timestamp};

/// The differences of all objects that a selection finds at one point or another, by UUID; it holds nothing open, and
/// every part is asked of a view that is handed in, which must always be one of the same position.
///
/// A selection with a transitive join is a subtree as it was at either point: with what was moved away, and what came.
#[derive(Debug)]
pub struct Differences {
    between: Between,
    limits: Limits,
    sides: [Side; 2],
}

/// What is found at one of the points.
#[derive(Debug)]
struct Side {
    query: Query,
    answers: Answers,
    found: VecDeque<Uuid>,
    ended: bool,
}

impl Differences {
    /// The differences from their beginning, or only what comes after an object.
    pub fn new(select: &Selection, between: Between, after: Option<Uuid>, limits: Limits) -> Self {
        let side = |point: Point| Side {
            query: Query::new(select.clone(), point.context()),
            answers: Answers::after(after),
            found: VecDeque::new(),
            ended: false,
        };
        Self { between, limits, sides: [side(between.from), side(between.to)] }
    }

    /// The next differences, ascending; `None` at the end.
    ///
    /// # Errors
    /// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] where a part is beyond the limits.
    pub async fn next<V: Read>(
        &mut self,
        view: &V,
        declarations: &Declarations,
    ) -> Result<Option<Vec<Difference>>, QueryError> {
        let Selection { class, reading, .. } = self.sides[0].query.select;
        loop {
            let mut found = Vec::new();
            while found.len() < PART
                && let Some((uuid, there)) = self.found(view, declarations).await?
            {
                found.push((ObjectId { class, uuid }, Some(there)));
            }
            if found.is_empty() {
                return Ok(None);
            }
            let mut differences = compared(view, declarations, &found, self.between, reading).await?;
            differences.retain(|difference| !difference.is_none());
            if !differences.is_empty() {
                return Ok(Some(differences));
            }
            give_way().await;
        }
    }

    /// The next object that is found at either point, and at which.
    async fn found<V: Read>(
        &mut self,
        view: &V,
        declarations: &Declarations,
    ) -> Result<Option<(Uuid, [bool; 2])>, QueryError> {
        for side in &mut self.sides {
            side.fill(view, declarations, self.limits).await?;
        }
        let [from, to] = &self.sides;
        let Some(first) = from.found.front().into_iter().chain(to.found.front()).min().copied() else {
            return Ok(None);
        };
        let mut there = [false, false];
        for (side, there) in self.sides.iter_mut().zip(&mut there) {
            *there = side.found.pop_front_if(|uuid| *uuid == first).is_some();
        }
        Ok(Some((first, there)))
    }
}

impl Side {
    async fn fill<V: Read>(&mut self, view: &V, declarations: &Declarations, limits: Limits) -> Result<(), QueryError> {
        if self.found.is_empty() && !self.ended {
            let found = self.answers.next(view, declarations, &self.query, PART, limits).await?;
            self.ended = found.is_none();
            self.found.extend(found.into_iter().flatten().map(|found| found.object));
        }
        Ok(())
    }
}

impl Point {
    /// The context in which a query asks about this point alone.
    pub(super) fn context(self) -> TimeContext {
        let known = self.known.as_known();
        // Nothing that is asked here depends on what the present is.
        TimeContext { known, valid: Period::instant(self.valid), now: Timestamp::NEG_INFINITY }
    }
}

impl KnownAt {
    pub(super) fn as_known(self) -> Known {
        match self {
            Self::Latest => Known::Latest,
            Self::Instant(at) => Known::at(at),
        }
    }
}
