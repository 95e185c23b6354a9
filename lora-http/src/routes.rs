//! The verbs of the dialect, one in each file.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod find;
pub(crate) mod import;
mod listing;
pub(crate) mod read;
pub(crate) mod update;

use std::future::Future;

use axum::http::StatusCode;
use axum::response::Response;
use lora_core::service::Written;
use lora_core::storage::Storage;
use serde_json::json;
use uuid::Uuid;

use crate::answer;
use crate::app::{App, newest};
use crate::error::Problem;

/// Runs a write in a task of its own, so that a client that leaves cannot stop it half-way.
async fn owned<T: Send + 'static>(write: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(write).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is being torn down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// The answer to a write: the object's UUID, and the position to ask for by who wants to see it.
async fn written<S: Storage>(
    app: &App<S>,
    status: StatusCode,
    uuid: Uuid,
    written: Written,
) -> Result<Response, Problem> {
    let position = match written.receipt() {
        Some(receipt) => {
            app.metrics.registered();
            receipt.last
        }
        None => newest(app).await?,
    };
    Ok(answer::with_position(answer::json(status, &json!({"uuid": uuid})), position))
}
