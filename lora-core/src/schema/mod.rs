//! Object classes as data: what a class declares, and the ids under which a store knows the declared names.
//!
//! A [`ClassDeclaration`] is what somebody writes down (TOML, see `classes/`); a [`Class`] is the same with
//! ids that this store allocated once and keeps, so that adding a class or a field never renumbers what is stored.

mod class;
mod declaration;
mod declare;
mod ids;
mod names;
mod nearest;
mod path;
mod value;

pub use class::{Cardinality, Class, Derived, Field, Group, Presence, Relation, Schema, State, StateValue};
pub use declaration::{
    ClassDeclaration, DeclarationError, DerivedDeclaration, FieldDeclaration, GroupDeclaration, PresenceDeclaration,
    RelationDeclaration, StateDeclaration, StateValueDeclaration,
};
pub use ids::{ClassId, FieldId, Ids};
pub(crate) use names::Term;
pub use names::{NameError, Part};
pub(crate) use nearest::nearest;
pub use path::{
    Condition, ConditionDeclaration, EdgeDeclaration, NodeDeclaration, Path, PathDeclaration, PathEdge, PathNode,
};
pub use value::{FieldType, Keyword, Value};
