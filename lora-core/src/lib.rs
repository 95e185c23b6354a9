//! A bitemporal object store: the model, its rules and the query executor.

pub mod object;
pub mod oio;
pub mod query;
pub mod schema;
#[cfg(feature = "test-support")]
pub mod testing;
pub mod time;
