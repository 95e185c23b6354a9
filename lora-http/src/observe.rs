//! What is seen of a request from outside: its id, one line in the log, its figures, and the time it may take.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use lora_core::storage::Storage;
use tracing::info;

use crate::app::App;
use crate::error::Problem;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id of a client that is taken over.
const ID_MAX: usize = 128;

/// Runs a request and says what became of it; never what stands in it.
pub(crate) async fn observe<S: Storage>(State(app): State<App<S>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request.headers().get(REQUEST_ID).filter(|id| is_sane(id)).cloned();
    let id = id.unwrap_or_else(|| HeaderValue::try_from((app.ids)().to_string()).expect("a UUID is ASCII"));
    let method = name(request.method());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "(none)".to_owned());
    let mut response = match tokio::time::timeout(app.options.answer_within, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message = "the answer took too long; a write may nevertheless be done";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_slow", message).into_response()
        }
    };
    let (status, took) = (response.status().as_u16(), started.elapsed());
    app.metrics.answered(method, &route, status, took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    info!(request_id = id.to_str().unwrap_or_default(), method, route, status, micros, "answered");
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Whether an id can be repeated in a header and a line of the log without harm.
fn is_sane(id: &HeaderValue) -> bool {
    let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte);
    !id.is_empty() && id.len() <= ID_MAX && id.as_bytes().iter().all(harmless)
}

/// A method's name, where clients cannot make up as many as they like.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
