//! `GET /api/v1/{class}`: objects of a class by what the arguments ask for.

use axum::extract::{Request, State};
use axum::response::Response;
use lora_core::native::read_arguments;
use lora_core::storage::Storage;

use super::answering::{Asked, answer};
use super::{Arguments, class};
use crate::app::{App, demanded};
use crate::error::Problem;

pub(crate) async fn handle<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    let schema = app.service.schema().clone();
    let class = class(&schema, request.uri())?;
    let Arguments(arguments) = Arguments::of(request.uri())?;
    let question = read_arguments(&schema, class, &arguments)?;
    let demanded = demanded(&request)?;
    answer(app, Asked { question, cursor_path: "?after", demanded, headers: request.headers() }).await
}
