//! What a register says of an object at one instant.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::object::{AttributeRow, Effect, LifeCycle, Position, Registration, Target};
use crate::schema::{Class, ClassId, Field, FieldType, Group, NameError, Schema, Value};
use crate::time::{Period, Timestamp, TransactionTime, ValidTime};

/// An object as it is at one instant of valid time, as known at one of transaction time.
///
/// Values are asked for by name; a name that the class does not have, or a value asked for as of another type, is an
/// error, and what has no value at that instant is `None`.
#[derive(Clone)]
pub struct Record {
    schema: Arc<Schema>,
    class: ClassId,
    position: Position,
    registered: Period<TransactionTime>,
    at: Timestamp<ValidTime>,
    present: bool,
    /// Its content is cut to the rows in effect at the instant.
    registration: Registration,
}

/// A registration as it was read.
pub(super) struct Found {
    pub(super) position: Position,
    pub(super) registered: Period<TransactionTime>,
    pub(super) registration: Registration,
}

impl Record {
    pub(super) fn new(schema: Arc<Schema>, found: Found, at: Timestamp<ValidTime>, present: bool) -> Self {
        let Found { position, registered, registration } = found;
        Self { schema, class: registration.object.class, position, registered, at, present, registration }
    }

    /// The object.
    pub const fn id(&self) -> Uuid {
        self.registration.object.uuid
    }

    /// The name of its class.
    pub fn class(&self) -> &str {
        &self.declared().name
    }

    /// The instant of valid time at which all of this holds.
    pub const fn at(&self) -> Timestamp<ValidTime> {
        self.at
    }

    /// The value of a field, of whatever type.
    ///
    /// # Errors
    /// [`NameError`] where the class has no such field.
    pub fn value(&self, field: &str) -> Result<Option<&Value>, NameError> {
        let (group, field) = self.declared().field_called(field)?;
        Ok(self.value_of(group, field))
    }

    /// The value of a field that holds a text.
    ///
    /// # Errors
    /// [`NameError`] where the class has no such field, or it holds something else.
    pub fn text(&self, field: &str) -> Result<Option<&str>, NameError> {
        let value = self.value_as(field, FieldType::Text)?;
        Ok(value.and_then(|value| if let Value::Text(text) = value { Some(text.as_str()) } else { None }))
    }

    /// The value of a field that holds a list of texts; none where it has no value.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn texts(&self, field: &str) -> Result<&[String], NameError> {
        let value = self.value_as(field, FieldType::TextList)?;
        Ok(value.map_or(&[], |value| if let Value::TextList(texts) = value { texts } else { &[] }))
    }

    /// The value of a field that holds a whole number.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn integer(&self, field: &str) -> Result<Option<i32>, NameError> {
        let value = self.value_as(field, FieldType::Integer)?;
        Ok(value.and_then(|value| if let Value::Integer(number) = value { Some(*number) } else { None }))
    }

    /// The value of a field that holds true or false.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn boolean(&self, field: &str) -> Result<Option<bool>, NameError> {
        let value = self.value_as(field, FieldType::Boolean)?;
        Ok(value.and_then(|value| if let Value::Boolean(value) = value { Some(*value) } else { None }))
    }

    /// The name of a state's value.
    ///
    /// # Errors
    /// [`NameError`] where the class has no such state.
    pub fn state(&self, state: &str) -> Result<Option<&str>, NameError> {
        let state = self.declared().state_called(state)?;
        let mut rows = self.registration.content.states(state.id).iter().filter(|row| self.holds(&row.effect));
        let value = rows.next().and_then(|row| state.value(row.value));
        Ok(value.map(|value| value.name.as_str()))
    }

    /// What a relation points at.
    ///
    /// # Errors
    /// [`NameError`] where the class has no such relation.
    pub fn targets(&self, relation: &str) -> Result<Vec<&Target>, NameError> {
        let relation = self.declared().relation_called(relation)?;
        let rows = self.registration.content.relations(relation.id).iter().filter(|row| self.holds(&row.effect));
        Ok(rows.map(|row| &row.target).filter(|target| **target != Target::Nothing).collect())
    }

    /// The first UUID that a relation points at: the only one, where it points at one at a time.
    ///
    /// # Errors
    /// As [`targets`](Self::targets).
    pub fn target(&self, relation: &str) -> Result<Option<Uuid>, NameError> {
        Ok(self.targets(relation)?.into_iter().find_map(Target::uuid))
    }

    /// Whether the object counts at the instant: it has the state that its class calls presence, if it calls one so.
    pub const fn is_present(&self) -> bool {
        self.present
    }

    /// From when to when this was what the register stated, as far as the reader sees; open while it is the newest.
    pub const fn registered(&self) -> Period<TransactionTime> {
        self.registered
    }

    /// What kind of act made it.
    pub const fn lifecycle(&self) -> LifeCycle {
        self.registration.lifecycle
    }

    /// Where in the order of everything it was registered.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The registration itself, with the rows in effect at the instant: who made it, why, and everything with ids.
    pub const fn registration(&self) -> &Registration {
        &self.registration
    }

    fn declared(&self) -> &Class {
        self.schema.class(self.class).expect("the record is of a class of its schema")
    }

    fn holds(&self, effect: &Effect) -> bool {
        effect.valid.contains(self.at)
    }

    fn value_of(&self, group: &Group, field: &Field) -> Option<&Value> {
        let mut rows = self.registration.content.attributes(group.id).iter().filter(|row| self.holds(&row.effect));
        rows.next().and_then(|row: &AttributeRow| row.value(field.id))
    }

    fn value_as(&self, name: &str, given: FieldType) -> Result<Option<&Value>, NameError> {
        let class = self.declared();
        let (group, field) = class.field_called(name)?;
        if field.field_type == given {
            return Ok(self.value_of(group, field));
        }
        let (of, field, holds) = (class.name.clone(), name.to_owned(), field.field_type);
        Err(NameError::Type { of, field, holds, given })
    }
}

impl PartialEq for Record {
    /// Whether two say the same of the same object; the ids that their stores have for names count, too.
    fn eq(&self, other: &Self) -> bool {
        let said = |this: &Self| (this.position, this.registered, this.at, this.present);
        said(self) == said(other) && self.registration == other.registration
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Record");
        shown.field("class", &self.class()).field("id", &self.id()).field("at", &self.at);
        shown.field("registered", &self.registered).field("registration", &self.registration).finish_non_exhaustive()
    }
}
