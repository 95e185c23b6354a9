//! Walking: from the objects of one node to those tied to them, all together.
//!
//! Who points at an object is found over the index, in the window; whom an object points at stands in its registrations.
//! Whoever is found is read, and what the registrations say counts: so points reach as far as they do, also beyond the
//! window.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::shape::Shape;
use crate::object::{ObjectId, Target};
use crate::query::execute::QueryError;
use crate::query::execute::place::Place;
use crate::query::execute::related::add;
use crate::query::execute::run::{Chain, Regions, Run};
use crate::query::execute::stated::{Stated, typed};
use crate::schema::{ClassId, PathEdge};
use crate::storage::{Key, KeyRange, Read};
use crate::time::{Period, Periods, Region, ValidTime};

/// For objects of the node before, those tied to them, with the points at which they are and count.
pub(super) type Ties = BTreeMap<Uuid, Regions>;

/// What was found of a path, node by node.
pub(super) struct Tables {
    /// The objects of the first node, where they count.
    pub(super) roots: Regions,
    /// What ties the objects of each node; nothing for the first.
    pub(super) ties: Vec<Ties>,
    /// Where the objects of each node are selected by its restrictions, if it has such.
    pub(super) chosen: Vec<Option<Regions>>,
    /// The objects of each node, at the instants at which they are reached from the first, as known at whatever times:
    /// where one is missing, it counts also what came after those before it had gone.
    reached: Vec<Reached>,
}

type Reached = BTreeMap<Uuid, Periods<ValidTime>>;

/// Some pairs of an object with one before it.
pub(super) type Pairs = BTreeMap<Uuid, BTreeSet<Uuid>>;

pub(super) struct Walk<'r, 'a, V> {
    pub(super) run: &'r mut Run<'a, V>,
    pub(super) shape: &'r Shape<'a>,
}

/// Who points at some objects is asked.
pub(super) struct Asked<'n> {
    /// Of which class.
    pub(super) class: ClassId,
    pub(super) edge: &'n PathEdge,
    pub(super) at: BTreeSet<Uuid>,
    pub(super) during: Period<ValidTime>,
}

