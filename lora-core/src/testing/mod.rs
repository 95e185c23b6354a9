//! Generators of test data (feature `test-support`), for the suites here and in other crates.
//!
//! Everything is drawn from few instants, few texts and few UUIDs, so that random things meet: rows touch and overlap,
//! patterns match, relations point at objects that exist. Generators take the class they generate for, so they serve
//! every class, and return what shrinks towards little.

mod axis;
mod both;
mod classes;
mod contents;
mod filters;
pub mod fuzz;
mod linked;
pub mod paths;
pub mod queries;
mod questions;
pub mod rewriting;
pub mod state_machine;
mod watched;

pub use axis::{SmallAxis, period, window};
pub use classes::{classes, declared_anew};
pub use contents::{Step, any_content, command, content, effect, history, patch, shown, text, uuid, value};
pub use filters::{filter, query};
pub use linked::{linked_command, linked_content};
pub use questions::{criterion, known, like_source, page, search, time_context};
pub use watched::{Effort, Watched};
