//! A bitemporal object store: the model, its rules and the query executor.

pub mod oio;
pub mod time;
