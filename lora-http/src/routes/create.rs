//! `POST /{service}/{class}`: creates an object with a new UUID.

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
use crate::params::Arguments;

pub(crate) async fn handle<S: Storage>(app: App<S>, class: ClassId, request: Request) -> Result<Response, Problem> {
    Arguments::of(request.uri())?.only(|_| false)?;
    let actor = app.actor(&request)?;
    app.must_show(demanded(&request)?).await?;
    let document = body::required(request).await?;
    let described = app.class(class)?;
    let new = read_new_object(described, &document)?;
    let object = ObjectId { class, uuid: (app.ids)() };
    let service = app.service.clone();
    let by = By { note: new.note, ..By::actor(actor) };
    let done = owned(async move { service.create(object, new.content, by).await }).await;
    let done = done.map_err(|error| Problem::core(described, error))?;
    written(&app, StatusCode::CREATED, object.uuid, done).await
}
