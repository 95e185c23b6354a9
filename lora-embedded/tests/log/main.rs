//! The log: what was written is read, and what happened to it is noticed.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;
mod crash;
mod damage;
mod faults;
mod format;
mod round_trip;
