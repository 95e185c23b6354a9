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

/// An answer that is written a part at a time.
pub(super) trait Parts: Send + 'static {
    /// The next bytes; `None` at the end.
    fn part(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, Error>> + Send;
}

/// The body of an answer, written while the client reads. What is wrong with its first part is an answer of its own.
pub(super) async fn body<P: Parts>(mut head: Vec<u8>, mut parts: P) -> Result<Body, Error> {
    let Some(first) = parts.part().await? else { return Ok(head.into()) };
    head.extend(first);
    let rest = stream::try_unfold(parts, |mut parts| async move {
        let part = parts.part().await.inspect_err(|error| error!(%error, "an answer broke off"))?;
        Ok::<_, Error>(part.map(|part| (Bytes::from(part), parts)))
    });
    let first = stream::once(async move { Ok::<_, Error>(Bytes::from(head)) });
    Ok(Body::from_stream(first.chain(rest)))
}

struct Streamed<S: Storage> {
    standing: Standing<S>,
    lines: Lines,
    answers: Answers,
}

/// The lines of everything after an object.
pub(super) async fn respond<S: Storage>(
    standing: Standing<S>,
    lines: Lines,
    after: Option<Uuid>,
) -> Result<Response, Problem> {
    let head = standing.head(lines)?;
    let streamed = Streamed { standing, lines, answers: Answers::after(after) };
    Ok(lines.response(body(head, streamed).await?))
}

impl<S: Storage> Parts for Streamed<S> {
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
