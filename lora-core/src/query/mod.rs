//! Questions over both time axes, and their answers.
//!
//! [`Search`] and [`TimeContext`] say what is asked, [`execute`] answers over any store, and [`eval`] defines what
//! the right answer is.

mod ast;
pub mod eval;
pub mod execute;
mod pattern;

pub use ast::{Criterion, Known, Page, Search, TimeContext, ValueTest};
pub(crate) use pattern::fold;
pub use pattern::{Pattern, PatternError};
