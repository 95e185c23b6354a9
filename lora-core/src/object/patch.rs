//! What an update asks for.

use std::collections::BTreeMap;

use super::{Effect, RelationRow, StateRow};
use crate::schema::{FieldId, Value};

/// What to do with one thing: leave it, take it away, or give it a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// As it was.
    #[default]
    Keep,
    /// Nothing from now on.
    Clear,
    /// This from now on.
    Set(T),
}

/// What an update says about each part of a content; parts that it does not name stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patch {
    /// By attribute group; `Set` merges the rows by time.
    pub attributes: BTreeMap<FieldId, Change<Vec<AttributePatch>>>,
    /// By state; `Set` merges the rows by time.
    pub states: BTreeMap<FieldId, Change<Vec<StateRow>>>,
    /// By relation; `Set` merges by time in relations to at most one, and replaces all rows in relations to many.
    pub relations: BTreeMap<FieldId, Change<Vec<RelationRow>>>,
}

/// What an update says about the fields of one group during one effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributePatch {
    /// By field; fields that are not named stay.
    pub values: BTreeMap<FieldId, Change<Value>>,
    /// When this holds from now on.
    pub effect: Effect,
}
