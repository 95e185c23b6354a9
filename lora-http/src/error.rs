//! The one table from what went wrong to what a client gets.
//!
//! Every refusal is `application/json`: the members that LoRA's clients look for, with the members of RFC 9457, a
//! stable `code`, and as far as they apply the `path` into the input, the offending `value` and what is `accepted`.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lora_core::error::ErrorKind;
use lora_core::object::lifecycle::TransitionError;
use lora_core::object::{ContentError, Position};
use lora_core::oio::{DocumentError, DocumentErrorKind, InputError, TimeTextError, lifecycle_on_wire, section_pointer};
use lora_core::schema::Class;
use lora_core::storage::StoreError;
use serde_json::{Map, Value, json};
use tracing::error;
use uuid::Uuid;

use crate::answer::{JSON, with_position};

/// A request is refused, or failed.
#[derive(Debug)]
pub(crate) struct Problem(Box<Details>);

#[derive(Debug)]
struct Details {
    status: StatusCode,
    code: &'static str,
    message: String,
    shape: Shape,
    path: Option<String>,
    value: Option<String>,
    accepted: Option<String>,
    periods: Vec<String>,
    position: Option<Position>,
}

/// Which members LoRA's clients find beside those that every problem has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `message`.
    Message,
    /// `message` and `"context": [null]`: raised by what would be a stored procedure.
    Raised,
    /// `message` and `"context": null`: what would be a data error of the database.
    Data,
    /// `"uuid": null`: there is no body to speak of.
    NoBody,
    /// `detail`, in the words of LoRA's web framework.
    Framework,
    /// `errors` that name the UUID in the path.
    PathUuid,
}

/// The longest value that an answer repeats, in characters.
const VALUE_MAX: usize = 200;

