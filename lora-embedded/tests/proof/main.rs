//! The store under everything that may happen to it: faults, crashes, kills, damage, and many at once.

mod concurrency;
mod crashes;
mod faults;
mod flips;
mod kill;
mod long_chains;
mod state_machine;
mod support;
