//! `GET /api/v1/{class}/{id}`: one object, as known and in effect at a point of time.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use lora_core::native::write_object;
use lora_core::object::LifeCycle;
use lora_core::object::slice::retain_in_effect;
use lora_core::storage::{Read, Storage};

use super::context::with_context;
use super::{Arguments, etag, no_object, object};
use crate::answer::json_bytes;
use crate::app::{App, demanded};
use crate::error::Problem;

/// One registration is shown, so `known` is an instant.
const ARGUMENTS: [&str; 4] = ["known", "valid", "valid_from", "valid_to"];

pub(crate) async fn handle<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    let (class, id) = object(app.service.schema(), request.uri())?;
    let arguments = Arguments::of(request.uri())?;
    arguments.only(&ARGUMENTS)?;
    let context = arguments.context(app.clock.now())?;
    if context.known.at_most_one().is_none() {
        let problem = Problem::invalid("several_registrations", "one registration is shown").parameter("known");
        return Err(problem.accepted("`latest` or an instant"));
    }
    let view = app.view(demanded(&request)?, context.known).await?;
    let position = view.position();
    // The tag says in which window nothing changes, so it needs all rows.
    let found = app.service.read(&view, id, &context.always()).await?;
    let found = found.and_then(|found| found.registrations.into_iter().next());
    let mut answered = found.ok_or_else(|| no_object(class, id.uuid).seen(position))?;
    if answered.registration.lifecycle == LifeCycle::Deleted {
        return Err(Problem::deleted(id.uuid).seen(position));
    }
    let tag = etag::of_object(&answered, &context);
    let mut response = if etag::is_known(request.headers(), &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        retain_in_effect(&mut answered.registration.content, context.valid);
        let mut body = Vec::new();
        write_object(&mut body, app.service.class_of(&answered)?, &answered);
        json_bytes(StatusCode::OK, body)
    };
    response.headers_mut().insert(header::ETAG, tag);
    Ok(with_context(response, &context, position))
}
