//! Whether the server lives, and whether its store answers.

use axum::extract::State;
use axum::http::StatusCode;
use lora_core::storage::Storage;

use crate::app::{App, newest};
use crate::error::Problem;

/// `GET /health/live`: 204 as long as the process answers at all.
pub(crate) async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// `GET /health/ready`: 204 when requests can be served, 503 while the store cannot be read.
pub(crate) async fn ready<S: Storage>(State(app): State<App<S>>) -> Result<StatusCode, Problem> {
    newest(&app).await.map(|_| StatusCode::NO_CONTENT)
}
