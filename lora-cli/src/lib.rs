//! The parts of the `lora` binary, one module per call.

mod calls;
pub mod commands;
pub mod config;
pub mod demo;
mod failure;
pub mod generate;
mod log;
mod postgres;
pub mod serve;
mod settings;
mod store;
pub mod transfer;

/// Here and not in `main.rs`, so that benches measure with the allocator that operators run.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
