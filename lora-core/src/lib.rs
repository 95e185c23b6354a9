//! A bitemporal object store: the model, its rules and the query executor.

pub mod codec;
pub mod error;
pub mod object;
pub mod oio;
pub mod query;
pub mod schema;
pub mod service;
pub mod storage;
pub mod time;

pub use error::{Error, ErrorKind};
pub use service::Service;
