//! Joins along a relation, any number of times.
//!
//! Each object is read once, whatever leads to it. A point is passed on along an edge only where the edge holds at that
//! point, and what was passed on is not passed on again: so timed cycles end, and no more is found than there is.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::narrow::Asked;
use super::place::Place;
use super::related::{Edge, Link, add, far_ends, place_of};
use super::run::{Regions, Run};
use super::{QueryError, give_way};
use crate::query::{Direction, Filter};
use crate::storage::Read;
use crate::time::Region;

impl<'a, V: Read> Run<'a, V> {
    /// Of the points of each object those at which a selected one is reached.
    pub(super) async fn reached_often(
        &mut self,
        link: Link<'a>,
        near: &Regions,
        from_itself: bool,
        through: Option<&'a Filter>,
    ) -> Result<Regions, QueryError> {
        let edges = self.graph(link, near, through).await?;
        let place = Place::around(near.values(), link.known);
        let Some(place) = place else { return Ok(Regions::new()) };
        let mut ends: BTreeSet<Uuid> = edges.iter().map(|edge| edge.far).collect();
        if from_itself {
            ends.extend(near.keys());
        }
        let selected = self.check(&link.related.to, place, ends.into_iter().collect()).await?;
        let open = self.passable(link, place, far_ends(&edges), through).await?;
        let mut reached = backwards(&edges, &selected, &open);
        if from_itself {
            for uuid in near.keys() {
                selected.get(uuid).map(|points| add(&mut reached, *uuid, points));
            }
        }
        Ok(reached)
    }

    /// Every edge that can be followed from the objects, at the place that holds their points.
    async fn graph(
        &mut self,
        link: Link<'a>,
        near: &Regions,
        through: Option<&'a Filter>,
    ) -> Result<Vec<Edge>, QueryError> {
        let mut edges = Vec::new();
        let mut seen: BTreeSet<Uuid> = near.keys().copied().collect();
        let Some(place) = Place::around(near.values(), link.known) else { return Ok(edges) };
        let mut frontier = near.keys().map(|uuid| (*uuid, place.region())).collect::<Regions>();
        while !frontier.is_empty() {
            give_way().await;
            let found = self.edges(link, &frontier).await?;
            let new = far_ends(&found).into_iter().filter(|uuid| seen.insert(*uuid)).collect();
            frontier = self.passable(link, place, new, through).await?;
            edges.extend(found);
        }
        Ok(edges)
    }

    /// Of some objects the points at which the relation can be followed on from them.
    pub(super) async fn passable(
        &mut self,
        link: Link<'a>,
        place: Place,
        uuids: Vec<Uuid>,
        through: Option<&'a Filter>,
    ) -> Result<Regions, QueryError> {
        let reading = link.related.to.reading;
        // Who points counts where the index says that it points.
        if through.is_none() && link.direction == Direction::Backward && link.pointing == reading {
            return Ok(uuids.into_iter().map(|uuid| (uuid, place.region())).collect());
        }
        let asked = Asked { class: link.far, reading, known: place.known, uuids };
        let mut points = self.counted(&asked, vec![place.region(); asked.uuids.len()]).await?;
        if let Some(through) = through {
            points = self.narrow(&asked, through, points).await?;
        }
        Ok(asked.uuids.into_iter().zip(points).filter(|(_, points)| !points.is_empty()).collect())
    }

    /// From selected objects to all that lead to them, backwards along the link, at the points at which they do.
    pub(super) async fn led_from(
        &mut self,
        back: Link<'a>,
        selected: &Regions,
        through: Option<&'a Filter>,
    ) -> Result<Regions, QueryError> {
        let mut found = Regions::new();
        let mut frontier = selected.clone();
        while !frontier.is_empty() {
            give_way().await;
            let edges = self.edges(back, &frontier).await?;
            let mut new = Regions::new();
            for edge in &edges {
                let points = add(&mut found, edge.far, &edge.points);
                add(&mut new, edge.far, &points);
            }
            let Some(around) = place_of(&edges, back.known) else { break };
            let open = self.passable(back, around, new.keys().copied().collect(), through).await?;
            let passed = |(uuid, points): (Uuid, Region)| {
                let points = points.intersect(open.get(&uuid)?);
                (!points.is_empty()).then_some((uuid, points))
            };
            frontier = new.into_iter().filter_map(passed).collect();
        }
        Ok(found)
    }
}

/// From the ends to all from which they are reached: points go back along edges until none is new.
fn backwards(edges: &[Edge], selected: &Regions, open: &Regions) -> Regions {
    let mut into: BTreeMap<Uuid, Vec<&Edge>> = BTreeMap::new();
    for edge in edges {
        into.entry(edge.far).or_default().push(edge);
    }
    let mut reached = Regions::new();
    let mut news: Vec<(Uuid, Region)> = Vec::new();
    let follow = |reached: &mut Regions, news: &mut Vec<(Uuid, Region)>, far: Uuid, points: &Region| {
        for edge in into.get(&far).map_or(&[][..], Vec::as_slice) {
            let new = add(reached, edge.near, &edge.points.intersect(points));
            if !new.is_empty() {
                news.push((edge.near, new));
            }
        }
    };
    for (uuid, points) in selected {
        follow(&mut reached, &mut news, *uuid, points);
    }
    while let Some((uuid, points)) = news.pop() {
        if let Some(open) = open.get(&uuid) {
            follow(&mut reached, &mut news, uuid, &points.intersect(open));
        }
    }
    reached
}
