//! One registration over valid time: its stages, and the timeline of each part.

use std::collections::{BTreeMap, BTreeSet};

use super::statement::{Stated, Statement, Statements, Timed, rows, rows_of};
use crate::error::Error;
use crate::object::{LifeCycle, ObjectId, Position, Registration};
use crate::query::Reading;
use crate::query::execute::run::PAGE;
use crate::query::execute::{QueryError, decoded, give_way};
use crate::schema::{Class, FieldId};
use crate::storage::{Declarations, Encoded, KnownAt, Read};
use crate::time::{Period, Periods, Timeline, Timestamp, TransactionTime, ValidTime};

/// How many statements a timeline of one part may hold.
///
/// Rows of a relation to many may all overlap, so that a content of 50,000 rows would fill a timeline with a billion.
pub(super) const STATEMENTS_MAX: u64 = 1_000_000;

/// What was believed of an object from one registration to the next.
#[derive(Debug, Clone)]
pub struct Belief<'a> {
    /// The place of the registration in the ledger.
    pub position: Position,
    /// From when to when it was the newest of its object, as far as the view shows.
    pub registered: Period<TransactionTime>,
    /// The class as it was declared then.
    pub class: &'a Class,
    /// The registration.
    pub registration: Registration,
}

/// A longest period in which nothing changes that is stated.
///
/// What counts is whether the object counts, and what is in effect: values, states, targets with their object types.
/// Who says so and why does not count, so rows that differ in nothing else are one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// When.
    pub period: Period<ValidTime>,
    /// Whether the object counts: it is not deleted, and its class's presence holds.
    pub present: bool,
    /// What is in effect.
    pub stated: Stated,
}

impl<'a> Belief<'a> {
    /// A stored registration, as the declarations know its class.
    pub(super) fn of(encoded: &Encoded, declarations: &'a Declarations) -> Result<Self, QueryError> {
        let registration = decoded(encoded)?;
        let class = registration.object.class;
        let class = declarations.class(class, encoded.position).ok_or(QueryError::Undeclared { class })?;
        Ok(Self { position: encoded.position, registered: encoded.registered, class, registration })
    }

    /// When the object counts, by a reading.
    pub fn counts(&self, reading: Reading) -> Periods<ValidTime> {
        let deleted = self.registration.lifecycle == LifeCycle::Deleted;
        match reading {
            Reading::Present if !deleted => self.registration.content.presence(self.class),
            Reading::Present | Reading::Rows if deleted => Periods::none(),
            Reading::Present | Reading::Rows | Reading::Registered => [Period::ALWAYS].into_iter().collect(),
        }
    }

    /// What is in effect at an instant.
    pub fn at(&self, at: Timestamp<ValidTime>) -> Stated {
        Stated::at(&self.registration.content, at)
    }

    /// The stages of a window, in order; together they are the whole window.
    ///
    /// ```text
    /// name       |--A--|-----B-----|--B--)
    /// activity   |-----active---------)
    /// stages     |--1--|-----2--------|3-|----4----)
    /// ```
    ///
    /// Made one by one, because a content can have more than fit into memory at once.
    pub fn stages(&self, window: Period<ValidTime>) -> Stages {
        Stages::new(rows(&self.registration.content), &self.counts(Reading::Present), window)
    }

    /// What a group, field, derived term, state or relation states in a window: where it states something.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond a million statements.
    pub fn part(&self, part: FieldId, window: Period<ValidTime>) -> Result<Timeline<ValidTime, Statements>, Error> {
        let rows = rows_of(self.class, &self.registration.content, part);
        let mut left = STATEMENTS_MAX;
        let mut spans = Vec::new();
        for stage in Stages::new(rows, &Periods::none(), window) {
            let Some((_, statements)) = stage.stated.parts().next() else { continue };
            let after = left.checked_sub(statements.len() as u64);
            left = after.ok_or(Error::TooLarge { what: "statements", max: STATEMENTS_MAX })?;
            spans.push((stage.period, statements.clone()));
        }
        Ok(Timeline::new(spans).expect("stages do not overlap"))
    }
}

