//! The store under everything that may happen to it: faults, kills, whoever goes away, and many at once.

mod conformance;
mod support;
