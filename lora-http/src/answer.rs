//! What successful answers have in common.

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lora_core::object::Position;
use serde_json::Value;

/// The content type of every answer of the dialect.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The position of the store that an answer shows, or that a write got.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("lora-position");

/// An answer of JSON that is written already.
pub(crate) fn json_bytes(status: StatusCode, bytes: impl Into<Bytes>) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], bytes.into()).into_response()
}

/// An answer of JSON.
pub(crate) fn json(status: StatusCode, value: &Value) -> Response {
    json_bytes(status, value.to_string())
}

/// The same answer, saying which position it shows.
pub(crate) fn with_position(mut response: Response, position: Position) -> Response {
    response.headers_mut().insert(POSITION, HeaderValue::from(position.0));
    response
}
