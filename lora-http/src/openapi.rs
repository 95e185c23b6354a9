//! `/openapi.json`
use axum::http::StatusCode;
/// stub
pub(crate) async fn handle() -> StatusCode { StatusCode::NOT_IMPLEMENTED }
