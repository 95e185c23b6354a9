//! To whom objects belong: followed along a path of relations, each object at an instant of its own.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::timeline::{Belief, beliefs};
use crate::object::{ObjectId, Target};
use crate::query::execute::{Limits, QueryError, ranked};
use crate::query::{Direction, Filter, Query, Related, Selection, TimeContext};
use crate::schema::ClassId;
use crate::storage::{Declarations, KnownAt, Read};
use crate::time::{Period, Region, Timestamp, ValidTime};

/// Which end of which object's path something is: the object's index, and where the path has got to.
type Reached = BTreeSet<(usize, Uuid)>;

/// The targets at the end of the path from each object, in effect at its instant, or else just before it.
pub(super) async fn owners<V: Read>(
    view: &V,
    declarations: &Declarations,
    (class, known): (ClassId, KnownAt),
    path: &[Related],
    objects: &[(Uuid, Timestamp<ValidTime>)],
    limits: Limits,
) -> Result<Vec<Vec<Target>>, QueryError> {
    let walk = Walk { view, declarations, known, limits };
    let at_begin: Vec<_> = objects.iter().map(|(_, at)| Some(*at)).collect();
    let mut owners = walk.ends(class, path, objects, &at_begin).await?;
    let just_before = |(_, at): &(Uuid, Timestamp<ValidTime>)| Timestamp::from_micros(at.micros()? - 1).ok();
    let before: Vec<_> =
        objects.iter().zip(&owners).map(|(object, found)| just_before(object).filter(|_| found.is_empty())).collect();
    let earlier = walk.ends(class, path, objects, &before).await?;
    owners.iter_mut().zip(earlier).for_each(|(found, earlier)| found.extend(earlier));
    Ok(owners)
}

struct Walk<'w, V> {
    view: &'w V,
    declarations: &'w Declarations,
    known: KnownAt,
    limits: Limits,
}

impl<'w, V: Read> Walk<'w, V> {
    /// Where the path from each object ends at its instant; nowhere for none.
    async fn ends(
        &self,
        mut class: ClassId,
        path: &[Related],
        objects: &[(Uuid, Timestamp<ValidTime>)],
        instants: &[Option<Timestamp<ValidTime>>],
    ) -> Result<Vec<Vec<Target>>, QueryError> {
        let begun = objects.iter().zip(instants).enumerate().filter(|(_, (_, at))| at.is_some());
        let mut reached: Reached = begun.map(|(index, ((uuid, _), _))| (index, *uuid)).collect();
        for related in path {
            reached = match related.direction {
                Direction::Forward => self.forward(class, related, &reached, instants).await?,
                Direction::Backward => self.backward(related, &reached, instants).await?,
            };
            reached = self.selected(&related.to, reached, instants).await?;
            class = related.to.class;
        }
        let mut ends = vec![Vec::new(); objects.len()];
        if !path.is_empty() {
            reached.into_iter().for_each(|(index, uuid)| ends[index].push(Target::Uuid(uuid)));
        }
        Ok(ends)
    }

    /// Where those who were reached point.
    async fn forward(
        &self,
        class: ClassId,
        related: &Related,
        reached: &Reached,
        instants: &[Option<Timestamp<ValidTime>>],
    ) -> Result<Reached, QueryError> {
        let near: BTreeSet<Uuid> = reached.iter().map(|(_, uuid)| *uuid).collect();
        let beliefs = self.beliefs(class, near).await?;
        let mut ends = Reached::new();
        for (index, uuid) in reached {
            let (Some(belief), Some(at)) = (beliefs.get(uuid), instants[*index]) else { continue };
            let then = targets(belief, related).filter(|(_, valid)| valid.contains(at));
            ends.extend(then.map(|(target, _)| (*index, target)));
        }
        Ok(ends)
    }

    /// Who points at those who were reached.
    async fn backward(
        &self,
        related: &Related,
        reached: &Reached,
        instants: &[Option<Timestamp<ValidTime>>],
    ) -> Result<Reached, QueryError> {
        let mut by_target: BTreeMap<Uuid, Vec<usize>> = BTreeMap::new();
        reached.iter().for_each(|(index, uuid)| by_target.entry(*uuid).or_default().push(*index));
        let pointing = Filter::Relation {
            relation: related.relation,
            object_type: related.object_type.clone(),
            targets: Some(by_target.keys().copied().map(Target::Uuid).collect()),
        };
        let select = Selection { filter: pointing, ..related.to.clone() };
        let far = self.find(select, instants).await?.into_keys().collect();
        let mut ends = Reached::new();
        for (uuid, belief) in self.beliefs(related.to.class, far).await? {
            for (target, valid) in targets(&belief, related) {
                let indexes = by_target.get(&target).map_or(&[][..], Vec::as_slice).iter();
                let then = indexes.filter(|index| instants[**index].is_some_and(|at| valid.contains(at)));
                ends.extend(then.map(|index| (*index, uuid)));
            }
        }
        Ok(ends)
    }

    /// Of what was reached that which is selected at the instants at which it was.
    async fn selected(
        &self,
        to: &Selection,
        reached: Reached,
        instants: &[Option<Timestamp<ValidTime>>],
    ) -> Result<Reached, QueryError> {
        let far: BTreeSet<Uuid> = reached.iter().map(|(_, uuid)| *uuid).collect();
        let filter = Filter::Object(far.into_iter().collect()) & to.filter.clone();
        let found = self.find(Selection { filter, ..to.clone() }, instants).await?;
        let is_selected = |(index, uuid): &(usize, Uuid)| {
            let valid = found.get(uuid).map(Region::valid);
            valid.zip(instants[*index]).is_some_and(|(valid, at)| valid.contains(at))
        };
        Ok(reached.into_iter().filter(is_selected).collect())
    }

    /// What is selected at some time between the first instant and the last.
    async fn find(
        &self,
        select: Selection,
        instants: &[Option<Timestamp<ValidTime>>],
    ) -> Result<BTreeMap<Uuid, Region>, QueryError> {
        let all = || instants.iter().flatten().copied();
        let valid = all().min().zip(all().max()).and_then(|(first, last)| Period::new(first, last.next()).ok());
        // Nothing that is asked here depends on what the present is.
        let context = TimeContext { known: self.known.as_known(), valid, now: Timestamp::NEG_INFINITY };
        let query = Query::new(select, context);
        let found = ranked(self.view, self.declarations, &query, None, usize::MAX, self.limits).await?;
        Ok(found.into_iter().map(|(_, found)| (found.object, found.points)).collect())
    }

    async fn beliefs(&self, class: ClassId, uuids: BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, Belief<'w>>, QueryError> {
        let asked: Vec<_> = uuids.iter().map(|uuid| (ObjectId { class, uuid: *uuid }, self.known)).collect();
        let found = beliefs(self.view, self.declarations, &asked).await?;
        Ok(uuids.into_iter().zip(found).filter_map(|(uuid, belief)| Some((uuid, belief?))).collect())
    }
}

/// The objects that a relation points at, each with when.
fn targets<'b>(belief: &'b Belief<'_>, related: &'b Related) -> impl Iterator<Item = (Uuid, Period<ValidTime>)> + 'b {
    let rows = belief.registration.content.relations(related.relation).iter();
    let typed = |kind: &Option<String>| related.object_type.is_none() || *kind == related.object_type;
    rows.filter(move |row| typed(&row.object_type)).filter_map(|row| match row.target {
        Target::Uuid(uuid) => Some((uuid, row.effect.valid)),
        Target::Urn(_) | Target::Nothing => None,
    })
}
