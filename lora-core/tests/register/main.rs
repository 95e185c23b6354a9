//! The register of names and plain values.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod errors;
mod law;
mod time;
