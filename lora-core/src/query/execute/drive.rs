//! What drives: the part of a question that promises the fewest objects, found over the index; the rest is looked up on
//! what it finds.
//!
//! Every drive finds at least the objects that the filter holds of. Where it is *exact*, the rectangles that it read say
//! at which points, and nothing has to be decoded for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use uuid::Uuid;

use super::keys::keys;
use super::narrow::Asked;
use super::place::{Place, Slice};
use super::related::{Link, add};
use super::run::{Regions, Run};
use super::{QueryError, give_way};
use crate::query::{Direction, Filter, Reading, Related, Selection, Steps};
use crate::schema::ClassId;
use crate::storage::{KeyRange, Read, Scan};
use crate::time::{Band, Period, Periods, Region};

/// How many postings are looked at to compare two drives.
const PROBE: usize = 64;
/// So few that no other drive needs to be looked for.
const FEW: usize = PROBE / 8;

/// How objects can be found over the index.
pub(super) enum Drive<'a> {
    Objects(&'a [Uuid]),
    /// Those that have rectangles in the place.
    Scans {
        ranges: Vec<KeyRange>,
        place: Place,
        exact: bool,
    },
    /// Those that are related to what is found first.
    Join(Box<Join<'a>>),
    /// What one of several finds.
    Union(Vec<Drive<'a>>),
    /// At the points that another place's points stand for.
    Carried(Box<Drive<'a>>, Carry),
    /// A part of what it finds.
    Superset(Box<Drive<'a>>),
}

pub(super) struct Join<'a> {
    related: &'a Related,
    place: Place,
    /// How the other side is found.
    plan: Plan<'a>,
}

/// Which of the parts that must all hold drives, and how.
pub(super) type Plan<'a> = (usize, Drive<'a>);

/// What points found elsewhere stand for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Carry {
    /// All of valid time, as known when they are.
    AllValid,
    /// All points of the object.
    Everywhere,
}

/// Whose objects are to be found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    pub(super) class: ClassId,
    pub(super) reading: Reading,
}

impl Scope {
    pub(super) const fn of(selection: &Selection) -> Self {
        Self { class: selection.class, reading: selection.reading }
    }
}

/// What was found: at least the objects asked for, at their points where it is exact.
pub(super) struct Driven {
    pub(super) found: Regions,
    /// Whether these are exactly the points at which the filter holds and the object counts.
    pub(super) exact: bool,
}

type Boxed<'r, T> = Pin<Box<dyn Future<Output = Result<T, QueryError>> + Send + 'r>>;

