//! The embedded store: files of one folder, nothing to install, nothing lost.
//!
//! An append-only **log** of entries is the truth: what a commit acknowledges is in it, and synced.
//! An **index** behind it answers questions; it can be lost, because it is computed from the log.

pub mod files;
#[allow(dead_code, reason = "the store that uses it is being written")]
mod index;
