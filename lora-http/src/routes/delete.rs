//! `DELETE /{service}/{class}/{uuid}`: deletes an object; the body may hold a note.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use lora_core::Error;
use lora_core::object::ObjectId;
use lora_core::object::lifecycle::TransitionError;
use lora_core::oio::read_note;
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
    let note = match body::optional(request).await? {
        Some(document) => read_note(&document)?,
        None => String::new(),
    };
    let service = app.service.clone();
    let by = By { note, ..By::actor(actor) };
    let done = owned(async move { service.delete(object, by).await }).await;
    let described = app.class(class)?;
    let done = done.map_err(|error| match error {
        Error::Transition { source: TransitionError::Unknown, .. } => {
            Problem::no_object_to_delete(described, object.uuid)
        }
        other => Problem::core(described, other),
    })?;
    written(&app, StatusCode::ACCEPTED, object.uuid, done).await
}
