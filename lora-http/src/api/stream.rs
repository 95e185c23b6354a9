//! Everything that a question finds, as lines: written a part at a time while the client reads, in the memory of a part.

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use lora_core::Error;
use lora_core::native::Show;
use lora_core::query::execute::Answers;
use lora_core::storage::Storage;
use tracing::error;
use uuid::Uuid;

use super::answering::Standing;
use super::form::Form;
use crate::error::Problem;

/// How many objects are shown at once.
pub(super) const PART: usize = 256;

/// Which lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    pub(super) form: Form,
    pub(super) show: Show,
}

impl Lines {
    /// Whether what objects state is shown.
    pub(super) fn states(self) -> bool {
        self.form == Form::Csv || self.show == Show::Objects
    }

    /// An answer of lines.
    pub(super) fn response(self, body: Body) -> Response {
        (StatusCode::OK, [(header::CONTENT_TYPE, self.form.content_type())], body).into_response()
    }
}

struct Streamed<S: Storage> {
    standing: Standing<S>,
    lines: Lines,
    answers: Answers,
}

/// The lines of everything after an object. What is wrong with the first part of them is an answer of its own.
pub(super) async fn respond<S: Storage>(
    standing: Standing<S>,
    lines: Lines,
    after: Option<Uuid>,
) -> Result<Response, Problem> {
    let mut first = standing.head(lines)?;
    let mut streamed = Streamed { standing, lines, answers: Answers::after(after) };
    let begun = streamed.part().await?;
    let is_all = begun.is_none();
    first.extend(begun.unwrap_or_default());
    if is_all {
        return Ok(lines.response(first.into()));
    }
    let rest = stream::try_unfold(streamed, |mut streamed| async move {
        let part = streamed.part().await.inspect_err(|error| error!(%error, "an answer broke off"))?;
        Ok::<_, Error>(part.map(|part| (Bytes::from(part), streamed)))
    });
    let first = stream::once(async move { Ok::<_, Error>(Bytes::from(first)) });
    Ok(lines.response(Body::from_stream(first.chain(rest))))
}

impl<S: Storage> Streamed<S> {
    /// The next lines; `None` at the end.
    async fn part(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Standing { app, view, query, .. } = &self.standing;
        let (declarations, limits) = (app.service.declarations(), app.options.limits);
        let Some(found) = self.answers.next(view, declarations, query, PART, limits).await? else { return Ok(None) };
        let mut out = Vec::new();
        for found in found.chunks(PART) {
            out.extend(self.standing.written(found, self.lines).await?);
        }
        Ok(Some(out))
    }
}
