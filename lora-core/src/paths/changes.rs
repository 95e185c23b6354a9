//! What is known otherwise at a later instant: rows that came, went or have another period, and why.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::Question;
use super::grounds::{Evidence, evidence, stating};
use super::join::{Joined, joined};
use super::parts::Parts;
use super::rows::moment;
use super::shape::{Shape, valid_at};
use super::walk::Tables;
use crate::object::ObjectId;
use crate::query::execute::place::Slice;
use crate::query::execute::run::{Chain, Regions, Run};
use crate::query::execute::{Limits, QueryError};
use crate::storage::{Declarations, KnownAt, Read};
use crate::time::{Period, Periods, Region, Timestamp, TransactionTime, ValidTime};

/// Objects that belong together in other parts of the window than was known before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The object of each node; none where an optional one is missing.
    pub objects: Vec<Option<Uuid>>,
    /// The longest periods in which they did, as known earlier; none for a row that came.
    pub before: Vec<Period<ValidTime>>,
    /// The longest periods in which they do, as known later; none for a row that went.
    pub after: Vec<Period<ValidTime>>,
    /// The registrations that made the difference, by node and position.
    ///
    /// For each instant at which the row holds otherwise, and each hop that does, that is the last registration up to the
    /// later time after which it held otherwise than before. For a node that is missing, the hops of what came to be there
    /// or ceased to. Where a restriction selects other objects than before, there may be none.
    pub causes: Vec<Cause>,
}

/// A registration that made a difference to a hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The index of the node.
    pub node: usize,
    /// The registration.
    pub evidence: Evidence,
}

/// Where a comparison of two knowledge times has got to. It holds nothing open in the store.
#[derive(Debug)]
pub struct Changes {
    after: Option<Vec<Option<Uuid>>>,
    parts: Parts,
}

impl Changes {
    /// The changes from the beginning, or only what comes after one, by its objects.
    pub fn after(objects: Option<Vec<Option<Uuid>>>) -> Self {
        Self { parts: Parts::from(objects.clone()), after: objects }
    }

    /// The next changes, by objects, from what was known at one time to what was known at the other: at whichever is the
    /// earlier to whichever is the later. `None` at the end.
    ///
    /// # Errors
    /// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] where this part alone is beyond the limits.
    pub async fn next<V: Read>(
        &mut self,
        view: &V,
        declarations: &Declarations,
        question: &Question,
        compared: KnownAt,
        wanted: usize,
        limits: Limits,
    ) -> Result<Option<Vec<Change>>, QueryError> {
        let asked = question.context.known.at_most_one().zip(question.context.valid);
        let Some((known, window)) = asked else { return Ok(None) };
        let Some(times) = Times::between(known, compared) else { return Ok(None) };
        let shape = Shape::new(question, Slice::During(times.known), vec![times.earlier, times.later], window);
        let mut run = Run::new(view, declarations, limits);
        while let Some(tables) = self.parts.next(&mut run, &shape, limits, wanted).await? {
            let mut found: Vec<(Joined, Periods<ValidTime>)> = Vec::new();
            for joined in joined(&shape, &tables)? {
                let differ = times.difference(&joined.points, &[window].into_iter().collect());
                let is_later = self.after.as_ref().is_none_or(|after| joined.objects > *after);
                found.extend((is_later && !differ.is_empty()).then_some((joined, differ)));
            }
            if !found.is_empty() {
                let reasons = Reasons::of(&mut run, &shape, &tables, times).await?;
                let change = |(joined, differ): (Joined, Periods<_>)| reasons.change(joined, &differ, window);
                return Ok(Some(found.into_iter().map(change).collect()));
            }
        }
        Ok(None)
    }
}

/// Two knowledge times, and all from the one to the other.
#[derive(Debug, Clone, Copy)]
struct Times {
    earlier: Timestamp<TransactionTime>,
    later: Timestamp<TransactionTime>,
    known: Period<TransactionTime>,
}

impl Times {
    /// `None` where they are the same.
    fn between(one: KnownAt, other: KnownAt) -> Option<Self> {
        let (one, other) = (moment(one), moment(other));
        let (earlier, later) = (one.min(other), one.max(other));
        let known = Period::new(earlier, later.next()).ok().filter(|_| earlier != later)?;
        // What is known latest is known for ever.
        let known = if later == Timestamp::LAST { Period::since(earlier)? } else { known };
        Some(Self { earlier, later, known })
    }

    /// The instants of some that are in a set of points at one of the times and not at the other.
    fn difference(&self, points: &Region, of: &Periods<ValidTime>) -> Periods<ValidTime> {
        let [before, after] = [self.earlier, self.later].map(|at| known_at(points, at));
        before.subtract(&after).union(&after.subtract(&before)).intersect(of)
    }
}

fn known_at(points: &Region, known: Timestamp<TransactionTime>) -> Periods<ValidTime> {
    valid_at(points, known).map_or(Periods::none(), Periods::clone)
}

