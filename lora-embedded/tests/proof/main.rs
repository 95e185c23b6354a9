//! The store under everything that may happen to it: faults, crashes, kills, damage, and many at once.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod concurrency;
mod crashes;
mod faults;
mod flips;
mod kill;
mod long_chains;
mod state_machine;
mod support;
