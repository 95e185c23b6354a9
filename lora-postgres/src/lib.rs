//! The store on PostgreSQL: the same answers as any store, in one order, for any number of servers on one database.
//!
//! One row, the tenant's **ledger**, says where the store stands. Whoever commits holds it, so that position order is
//! instant order and order of visibility, whoever else writes. Commits that wait are carried out together: one batch is
//! one exchange with the server, whatever it holds. See [`PostgresStore`].
//!
//! All SQL is static and stands beside its only caller. There are no triggers, no procedures, no foreign keys and no
//! serializable transactions: what must hold is decided in one statement that sees the newest state, and is checked from
//! outside by `lora check`.
//!
//! [`open()`] is the way in; [`connect()`], [`migrate`] and [`PostgresStore::new`] are its parts. [`open_register`] and
//! [`open_blocking`] open a [`register`](lora_core::register) by its URL.

mod commit;
mod connect;
mod contents;
mod error;
pub mod migrate;
mod open;
mod options;
mod queue;
mod read;
mod register;
mod replicas;
mod session;
mod store;
#[cfg(feature = "test-support")]
pub mod testing;
mod tls;
mod values;
mod wake;

pub use connect::{ConnectError, connect};
pub use open::{OpenError, Site, open};
pub use options::{Options, ServerUrl, Timeouts, UrlError};
pub use read::PostgresView;
pub use register::{BlockingRegister, OpenRegisterError, OwnRuntime, open_blocking, open_register};
pub use session::SESSION_OPTIONS;
pub use store::{PostgresStore, Tenant};
pub use tls::TlsError;