impl Problem {
    /// A problem with a stable code and a message for humans.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            status,
            code,
            message: message.into(),
            shape: Shape::Message,
            path: None,
            value: None,
            accepted: None,
            periods: Vec::new(),
            position: None,
        }))
    }

    /// A request that must be changed before it can succeed.
    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A value that LoRA's database would have refused.
    pub(crate) fn data(code: &'static str, message: impl Into<String>) -> Self {
        Self::invalid(code, message).shaped(Shape::Data)
    }

    /// A body that is missing, empty, falsy or not readable.
    pub(crate) fn no_body(code: &'static str, message: impl Into<String>) -> Self {
        Self::invalid(code, message).shaped(Shape::NoBody)
    }

    /// A path or a method that this server does not have.
    pub(crate) fn framework(status: StatusCode, code: &'static str, detail: &str) -> Self {
        Self::new(status, code, detail).shaped(Shape::Framework)
    }

    /// An object that is not there, as read and update say it.
    pub(crate) fn no_object(class: &Class, uuid: Uuid) -> Self {
        let service = capitalized(&class.service);
        let message = format!("No {} with ID {uuid} found in service {service}", class.title);
        Self::new(StatusCode::NOT_FOUND, "not_found", message).value(uuid.to_string())
    }

    /// An object that is not there, as delete says it.
    pub(crate) fn no_object_to_delete(class: &Class, uuid: Uuid) -> Self {
        let message = format!("No {} with ID {uuid} found.", class.title);
        Self::new(StatusCode::NOT_FOUND, "not_found", message).value(uuid.to_string())
    }

    /// An object that is deleted.
    pub(crate) fn deleted(uuid: Uuid) -> Self {
        Self::new(StatusCode::GONE, "deleted", "This object has been deleted.").value(uuid.to_string())
    }

    /// The last segment of the path is no UUID.
    pub(crate) fn path_uuid(segment: &str) -> Self {
        let problem = Self::invalid("path_uuid", format!("`{}` is no UUID", shortened(segment)));
        problem.shaped(Shape::PathUuid).path("path").value(segment).accepted("a UUID in any of its written forms")
    }

    /// A time text of the query that cannot be read.
    pub(crate) fn time(name: &str, text: &str, error: &TimeTextError) -> Self {
        Self::data("unreadable_time", error.to_string()).parameter(name).value(text)
    }

    /// What the core says about an object of `class`.
    pub(crate) fn core(class: &Class, problem: lora_core::Error) -> Self {
        use lora_core::Error;
        match problem {
            Error::Transition { object, source: TransitionError::Illegal { from, to } } => {
                let message = format!(
                    "Error updating {} with uuid [{}], Invalid [livscyklus] transition to [{}]",
                    class.wire,
                    object.uuid,
                    lifecycle_on_wire(to)
                );
                let problem = Self::invalid("illegal_transition", message).shaped(Shape::Raised);
                problem.path("/livscyklus").value(lifecycle_on_wire(from))
            }
            Error::Transition { object, source: TransitionError::Unknown } => Self::no_object(class, object.uuid),
            Error::Content { source, .. } => Self::content(class, &source),
            other => Self::failure(&other),
        }
    }

    /// What the core says where no class is concerned.
    pub(crate) fn failure(problem: &lora_core::Error) -> Self {
        let (status, code) = match problem.kind() {
            ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "invalid"),
            ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict"),
            ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
            ErrorKind::Full => (StatusCode::INSUFFICIENT_STORAGE, "store_full"),
            ErrorKind::Corrupt => (StatusCode::INTERNAL_SERVER_ERROR, "store_corrupt"),
        };
        if let lora_core::Error::TooLarge { .. } = problem {
            let narrower = "a query about fewer objects or a shorter time, or one of which another part finds little";
            return Self::new(StatusCode::UNPROCESSABLE_ENTITY, "query_too_large", problem.to_string())
                .accepted(narrower);
        }
        if status.is_server_error() {
            error!(error = %Chain(problem), "the store failed");
        }
        let problem = match problem {
            lora_core::Error::Store(error) => Self::new(status, code, error.to_string()),
            other => Self::new(status, code, other.to_string()),
        };
        match status {
            StatusCode::INSUFFICIENT_STORAGE => {
                problem.accepted("the same again, when there is free space on its disk")
            }
            _ => problem,
        }
    }

    fn content(class: &Class, error: &ContentError) -> Self {
        let problem = |code| Self::invalid(code, error.to_string()).shaped(Shape::Raised);
        match error {
            ContentError::Overlap { section, first, second, .. } => {
                let mut problem = problem("overlap").path(section_pointer(class, *section));
                problem.0.periods = vec![first.to_string(), second.to_string()];
                problem
            }
            ContentError::Missing { section, field, period, .. } => {
                let path = section_pointer(class, *section);
                let mut problem = problem("missing_value").path(path).accepted(format!("a value for {field}"));
                problem.0.periods = vec![period.to_string()];
                problem
            }
            ContentError::Undeclared { what, .. } => problem("undeclared").value(what.clone()),
            ContentError::Nul => problem("nul_character").path("").accepted("text without U+0000"),
            ContentError::Cuts => problem("too_many_cuts")
                .path("")
                .accepted("fewer rows, or fewer changes of the state that makes it count"),
        }
    }

    /// A failure of ours; what it was stands in the log.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed; its log says why")
    }

    /// The same, saying where in the input: a JSON pointer into the body.
    pub(crate) fn path(mut self, path: impl Into<String>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// The same, saying which argument of the query it is about.
    pub(crate) fn parameter(self, name: &str) -> Self {
        let path = format!("?{}", shortened(name));
        self.path(path)
    }

    /// The same with the offending value.
    pub(crate) fn value(mut self, value: impl AsRef<str>) -> Self {
        self.0.value = Some(shortened(value.as_ref()));
        self
    }

    /// The same, saying what would be accepted.
    pub(crate) fn accepted(mut self, accepted: impl Into<String>) -> Self {
        self.0.accepted = Some(accepted.into());
        self
    }

    /// The same, saying up to which position the store was looked at.
    pub(crate) fn seen(mut self, position: Position) -> Self {
        self.0.position = Some(position);
        self
    }

    /// The same under another status and code.
    pub(crate) fn but(mut self, status: StatusCode, code: &'static str) -> Self {
        (self.0.status, self.0.code) = (status, code);
        self
    }

    fn shaped(mut self, shape: Shape) -> Self {
        self.0.shape = shape;
        self
    }

    fn body(&self) -> Value {
        let details = &*self.0;
        let mut body = Map::new();
        match details.shape {
            Shape::NoBody => drop(body.insert("uuid".to_owned(), Value::Null)),
            Shape::PathUuid => {
                body.insert("error".to_owned(), json!(true));
                body.insert("description".to_owned(), json!("Invalid input."));
                body.insert("error_key".to_owned(), json!("E_INVALID_INPUT"));
                body.insert("request".to_owned(), Value::Null);
                let error =
                    json!({"loc": ["path", "uuid"], "msg": "value is not a valid uuid", "type": "type_error.uuid"});
                body.insert("errors".to_owned(), json!([error]));
            }
            Shape::Message | Shape::Raised | Shape::Data | Shape::Framework => {}
        }
        body.insert("message".to_owned(), json!(details.message));
        match details.shape {
            Shape::Raised => drop(body.insert("context".to_owned(), json!([null]))),
            Shape::Data => drop(body.insert("context".to_owned(), Value::Null)),
            _ => {}
        }
        body.insert("type".to_owned(), json!(format!("urn:lora:problem:{}", details.code)));
        body.insert("title".to_owned(), json!(capitalized(&details.code.replace('_', " "))));
        body.insert("status".to_owned(), json!(details.status.as_u16()));
        body.insert("detail".to_owned(), json!(details.message));
        body.insert("code".to_owned(), json!(details.code));
        for (name, text) in [("path", &details.path), ("value", &details.value), ("accepted", &details.accepted)] {
            if let Some(text) = text {
                body.insert(name.to_owned(), json!(text));
            }
        }
        if !details.periods.is_empty() {
            body.insert("periods".to_owned(), json!(details.periods));
        }
        Value::Object(body)
    }
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Self {
        let problem = Self::invalid(error.code, error.message).path(error.path).accepted(error.accepted);
        match error.found {
            Some(found) => problem.value(found),
            None => problem,
        }
    }
}

