//! From which point of time an answer was given, in a header: where the body has no room for it.

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use lora_core::native::write_context;
use lora_core::object::Position;
use lora_core::query::TimeContext;

use crate::answer::with_position;

/// The context of an answer, as JSON.
const CONTEXT: HeaderName = HeaderName::from_static("lora-context");

/// The same answer, saying from which point of time it is, and which position it shows.
pub(super) fn with_context(response: Response, context: &TimeContext, position: Position) -> Response {
    let mut response = with_position(response, position);
    let mut json = Vec::new();
    write_context(&mut json, context, position);
    if let Ok(json) = HeaderValue::from_bytes(&json) {
        response.headers_mut().insert(CONTEXT, json);
    }
    response
}