impl<'a, V: Read> Walk<'_, 'a, V> {
    /// All that is tied to objects of the first node, some of which was found before; of the second node only some pairs.
    pub(super) async fn descend(
        &mut self,
        roots: &[Uuid],
        trunk: &[Option<Ties>],
        first: Option<&Pairs>,
    ) -> Result<Tables, QueryError> {
        let roots = self.counted(0, roots).await?;
        let count = self.shape.nodes.len();
        let mut reached = vec![Reached::new(); count];
        reached[0] = roots.iter().map(|(uuid, points)| (*uuid, points.valid())).collect();
        let chosen = self.chosen(0, roots.keys().copied().collect()).await?;
        let mut tables = Tables { roots, ties: vec![Ties::new(); count], chosen: vec![None; count], reached };
        tables.choose(0, chosen);
        for level in 1..self.shape.levels.len() {
            self.level(&mut tables, level, trunk, first).await?;
        }
        Ok(tables)
    }

    async fn level(
        &mut self,
        tables: &mut Tables,
        level: usize,
        trunk: &[Option<Ties>],
        first: Option<&Pairs>,
    ) -> Result<(), QueryError> {
        let nodes = &self.shape.levels[level];
        let candidates = self.candidates(tables, nodes, trunk, first).await?;
        let objects = |(node, uuids): (&usize, &Vec<Uuid>)| -> Vec<ObjectId> {
            uuids.iter().map(|uuid| self.shape.object(*node, *uuid)).collect()
        };
        let objects: Vec<ObjectId> = nodes.iter().zip(&candidates).flat_map(objects).collect();
        self.run.chains_of(self.shape.slice, &objects).await?;
        for (node, uuids) in nodes.iter().zip(&candidates) {
            let only = first.filter(|_| *node == 1);
            match &trunk[*node] {
                Some(ties) => self.enter(tables, *node, ties, only),
                None => {
                    let ties = self.ties(tables, *node, uuids).await?;
                    self.enter(tables, *node, &ties, only);
                }
            }
            let chosen = self.chosen(*node, tables.reached[*node].keys().copied().collect()).await?;
            tables.choose(*node, chosen);
        }
        Ok(())
    }

    /// The objects that may be tied to those reached so far, for each of some nodes.
    async fn candidates(
        &mut self,
        tables: &Tables,
        nodes: &[usize],
        trunk: &[Option<Ties>],
        first: Option<&Pairs>,
    ) -> Result<Vec<Vec<Uuid>>, QueryError> {
        let (mut found, mut asked) = (Vec::new(), Vec::new());
        for node in nodes {
            let (shaped, before) = (&self.shape.nodes[*node], self.before(*node));
            let near = &tables.reached[before];
            let edge = self.edge(*node);
            let known = match (&trunk[*node], first.filter(|_| *node == 1)) {
                (Some(ties), _) => {
                    near.keys().filter_map(|near| ties.get(near)).flat_map(Regions::keys).copied().collect()
                }
                (None, Some(pairs)) => pairs.values().flatten().copied().collect(),
                (None, None) if edge.points_back => {
                    let at = near.keys().copied().collect();
                    asked.push((
                        found.len(),
                        Asked { class: shaped.node.class, edge, at, during: self.shape.reach(*node) },
                    ));
                    BTreeSet::new()
                }
                (None, None) => self.pointed_from(before, *node, near).await?,
            };
            found.push(known);
        }
        let (places, asked): (Vec<usize>, Vec<Asked<'_>>) = asked.into_iter().unzip();
        for (place, pairs) in places.into_iter().zip(self.pointing(&asked).await?) {
            found[place] = pairs.into_values().flatten().collect();
        }
        let of_use = |(node, uuids): (&usize, BTreeSet<Uuid>)| -> Vec<Uuid> {
            uuids.into_iter().filter(|uuid| self.shape.nodes[*node].has(*uuid)).collect()
        };
        Ok(nodes.iter().zip(found).map(of_use).collect())
    }

    /// Whom objects point at, at points at which that is of use.
    async fn pointed_from(&mut self, before: usize, node: usize, near: &Reached) -> Result<BTreeSet<Uuid>, QueryError> {
        let mut found = BTreeSet::new();
        let uuids: Vec<Uuid> = near.keys().copied().collect();
        let chains = self.chains(before, &uuids).await?;
        for (valid, chain) in near.values().zip(chains) {
            let pointed = pointed(&chain, self.edge(node)).into_iter();
            let of_use = pointed.filter(|(_, stated)| self.shape.is_of_use(node, &valid.intersect(&stated.valid())));
            found.extend(of_use.map(|(uuid, _)| uuid));
        }
        Ok(found)
    }

    /// Who points at each of some objects, for several questions together.
    pub(super) async fn pointing(&mut self, asked: &[Asked<'_>]) -> Result<Vec<Pairs>, QueryError> {
        let mut scans = Vec::new();
        for Asked { edge, at, during, .. } in asked {
            let place = Place { known: self.shape.slice, valid: *during };
            scans.extend(at.iter().filter_map(|uuid| place.scan(keys(edge, *uuid)?)));
        }
        let mut found = vec![Pairs::new(); asked.len()];
        for posting in self.run.postings(&scans).await?.into_iter().filter(|posting| posting.present) {
            let Some(target) = posting.key.relation_target() else { continue };
            for (asked, pairs) in asked.iter().zip(&mut found) {
                // Another relation of the same class to the same object is found out when it is read.
                if posting.object.class == asked.class && asked.at.contains(&target) {
                    pairs.entry(target).or_default().insert(posting.object.uuid);
                }
            }
        }
        Ok(found)
    }

    /// What ties candidates for a node to those reached before.
    async fn ties(&mut self, tables: &Tables, node: usize, candidates: &[Uuid]) -> Result<Ties, QueryError> {
        let own = self.counted(node, candidates).await?;
        let (before, edge) = (self.before(node), self.edge(node));
        let near = &tables.reached[before];
        let mut ties = Ties::new();
        let mut tie = |before: Uuid, uuid: Uuid, points: Region| {
            if !points.is_empty() {
                ties.entry(before).or_default().insert(uuid, points);
            }
        };
        let pointing: Vec<Uuid> =
            if edge.points_back { own.keys().copied().collect() } else { near.keys().copied().collect() };
        let chains = self.chains(if edge.points_back { node } else { before }, &pointing).await?;
        for (uuid, chain) in pointing.into_iter().zip(chains) {
            for (target, stated) in pointed(&chain, edge) {
                let (near_end, far_end) = if edge.points_back { (target, uuid) } else { (uuid, target) };
                if let (true, Some(own)) = (near.contains_key(&near_end), own.get(&far_end)) {
                    tie(near_end, far_end, stated.intersect(own));
                }
            }
        }
        Ok(ties)
    }

    /// Keeps what is of use of the ties of a node, and reaches its objects.
    fn enter(&self, tables: &mut Tables, node: usize, ties: &Ties, only: Option<&Pairs>) {
        let mut reached = Reached::new();
        for (near, valid) in &tables.reached[self.before(node)] {
            let Some(tied) = ties.get(near) else { continue };
            let mut kept = Regions::new();
            for (uuid, stated) in tied {
                let both = valid.intersect(&stated.valid());
                let is_asked = only.is_none_or(|only| only.get(near).is_some_and(|uuids| uuids.contains(uuid)));
                if is_asked && self.shape.is_of_use(node, &both) {
                    reached.entry(*uuid).and_modify(|valid| *valid = valid.union(&both)).or_insert(both);
                    kept.insert(*uuid, stated.clone());
                }
            }
            tables.ties[node].insert(*near, kept);
        }
        tables.reached[node] = reached;
    }

    /// Of some objects of a node those that count and meet its conditions, where they do.
    pub(super) async fn counted(&mut self, node: usize, uuids: &[Uuid]) -> Result<Regions, QueryError> {
        let shaped = &self.shape.nodes[node];
        let uuids: Vec<Uuid> = uuids.iter().copied().filter(|uuid| shaped.has(*uuid)).collect();
        let chains = self.chains(node, &uuids).await?;
        let held = uuids.into_iter().zip(chains.iter().map(|chain| shaped.holds(chain)));
        let own: Regions = held.filter(|(_, points)| self.shape.is_of_use(node, &points.valid())).collect();
        Ok(own)
    }

    /// Of some objects of a node those that its restrictions select, where they do; `None` where there are none.
    async fn chosen(&mut self, node: usize, uuids: Vec<Uuid>) -> Result<Option<Regions>, QueryError> {
        let mut chosen: Option<Regions> = None;
        for selection in &self.shape.nodes[node].selected {
            let place = Place { known: self.shape.slice, valid: Period::ALWAYS };
            let selected = self.run.check(selection, place, uuids.clone()).await?;
            let both = |(uuid, points): (Uuid, Region)| Some((uuid, points.intersect(selected.get(&uuid)?)));
            chosen = Some(match chosen {
                Some(chosen) => chosen.into_iter().filter_map(both).collect(),
                None => selected,
            });
        }
        Ok(chosen)
    }

    pub(super) async fn chains(&mut self, node: usize, uuids: &[Uuid]) -> Result<Vec<Chain<'a>>, QueryError> {
        let objects: Vec<ObjectId> = uuids.iter().map(|uuid| self.shape.object(node, *uuid)).collect();
        self.run.chains_of(self.shape.slice, &objects).await
    }

    fn before(&self, node: usize) -> usize {
        self.edge(node).to
    }

    pub(super) fn edge(&self, node: usize) -> &'a PathEdge {
        self.shape.nodes[node].node.edge.as_ref().expect("every node but the first is tied")
    }
}

impl Tables {
    /// Leaves of the objects of a node those that are selected.
    fn choose(&mut self, node: usize, chosen: Option<Regions>) {
        if let Some(chosen) = &chosen {
            self.reached[node].retain(|uuid, _| chosen.contains_key(uuid));
        }
        self.chosen[node] = chosen;
    }
}

/// The keys of rows that point at an object along an edge.
fn keys(edge: &PathEdge, uuid: Uuid) -> Option<KeyRange> {
    let target = Target::Uuid(uuid);
    Some(match edge.object_type.as_deref() {
        Some(kind) => Key::relation(&target, edge.relation, Some(kind))?.alone(),
        None => Key::relation_prefix(&target, edge.relation)?.and_all_longer(),
    })
}

/// Whom an object points at along an edge, and at which points it says so.
pub(super) fn pointed(chain: &[Stated<'_>], edge: &PathEdge) -> Regions {
    let mut found = Regions::new();
    for stated in chain {
        for row in stated.registration.content.relations(edge.relation) {
            if let (Target::Uuid(uuid), true) = (&row.target, typed(row, edge.object_type.as_deref())) {
                add(&mut found, *uuid, &Region::rectangle(stated.known, row.effect.valid));
            }
        }
    }
    found
}
