//! What conditions are about: the objects of a class.

use uuid::Uuid;

use super::{Condition, Join, SubjectField, SubjectRelation, SubjectState};
use crate::object::LifeCycle;
use crate::query::{Filter, Pattern};
use crate::schema::{Class, Schema};
use crate::time::{Period, TransactionTime};

/// The objects of a class, of which conditions are made.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'s> {
    pub(super) schema: &'s Schema,
    pub(super) class: &'s Class,
}

impl<'s> Subject<'s> {
    pub(super) const fn new(schema: &'s Schema, class: &'s Class) -> Self {
        Self { schema, class }
    }

    /// A field, alone or as `group.field`, or a derived term.
    pub fn field(self, name: &str) -> SubjectField<'s> {
        SubjectField::new(self, name)
    }

    /// A state.
    pub fn state(self, name: &str) -> SubjectState<'s> {
        SubjectState::new(self, name)
    }

    /// A relation by which the subject points at others.
    pub fn relation(self, name: &str) -> SubjectRelation<'s> {
        SubjectRelation::new(self, name)
    }

    /// A relation by which the objects of a class, which may be the same, point at the subject.
    pub fn pointed_at_by(self, class: &str, relation: &str) -> Join<'s> {
        Join::backward(self, class, relation)
    }

    /// The one object with this UUID.
    pub fn is(self, uuid: Uuid) -> Condition {
        self.is_any([uuid])
    }

    /// The objects with these UUIDs.
    pub fn is_any(self, uuids: impl IntoIterator<Item = Uuid>) -> Condition {
        Filter::Object(uuids.into_iter().collect()).into()
    }

    /// Where a text of any field matches a pattern, in which `%` is any run of characters, whatever the letter case.
    pub fn any_text(self, pattern: &str) -> Condition {
        Condition::of(Pattern::parse(pattern).map(Filter::AnyText))
    }

    /// Where any relation points at this UUID.
    pub fn any_relation(self, to: Uuid) -> Condition {
        Filter::AnyRelation(to).into()
    }

    /// Where the registration has one of these life cycles; of [`LifeCycle::Deleted`] nothing is found unless the question
    /// [reads](super::Ask::reading) what is registered.
    pub fn life_cycle(self, stages: impl IntoIterator<Item = LifeCycle>) -> Condition {
        Filter::LifeCycle(stages.into_iter().collect()).into()
    }

    /// Where the registration was made by this actor.
    pub fn registered_by(self, actor: Uuid) -> Condition {
        Filter::Actor(vec![actor]).into()
    }

    /// Where the registration was made in a period.
    pub fn registered_in(self, within: Period<TransactionTime>) -> Condition {
        Filter::RegisteredIn(within).into()
    }

    /// Where the registration's note matches a pattern, as texts do.
    pub fn note(self, pattern: &str) -> Condition {
        Condition::of(Pattern::parse(pattern).map(Filter::Note))
    }

    /// At the valid instants about which a registration made in a period states something else than the one before it.
    pub fn changed_in(self, within: Period<TransactionTime>) -> Condition {
        Filter::ChangedIn { within, part: None }.into()
    }

    /// The same, of one group, field, state or relation.
    pub fn part_changed_in(self, part: &str, within: Period<TransactionTime>) -> Condition {
        Condition::of(self.class.part_called(part).map(|part| Filter::ChangedIn { within, part: Some(part) }))
    }
}
