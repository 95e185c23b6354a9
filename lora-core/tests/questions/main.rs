//! Queries and paths: what they mean, what is found, and with which effort.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod build;
mod definition;
mod effort;
mod judged;
mod laws;
mod path_declarations;
mod path_effort;
mod paths;
mod search_effort;
mod searches;
