//! `GET /{service}/{class}/{uuid}`: one object, at the point of time that the arguments give.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use lora_core::object::ObjectId;
use lora_core::oio::write_object;
use lora_core::schema::ClassId;
use lora_core::storage::{Read, Storage};

use crate::answer;
use crate::app::{App, demanded};
use crate::error::Problem;
use crate::params::{Arguments, CONSOLIDATE, TIME, path_uuid, time_context};

pub(crate) async fn handle<S: Storage>(app: App<S>, class: ClassId, request: Request) -> Result<Response, Problem> {
    let object = ObjectId { class, uuid: path_uuid(request.uri())? };
    let arguments = Arguments::of(request.uri())?;
    arguments.only(|name| name == CONSOLIDATE || TIME.contains(&name))?;
    let context = time_context(&arguments, app.clock.now())?;
    let class = app.class(class)?;
    let view = app.view(demanded(&request)?, context.known).await?;
    let consolidates = arguments.has(CONSOLIDATE);
    let asked = if consolidates { context.always() } else { context };
    let found = app.service.read(&view, object, &asked).await?;
    let found = found.ok_or_else(|| Problem::no_object(class, object.uuid).seen(view.position()))?;
    if found.is_deleted() {
        return Err(Problem::deleted(object.uuid).seen(view.position()));
    }
    let found = if consolidates { found.consolidated(&context) } else { found };
    let mut body = format!("{{\"{}\": [", object.uuid).into_bytes();
    write_object(&mut body, class, &found);
    body.extend_from_slice(b"]}");
    Ok(answer::with_position(answer::json_bytes(StatusCode::OK, body), view.position()))
}
