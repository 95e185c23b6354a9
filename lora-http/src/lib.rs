//! LoRA's dialect over HTTP, over any store.
//!
//! Every path `/{service}/{class}…` of LoRA stands at the root and under `/lora`; beside it there are health,
//! metrics, and descriptions of it all for machines (`/openapi.json`) and people (`/`).
//! This crate knows [`Storage`](lora_core::storage::Storage) and never a store.
//!
//! [`router`] makes an axum router of [`Parts`], [`serve`] answers connections with it until it is told to stop.
//!
//! `/api/v1` is our own API, with English names, queries and pages.
//!
//! Where to look:
//! *what does `virkningFra` mean?* `params.rs` · *why 404 and not 400?* `error.rs` · *which path leads where?* `app.rs`
//! · *what happens on PATCH?* `routes/update.rs`.
//!
//! A write runs in a task of its own: a client that leaves does not stop it half-way.
//! All reads of one request look at one view of the store, and take one instant for the present.

mod answer;
mod api;
mod app;
mod body;
mod describe;
mod error;
mod health;
mod identify;
mod metrics;
mod observe;
mod openapi;
mod page;
mod params;
mod routes;
mod serve;
#[cfg(feature = "test-support")]
pub mod testing;

pub use app::{HttpOptions, Parts, router};
pub use identify::{Anonymous, Identify, TrustedHeader, Unidentified};
pub use metrics::Metrics;
pub use serve::serve;
