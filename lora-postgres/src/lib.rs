//! The store on PostgreSQL: the same answers as any store, in one order, for any number of servers on one database.

mod connect;
pub mod migrate;
mod options;
#[cfg(feature = "test-support")]
pub mod testing;
mod tls;

pub use connect::{ConnectError, connect};
pub use options::{Options, ServerUrl, Timeouts, UrlError};
pub use tls::TlsError;
