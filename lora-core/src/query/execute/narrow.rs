//! Narrowing: of the points of many objects, those at which a filter holds.
//!
//! All objects go through a filter together, so that a join asks the store once for all of them.

use std::future::Future;
use std::pin::Pin;

use uuid::Uuid;

use super::QueryError;
use super::changes::changed_in;
use super::place::{Place, Slice};
use super::run::{Chain, Regions, Run};
use super::stated::Stated;
use crate::query::{Filter, Other, Reading, Selection};
use crate::schema::ClassId;
use crate::storage::{KnownAt, Read};
use crate::time::{Allen, Band, Period, Periods, Region, TransactionTime, ValidTime};

/// Objects that are asked about together.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) class: ClassId,
    pub(super) reading: Reading,
    pub(super) known: Slice,
    pub(super) uuids: Vec<Uuid>,
}

pub(super) type Narrowed<'r> = Pin<Box<dyn Future<Output = Result<Vec<Region>, QueryError>> + Send + 'r>>;

impl<'a, V: Read> Run<'a, V> {
    /// Of some objects those that are selected, with the points of the place at which they are.
    pub(crate) async fn check(
        &mut self,
        selection: &'a Selection,
        place: Place,
        uuids: Vec<Uuid>,
    ) -> Result<Regions, QueryError> {
        if let Some(resolved) = self.resolved(selection, place) {
            let known = uuids.into_iter().filter_map(|uuid| Some((uuid, resolved.get(&uuid)?.clone())));
            return Ok(known.collect());
        }
        let asked = Asked { class: selection.class, reading: selection.reading, known: place.known, uuids };
        let everywhere = vec![place.region(); asked.uuids.len()];
        let counted = self.counted(&asked, everywhere).await?;
        let narrowed = self.narrow(&asked, &selection.filter, counted).await?;
        Ok(asked.uuids.into_iter().zip(narrowed).filter(|(_, region)| !region.is_empty()).collect())
    }

    /// Of the points of each object those at which it counts.
    pub(super) async fn counted(&mut self, asked: &Asked, points: Vec<Region>) -> Result<Vec<Region>, QueryError> {
        self.by_registration(asked, points, |stated| stated.counts(asked.reading)).await
    }

