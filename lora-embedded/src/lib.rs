//! The embedded store: files of one folder, nothing to install, nothing lost.
//!
//! An append-only **log** of entries is the truth: what a commit acknowledges is in it, and synced.
//! An **index** behind it answers questions; it can be lost, because it is computed from the log.

mod blocking;
mod clock;
mod contents;
mod error;
pub mod files;
pub mod home;
mod index;
pub mod log;
mod open;
mod read;
mod rebuild;
mod rows;
mod store;
#[cfg(feature = "test-support")]
pub mod testing;
mod writer;

pub use blocking::BlockingService;
pub use clock::SystemClock;
pub use error::OpenError;
pub use index::IndexOptions;
pub use read::EmbeddedView;
pub use store::{EmbeddedStore, Options};
