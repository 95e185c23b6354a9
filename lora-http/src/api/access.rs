//! `GET /api/v1/access`: what belongs together along a declared path, and how that is known otherwise than before.
//!
//! All rows are written while the client reads, from one view, in the memory of a part.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lora_core::Error;
use lora_core::native::{PathWriter, Rendered, When, write_context};
use lora_core::paths::{Changes, PathError, Question, Rows, grounds, labels};
use lora_core::query::Known;
use lora_core::storage::{KnownAt, Read, Storage};
use uuid::Uuid;

use super::context::with_context;
use super::form::Form;
use super::stream::{Parts, body};
use super::{Arguments, demanding, renamed};
use crate::app::{App, demanded};
use crate::error::Problem;
use crate::params::uuid;

/// The path that is asked about where none is named.
const PATH: &str = "access";
/// Arguments beside the names of nodes.
const ARGUMENTS: [&str; 10] = [
    "path",
    "below",
    "evidence",
    "compare_known",
    "known",
    "known_from",
    "known_to",
    "valid",
    "valid_from",
    "valid_to",
];
/// How many rows are written at once.
const PART: usize = 256;

/// An answer that is being written.
struct Answering<S: Storage> {
    app: App<S>,
    view: S::View,
    question: Question,
    source: Source,
    form: Form,
    /// Whether rows say what they rest on.
    evidence: bool,
    begun: bool,
}

/// What is found.
enum Source {
    Rows(Rows),
    Changes(Changes, KnownAt),
    Done,
}

pub(crate) async fn handle<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    let form = Form::wanted(request.headers())?;
    let arguments = Arguments::of(request.uri())?;
    let (question, compared) = question(&app, &arguments)?;
    let evidence = arguments.flag("evidence", true)?;
    // What is compared with must be shown as well.
    let compared_with = match compared {
        Some(KnownAt::Instant(at)) => Known::at(at),
        Some(KnownAt::Latest) | None => Known::Latest,
    };
    let view = app.view(demanded(&request)?, demanding(question.context.known, compared_with)).await?;
    let source = match compared {
        Some(compared) => Source::Changes(Changes::after(None), compared),
        None => Source::Rows(Rows::after(None)),
    };
    let (context, position) = (question.context, view.position());
    let answering = Answering { app, view, question, source, form, evidence, begun: false };
    let body = body(Vec::new(), answering).await?;
    let headers = [(header::CONTENT_TYPE, form.content_type()), (header::VARY, HeaderValue::from_static("accept"))];
    Ok(with_context((StatusCode::OK, headers, body).into_response(), &context, position))
}

/// What the arguments ask, and as known when else.
fn question<S: Storage>(app: &App<S>, arguments: &Arguments) -> Result<(Question, Option<KnownAt>), Problem> {
    let name = arguments.first("path").unwrap_or(PATH);
    let context = arguments.context(app.clock.now())?;
    let mut question = app.service.path(name, context).map_err(|error| refused(error, "?path", name))?;
    let nodes: Vec<String> = question.path.nodes.iter().map(|node| node.name.clone()).collect();
    let allowed: Vec<&str> = ARGUMENTS.into_iter().chain(nodes.iter().map(String::as_str)).collect();
    arguments.only(&allowed)?;
    let below = arguments.flag("below", false)?;
    for (index, node) in nodes.iter().enumerate() {
        let Some(given) = arguments.first(node) else { continue };
        let uuids = given.split(',').map(|text| uuid(node, text)).collect::<Result<Vec<Uuid>, Problem>>()?;
        let asked = if below && question.path.nodes[index].below.is_some() {
            question.below(node, uuids)
        } else {
            question.only(node, uuids)
        };
        question = asked.map_err(|error| refused(error.into(), "?", node))?;
    }
    let compared = arguments.first("compare_known").map(compared).transpose()?;
    Ok((question, compared))
}

/// The other time of knowledge.
fn compared(text: &str) -> Result<KnownAt, Problem> {
    let when = When::of_arguments(|name| (name == "known").then_some(text));
    let when = when.map_err(|error| renamed(error, "compare_"))?;
    when.known.at_most_one().ok_or_else(|| {
        let problem = Problem::invalid("several_registrations", "two times of knowledge are compared");
        problem.parameter("compare_known").value(text).accepted("`latest` or an instant")
    })
}