    /// Of the points of each object those at which a filter holds.
    pub(super) fn narrow<'r>(&'r mut self, asked: &'r Asked, filter: &'a Filter, points: Vec<Region>) -> Narrowed<'r> {
        Box::pin(async move {
            if points.iter().all(Region::is_empty) {
                return Ok(points);
            }
            match filter {
                Filter::All(parts) => self.all(asked, parts.iter().collect(), points).await,
                Filter::Any(parts) => self.any(asked, parts, points).await,
                Filter::Not(filter) => {
                    let holds = self.narrow(asked, filter, points.clone()).await?;
                    Ok(each(points, holds, |points, holds| points.subtract(&holds)))
                }
                Filter::Object(uuids) => {
                    let named = |(uuid, points)| if uuids.contains(uuid) { points } else { Region::none() };
                    Ok(asked.uuids.iter().zip(points).map(named).collect())
                }
                Filter::Related(related) => self.related(asked, related, points).await,
                Filter::Sometime { within, filter } => {
                    let Some(window) = *within else { return Ok(vec![Region::none(); points.len()]) };
                    self.anywhere(asked, filter, window, points, |_| true).await
                }
                Filter::Throughout { within, filter } => {
                    self.anywhere(asked, filter, *within, points, |valid| valid.covers(*within)).await
                }
                Filter::AsKnown { at, filter } => self.as_known(asked, *at, filter, points).await,
                Filter::FirstKnownIn { within, filter } => self.first_known(asked, *within, filter, points).await,
                Filter::ChangedIn { within, part } => {
                    let ever = Asked { known: Slice::EVER, ..asked.clone() };
                    let chains = self.alive_chains(&ever, &points).await?;
                    let changed = chains.iter().map(|chain| forever(changed_in(chain, *within, *part)));
                    Ok(each(points, changed.collect(), |points, changed| points.intersect(&changed)))
                }
                Filter::Periods { of, stand, to } => self.periods(asked, (of, stand, to), points).await,
                of_one_registration => {
                    let holds = |stated: &Stated<'_>| stated.holds(of_one_registration).unwrap_or(Periods::none());
                    self.by_registration(asked, points, holds).await
                }
            }
        })
    }

    /// What costs nothing but decoding comes first: what is left then may be little.
    pub(super) async fn all(
        &mut self,
        asked: &Asked,
        mut parts: Vec<&'a Filter>,
        mut points: Vec<Region>,
    ) -> Result<Vec<Region>, QueryError> {
        parts.sort_by_key(|part| cost(part));
        for part in parts {
            points = self.narrow(asked, part, points).await?;
        }
        Ok(points)
    }

    async fn any(
        &mut self,
        asked: &Asked,
        parts: &'a [Filter],
        points: Vec<Region>,
    ) -> Result<Vec<Region>, QueryError> {
        let mut found = vec![Region::none(); points.len()];
        let mut left = points;
        for part in parts {
            let holds = self.narrow(asked, part, left.clone()).await?;
            left = each(left, holds.clone(), |left, holds| left.subtract(&holds));
            found = each(found, holds, |found, holds| found.union(&holds));
        }
        Ok(found)
    }

    /// All of valid time as known when the filter holds in a window, in a way that `enough` says.
    async fn anywhere(
        &mut self,
        asked: &Asked,
        filter: &'a Filter,
        window: Period<ValidTime>,
        points: Vec<Region>,
        enough: impl Fn(&Periods<ValidTime>) -> bool,
    ) -> Result<Vec<Region>, QueryError> {
        let place = Place { known: asked.known, valid: window };
        let counted = self.counted(asked, alive(&points, &place.region())).await?;
        let holds = self.narrow(asked, filter, counted).await?;
        let spread = |valid: &Periods<_>| if enough(valid) { always() } else { Periods::none() };
        Ok(each(points, holds, |points, holds| points.intersect(&holds.map_valid(spread))))
    }

    async fn as_known(
        &mut self,
        asked: &Asked,
        at: KnownAt,
        filter: &'a Filter,
        points: Vec<Region>,
    ) -> Result<Vec<Region>, QueryError> {
        if matches!(at, KnownAt::Instant(at) if Period::instant(at).is_none()) {
            // Nothing is known at an infinity, though a store asked for the newest one by infinity has it.
            return Ok(vec![Region::none(); points.len()]);
        }
        let then = Asked { known: Slice::At(at), ..asked.clone() };
        let counted = self.counted(&then, asked_ever(&points)).await?;
        let holds = self.narrow(&then, filter, counted).await?;
        Ok(each(points, holds, |points, holds| points.intersect(&forever(holds.valid()))))
    }

    async fn first_known(
        &mut self,
        asked: &Asked,
        within: Period<TransactionTime>,
        filter: &'a Filter,
        points: Vec<Region>,
    ) -> Result<Vec<Region>, QueryError> {
        let ever = Asked { known: Slice::EVER, ..asked.clone() };
        let counted = self.counted(&ever, asked_ever(&points)).await?;
        let holds = self.narrow(&ever, filter, counted).await?;
        let first = |points: Region, holds: Region| points.intersect(&forever(first_seen_in(&holds, within)));
        Ok(each(points, holds, first))
    }

    async fn periods(
        &mut self,
        asked: &Asked,
        (of, stand, to): (&'a Filter, &[Allen], &'a Other),
        points: Vec<Region>,
    ) -> Result<Vec<Region>, QueryError> {
        let place = Place { known: asked.known, valid: Period::ALWAYS };
        let counted = self.counted(asked, alive(&points, &place.region())).await?;
        let holds = self.narrow(asked, of, counted.clone()).await?;
        let others = match to {
            Other::Period(period) => vec![place.during(*period).region(); points.len()],
            Other::Filter(filter) => self.narrow(asked, filter, counted).await?,
        };
        let standing = each(holds, others, |holds, others| {
            holds.combine(&others, |ones, others| {
                let stands = |one| others.iter().any(|other| stand.contains(&Allen::between(one, other)));
                ones.iter().filter(|one| stands(*one)).collect()
            })
        });
        Ok(each(points, standing, |points, standing| points.intersect(&standing)))
    }

    /// Of the points of each object those of registrations that say so, at the instants that they say.
    async fn by_registration(
        &mut self,
        asked: &Asked,
        points: Vec<Region>,
        holds: impl Fn(&Stated<'_>) -> Periods<ValidTime>,
    ) -> Result<Vec<Region>, QueryError> {
        let chains = self.alive_chains(asked, &points).await?;
        let region = |chain: &Chain<'a>| -> Region {
            chain.iter().map(|stated| Band { known: stated.known, valid: holds(stated) }).collect()
        };
        Ok(points.iter().zip(&chains).map(|(points, chain)| points.intersect(&region(chain))).collect())
    }

    /// The chains of the objects that have points left, none for others.
    pub(super) async fn alive_chains(
        &mut self,
        asked: &Asked,
        points: &[Region],
    ) -> Result<Vec<Chain<'a>>, QueryError> {
        let alive = |points: &Region| !points.is_empty();
        let left = asked.uuids.iter().zip(points).filter(|(_, points)| alive(points)).map(|(uuid, _)| *uuid);
        let left: Vec<Uuid> = left.collect();
        let mut chains = self.chains(asked.class, asked.known, &left).await?.into_iter();
        let mut next =
            |points: &Region| if alive(points) { chains.next().unwrap_or_default() } else { Chain::default() };
        Ok(points.iter().map(&mut next).collect())
    }
}

