//! An answer in parts: where it begins, and what of it is looked at together.
//!
//! It begins with the restricted node that promises the fewest objects, and climbs from there to the first node; what is
//! found on the way is the trunk. Then the pairs of the first two nodes, in their order, are cut into parts, and each
//! part is followed to all other nodes. Nothing is held open in the store, and of a long answer only a part in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use uuid::Uuid;

use super::shape::Shape;
use super::walk::{Asked, Pairs, Tables, Ties, Walk, pointed};
use crate::query::execute::place::{Place, Slice};
use crate::query::execute::run::{Limits, PAGE, Regions, Run};
use crate::query::execute::{Answers, QueryError, give_way};
use crate::query::{Filter, Known, Query, Selection, TimeContext};
use crate::storage::{Key, Read, Scan};

/// The fewest and the most pairs of the first two nodes that are followed together.
const PAIRS: (usize, usize) = (64, 512);
/// How many objects of the first node are looked at together.
const ROOTS: usize = 1_024;
/// How many postings are looked at to compare two restrictions.
const PROBE: usize = 64;

/// Where an answer has got to.
#[derive(Debug)]
pub(super) struct Parts {
    after: Option<Vec<Option<Uuid>>>,
    state: State,
}

#[derive(Debug)]
enum State {
    New,
    Going {
        trunk: Vec<Option<Ties>>,
        roots: std::vec::IntoIter<Uuid>,
        /// An object of the first node with one of the second, or with all of them.
        pairs: VecDeque<(Uuid, Option<Uuid>)>,
    },
}

impl Parts {
    /// From the beginning, or from some objects on, which are still part of it.
    pub(super) const fn from(objects: Option<Vec<Option<Uuid>>>) -> Self {
        Self { after: objects, state: State::New }
    }

    /// The next part; `None` at the end. `wanted` is about how many rows are of use.
    pub(super) async fn next<'a, V: Read>(
        &mut self,
        run: &mut Run<'a, V>,
        shape: &Shape<'a>,
        limits: Limits,
        wanted: usize,
    ) -> Result<Option<Tables>, QueryError> {
        loop {
            give_way().await;
            run.forget();
            let mut walk = Walk { run: &mut *run, shape };
            match &mut self.state {
                State::New => {
                    let (trunk, mut roots) = walk.begin(limits).await?;
                    let first = self.after.as_ref().and_then(|after| after[0]);
                    roots.retain(|root| first.is_none_or(|first| *root >= first));
                    self.state = State::Going { trunk, roots: roots.into_iter(), pairs: VecDeque::new() };
                }
                State::Going { trunk, roots, pairs } if pairs.is_empty() => {
                    let next: Vec<Uuid> = roots.by_ref().take(ROOTS).collect();
                    if next.is_empty() {
                        return Ok(None);
                    }
                    *pairs = walk.pairs(&next, trunk).await?;
                    if let Some(after) = &self.after {
                        let first = (after[0], after.get(1).copied().flatten());
                        pairs.retain(|(root, second)| second.is_none() || (Some(*root), *second) >= first);
                    }
                }
                State::Going { trunk, pairs, .. } => {
                    let count = pairs.len().min(wanted.clamp(PAIRS.0, PAIRS.1));
                    let part: Vec<(Uuid, Option<Uuid>)> = pairs.drain(..count).collect();
                    return walk.part(&part, trunk).await.map(Some);
                }
            }
        }
    }
}