fn refused(error: Error, path: &str, value: &str) -> Problem {
    match error {
        Error::Path(error) => {
            let code = match error {
                PathError::KnownWindow(_) => "several_registrations",
                _ => "unknown_name",
            };
            let path = if matches!(error, PathError::KnownWindow(_)) { "?known" } else { path };
            Problem::invalid(code, error.to_string()).path(path).value(value)
        }
        other => other.into(),
    }
}

impl<S: Storage> Parts for Answering<S> {
    async fn part(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if matches!(self.source, Source::Done) {
            return Ok(None);
        }
        let mut out = Vec::new();
        let is_first = !std::mem::replace(&mut self.begun, true);
        if is_first {
            self.head(&mut out);
        }
        let found = self.found().await?;
        match found {
            Some(found) => found.iter().enumerate().for_each(|(index, one)| {
                if self.form == Form::Json && !(is_first && index == 0) {
                    out.push(b',');
                }
                out.extend_from_slice(one);
            }),
            None => {
                self.source = Source::Done;
                if self.form == Form::Json {
                    out.extend_from_slice(b"]}");
                }
            }
        }
        Ok(Some(out))
    }
}

impl<S: Storage> Answering<S> {
    fn head(&self, out: &mut Vec<u8>) {
        let changes = matches!(self.source, Source::Changes(..));
        match self.form {
            Form::Csv => PathWriter { path: &self.question.path, evidence: self.evidence }.csv_header(out, changes),
            Form::Lines => {}
            Form::Json => {
                out.extend_from_slice(b"{\"context\":");
                write_context(out, &self.question.context, self.view.position());
                let ahead = self.question.is_ahead();
                let member = if changes { "changes" } else { "rows" };
                out.extend_from_slice(format!(",\"ahead\":{ahead},\"{member}\":[").as_bytes());
            }
        }
    }

    /// The next rows or changes, each written.
    async fn found(&mut self) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let Self { app, view, question, source, form, evidence, .. } = self;
        let (declarations, limits) = (app.service.declarations(), app.options.limits);
        let from = question.context.valid.map_or(lora_core::time::Timestamp::NEG_INFINITY, |window| window.from());
        let writer = PathWriter { path: &question.path, evidence: *evidence };
        let write = |found: Rendered<'_>| {
            let mut out = Vec::new();
            match form {
                Form::Csv => writer.csv(&mut out, found),
                Form::Json | Form::Lines => writer.json(&mut out, found),
            }
            if *form == Form::Lines {
                out.push(b'\n');
            }
            out
        };
        match source {
            Source::Done => Ok(None),
            Source::Rows(rows) => {
                let Some(rows) = rows.next(view, declarations, question, PART, limits).await? else { return Ok(None) };
                let mut written = Vec::with_capacity(rows.len());
                for rows in rows.chunks(PART) {
                    let grounds = match evidence {
                        true => grounds(view, declarations, question, rows, limits).await?,
                        false => Vec::new(),
                    };
                    let named: Vec<_> = rows.iter().map(|row| (&row.objects[..], row.valid.from().max(from))).collect();
                    let labels = labels(view, declarations, question, &named).await?;
                    let rows = rows.iter().zip(&labels).enumerate();
                    written.extend(rows.map(|(at, (row, labels))| write(Rendered::Row(row, grounds.get(at), labels))));
                }
                Ok(Some(written))
            }
            Source::Changes(changes, compared) => {
                let part = changes.next(view, declarations, question, *compared, PART, limits).await?;
                let Some(part) = part else { return Ok(None) };
                let first = |change: &lora_core::paths::Change| {
                    let periods = change.after.iter().chain(&change.before);
                    periods.map(|period| period.from().max(from)).min().unwrap_or(from)
                };
                let named: Vec<_> = part.iter().map(|change| (&change.objects[..], first(change))).collect();
                let labels = labels(view, declarations, question, &named).await?;
                Ok(Some(
                    part.iter().zip(&labels).map(|(change, labels)| write(Rendered::Change(change, labels))).collect(),
                ))
            }
        }
    }
}
