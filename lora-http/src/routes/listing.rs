//! The body of a list: objects in the order of their UUIDs, written a page at a time while the client reads.
//!
//! A list has no limit, and takes the memory of a page: every page is read from the same view.

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use lora_core::Error;
use lora_core::oio::write_object;
use lora_core::query::TimeContext;
use lora_core::schema::ClassId;
use lora_core::storage::{Read, Storage};
use tracing::error;
use uuid::Uuid;

use crate::answer::{JSON, with_position};
use crate::app::App;

/// How many objects are written at once.
const PAGE: usize = 256;

/// A list that is being written.
struct Listing<S: Storage> {
    app: App<S>,
    view: S::View,
    class: ClassId,
    context: TimeContext,
    consolidates: bool,
    /// What is still to be looked up, ascending.
    uuids: std::vec::IntoIter<Uuid>,
    begun: bool,
    found_any: bool,
    done: bool,
}

/// The answer `{"results": [[object, …]]}`, or `{"results": []}` where none of the objects is there.
pub(super) fn answer<S: Storage>(
    app: App<S>,
    view: S::View,
    class: ClassId,
    mut uuids: Vec<Uuid>,
    context: TimeContext,
    consolidates: bool,
) -> Response {
    uuids.sort_unstable();
    uuids.dedup();
    let position = view.position();
    let uuids = uuids.into_iter();
    let listing =
        Listing { app, view, class, context, consolidates, uuids, begun: false, found_any: false, done: false };
    let body = stream::try_unfold(listing, |mut listing| async move {
        let page = listing.page().await.inspect_err(|error| error!(%error, "a list broke off"))?;
        Ok::<_, Error>(page.map(|page| (page, listing)))
    });
    let response = (StatusCode::OK, [(header::CONTENT_TYPE, JSON)], Body::from_stream(body)).into_response();
    with_position(response, position)
}

impl<S: Storage> Listing<S> {
    /// The next bytes; `None` at the end.
    async fn page(&mut self) -> Result<Option<Bytes>, Error> {
        if self.done {
            return Ok(None);
        }
        let mut out = Vec::new();
        if !std::mem::replace(&mut self.begun, true) {
            out.extend_from_slice(b"{\"results\": [");
        }
        let uuids: Vec<Uuid> = self.uuids.by_ref().take(PAGE).collect();
        self.write(&mut out, &uuids).await?;
        if self.uuids.as_slice().is_empty() {
            self.done = true;
            out.extend_from_slice(if self.found_any { &b"]]}"[..] } else { b"]}" });
        }
        Ok(Some(out.into()))
    }

    async fn write(&mut self, out: &mut Vec<u8>, uuids: &[Uuid]) -> Result<(), Error> {
        let class = self.app.service.schema().class(self.class).ok_or(Error::UnknownClass(self.class))?;
        let asked = if self.consolidates { self.context.always() } else { self.context };
        for found in self.app.service.list(&self.view, self.class, uuids, &asked).await? {
            let found = if self.consolidates { found.consolidated(&self.context) } else { found };
            out.push(if std::mem::replace(&mut self.found_any, true) { b',' } else { b'[' });
            write_object(out, class, &found);
        }
        Ok(())
    }
}
