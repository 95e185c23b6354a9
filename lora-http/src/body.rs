//! Bodies: limited in size and in time, as JSON or as a form with the JSON in a field.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;
use lora_core::oio::Document;
use lora_core::storage::Storage;

use crate::app::App;
use crate::error::Problem;

/// What became of a request's body; taken in whole before anything is answered, because a client that sends first and
/// listens then would otherwise find the connection closed.
#[derive(Debug, Clone)]
enum Received {
    Whole(Bytes),
    TooLong { bytes_max: usize },
    TooSlow { within: Duration },
    Broken(String),
}

/// So many times what is taken is read and thrown away, so that the client gets to hear why.
const DISCARDED: usize = 4;

/// Takes in the body of every request, whether anybody looks at it or not.
pub(crate) async fn receive<S: Storage>(State(app): State<App<S>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let (bytes_max, within) = (app.options.body_bytes_max, app.options.body_within);
    let received = tokio::time::timeout(within, collected(body, bytes_max)).await;
    parts.extensions.insert(received.unwrap_or(Received::TooSlow { within }));
    next.run(Request::from_parts(parts, Body::empty())).await
}

async fn collected(mut body: Body, bytes_max: usize) -> Received {
    let (mut bytes, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Received::Broken(error.to_string()),
        };
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= bytes_max {
            bytes.extend_from_slice(&data);
        } else if length > bytes_max.saturating_mul(DISCARDED) {
            break;
        }
    }
    if length <= bytes_max { Received::Whole(bytes.into()) } else { Received::TooLong { bytes_max } }
}

impl Received {
    fn bytes(self) -> Result<Bytes, Problem> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::TooLong { bytes_max } => {
                let message = format!("the body is longer than {bytes_max} bytes");
                let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message);
                Err(problem.accepted(format!("{bytes_max} bytes")))
            }
            Self::TooSlow { within } => {
                let message = format!("the body did not arrive within {} seconds", within.as_secs_f32());
                Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "slow_body", message))
            }
            Self::Broken(error) => Err(Problem::no_body("broken_body", format!("the body broke off: {error}"))),
        }
    }
}

/// The document of a body that must have one.
///
/// # Errors
/// 400 with `"uuid": null` for a body that is empty, not JSON, or falsy (`{}`, `[]`, `null`, `""`, `0`, `false`);
/// 408 and 413 as in [`optional`].
pub(crate) async fn required(request: Request) -> Result<Document, Problem> {
    let absent = || {
        let problem = Problem::no_body("empty_body", "the body is empty");
        problem.path("").accepted("a JSON object that is not empty")
    };
    optional(request).await?.ok_or_else(absent)
}

/// The document of a body that may be empty or falsy: then there is none.
///
/// A body that is JSON is taken as it is, whatever the request calls it; else it may be a form.
///
/// # Errors
/// 400 for what is not a document, 408 where the client took too long, 413 where it sent too much.
pub(crate) async fn optional(request: Request) -> Result<Option<Document>, Problem> {
    let (mut parts, _) = request.into_parts();
    let bytes = parts.extensions.remove::<Received>().map_or(Ok(Bytes::new()), Received::bytes)?;
    let kind = parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    let is_form = kind.len() >= FORM.len() && kind[..FORM.len()].eq_ignore_ascii_case(FORM);
    let json = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    if json.trim_ascii().is_empty() && !is_form {
        return Ok(None);
    }
    let document = match Document::parse(json) {
        Err(_) if is_form => form(Request::from_parts(parts, Body::from(bytes))).await?,
        parsed => parsed?,
    };
    Ok(Some(document).filter(|document| !is_falsy(document)))
}

/// What some clients write before UTF-8; LoRA reads over it too.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const FORM: &[u8] = b"multipart/form-data";

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