impl From<DocumentError> for Problem {
    /// As LoRA: what cannot be parsed counts as no body; what only a stricter reader refuses is an ordinary mistake.
    fn from(error: DocumentError) -> Self {
        use DocumentErrorKind as Kind;
        let (code, unparsable) = match error.kind {
            Kind::Syntax => ("malformed_json", true),
            Kind::UnexpectedEnd => ("unexpected_end", true),
            Kind::InvalidUtf8 => ("invalid_utf8", true),
            Kind::LoneSurrogate => ("lone_surrogate", false),
            Kind::Nul => ("nul_character", false),
            Kind::DuplicateMember => ("duplicate_member", false),
            Kind::TooDeep => ("too_deep", false),
            Kind::NumberOutOfRange => ("number_out_of_range", false),
        };
        let message = error.to_string();
        let problem = if unparsable { Self::no_body(code, message) } else { Self::invalid(code, message) };
        let problem = problem.accepted(error.kind.accepted()).path(error.path);
        match error.found {
            Some(found) => problem.value(found),
            None => problem,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::failure(&error.into())
    }
}

impl From<lora_core::Error> for Problem {
    fn from(error: lora_core::Error) -> Self {
        Self::failure(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        const RETRY_AFTER: HeaderName = header::RETRY_AFTER;
        let body = self.body().to_string();
        let mut response = (self.0.status, [(header::CONTENT_TYPE, JSON)], body).into_response();
        if self.0.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static("1"));
        }
        match self.0.position {
            Some(position) => with_position(response, position),
            None => response,
        }
    }
}

/// An error with everything that caused it, for the log.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
