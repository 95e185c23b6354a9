//! The store under everything that may happen to it: faults, kills, whoever goes away, and many at once.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod churn;
mod concurrency;
mod conformance;
mod cuts;
mod damage;
mod departures;
mod exploded;
mod kill;
mod plain_path;
mod plain_sql;
mod plans;
mod proxy;
mod restored;
mod state_machine;
mod support;
mod texts;
mod third_opinion;
mod third_opinion_paths;
mod told;
mod writers;
