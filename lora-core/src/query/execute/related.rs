//! Joins along a relation, once.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::QueryError;
use super::narrow::Asked;
use super::place::{Place, Slice};
use super::run::{Regions, Run};
use super::stated::typed;
use crate::object::Target;
use crate::query::{Direction, Filter, Reading, Related, Steps};
use crate::schema::ClassId;
use crate::storage::{Key, KeyRange, Read, is_whole};
use crate::time::{Period, Region, ValidTime};

/// From one object to another, at the points at which a row says so.
#[derive(Debug)]
pub(super) struct Edge {
    /// The object from which the relation is followed, whoever points.
    pub(super) near: Uuid,
    pub(super) far: Uuid,
    pub(super) points: Region,
}

/// A relation as it is followed: by whom it is stated, and in which direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) related: &'a Related,
    pub(super) direction: Direction,
    /// The class of the objects from which it is followed.
    pub(super) near: ClassId,
    /// The class of those to which.
    pub(super) far: ClassId,
    pub(super) known: Slice,
    /// By which reading those who are found to point count: they are found while they do.
    pub(super) pointing: Reading,
}

impl<'a> Link<'a> {
    /// The relation as the filter follows it.
    pub(super) const fn of(related: &'a Related, class: ClassId, known: Slice) -> Self {
        let (near, far) = (class, related.to.class);
        Self { related, direction: related.direction, near, far, known, pointing: related.to.reading }
    }

    /// The same the other way.
    pub(super) const fn reversed(self) -> Self {
        let direction = match self.direction {
            Direction::Forward => Direction::Backward,
            Direction::Backward => Direction::Forward,
        };
        Self { direction, near: self.far, far: self.near, ..self }
    }

    /// The keys of rows that point at an object, and whether no other rows have them.
    fn keys(self, uuid: Uuid) -> Option<(KeyRange, bool)> {
        let target = Target::Uuid(uuid);
        let relation = self.related.relation;
        Some(match self.related.object_type.as_deref() {
            Some(kind) => (Key::relation(&target, relation, Some(kind))?.alone(), is_whole(kind)),
            None => (Key::relation_prefix(&target, relation)?.and_all_longer(), true),
        })
    }
}

impl<'a, V: Read> Run<'a, V> {
    /// Of the points of each object those at which a selected object stands on the other side.
    pub(super) async fn related(
        &mut self,
        asked: &Asked,
        related: &'a Related,
        points: Vec<Region>,
    ) -> Result<Vec<Region>, QueryError> {
        let link = Link::of(related, asked.class, asked.known);
        let left = asked.uuids.iter().copied().zip(points.iter().cloned());
        let near: Regions = left.filter(|(_, points)| !points.is_empty()).collect();
        let reached = match &related.steps {
            Steps::One => self.reached_once(link, &near).await?,
            Steps::Many { from_itself, through } => {
                self.reached_often(link, &near, *from_itself, through.as_deref()).await?
            }
        };
        let reached =
            |(uuid, points): (&Uuid, &Region)| reached.get(uuid).map_or(Region::none(), |r| points.intersect(r));
        Ok(asked.uuids.iter().zip(&points).map(reached).collect())
    }

    async fn reached_once(&mut self, link: Link<'a>, near: &Regions) -> Result<Regions, QueryError> {
        let edges = self.edges(link, near).await?;
        let Some(place) = place_of(&edges, link.known) else { return Ok(Regions::new()) };
        // Rows that only count while their object does say all there is to say about who points.
        let told = link.direction == Direction::Backward && link.related.to.filter == Filter::EVERYWHERE;
        let far = if told { None } else { Some(self.check(&link.related.to, place, far_ends(&edges)).await?) };
        let mut reached = Regions::new();
        for edge in edges {
            let points = match &far {
                None => edge.points,
                Some(far) => far.get(&edge.far).map_or(Region::none(), |far| edge.points.intersect(far)),
            };
            add(&mut reached, edge.near, &points);
        }
        Ok(reached)
    }

    /// The edges from objects, at their points.
    pub(super) async fn edges(&mut self, link: Link<'a>, near: &Regions) -> Result<Vec<Edge>, QueryError> {
        match link.direction {
            Direction::Forward => self.edges_stated(link, near).await,
            Direction::Backward => self.edges_found(link, near).await,
        }
    }