/// How dear it is to narrow by a filter: to decode, to read other registrations, or to read other objects.
fn cost(filter: &Filter) -> u8 {
    let own = match filter {
        Filter::Object(_) => 0,
        Filter::AsKnown { .. } | Filter::FirstKnownIn { .. } | Filter::ChangedIn { .. } => 2,
        Filter::Related(_) => 3,
        _ => 1,
    };
    filter.parts().into_iter().map(cost).max().unwrap_or(0).max(own)
}

/// Combines two lists object by object.
pub(super) fn each(ones: Vec<Region>, others: Vec<Region>, combine: impl Fn(Region, Region) -> Region) -> Vec<Region> {
    ones.into_iter().zip(others).map(|(one, other)| combine(one, other)).collect()
}

fn always() -> Periods<ValidTime> {
    [Period::ALWAYS].into_iter().collect()
}

/// The same instants of valid time whatever is known of.
fn forever(valid: Periods<ValidTime>) -> Region {
    Region::band(Period::ALWAYS, valid)
}

/// `region` for every object that has points left.
fn alive(points: &[Region], region: &Region) -> Vec<Region> {
    points.iter().map(|points| if points.is_empty() { Region::none() } else { region.clone() }).collect()
}

/// The instants of valid time of each object's points, whatever is known of.
fn asked_ever(points: &[Region]) -> Vec<Region> {
    points.iter().map(|points| forever(points.valid())).collect()
}

/// The instants of valid time of which the first band that has them begins within a period.
fn first_seen_in(holds: &Region, within: Period<TransactionTime>) -> Periods<ValidTime> {
    let (mut seen, mut found) = (Periods::none(), Periods::none());
    for band in holds.bands() {
        if within.contains(band.known.from()) {
            found = found.union(&band.valid.subtract(&seen));
        }
        seen = seen.union(&band.valid);
    }
    found
}
