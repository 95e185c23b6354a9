//! Questions over both time axes, and their answers.
//!
//! [`Query`] says what is asked in the one language of filters, and [`Search`] what LoRA's clients can ask, which is
//! translated into it. [`build`] writes questions with names. [`execute`] answers over any store, and [`eval`] defines what the right answer is.

mod ast;
pub mod build;
pub mod eval;
pub mod execute;
mod filter;
mod pattern;
mod question;

pub use ast::{Criterion, Known, Page, Search, TimeContext, ValueTest};
pub use filter::{Comparison, Direction, Filter, Other, Reading, Related, Selection, Steps, Test};
pub(crate) use pattern::fold;
pub use pattern::{Pattern, PatternError};
pub use question::{Found, Order, Query};
