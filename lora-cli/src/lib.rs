//! The parts of the `lora` binary, one module per call.

pub mod demo;
pub mod generate;