/// The parts that must all hold.
pub(super) fn conjuncts(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::All(parts) => parts.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

impl<'a, V: Read> Run<'a, V> {
    /// All objects that are selected, with the points of the place at which they are.
    async fn find(
        &mut self,
        selection: &'a Selection,
        place: Place,
        (part, drive): Plan<'a>,
    ) -> Result<Arc<Regions>, QueryError> {
        if let Some(resolved) = self.resolved(selection, place) {
            return Ok(resolved);
        }
        let driven = self.driven(Scope::of(selection), drive).await?;
        let found = Arc::new(self.narrowed(selection, part, place, driven).await?);
        self.resolve(selection, place, found.clone());
        Ok(found)
    }

    /// Narrows what one of the parts found by the others, or by all where it is not exact.
    pub(super) async fn narrowed(
        &mut self,
        selection: &'a Selection,
        part: usize,
        place: Place,
        driven: Driven,
    ) -> Result<Regions, QueryError> {
        let mut parts = conjuncts(&selection.filter);
        let (uuids, mut points): (Vec<_>, Vec<_>) = driven.found.into_iter().unzip();
        let asked = Asked { class: selection.class, reading: selection.reading, known: place.known, uuids };
        let everywhere = place.region();
        if driven.exact {
            parts = parts.into_iter().enumerate().filter(|(index, _)| *index != part).map(|(_, part)| part).collect();
            points = points.into_iter().map(|points| points.intersect(&everywhere)).collect();
        } else {
            points = self.counted(&asked, vec![everywhere; asked.uuids.len()]).await?;
        }
        let narrowed = self.all(&asked, parts, points).await?;
        Ok(asked.uuids.into_iter().zip(narrowed).filter(|(_, region)| !region.is_empty()).collect())
    }

    /// Of the parts that must all hold the one that promises the fewest objects; `None` where none can drive.
    pub(super) async fn best(
        &mut self,
        scope: Scope,
        parts: &[&'a Filter],
        place: Place,
    ) -> Result<Option<Plan<'a>>, QueryError> {
        // What is named needs no index, and is little.
        let named = parts.iter().enumerate().find_map(|(index, part)| match part {
            Filter::Object(uuids) => Some((index, Drive::Objects(uuids))),
            _ => None,
        });
        if named.is_some() {
            return Ok(named);
        }
        let mut drives = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            give_way().await;
            if let Some(drive) = self.drive(scope, part, place).await? {
                drives.push((index, drive));
            }
        }
        if drives.len() < 2 {
            return Ok(drives.pop());
        }
        let mut best: Option<(usize, Plan<'a>)> = None;
        for (index, drive) in drives {
            let promised = self.promised(&drive).await?;
            if best.as_ref().is_none_or(|(fewest, _)| promised < *fewest) {
                best = Some((promised, (index, drive)));
            }
            if promised < FEW {
                break;
            }
        }
        Ok(best.map(|(_, best)| best))
    }

    /// How many objects a selection promises, as far as a look at the index tells; `None` where nothing drives for it.
    pub(crate) async fn promise(
        &mut self,
        selection: &'a Selection,
        place: Place,
    ) -> Result<Option<usize>, QueryError> {
        let best = self.best(Scope::of(selection), &conjuncts(&selection.filter), place).await?;
        match best {
            Some((_, drive)) => self.promised(&drive).await.map(Some),
            None => Ok(None),
        }
    }

    /// How a filter can drive; `None` where it cannot.
    fn drive<'r>(&'r mut self, scope: Scope, filter: &'a Filter, place: Place) -> Boxed<'r, Option<Drive<'a>>> {
        Box::pin(async move {
            Ok(match filter {
                Filter::Object(uuids) => Some(Drive::Objects(uuids)),
                Filter::All(_) => {
                    let best = self.best(scope, &conjuncts(filter), place).await?;
                    best.map(|(_, drive)| Drive::Superset(Box::new(drive)))
                }
                Filter::Any(parts) => {
                    let mut drives = Vec::new();
                    for part in parts {
                        give_way().await;
                        let Some(drive) = self.drive(scope, part, place).await? else { return Ok(None) };
                        drives.push(drive);
                    }
                    Some(Drive::Union(drives))
                }
                Filter::Sometime { within: None, .. } => Some(Drive::Union(Vec::new())),
                Filter::Sometime { within: Some(window), filter } => {
                    let drive = self.drive(scope, filter, place.during(*window)).await?;
                    drive.map(|drive| Drive::Carried(Box::new(drive), Carry::AllValid))
                }
                Filter::Throughout { within, filter } => {
                    let drive = self.drive(scope, filter, place.during(*within)).await?;
                    drive.map(|drive| Drive::Superset(Box::new(drive)))
                }
                Filter::Periods { of, .. } => {
                    let drive = self.drive(scope, of, place.during(Period::ALWAYS)).await?;
                    drive.map(|drive| Drive::Superset(Box::new(drive)))
                }
                Filter::AsKnown { at, filter } => {
                    let then = Place { known: Slice::At(*at), ..place };
                    let drive = self.drive(scope, filter, then).await?;
                    drive.map(|drive| Drive::Carried(Box::new(drive), Carry::Everywhere))
                }
                Filter::FirstKnownIn { filter, .. } => {
                    let ever = Place { known: Slice::EVER, ..place };
                    let drive = self.drive(scope, filter, ever).await?;
                    drive.map(|drive| Drive::Carried(Box::new(drive), Carry::Everywhere))
                }
                Filter::Related(related) => self.join(related, place).await?,
                of_one_registration => {
                    let declarations = self.declarations;
                    let fields = || declarations.fields_of(scope.class).into_iter().collect();
                    let keys = keys(self.view, fields, of_one_registration).await?;
                    keys.map(|keys| Drive::Scans { ranges: keys.ranges, place, exact: keys.exact })
                }
            })
        })
    }

    async fn join(&mut self, related: &'a Related, place: Place) -> Result<Option<Drive<'a>>, QueryError> {
        let best = self.best(Scope::of(&related.to), &conjuncts(&related.to.filter), place).await?;
        Ok(best.map(|plan| Drive::Join(Box::new(Join { related, place, plan }))))
    }

    /// How many objects a drive promises, as far as a look at the index tells.
    fn promised<'r>(&'r mut self, drive: &'r Drive<'a>) -> Boxed<'r, usize> {
        Box::pin(async move {
            Ok(match drive {
                Drive::Objects(uuids) => uuids.len(),
                Drive::Scans { ranges, place, .. } => {
                    let scans = scans(ranges, *place);
                    if scans.is_empty() { 0 } else { self.view.postings(&scans, None, PROBE).await?.postings.len() }
                }
                Drive::Union(drives) => {
                    let mut promised = 0;
                    for drive in drives {
                        promised += self.promised(drive).await?;
                    }
                    promised
                }
                Drive::Carried(drive, _) | Drive::Superset(drive) => self.promised(drive).await?,
                // One more call, and mostly several objects for one.
                Drive::Join(join) => FEW + self.promised(&join.plan.1).await?,
            })
        })
    }

    /// What a drive finds.
    pub(super) fn driven<'r>(&'r mut self, scope: Scope, drive: Drive<'a>) -> Boxed<'r, Driven>
    where
        'a: 'r,
    {
        Box::pin(async move {
            match drive {
                Drive::Objects(uuids) => {
                    let found = uuids.iter().map(|uuid| (*uuid, Region::everywhere())).collect();
                    Ok(Driven { found, exact: false })
                }
                Drive::Scans { ranges, place, exact } => {
                    Ok(Driven { found: self.scanned(scope, &ranges, place).await?, exact })
                }
                Drive::Union(drives) => {
                    let mut all = Driven { found: Regions::new(), exact: true };
                    for drive in drives {
                        let driven = self.driven(scope, drive).await?;
                        all.exact &= driven.exact;
                        driven.found.iter().for_each(|(uuid, points)| drop(add(&mut all.found, *uuid, points)));
                    }
                    Ok(all)
                }
                Drive::Superset(drive) => Ok(Driven { exact: false, ..self.driven(scope, *drive).await? }),
                Drive::Carried(drive, carry) => Ok(carry.carried(scope, self.driven(scope, *drive).await?)),
                Drive::Join(join) => self.joined(scope, *join).await,
            }
        })
    }

    /// The objects that have rectangles in the ranges, at the points of the place that these take up.
    async fn scanned(&mut self, scope: Scope, ranges: &[KeyRange], place: Place) -> Result<Regions, QueryError> {
        let mut found = Regions::new();
        for posting in self.postings(&scans(ranges, place)).await? {
            let counts = posting.present || scope.reading != Reading::Present;
            let known = place.known.drawn(posting.known).filter(|_| counts && posting.object.class == scope.class);
            if let (Some(known), Some(valid)) = (known, posting.valid.intersect(place.valid)) {
                add(&mut found, posting.object.uuid, &Region::rectangle(known, valid));
            }
        }
        Ok(found)
    }

    async fn joined(&mut self, scope: Scope, join: Join<'a>) -> Result<Driven, QueryError> {
        let Join { related, place, plan } = join;
        let far = self.find(&related.to, place, plan).await?;
        let link = Link::of(related, scope.class, place.known);
        // Who points is found while it counts, both as the one asked about and as one in between.
        let agree = scope.reading == related.to.reading || matches!(related.steps, Steps::One);
        let pointing = if agree { scope.reading } else { Reading::Rows };
        let back = Link { pointing, ..link.reversed() };
        let mut found = Regions::new();
        match &related.steps {
            Steps::One => {
                let edges = self.edges(back, &far).await?;
                edges.iter().for_each(|edge| drop(add(&mut found, edge.far, &edge.points)));
            }
            Steps::Many { from_itself, through } => {
                found = self.led_from(back, &far, through.as_deref()).await?;
                if *from_itself {
                    far.iter().for_each(|(uuid, points)| drop(add(&mut found, *uuid, points)));
                }
            }
        }
        if link.direction == Direction::Backward || !agree {
            let (uuids, points) = found.into_iter().unzip();
            let asked = Asked { class: scope.class, reading: scope.reading, known: place.known, uuids };
            let counted = self.counted(&asked, points).await?;
            found = asked.uuids.into_iter().zip(counted).filter(|(_, points)| !points.is_empty()).collect();
        }
        Ok(Driven { found, exact: true })
    }

    /// Whether the rectangles of existence say when an object counts: those of a deletion do not say that it is one.
    pub(super) fn existence_is_exact(&self, scope: Scope) -> bool {
        match scope.reading {
            Reading::Present => self.declarations.always_has_presence(scope.class),
            Reading::Rows => false,
            Reading::Registered => true,
        }
    }
}

impl Carry {
    fn carried(self, scope: Scope, driven: Driven) -> Driven {
        let carried = |points: Region| match self {
            Self::AllValid => points
                .bands()
                .iter()
                .map(|band| Band { known: band.known, valid: [Period::ALWAYS].into_iter().collect::<Periods<_>>() })
                .collect(),
            Self::Everywhere => Region::everywhere(),
        };
        // A registration that is not deleted counts at all instants by its rows, at some only by its presence.
        let exact = driven.exact && matches!(self, Self::AllValid) && scope.reading != Reading::Present;
        Driven { found: driven.found.into_iter().map(|(uuid, points)| (uuid, carried(points))).collect(), exact }
    }
}

pub(super) fn scans(ranges: &[KeyRange], place: Place) -> Vec<Scan> {
    ranges.iter().filter_map(|keys| place.scan(keys.clone())).collect()
}
