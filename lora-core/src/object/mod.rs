//! What is stored: registrations of whole contents, and the pure rules that make the next one from the last.
//!
//! Start at [`Content`] (what a registration states), then [`Patch`] (what an update asks for) and [`merge`]
//! (what comes out); [`mod@lifecycle`] says which act may follow which, [`mod@slice`] cuts answers out of contents.

mod changes;
mod content;
pub mod lifecycle;
mod merge;
mod patch;
mod registration;
pub mod slice;
mod statement;
mod validate;

pub(crate) use changes::{Said, SaidDuring, changed, changed_parts, rows_differ, said, said_of};
pub use content::{ActorKind, AttributeRow, Content, Effect, RelationRow, StateRow, Target};
pub(crate) use content::{Row, derived_text};
pub use lifecycle::LifeCycle;
pub use merge::merge;
pub use patch::{AttributePatch, Change, Patch};
pub use registration::{ActorId, BatchId, ObjectId, Position, Registration, Seq};
pub(crate) use statement::{Pointing, Statement, joined};
pub use validate::{ContentError, Section, validate, validate_next, validate_patch};
