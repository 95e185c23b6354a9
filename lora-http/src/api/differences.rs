//! `GET /api/v1/{class}/differences`: one point of both axes against another, for all objects that are found at either.
//!
//! All are written while the client reads, from one view, in the memory of a part.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lora_core::Error;
use lora_core::history::{Differences, Names};
use lora_core::native::{HistoryWriter, write_context};
use lora_core::query::{Reading, Selection, TimeContext};
use lora_core::schema::ClassId;
use lora_core::storage::{Read, Storage};

use super::context::with_context;
use super::form::Form;
use super::history::{filter, other_point, points};
use super::stream::{Parts, body};
use super::{Arguments, class, demanded_by, demanding};
use crate::app::{App, demanded};
use crate::error::Problem;

/// An answer that is being written.
struct Answering<S: Storage> {
    app: App<S>,
    view: S::View,
    class: ClassId,
    context: TimeContext,
    all: Differences,
    form: Form,
    begun: bool,
    ended: bool,
}

pub(crate) async fn handle<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    let form = Form::wanted(request.headers())?;
    if form == Form::Csv {
        let problem = Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "differences are written as JSON");
        return Err(problem.path("header Accept").accepted("application/json or application/x-ndjson"));
    }
    let arguments = Arguments::of(request.uri())?;
    arguments.only(&["known", "valid", "to_known", "to_valid", "where"])?;
    let schema = app.service.schema();
    let of = class(schema, request.uri())?;
    let (class, filter) = (of.id, filter(&arguments, schema, of)?);
    let context = arguments.context(app.clock.now())?;
    let to = other_point(&arguments, &context)?;
    let between = points(&context, &to)?;
    let select = Selection { class, reading: Reading::Present, filter };
    let known = demanding(demanding(context.known, to.known), demanded_by(&select.filter));
    let view = app.view(demanded(&request)?, known).await?;
    let position = view.position();
    let all = Differences::new(&select, between, None, app.options.limits);
    let answering = Answering { app, view, class, context, all, form, begun: false, ended: false };
    let body = body(Vec::new(), answering).await?;
    let headers = [(header::CONTENT_TYPE, form.content_type()), (header::VARY, HeaderValue::from_static("accept"))];
    Ok(with_context((StatusCode::OK, headers, body).into_response(), &context, position))
}

impl<S: Storage> Parts for Answering<S> {
    async fn part(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let service = &self.app.service;
        let found = service.next_differences(&self.view, &mut self.all).await?;
        self.ended = found.is_none();
        let names = Names::of(service.declarations(), self.class).ok_or(Error::UnknownClass(self.class))?;
        let is_first = !std::mem::replace(&mut self.begun, true);
        let mut out = Vec::new();
        if is_first && self.form == Form::Json {
            out.extend_from_slice(b"{\"context\":");
            write_context(&mut out, &self.context, self.view.position());
            out.extend_from_slice(b",\"differences\":[");
        }
        for (index, difference) in found.iter().flatten().enumerate() {
            if self.form == Form::Json && !(is_first && index == 0) {
                out.push(b',');
            }
            // A writer looks at what stands before, for a comma.
            let mut written = Vec::new();
            HistoryWriter { names: &names }.difference(&mut written, difference);
            out.append(&mut written);
            if self.form == Form::Lines {
                out.push(b'\n');
            }
        }
        if self.ended && self.form == Form::Json {
            out.extend_from_slice(b"]}");
        }
        Ok((!out.is_empty()).then_some(out))
    }
}
