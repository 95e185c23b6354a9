//! What a join means: which objects stand on the other side of a relation, at one point.

use super::filter::{Asked, Point, Subject};
use super::stated::relation_rows;
use crate::object::{ObjectId, Target};
use crate::query::{Direction, Related, Steps};

impl Asked<'_> {
    /// Whether an object that is selected stands on the other side at the point.
    pub(super) fn is_related(&self, related: &Related, object: ObjectId, point: Point) -> bool {
        let selected = |there: ObjectId| self.selected(&related.to, there, point);
        match &related.steps {
            Steps::One => self.one_step(related, object, point).into_iter().any(selected),
            Steps::Many { from_itself, through } => {
                let passed = |between: ObjectId| {
                    let subject = Subject { object: between, reading: related.to.reading };
                    let through = through.as_ref().is_none_or(|through| self.holds(through, subject, point));
                    self.counts(subject, point) && through
                };
                let itself = from_itself.then_some(object);
                itself.into_iter().chain(self.many_steps(related, object, point, passed)).any(selected)
            }
        }
    }

    /// All that is reached in one step or more, each but the last to an object that may be passed.
    fn many_steps(
        &self,
        related: &Related,
        object: ObjectId,
        point: Point,
        passed: impl Fn(ObjectId) -> bool,
    ) -> Vec<ObjectId> {
        let mut reached = self.one_step(related, object, point);
        let mut next = 0;
        while let Some(between) = reached.get(next).copied() {
            next += 1;
            if passed(between) {
                for there in self.one_step(related, between, point) {
                    if !reached.contains(&there) {
                        reached.push(there);
                    }
                }
            }
        }
        reached
    }

    /// What an object points at, or what points at it, by a row in effect at the point.
    fn one_step(&self, related: &Related, object: ObjectId, point: Point) -> Vec<ObjectId> {
        let in_class = |uuid| ObjectId { class: related.to.class, uuid };
        match related.direction {
            Direction::Forward => {
                let targets = self.targets(related, object, point).into_iter();
                targets
                    .filter_map(|target| if let Target::Uuid(uuid) = target { Some(in_class(uuid)) } else { None })
                    .collect()
            }
            Direction::Backward => {
                let sources = self.world.objects.keys().filter(|source| source.class == related.to.class);
                let here = Target::Uuid(object.uuid);
                sources.copied().filter(|source| self.targets(related, *source, point).contains(&here)).collect()
            }
        }
    }

    /// The targets of the relation's rows in effect that have the object type.
    fn targets(&self, related: &Related, from: ObjectId, point: Point) -> Vec<Target> {
        let Some(entry) = self.entry(from, point.known) else { return Vec::new() };
        let rows = relation_rows(&entry.content, point.valid).filter(|(relation, row)| {
            let typed = related.object_type.is_none() || row.object_type == related.object_type;
            *relation == related.relation && typed
        });
        rows.map(|(_, row)| row.target.clone()).collect()
    }
}
