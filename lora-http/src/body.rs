//! Bodies: limited in size and in time, as JSON or as a form with the JSON in a field.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use http_body_util::BodyExt;
use lora_core::oio::Document;

use crate::error::Problem;

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The most bytes that are taken.
    pub(crate) bytes_max: usize,
    /// How long a client may take to send them.
    pub(crate) within: Duration,
}

/// So many times what is taken is read and thrown away, so that a client that sends first and listens then gets to
/// hear why.
const DISCARDED: usize = 4;

/// The document of a body that must have one.
///
/// # Errors
/// 400 with `"uuid": null` for a body that is empty, not JSON, or falsy (`{}`, `[]`, `null`, `""`, `0`, `false`);
/// 408 and 413 as in [`optional`].
pub(crate) async fn required(request: Request, limits: Limits) -> Result<Document, Problem> {
    let absent = || {
        let problem = Problem::no_body("empty_body", "the body is empty");
        problem.path("").accepted("a JSON object that is not empty")
    };
    let document = optional(request, limits).await?.ok_or_else(absent)?;
    if is_falsy(&document) { Err(absent()) } else { Ok(document) }
}

/// The document of a body that may be empty.
///
/// # Errors
/// 400 for what is not a document, 408 where the client takes too long, 413 where it sends too much.
pub(crate) async fn optional(request: Request, limits: Limits) -> Result<Option<Document>, Problem> {
    let (parts, body) = request.into_parts();
    let collected = tokio::time::timeout(limits.within, collected(body, limits.bytes_max)).await;
    let bytes = collected.map_err(|_| {
        let message = format!("the body did not arrive within {} seconds", limits.within.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "slow_body", message)
    })??;
    let kind = parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    if kind.len() >= FORM.len() && kind[..FORM.len()].eq_ignore_ascii_case(FORM) {
        return form(Request::from_parts(parts, Body::from(bytes))).await.map(Some);
    }
    if bytes.trim_ascii().is_empty() {
        return Ok(None);
    }
    Ok(Some(Document::parse(&bytes)?))
}

const FORM: &[u8] = b"multipart/form-data";

async fn collected(mut body: Body, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let (mut bytes, mut received) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Problem::no_body("broken_body", format!("the body broke off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        received = received.saturating_add(data.len());
        if received <= bytes_max {
            bytes.extend_from_slice(&data);
        } else if received > bytes_max.saturating_mul(DISCARDED) {
            break;
        }
    }
    if received <= bytes_max {
        return Ok(bytes);
    }
    let message = format!("the body is longer than {bytes_max} bytes");
    Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message).accepted(format!("{bytes_max} bytes")))
}

/// The document in the field `json` of a form.
async fn form(request: Request) -> Result<Document, Problem> {
    let broken = |error: &dyn std::fmt::Display| Problem::no_body("malformed_form", format!("malformed form: {error}"));
    let mut form = Multipart::from_request(request, &()).await.map_err(|error| broken(&error.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error.body_text()))? {
        if field.name() == Some("json") {
            let bytes: Bytes = field.bytes().await.map_err(|error| broken(&error.body_text()))?;
            return Document::parse(&bytes).map_err(|error| {
                let problem = Problem::invalid("malformed_json", "unparsable json").accepted(error.to_string());
                problem.path(error.path)
            });
        }
    }
    Err(Problem::no_body("empty_body", "the form has no field `json`").accepted("a field `json`"))
}

/// What counts as nothing where LoRA looks whether there is a body.
fn is_falsy(document: &Document) -> bool {
    match document {
        Document::Null | Document::Bool(false) => true,
        Document::Bool(true) => false,
        Document::Number(number) => number.as_f64() == Some(0.0),
        Document::Text(text) => text.is_empty(),
        Document::List(items) => items.is_empty(),
        Document::Members(members) => members.is_empty(),
    }
}
