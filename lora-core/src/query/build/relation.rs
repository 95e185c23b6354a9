//! Conditions on what objects point at, and on who points at them.

use super::{AskError, Condition, Subject};
use crate::object::Target;
use crate::query::{Direction, Filter, Reading, Related, Selection, Steps};
use crate::schema::{Class, NameError, Relation};

/// A relation by which the subject points at others.
#[derive(Debug, Clone)]
pub struct SubjectRelation<'s> {
    subject: Subject<'s>,
    object_type: Option<String>,
    found: Result<&'s Relation, NameError>,
}

impl<'s> SubjectRelation<'s> {
    pub(super) fn new(subject: Subject<'s>, name: &str) -> Self {
        Self { subject, object_type: None, found: subject.class.relation_called(name) }
    }

    /// Only where the same row has this object type (OIO: *objekttype*).
    #[must_use]
    pub fn of_type(self, object_type: &str) -> Self {
        Self { object_type: Some(object_type.to_owned()), ..self }
    }

    /// It points at this one.
    pub fn to(self, target: impl Into<Target>) -> Condition {
        self.to_any([target.into()])
    }

    /// It points at one of these.
    pub fn to_any(self, targets: impl IntoIterator<Item = Target>) -> Condition {
        let targets = targets.into_iter().collect();
        self.condition(Some(targets))
    }

    /// It points at something.
    pub fn given(self) -> Condition {
        self.condition(None)
    }

    /// It points at an object of the class it leads to of which a condition holds, at the same instant.
    pub fn which(self, condition: impl FnOnce(Subject<'s>) -> Condition) -> Condition {
        self.join().which(condition)
    }

    /// The way along the relation, for more than one step or a class of one's choice.
    pub fn join(self) -> Join<'s> {
        let Self { subject, object_type, found } = self;
        let way = found.map(|relation| Way { relation, near: subject.class, far: None });
        Join::new(subject, Direction::Forward, object_type, way)
    }

    fn condition(self, targets: Option<Vec<Target>>) -> Condition {
        let Self { object_type, found, .. } = self;
        Condition::of(found.map(|relation| Filter::Relation { relation: relation.id, object_type, targets }))
    }
}

/// A way to other objects along a relation.
#[derive(Debug, Clone)]
pub struct Join<'s> {
    subject: Subject<'s>,
    direction: Direction,
    object_type: Option<String>,
    reading: Reading,
    steps: Steps,
    way: Result<Way<'s>, AskError>,
}

/// Which relation, from which class to which.
#[derive(Debug, Clone, Copy)]
struct Way<'s> {
    relation: &'s Relation,
    near: &'s Class,
    /// `None` where only the relation may say.
    far: Option<&'s Class>,
}

impl<'s> Join<'s> {
    fn new(
        subject: Subject<'s>,
        direction: Direction,
        object_type: Option<String>,
        way: Result<Way<'s>, NameError>,
    ) -> Self {
        let (reading, steps, way) = (Reading::Present, Steps::One, way.map_err(AskError::from));
        Self { subject, direction, object_type, reading, steps, way }
    }

    pub(super) fn backward(subject: Subject<'s>, class: &str, relation: &str) -> Self {
        let way = subject.schema.class_called(class).and_then(|far| {
            let relation = far.relation_called(relation)?;
            Ok(Way { relation, near: subject.class, far: Some(far) })
        });
        Self::new(subject, Direction::Backward, None, way)
    }

    /// Only where the row of the relation has this object type (OIO: *objekttype*).
    #[must_use]
    pub fn of_type(self, object_type: &str) -> Self {
        Self { object_type: Some(object_type.to_owned()), ..self }
    }

    /// The class of the objects at the other end, where the relation leads to several. It is no matter who points at the
    /// subject: that was said.
    #[must_use]
    pub fn in_class(self, class: &str) -> Self {
        let (schema, forward) = (self.subject.schema, self.direction == Direction::Forward);
        let way = self.way.and_then(|way| {
            let class = schema.class_called(class)?;
            Ok(Way { far: if forward { Some(class) } else { way.far }, ..way })
        });
        Self { way, ..self }
    }

    /// When the objects at the other end, and in between, count; else while they are present.
    #[must_use]
    pub fn reading(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// Followed once or more often, each time at the same instant; the relation is one within a class.
    #[must_use]
    pub fn repeatedly(self) -> Self {
        self.many(|steps| steps)
    }

    /// Followed repeatedly or not at all: the subject itself counts as the other end, too.
    #[must_use]
    pub fn or_itself(self) -> Self {
        self.many(|(_, through)| (true, through))
    }

    /// Followed repeatedly, through objects of which a condition holds.
    #[must_use]
    pub fn through(self, condition: impl FnOnce(Subject<'s>) -> Condition) -> Self {
        match condition(self.subject).filter() {
            Ok(filter) => self.many(|(from_itself, _)| (from_itself, Some(Box::new(filter)))),
            Err(error) => Self { way: self.way.and(Err(error)), ..self },
        }
    }

    /// Where an object at the other end is one of which a condition holds, at the same instant.
    pub fn which(self, condition: impl FnOnce(Subject<'s>) -> Condition) -> Condition {
        Condition::of(self.related(condition))
    }

    fn many(self, change: impl FnOnce((bool, Option<Box<Filter>>)) -> (bool, Option<Box<Filter>>)) -> Self {
        let steps = match self.steps {
            Steps::One => (false, None),
            Steps::Many { from_itself, through } => (from_itself, through),
        };
        let (from_itself, through) = change(steps);
        Self { steps: Steps::Many { from_itself, through }, ..self }
    }

    fn related(self, condition: impl FnOnce(Subject<'s>) -> Condition) -> Result<Filter, AskError> {
        let Self { subject, direction, object_type, reading, steps, way } = self;
        let way = way?;
        let far = way.far.map_or_else(|| only_target(subject, way.relation), Ok)?;
        if steps != Steps::One && far.id != way.near.id {
            let (from, to) = match direction {
                Direction::Forward => (way.near, far),
                Direction::Backward => (far, way.near),
            };
            let (relation, from, to) = (way.relation.name.clone(), from.name.clone(), to.name.clone());
            return Err(NameError::Repeated { relation, from, to }.into());
        }
        let filter = condition(Subject::new(subject.schema, far)).filter()?;
        let to = Selection { class: far.id, reading, filter };
        Ok(Filter::Related(Box::new(Related { relation: way.relation.id, direction, object_type, steps, to })))
    }
}

/// The class that a relation leads to, where it is one.
fn only_target<'s>(subject: Subject<'s>, relation: &Relation) -> Result<&'s Class, NameError> {
    match &relation.targets[..] {
        [only] => subject.schema.class_called(only),
        several => Err(NameError::TargetClass {
            of: subject.class.name.clone(),
            relation: relation.name.clone(),
            choices: several.to_vec(),
        }),
    }
}
