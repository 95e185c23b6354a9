//! How late things were learned, for all objects that a selection finds; and by whom they belong to.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::PART;
use super::difference::Point;
use super::learned::{Exposure, Learned, Matter, learned};
use super::owners::owners;
use crate::object::Target;
use crate::query::execute::{Answers, Limits, QueryError, give_way};
use crate::query::{Query, Related, TimeContext};
use crate::storage::{Declarations, Read};
use crate::time::{Period, Timestamp, ValidTime};

/// The exposures of all objects that are what is asked at a point, by UUID; it holds nothing open, and every part is
/// asked of a view that is handed in, which must always be one of the same position.
///
/// For what has ended these are the objects of which it held before the point's valid instant, as known there.
#[derive(Debug)]
pub struct Exposures {
    matter: Matter,
    point: Point,
    limits: Limits,
    query: Query,
    answers: Answers,
}

/// An object that became what is asked without anybody knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// The object.
    pub object: Uuid,
    /// When it was known to be what is asked, and since when it is.
    pub learned: Learned,
    /// The time in which it was and was not known to be.
    pub exposure: Exposure,
}

impl Exposures {
    /// The exposures from their beginning, or only what comes after an object.
    pub fn new(matter: Matter, point: Point, after: Option<Uuid>, limits: Limits) -> Self {
        let context = point.context();
        let before = Period::new(Timestamp::NEG_INFINITY, point.valid).ok();
        let context = if matter.ended { TimeContext { valid: before, ..context } } else { context };
        let query = Query::new(matter.select.clone(), context);
        Self { matter, point, limits, query, answers: Answers::after(after) }
    }

    /// The next exposures, ascending; `None` at the end.
    ///
    /// # Errors
    /// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] where a part is beyond the limits.
    pub async fn next<V: Read>(
        &mut self,
        view: &V,
        declarations: &Declarations,
    ) -> Result<Option<Vec<Exposed>>, QueryError> {
        while let Some(found) = self.answers.next(view, declarations, &self.query, PART, self.limits).await? {
            let found: Vec<Uuid> = found.into_iter().map(|found| found.object).collect();
            let mut exposed = Vec::new();
            for part in found.chunks(PART) {
                let learned = learned(view, declarations, &self.matter, self.point, part, self.limits).await?;
                exposed.extend(part.iter().zip(learned).filter_map(|(object, learned)| {
                    Some(Exposed { object: *object, exposure: learned.exposure()?, learned })
                }));
                give_way().await;
            }
            if !exposed.is_empty() {
                return Ok(Some(exposed));
            }
        }
        Ok(None)
    }
}

/// How late things were learned of the objects that belong to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// To whom they belong; `None` for those that belong to nobody.
    pub owner: Option<Target>,
    /// How many they are.
    pub objects: u64,
    /// The sum of their exposures, in microseconds.
    pub total_micros: i64,
    /// The longest of them.
    pub longest: Exposure,
    /// Whose that is.
    pub longest_of: Uuid,
}

/// What a league table is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ranking {
    /// The sum of the exposures, the greatest first.
    #[default]
    Total,
    /// The longest exposure, the greatest first.
    Longest,
}

/// The exposures of a selection as a table by those to whom the objects belong, the worst first.
///
/// To whom an object belongs is found along a path of relations, each followed once (its steps do not count), as known
/// at the point and in effect when the exposure begins; where nobody is found then, in effect just before. An object
/// that belongs to several counts for each of them.
///
/// # Errors
/// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] where a part is beyond the limits.
pub async fn league<V: Read>(
    view: &V,
    declarations: &Declarations,
    exposures: &mut Exposures,
    path: &[Related],
    by: Ranking,
) -> Result<Vec<Standing>, QueryError> {
    let mut table: BTreeMap<Option<Target>, Standing> = BTreeMap::new();
    let (known, class, limits) = (exposures.point.known, exposures.matter.select.class, exposures.limits);
    while let Some(part) = exposures.next(view, declarations).await? {
        let instants: Vec<(Uuid, Timestamp<ValidTime>)> =
            part.iter().map(|exposed| (exposed.object, exposed.exposure.from)).collect();
        let owners = owners(view, declarations, (class, known), path, &instants, limits).await?;
        for (exposed, owners) in part.iter().zip(owners) {
            let owners: Vec<Option<Target>> =
                if owners.is_empty() { vec![None] } else { owners.into_iter().map(Some).collect() };
            owners.into_iter().for_each(|owner| count(&mut table, owner, exposed));
        }
    }
    let mut table: Vec<Standing> = table.into_values().collect();
    let weight = |standing: &Standing| match by {
        Ranking::Total => standing.total_micros,
        Ranking::Longest => standing.longest.micros().unwrap_or(i64::MAX),
    };
    // The sort is stable: who weighs the same stands in the order of owners.
    table.sort_by_key(|standing| std::cmp::Reverse(weight(standing)));
    Ok(table)
}

fn count(table: &mut BTreeMap<Option<Target>, Standing>, owner: Option<Target>, exposed: &Exposed) {
    let (longest, longest_of) = (exposed.exposure, exposed.object);
    let none = Standing { owner: owner.clone(), objects: 0, total_micros: 0, longest, longest_of };
    let standing = table.entry(owner).or_insert(none);
    standing.objects += 1;
    standing.total_micros = standing.total_micros.saturating_add(longest.micros().unwrap_or(i64::MAX));
    if longest.micros() > standing.longest.micros() {
        (standing.longest, standing.longest_of) = (longest, longest_of);
    }
}
