//! `PUT /{service}/{class}/{uuid}`: an object with a UUID of its own, in place of everything it stated.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use lora_core::object::ObjectId;
use lora_core::oio::read_new_object;
use lora_core::schema::ClassId;
use lora_core::service::By;
use lora_core::storage::Storage;

use super::{owned, written};
use crate::app::{App, demanded};
use crate::body;
use crate::error::Problem;
use crate::params::{Arguments, path_uuid};

pub(crate) async fn handle<S: Storage>(app: App<S>, class: ClassId, request: Request) -> Result<Response, Problem> {
    let object = ObjectId { class, uuid: path_uuid(request.uri())? };
    Arguments::of(request.uri())?.only(|_| false)?;
    let actor = app.actor(&request)?;
    app.must_show(demanded(&request)?).await?;
    let document = body::required(request).await?;
    let described = app.class(class)?;
    let new = read_new_object(described, &document)?;
    let service = app.service.clone();
    let by = By { note: new.note, ..By::actor(actor) };
    let done = owned(async move { service.import(object, new.content, by).await }).await;
    let done = done.map_err(|error| Problem::core(described, error))?;
    written(&app, StatusCode::OK, object.uuid, done).await
}