impl<'a, V: Read> Walk<'_, 'a, V> {
    /// What ties the nodes from the first one up to that from which it is begun, and the objects of the first.
    async fn begin(&mut self, limits: Limits) -> Result<(Vec<Option<Ties>>, Vec<Uuid>), QueryError> {
        let start = self.start().await?;
        let mut found = self.of_start(start, limits).await?;
        let mut trunk: Vec<Option<Ties>> = self.shape.nodes.iter().map(|_| None).collect();
        let mut node = start;
        if start == 0 {
            return Ok((trunk, found));
        }
        let mut own = self.counted(start, &found).await?;
        while let Some(before) = self.shape.nodes[node].before() {
            give_way().await;
            let (ties, above) = self.climb(node, before, &own).await?;
            trunk[node] = Some(ties);
            (node, own) = (before, above);
        }
        found = own.into_keys().collect();
        Ok((trunk, found))
    }

    /// The restricted node that promises the fewest objects; the first one where none is restricted.
    async fn start(&mut self) -> Result<usize, QueryError> {
        let restricted = self.shape.nodes.iter().enumerate().filter(|(_, node)| node.is_restricted());
        let restricted: Vec<usize> = restricted.map(|(index, _)| index).collect();
        if let [] | [_] = restricted[..] {
            return Ok(restricted.first().copied().unwrap_or(0));
        }
        let mut best = (usize::MAX, 0);
        for node in restricted {
            best = best.min((self.promise(node).await?, node));
        }
        Ok(best.1)
    }

    /// How much there is to look at from a restricted node on, as far as a look at the index tells.
    async fn promise(&mut self, node: usize) -> Result<usize, QueryError> {
        let place = Place { known: self.shape.slice, valid: self.shape.window };
        let shaped = &self.shape.nodes[node];
        if let Some(these) = &shaped.these {
            let scan = |uuid: &Uuid| place.scan(Key::uuid_prefix(*uuid).and_all_longer());
            let scans: Vec<Scan> = these.iter().take(PROBE).filter_map(scan).collect();
            let near =
                if scans.is_empty() { 0 } else { self.run.view.postings(&scans, None, PROBE).await?.postings.len() };
            return Ok(these.len() + near);
        }
        let mut fewest = usize::MAX;
        for selection in shaped.selected.clone() {
            fewest = fewest.min(self.run.promise(selection, place).await?.unwrap_or(usize::MAX));
        }
        Ok(fewest)
    }

    /// The objects with which it is begun.
    async fn of_start(&mut self, start: usize, limits: Limits) -> Result<Vec<Uuid>, QueryError> {
        let shaped = &self.shape.nodes[start];
        if let Some(these) = &shaped.these {
            return Ok(these.iter().copied().collect());
        }
        let own = shaped.selection();
        let select = match shaped.selected.first() {
            None => own,
            Some(selection) => {
                Selection { filter: Filter::All(vec![selection.filter.clone()]), ..(*selection).clone() }
            }
        };
        let known = match self.shape.slice {
            Slice::At(_) => self.shape.question.context.known,
            Slice::During(window) => Known::During(Some(window)),
        };
        let context = TimeContext { known, valid: Some(self.shape.window), ..self.shape.question.context };
        let (query, mut answers, mut found) = (Query::new(select, context), Answers::after(None), Vec::new());
        while let Some(part) = answers.next(self.run.view, self.run.declarations, &query, PAGE, limits).await? {
            found.extend(part.into_iter().map(|found| found.object));
        }
        Ok(found)
    }

    /// From objects of a node to those of the node before that they are tied to.
    async fn climb(&mut self, node: usize, before: usize, own: &Regions) -> Result<(Ties, Regions), QueryError> {
        let edge = self.edge(node);
        let uuids: Vec<Uuid> = own.keys().copied().collect();
        let mut stated: BTreeMap<Uuid, Regions> = BTreeMap::new();
        if edge.points_back {
            let chains = self.chains(node, &uuids).await?;
            for (uuid, chain) in uuids.iter().zip(chains) {
                for (target, points) in pointed(&chain, edge) {
                    stated.entry(target).or_default().insert(*uuid, points);
                }
            }
        } else {
            let class = self.shape.nodes[before].node.class;
            let ask = Asked { class, edge, at: uuids.into_iter().collect(), during: self.shape.reach(node) };
            let pointing: BTreeSet<Uuid> = self.pointing(&[ask]).await?.remove(0).into_values().flatten().collect();
            let pointing: Vec<Uuid> = pointing.into_iter().collect();
            let chains = self.chains(before, &pointing).await?;
            stated = pointing.into_iter().zip(chains.iter().map(|chain| pointed(chain, edge))).collect();
        }
        let mut ties = Ties::new();
        for (near, pointed) in stated {
            let tied = pointed.into_iter().filter_map(|(uuid, points)| Some((uuid, points.intersect(own.get(&uuid)?))));
            let tied: Regions = tied.filter(|(_, points)| self.shape.is_of_use(node, &points.valid())).collect();
            if !tied.is_empty() {
                ties.insert(near, tied);
            }
        }
        let above = self.counted(before, &ties.keys().copied().collect::<Vec<_>>()).await?;
        Ok((ties, above))
    }

    /// The pairs of the first two nodes, in order; where rows may stand without the second, of the first alone.
    async fn pairs(
        &mut self,
        roots: &[Uuid],
        trunk: &[Option<Ties>],
    ) -> Result<VecDeque<(Uuid, Option<Uuid>)>, QueryError> {
        let alone = || Ok(roots.iter().map(|root| (*root, None)).collect());
        let Some(second) = self.shape.nodes.get(1).filter(|second| !second.optional) else { return alone() };
        let (edge, during) = (self.edge(1), self.shape.reach(1));
        let mut found = Pairs::new();
        if let Some(ties) = &trunk[1] {
            let tied = |root: &Uuid| Some((*root, ties.get(root)?.keys().copied().collect()));
            found.extend(roots.iter().filter_map(tied));
        } else if edge.points_back {
            let ask = Asked { class: second.node.class, edge, at: roots.iter().copied().collect(), during };
            found = self.pointing(&[ask]).await?.remove(0);
        } else {
            for (root, chain) in roots.iter().zip(self.chains(0, roots).await?) {
                let of_use =
                    pointed(&chain, edge).into_iter().filter(|(_, points)| self.shape.is_of_use(1, &points.valid()));
                found.insert(*root, of_use.map(|(uuid, _)| uuid).collect());
            }
        }
        let pairs = found.into_iter().flat_map(|(root, tied)| tied.into_iter().map(move |uuid| (root, Some(uuid))));
        Ok(pairs.filter(|(_, uuid)| uuid.is_some_and(|uuid| second.has(uuid))).collect())
    }

    async fn part(&mut self, pairs: &[(Uuid, Option<Uuid>)], trunk: &[Option<Ties>]) -> Result<Tables, QueryError> {
        let roots: BTreeSet<Uuid> = pairs.iter().map(|(root, _)| *root).collect();
        let mut first: Option<Pairs> = None;
        for (root, second) in pairs {
            if let Some(second) = second {
                first.get_or_insert_default().entry(*root).or_default().insert(*second);
            }
        }
        let roots: Vec<Uuid> = roots.into_iter().collect();
        self.descend(&roots, trunk, first.as_ref()).await
    }
}
