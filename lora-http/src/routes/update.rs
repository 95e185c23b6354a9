//! `PATCH /{service}/{class}/{uuid}`: merges into an object, or passivates it. Arguments are ignored.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use lora_core::object::ObjectId;
use lora_core::oio::read_update;
use lora_core::schema::ClassId;
use lora_core::service::By;
use lora_core::storage::{KnownAt, Read, Storage};

use super::{owned, written};
use crate::app::{App, demanded};
use crate::body;
use crate::error::Problem;
use crate::params::path_uuid;

pub(crate) async fn handle<S: Storage>(app: App<S>, class: ClassId, request: Request) -> Result<Response, Problem> {
    let object = ObjectId { class, uuid: path_uuid(request.uri())? };
    let actor = app.actor(&request)?;
    app.must_show(demanded(&request)?).await?;
    let described = app.class(class)?;
    // Whether the object exists is asked before anything about the body.
    let view = app.service.view(None).await?;
    if view.registrations(&[(object, KnownAt::Latest)]).await?.iter().all(Option::is_none) {
        return Err(Problem::no_object(described, object.uuid).seen(view.position()));
    }
    let document = body::required(request).await?;
    let update = read_update(described, &document)?;
    let service = app.service.clone();
    let by = By { note: update.note, ..By::actor(actor) };
    let done = owned(async move {
        if update.passivates {
            service.passivate(object, by).await
        } else {
            service.update(object, update.patch, by).await
        }
    });
    let done = done.await.map_err(|error| Problem::core(described, error))?;
    written(&app, StatusCode::OK, object.uuid, done).await
}
