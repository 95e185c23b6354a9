//! `POST /api/v1/query`: objects, or their number, by a query in JSON.

use axum::extract::{Request, State};
use axum::response::Response;
use lora_core::native::read_question;
use lora_core::storage::Storage;

use super::Arguments;
use super::answering::{Asked, answer};
use crate::app::{App, demanded};
use crate::body;
use crate::error::Problem;

pub(crate) async fn handle<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    Arguments::of(request.uri())?.only(&[])?;
    let demanded = demanded(&request)?;
    let headers = request.headers().clone();
    let document = body::required(request).await?;
    let question = read_question(app.service.schema(), &document)?;
    answer(app, Asked { question, cursor_path: "/after", demanded, headers: &headers }).await
}
