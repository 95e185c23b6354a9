//! When something was learned: since when it is believed, and how late that was.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::difference::Point;
use crate::query::execute::{Limits, QueryError, ranked};
use crate::query::{Filter, Known, Query, Reading, Selection, TimeContext};
use crate::storage::{Declarations, KnownAt, Read};
use crate::time::{Period, Periods, Region, Timestamp, TransactionTime, ValidTime};

/// What is asked of objects: whether something holds, or whether it does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    /// What holds, or held.
    pub select: Selection,
    /// Whether that it does *not* hold is asked about, of objects that are registered: that it has ended.
    pub ended: bool,
}

/// When it was believed that something holds at an instant, and since when it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The stretches of transaction time in which it was believed to hold at the instant; the last one is open where it
    /// still was at the point.
    pub believed: Periods<TransactionTime>,
    /// The longest period around the instant in which it holds, as believed at the point; `None` where it does not.
    pub period: Option<Period<ValidTime>>,
}

/// A stretch of time in which something held already and was not known: a door that stood open.
///
/// ```text
/// known
///   |            |===== believed from here on
///   |
///   +-------|====|=====)---------- valid
///           from to               what held in this period was first known at `to`
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposure {
    /// When it began to hold.
    pub from: Timestamp<ValidTime>,
    /// When it was first known.
    pub to: Timestamp<TransactionTime>,
}

impl Learned {
    /// When it was first known.
    pub fn first_known(&self) -> Option<Timestamp<TransactionTime>> {
        self.believed.hull().map(Period::from)
    }

    /// The time from its beginning to its being known, where it was known later than it began.
    ///
    /// None where it is not believed any more, and where it has no beginning.
    pub fn exposure(&self) -> Option<Exposure> {
        let exposure = Exposure { from: self.period?.from(), to: self.first_known()? };
        (exposure.micros()? > 0).then_some(exposure)
    }
}

impl Exposure {
    /// How long it is; `None` where it has no beginning or end.
    pub fn micros(self) -> Option<i64> {
        self.to.micros()?.checked_sub(self.from.micros()?)
    }

    /// How many whole days it is long.
    pub fn days(self) -> Option<i64> {
        Some(self.micros()? / 86_400_000_000)
    }
}

/// When each of some objects was known to be what is asked, at the valid instant of a point and as far as is known there.
///
/// # Errors
/// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] where it is beyond the limits.
pub async fn learned<V: Read>(
    view: &V,
    declarations: &Declarations,
    matter: &Matter,
    point: Point,
    objects: &[Uuid],
    limits: Limits,
) -> Result<Vec<Learned>, QueryError> {
    let Some(at) = Period::instant(point.valid) else { return Ok(vec![Learned::NEVER; objects.len()]) };
    let ever = Asked { view, declarations, objects, limits, context: context(point.known.up_to(), at) };
    let now = Asked { context: context(point.known.as_known(), Period::ALWAYS), ..ever };
    let (believed, holds) = (ever.points(matter).await?, now.points(matter).await?);
    let open = |known: Period<TransactionTime>| {
        let still = point.known.up_to().ends() == Some(known.to());
        Period::since(known.from()).filter(|_| still).unwrap_or(known)
    };
    let learned = objects.iter().map(|object| {
        let bands = believed.get(object).map_or(&[][..], Region::bands);
        let around =
            holds.get(object).and_then(|points| points.valid().iter().find(|period| period.contains(point.valid)));
        Learned { believed: bands.iter().map(|band| open(band.known)).collect(), period: around }
    });
    Ok(learned.collect())
}

impl Learned {
    const NEVER: Self = Self { believed: Periods::none(), period: None };
}

fn context(known: Known, valid: Period<ValidTime>) -> TimeContext {
    // Nothing that is asked here depends on what the present is.
    TimeContext { known, valid: Some(valid), now: Timestamp::NEG_INFINITY }
}

/// Objects that are asked about together.
struct Asked<'q, V> {
    view: &'q V,
    declarations: &'q Declarations,
    objects: &'q [Uuid],
    limits: Limits,
    context: TimeContext,
}

impl<V: Read> Asked<'_, V> {
    /// The points of the context at which the objects are what is asked.
    async fn points(&self, matter: &Matter) -> Result<BTreeMap<Uuid, Region>, QueryError> {
        let holds = self.selected(matter.select.clone()).await?;
        if !matter.ended {
            return Ok(holds);
        }
        let nothing = Region::none();
        let registered =
            Selection { reading: Reading::Registered, filter: Filter::EVERYWHERE, ..matter.select.clone() };
        let registered = self.selected(registered).await?.into_iter();
        let rest = registered.map(|(uuid, points)| (uuid, points.subtract(holds.get(&uuid).unwrap_or(&nothing))));
        Ok(rest.collect())
    }

    async fn selected(&self, select: Selection) -> Result<BTreeMap<Uuid, Region>, QueryError> {
        let filter = Filter::Object(self.objects.to_vec()) & select.filter;
        let query = Query::new(Selection { filter, ..select }, self.context);
        let found = ranked(self.view, self.declarations, &query, None, usize::MAX, self.limits).await?;
        Ok(found.into_iter().map(|(_, found)| (found.object, found.points)).collect())
    }
}

impl KnownAt {
    /// All that was known up to then.
    fn up_to(self) -> Known {
        let end = match self {
            Self::Latest => Timestamp::INFINITY,
            Self::Instant(at) => at.next(),
        };
        Known::During(Period::new(Timestamp::NEG_INFINITY, end).ok())
    }
}
