//! `GET /{service}/{class}`: objects by their UUIDs (list), or UUIDs by what the objects state (search).

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use lora_core::oio::write_object;
use lora_core::query::TimeContext;
use lora_core::schema::{Class, ClassId};
use lora_core::service::Answer;
use lora_core::storage::{Read, Storage};
use serde_json::json;
use uuid::Uuid;

use crate::answer;
use crate::app::App;
use crate::error::Problem;
use crate::params::{Arguments, CONSOLIDATE, TIME, search, time_context};

pub(crate) async fn handle<S: Storage>(app: App<S>, class: ClassId, request: Request) -> Result<Response, Problem> {
    let arguments = Arguments::of(request.uri())?;
    let class = app.class(class)?;
    let context = time_context(&arguments, app.clock.now())?;
    let view = app.service.view(None).await?;
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
    let found = objects(&app, &view, class, &uuids, context, arguments.has(CONSOLIDATE)).await?;
    let body = answer::json_bytes(StatusCode::OK, results(class, &found));
    Ok(answer::with_position(body, view.position()))
}

async fn objects<S: Storage>(
    app: &App<S>,
    view: &S::View,
    class: &Class,
    uuids: &[Uuid],
    context: TimeContext,
    consolidates: bool,
) -> Result<Vec<Answer>, Problem> {
    let most = app.options.objects_max;
    if uuids.len() > most {
        let message = format!("{} objects are more than the {most} that one answer holds", uuids.len());
        let problem = Problem::invalid("too_many_objects", message).value(uuids.len().to_string());
        return Err(problem.accepted("a page, by `maximalantalresultater` and `foersteresultat`"));
    }
    if !consolidates {
        return Ok(app.service.list(view, class.id, uuids, &context).await?);
    }
    let whole = app.service.list(view, class.id, uuids, &context.always()).await?;
    Ok(whole.into_iter().map(|answer| answer.consolidated(&context)).collect())
}

fn results(class: &Class, found: &[Answer]) -> Vec<u8> {
    if found.is_empty() {
        return b"{\"results\": []}".to_vec();
    }
    let mut body = b"{\"results\": [[".to_vec();
    for answer in found {
        // Puts a comma before itself where something stands before it.
        write_object(&mut body, class, answer);
    }
    body.extend_from_slice(b"]]}");
    body
}
