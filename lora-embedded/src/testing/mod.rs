//! What tests need (feature `test-support`): a disk that fails where they say, and the bodies of the fuzz targets.

mod chance;
mod disk;
mod fuzz;

pub use disk::{SimulatedDisk, Torn};
pub use fuzz::fuzz_log;

pub use crate::rows::fuzz_rows;
