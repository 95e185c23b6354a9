//! The parts of the `lora` binary, one module per call.

mod clock;
pub mod config;
pub mod demo;
pub mod generate;
mod log;
pub mod serve;
mod settings;
pub mod transfer;