    /// Edges as the objects state them.
    async fn edges_stated(&mut self, link: Link<'a>, near: &Regions) -> Result<Vec<Edge>, QueryError> {
        let uuids: Vec<Uuid> = near.keys().copied().collect();
        let chains = self.chains(link.near, link.known, &uuids).await?;
        let mut edges: BTreeMap<(Uuid, Uuid), Region> = BTreeMap::new();
        for ((uuid, points), chain) in near.iter().zip(chains) {
            for stated in chain.iter() {
                for row in stated.registration.content.relations(link.related.relation) {
                    let Target::Uuid(far) = row.target else { continue };
                    if typed(row, link.related.object_type.as_deref()) {
                        let points = points.intersect(&Region::rectangle(stated.known, row.effect.valid));
                        add(&mut edges, (*uuid, far), &points);
                    }
                }
            }
        }
        Ok(edges.into_iter().map(|((near, far), points)| Edge { near, far, points }).collect())
    }

    /// Edges as the index has them: who points at the objects.
    async fn edges_found(&mut self, link: Link<'a>, near: &Regions) -> Result<Vec<Edge>, QueryError> {
        let Some(place) = Place::around(near.values(), link.known) else { return Ok(Vec::new()) };
        let mut exact = true;
        let keys = near.keys().filter_map(|uuid| link.keys(*uuid));
        let scans = keys.filter_map(|(keys, whole)| {
            exact &= whole;
            place.scan(keys)
        });
        let scans: Vec<_> = scans.collect();
        let mut edges: BTreeMap<(Uuid, Uuid), Region> = BTreeMap::new();
        for posting in self.postings(&scans).await? {
            let counts = posting.present || link.pointing != Reading::Present;
            let drawn = link.known.drawn(posting.known).filter(|_| counts && posting.object.class == link.far);
            let at = posting.key.relation_target().zip(drawn);
            if let Some((target, known)) = at
                && let Some(points) = near.get(&target)
            {
                let points = points.intersect(&Region::rectangle(known, posting.valid));
                add(&mut edges, (target, posting.object.uuid), &points);
            }
        }
        if !exact {
            return self.verified(link, edges).await;
        }
        Ok(edges.into_iter().map(|((near, far), points)| Edge { near, far, points }).collect())
    }

    /// Edges whose keys were cut, as far as those who point state them.
    async fn verified(
        &mut self,
        link: Link<'a>,
        edges: BTreeMap<(Uuid, Uuid), Region>,
    ) -> Result<Vec<Edge>, QueryError> {
        let mut pointing = Regions::new();
        for ((_, far), points) in &edges {
            add(&mut pointing, *far, points);
        }
        let stated = self.edges_stated(link.reversed(), &pointing).await?;
        let edge = |edge: Edge| {
            let points = edges.get(&(edge.far, edge.near))?.intersect(&edge.points);
            (!points.is_empty()).then_some(Edge { near: edge.far, far: edge.near, points })
        };
        Ok(stated.into_iter().filter_map(edge).collect())
    }
}

impl Place {
    /// The smallest place that has all points, with all of what is known in the slice; `None` for no points.
    pub(super) fn around<'r>(regions: impl Iterator<Item = &'r Region>, known: Slice) -> Option<Self> {
        let periods = regions.flat_map(Region::bands).flat_map(|band| band.valid.hull());
        let hull = |one: Period<ValidTime>, other: Period<ValidTime>| {
            Period::new(one.from().min(other.from()), one.to().max(other.to())).expect("it holds two periods")
        };
        Some(Self { known, valid: periods.reduce(hull)? })
    }
}

pub(super) fn place_of(edges: &[Edge], known: Slice) -> Option<Place> {
    Place::around(edges.iter().map(|edge| &edge.points), known)
}

pub(super) fn far_ends(edges: &[Edge]) -> Vec<Uuid> {
    let far: BTreeSet<Uuid> = edges.iter().map(|edge| edge.far).collect();
    far.into_iter().collect()
}

/// Adds points to those of an object; returns those that were not there.
pub(crate) fn add<K: Ord>(regions: &mut BTreeMap<K, Region>, key: K, points: &Region) -> Region {
    if points.is_empty() {
        return Region::none();
    }
    let before = regions.entry(key).or_default();
    let new = points.subtract(before);
    if !new.is_empty() {
        *before = before.union(points);
    }
    new
}
