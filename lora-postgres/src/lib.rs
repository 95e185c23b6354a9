//! The store on PostgreSQL: the same answers as any store, in one order, for any number of servers on one database.
//!
//! One row, the tenant's **ledger**, says where the store stands. Whoever commits holds it, so that position order is
//! instant order and order of visibility, whoever else writes. Commits that wait are carried out together: one batch is
//! one exchange with the server, whatever it holds. See [`PostgresStore`].
//!
//! All SQL is static and stands beside its only caller. There are no triggers, no procedures, no foreign keys and no
//! serializable transactions: what must hold is decided in one statement that sees the newest state, and is checked from
//! outside by `lora check`.

mod commit;
mod contents;
mod error;
mod queue;
mod read;
mod replicas;
mod session;
mod store;
mod values;
mod wake;

pub use read::PostgresView;
pub use session::SESSION_OPTIONS;
pub use store::{PostgresStore, Tenant};
