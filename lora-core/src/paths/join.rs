//! Joining: the rows of what was found, in the order of their objects.

use std::ops::ControlFlow;

use uuid::Uuid;

use super::shape::Shape;
use super::walk::Tables;
use crate::query::execute::QueryError;
use crate::query::execute::run::Regions;
use crate::time::Region;

/// More rows than this are not made of one part: something is tied to too much.
const ROWS_MAX: usize = 1 << 20;

/// An object for each node, none for one that is missing, and the points at which all of it holds together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) objects: Vec<Option<Uuid>>,
    pub(super) points: Region,
}

/// All that is joined at some instant that is asked for, by objects; what is missing comes before what is not.
pub(super) fn joined(shape: &Shape<'_>, tables: &Tables) -> Result<Vec<Joined>, QueryError> {
    let mut join = Join { shape, tables, objects: Vec::new(), found: Vec::new() };
    for (root, points) in &tables.roots {
        if join.with(Some(*root), points).is_break() {
            return Err(QueryError::TooLarge { what: "rows in a part", max: ROWS_MAX as u64 });
        }
    }
    Ok(join.found)
}

struct Join<'t, 'q> {
    shape: &'t Shape<'q>,
    tables: &'t Tables,
    objects: Vec<Option<Uuid>>,
    found: Vec<Joined>,
}

impl Join<'_, '_> {
    /// Goes on with an object for the next node.
    fn with(&mut self, object: Option<Uuid>, points: &Region) -> ControlFlow<()> {
        let chosen = object.zip(self.tables.chosen[self.objects.len()].as_ref());
        let points = match chosen.map(|(uuid, chosen)| chosen.get(&uuid)) {
            Some(Some(chosen)) => &points.intersect(chosen),
            Some(None) => return ControlFlow::Continue(()),
            None => points,
        };
        if !self.shape.is_found(points) {
            return ControlFlow::Continue(());
        }
        self.objects.push(object);
        let done = self.go_on(points);
        self.objects.pop();
        done
    }

    fn go_on(&mut self, points: &Region) -> ControlFlow<()> {
        let node = self.objects.len();
        let Some(shaped) = self.shape.nodes.get(node) else {
            self.found.push(Joined { objects: self.objects.clone(), points: points.clone() });
            return if self.found.len() > ROWS_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        };
        let Some(near) = shaped.before().and_then(|before| self.objects[before]) else {
            return self.with(None, points);
        };
        if shaped.optional {
            self.with(None, &points.intersect(&self.tables.missing(self.shape, node, near)))?;
        }
        let tables = self.tables;
        for (uuid, tied) in tables.tied(node, near) {
            self.with(Some(*uuid), &points.intersect(tied))?;
        }
        ControlFlow::Continue(())
    }
}

impl Tables {
    /// What is tied to an object of the node before.
    pub(super) fn tied(&self, node: usize, near: Uuid) -> &Regions {
        const NOTHING: &Regions = &Regions::new();
        self.ties[node].get(&near).unwrap_or(NOTHING)
    }

    /// Where nothing is there for an optional node.
    pub(super) fn missing(&self, shape: &Shape<'_>, node: usize, near: Uuid) -> Region {
        shape.everywhere().subtract(&self.there(shape, node, near))
    }

    /// Where something is tied to an object, with all that must be tied to that.
    fn there(&self, shape: &Shape<'_>, node: usize, near: Uuid) -> Region {
        let mut there = Region::none();
        for (uuid, tied) in self.tied(node, near) {
            let must = shape.nodes[node].tied.iter().filter(|tied| !shape.nodes[**tied].optional);
            let whole = must.fold(tied.clone(), |points, tied| points.intersect(&self.there(shape, *tied, *uuid)));
            there = there.union(&whole);
        }
        there
    }
}
