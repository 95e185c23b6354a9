//! `GET /{service}/{class}`: objects by their UUIDs (list), or UUIDs by what the objects state (search).

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use lora_core::schema::ClassId;
use lora_core::storage::{Read, Storage};
use serde_json::json;

use super::listing;
use crate::answer;
use crate::app::{App, demanded};
use crate::error::Problem;
use crate::params::{Arguments, CONSOLIDATE, TIME, search, time_context};

pub(crate) async fn handle<S: Storage>(app: App<S>, class: ClassId, request: Request) -> Result<Response, Problem> {
    let arguments = Arguments::of(request.uri())?;
    let class = app.class(class)?;
    let context = time_context(&arguments, app.clock.now())?;
    let view = app.view(demanded(&request)?, context.known).await?;
    let lists = arguments.names().all(|name| name == "uuid" || name == CONSOLIDATE || TIME.contains(&name));
    let uuids = if lists {
        arguments.uuids()?
    } else {
        let search = search(&arguments, class, context)?;
        let found = app.service.search(&view, &search).await?;
        if !arguments.has("list") {
            let answer = answer::json(StatusCode::OK, &json!({"results": [found]}));
            return Ok(answer::with_position(answer, view.position()));
        }
        found
    };
    Ok(listing::answer(app.clone(), view, class.id, uuids, context, arguments.has(CONSOLIDATE)))
}