/// What was believed of each object, in the order asked; `None` where it was not known.
///
/// # Errors
/// [`QueryError::Store`] from the view.
pub async fn beliefs<'a, V: Read>(
    view: &V,
    declarations: &'a Declarations,
    of: &[(ObjectId, KnownAt)],
) -> Result<Vec<Option<Belief<'a>>>, QueryError> {
    let mut found = Vec::with_capacity(of.len());
    for part in of.chunks(PAGE) {
        for encoded in view.registrations(part).await? {
            found.push(encoded.map(|encoded| Belief::of(&encoded, declarations)).transpose()?);
        }
        give_way().await;
    }
    Ok(found)
}

/// The stages of a window, one after the other.
#[derive(Debug)]
pub struct Stages {
    /// What begins (`true`) and ends inside the window, the latest first.
    bounds: Vec<Bound>,
    /// What is in effect, and how many rows say it.
    counted: BTreeMap<FieldId, BTreeMap<Statement, usize>>,
    /// The stage that has begun; its end is not known yet.
    begun: Option<Stage>,
}

#[derive(Debug)]
struct Bound {
    at: Timestamp<ValidTime>,
    begins: bool,
    what: What,
}

#[derive(Debug)]
enum What {
    Presence,
    Statement(FieldId, Statement),
}

impl Stages {
    pub(super) fn new(rows: Vec<Timed>, present: &Periods<ValidTime>, window: Period<ValidTime>) -> Self {
        let mut bounds = Vec::with_capacity(2 * rows.len());
        let mut add = |valid: Period<ValidTime>, begin: What, end: What| {
            bounds.push(Bound { at: valid.from(), begins: true, what: begin });
            bounds.push(Bound { at: valid.to(), begins: false, what: end });
        };
        for (valid, part, statement) in rows {
            if let Some(valid) = valid.intersect(window) {
                add(valid, What::Statement(part, statement.clone()), What::Statement(part, statement));
            }
        }
        present.within(window).for_each(|valid| add(valid, What::Presence, What::Presence));
        // Those at one instant are taken together, so their order does not matter.
        bounds.sort_by_key(|bound| std::cmp::Reverse(bound.at));
        let begun = Some(Stage { period: window, present: false, stated: Stated::default() });
        Self { bounds, counted: BTreeMap::new(), begun }
    }

    /// What is stated from the next bound on, with all that begins and ends there.
    fn pass(&mut self, at: Timestamp<ValidTime>, present: &mut bool, stated: &mut Stated) {
        let mut touched = BTreeSet::new();
        while self.bounds.last().is_some_and(|bound| bound.at == at) {
            let Some(Bound { begins, what, .. }) = self.bounds.pop() else { break };
            match what {
                What::Presence => *present = begins,
                What::Statement(part, statement) => {
                    let count = self.counted.entry(part).or_default().entry(statement).or_default();
                    *count = if begins { *count + 1 } else { *count - 1 };
                    touched.insert(part);
                }
            }
        }
        for part in touched {
            let counted = self.counted.entry(part).or_default();
            counted.retain(|_, count| *count > 0);
            let statements = counted.iter().flat_map(|(statement, count)| vec![statement.clone(); *count]);
            stated.set(part, statements.collect());
        }
    }
}

impl Iterator for Stages {
    type Item = Stage;

    fn next(&mut self) -> Option<Stage> {
        let mut stage = self.begun.take()?;
        let end = stage.period.to();
        while let Some(at) = self.bounds.last().map(|bound| bound.at).filter(|at| *at < end) {
            let (mut present, mut stated) = (stage.present, stage.stated.clone());
            self.pass(at, &mut present, &mut stated);
            let same = present == stage.present && stated == stage.stated;
            let Ok(rest) = Period::new(at, end) else { break };
            match Period::new(stage.period.from(), at) {
                Ok(before) if !same => {
                    self.begun = Some(Stage { period: rest, present, stated });
                    stage.period = before;
                    return Some(stage);
                }
                Ok(_) => {}
                // It begins where the window does.
                Err(_) => stage = Stage { period: rest, present, stated },
            }
        }
        Some(stage)
    }
}
