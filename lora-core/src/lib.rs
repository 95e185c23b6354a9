//! A bitemporal object store: the model, its rules and the query executor.

pub mod schema;
pub mod time;
