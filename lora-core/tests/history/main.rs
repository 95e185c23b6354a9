//! History as an answer, against what reads of the same store say instant by instant.
//!
//! Nothing here knows of periods more than whether an instant lies in one, and nothing uses what it judges.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod differences;
mod effort;
mod lessons;
mod pictures;
mod registrations;
mod support;
mod timelines;
mod undo;