/// Why rows of a part hold otherwise.
struct Reasons<'t, 'q, 'a> {
    shape: &'t Shape<'q>,
    tables: &'t Tables,
    chains: HashMap<ObjectId, Chain<'a>>,
    times: Times,
}

impl<'t, 'q, 'a> Reasons<'t, 'q, 'a> {
    async fn of<V: Read>(
        run: &mut Run<'a, V>,
        shape: &'t Shape<'q>,
        tables: &'t Tables,
        times: Times,
    ) -> Result<Self, QueryError>
    where
        'a: 't,
    {
        let tied = |(node, near): (usize, &Regions)| {
            near.keys().map(move |uuid| shape.object(node, *uuid)).collect::<Vec<_>>()
        };
        let ties = tables.ties.iter().enumerate().flat_map(|(node, ties)| ties.values().map(move |tied| (node, tied)));
        let mut objects: Vec<ObjectId> = std::iter::once((0, &tables.roots)).chain(ties).flat_map(tied).collect();
        objects.sort_unstable();
        objects.dedup();
        let chains = run.chains_of(shape.slice, &objects).await?;
        Ok(Self { shape, tables, chains: objects.into_iter().zip(chains).collect(), times })
    }

    fn change(&self, joined: Joined, differ: &Periods<ValidTime>, window: Period<ValidTime>) -> Change {
        let whole = |at| known_at(&joined.points, at).iter().filter(|period| period.overlaps(window)).collect();
        let (before, after) = (whole(self.times.earlier), whole(self.times.later));
        let mut causes = BTreeSet::new();
        for (node, object) in joined.objects.iter().enumerate() {
            let near = self.shape.nodes[node].before().map(|before| joined.objects[before]);
            match (object, near) {
                (Some(root), None) => self.flips(node, *root, None, &self.tables.roots[root], differ, &mut causes),
                (Some(uuid), Some(Some(near))) => {
                    let held = &self.tables.tied(node, near)[uuid];
                    self.flips(node, *uuid, Some(near), held, differ, &mut causes);
                }
                (None, Some(Some(near))) => {
                    let missing = self.tables.missing(self.shape, node, near);
                    let differ = self.times.difference(&missing, differ);
                    self.arrivals(node, near, &differ, &mut causes);
                }
                (_, _) => {}
            }
        }
        let mut causes: Vec<Cause> = causes.into_iter().filter_map(|found| self.cause(found)).collect();
        // One registration may have made a difference to several objects that came to be there.
        let place = |cause: &Cause| (cause.node, cause.evidence.position);
        causes.sort_by_key(place);
        causes.dedup_by_key(|cause| place(cause));
        Change { objects: joined.objects, before, after, causes }
    }

    /// The hops of what may be there for a node that is missing, and of what must be tied to that.
    fn arrivals(&self, node: usize, near: Uuid, differ: &Periods<ValidTime>, causes: &mut BTreeSet<Flip>) {
        for (uuid, held) in self.tables.tied(node, near) {
            self.flips(node, *uuid, Some(near), held, differ, causes);
            let there = known_at(held, self.times.earlier).union(&known_at(held, self.times.later)).intersect(differ);
            let must = self.shape.nodes[node].tied.iter().filter(|tied| !self.shape.nodes[**tied].optional);
            must.for_each(|tied| self.arrivals(*tied, *uuid, &there, causes));
        }
    }

    /// The last instants from which on a hop held otherwise than before, for those instants of valid time at which it
    /// holds otherwise now.
    fn flips(
        &self,
        node: usize,
        uuid: Uuid,
        near: Option<Uuid>,
        held: &Region,
        differ: &Periods<ValidTime>,
        causes: &mut BTreeSet<Flip>,
    ) {
        let mut left = self.times.difference(held, differ);
        let mut cuts: Vec<_> = held.bands().iter().flat_map(|band| [band.known.from(), band.known.to()]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        for at in cuts.into_iter().rev().filter(|at| self.times.earlier < *at && *at <= self.times.later) {
            let just_before = held.bands().iter().find(|band| band.known.from() < at && at <= band.known.to());
            let before = just_before.map_or(Periods::none(), |band| band.valid.clone());
            let after = known_at(held, at);
            let flipped = before.subtract(&after).union(&after.subtract(&before)).intersect(&left);
            if !flipped.is_empty() {
                left = left.subtract(&flipped);
                causes.insert(Flip { node, at, uuid, near });
            }
        }
    }

    fn cause(&self, Flip { node, at, uuid, near }: Flip) -> Option<Cause> {
        let stating = stating(self.shape, &self.chains, node, uuid, near);
        Some(Cause { node, evidence: evidence(&stating, at)? })
    }
}

/// A hop that began to hold otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Flip {
    node: usize,
    at: Timestamp<TransactionTime>,
    uuid: Uuid,
    near: Option<Uuid>,
}
