//! From a question to its answer: a page, a number, or everything as lines.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use lora_core::Error;
use lora_core::native::{
    Cursor, CursorError, LIMIT_MAX, Question, Show, Wants, digest, write_context, write_csv_header, write_csv_row,
    write_found, write_group,
};
use lora_core::object::Position;
use lora_core::query::execute::{Rank, Tally, ranked, tally};
use lora_core::query::{Found, Query};
use lora_core::schema::{Class, FieldId};
use lora_core::service::Answered;
use lora_core::storage::{Read, Storage};
use uuid::Uuid;

use super::context::with_context;
use super::form::Form;
use super::stream::{self, Lines};
use super::{demanded_by, demanding};
use crate::answer::json_bytes;
use crate::app::{App, ahead};
use crate::error::Problem;

/// How many objects a page of JSON has unless something else is said.
const PAGE: usize = 100;

/// How many groups a number of objects may fall into.
const GROUPS_MAX: usize = 10_000;

/// The cursor of the next page, where the body has no room for it.
const NEXT: HeaderName = HeaderName::from_static("lora-next");

/// What a request asks.
pub(super) struct Asked<'r> {
    pub(super) question: Question,
    /// Where the cursor stands in the request.
    pub(super) cursor_path: &'static str,
    /// What the client has seen already.
    pub(super) demanded: Option<Position>,
    pub(super) headers: &'r HeaderMap,
}

/// A question at one point of time, over one view.
pub(super) struct Standing<S: Storage> {
    pub(super) app: App<S>,
    pub(super) view: S::View,
    pub(super) query: Query,
    /// The last object of the page before.
    after: Option<Uuid>,
    /// What tells this question from others.
    digest: [u8; 32],
}

/// The answer to a question.
pub(super) async fn answer<S: Storage>(app: App<S>, asked: Asked<'_>) -> Result<Response, Problem> {
    let form = Form::wanted(asked.headers)?;
    let standing = Standing::of(app, &asked).await?;
    let show = match (asked.question.wants, form) {
        (Wants::Objects(show), _) => show,
        (Wants::Count(by), Form::Json) => return standing.counted(by).await,
        (Wants::Count(_), _) => {
            let problem = Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "numbers are written as JSON");
            return Err(problem.path("header Accept").accepted("application/json"));
        }
    };
    let limit = asked.question.limit;
    let mut response = match (form, limit) {
        (Form::Json, limit) => standing.page(show, limit.unwrap_or(PAGE), asked.cursor_path).await?,
        (form, Some(limit)) => standing.lines(Lines { form, show }, limit, asked.cursor_path).await?,
        (_, None) if !asked.question.order.is_empty() => {
            let path = asked.cursor_path.replace("after", "order");
            let problem = Problem::invalid("order_without_limit", "an answer without end cannot be ordered").path(path);
            return Err(problem.accepted(format!("a `limit` up to {LIMIT_MAX}, or no `order`")));
        }
        (form, None) => {
            let (context, position) = (standing.query.context, standing.view.position());
            let after = standing.after;
            with_context(stream::respond(standing, Lines { form, show }, after).await?, &context, position)
        }
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

impl<S: Storage> Standing<S> {
    /// Where a question stands: at the point of time and the position of its cursor, or at its own.
    async fn of(app: App<S>, asked: &Asked<'_>) -> Result<Self, Problem> {
        let question = &asked.question;
        let digest = digest(app.service.schema(), question);
        let cursor = question.after.as_deref().map(|text| Cursor::read(text, app.service.store_id(), digest));
        let cursor = cursor.transpose().map_err(|error| refused(error, asked.cursor_path))?;
        let (view, context, after) = match cursor {
            Some(cursor) => {
                app.must_show(asked.demanded).await?;
                let view = app.service.view(Some(cursor.position)).await.map_err(ahead)?;
                (view, cursor.context, Some(cursor.last))
            }
            None => {
                let context = question.when.at(app.clock.now());
                let known = demanding(context.known, demanded_by(&question.select.filter));
                (app.view(asked.demanded, known).await?, context, None)
            }
        };
        let query = question.query(context);
        Ok(Self { app, view, query, after, digest })
    }

    pub(super) fn class(&self) -> Result<&Class, Problem> {
        self.app.class(self.query.select.class)
    }

    /// The next objects in order, and the cursor of what comes after them.
    async fn next(&self, limit: usize, cursor_path: &str) -> Result<(Vec<Found>, Option<String>), Problem> {
        let (service, limits) = (&self.app.service, self.app.options.limits);
        let after = match self.after {
            None => None,
            Some(last) => Some(self.rank(last, cursor_path).await?),
        };
        let declarations = service.declarations();
        let wanted = limit.saturating_add(1);
        let ranked = ranked(&self.view, declarations, &self.query, after.as_ref(), wanted, limits).await;
        let ranked = ranked.map_err(Error::from)?;
        let is_last = ranked.len() <= limit;
        let found: Vec<Found> = ranked.into_iter().take(limit).map(|(_, found)| found).collect();
        let last = found.last().filter(|_| !is_last).map(|last| last.object);
        let cursor = |last| Cursor {
            store: service.store_id(),
            digest: self.digest,
            position: self.view.position(),
            context: self.query.context,
            last,
        };
        Ok((found, last.map(|last| cursor(last).written())))
    }

    /// The place of the last object of the page before.
    async fn rank(&self, last: Uuid, cursor_path: &str) -> Result<Rank, Problem> {
        if self.query.order.is_empty() {
            return Ok(Rank { values: Vec::new(), object: last });
        }
        let rank = self.app.service.rank(&self.view, &self.query, last, self.app.options.limits).await?;
        rank.ok_or_else(|| refused(CursorError::Damaged, cursor_path))
    }

    async fn page(self, show: Show, limit: usize, cursor_path: &str) -> Result<Response, Problem> {
        let (found, next) = self.next(limit, cursor_path).await?;
        let mut out = Vec::from(&b"{\"context\":"[..]);
        write_context(&mut out, &self.query.context, self.view.position());
        out.extend_from_slice(b",\"found\":[");
        for (index, found) in found.chunks(stream::PART).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend(self.written(found, Lines { form: Form::Json, show }).await?);
        }
        out.push(b']');
        if let Some(next) = next {
            out.extend_from_slice(format!(",\"next\":\"{next}\"").as_bytes());
        }
        out.push(b'}');
        let position = self.view.position();
        Ok(with_context(json_bytes(StatusCode::OK, out), &self.query.context, position))
    }

    async fn lines(self, lines: Lines, limit: usize, cursor_path: &str) -> Result<Response, Problem> {
        let (found, next) = self.next(limit, cursor_path).await?;
        let mut out = self.head(lines)?;
        for found in found.chunks(stream::PART) {
            out.extend(self.written(found, lines).await?);
        }
        let mut response = lines.response(out.into());
        if let Some(next) = next {
            response.headers_mut().insert(NEXT, HeaderValue::try_from(next).expect("digits of base64url"));
        }
        Ok(with_context(response, &self.query.context, self.view.position()))
    }

    async fn counted(self, by: Option<FieldId>) -> Result<Response, Problem> {
        let (service, limits) = (&self.app.service, self.app.options.limits);
        let tally = tally(&self.view, service.declarations(), &self.query, by, limits).await;
        let Tally { objects, groups } = tally.map_err(Error::from)?;
        if groups.len() > GROUPS_MAX {
            return Err(Error::TooLarge { what: "groups", max: GROUPS_MAX as u64 }.into());
        }
        let class = self.class()?;
        let mut out = Vec::from(&b"{\"context\":"[..]);
        write_context(&mut out, &self.query.context, self.view.position());
        out.extend_from_slice(format!(",\"objects\":{objects}").as_bytes());
        if let Some(by) = by {
            out.extend_from_slice(b",\"groups\":[");
            for (index, (group, objects)) in groups.iter().enumerate() {
                out.extend_from_slice(if index > 0 { b",{\"value\":" } else { b"{\"value\":" });
                write_group(&mut out, class, by, group.as_ref());
                out.extend_from_slice(format!(",\"objects\":{objects}}}").as_bytes());
            }
            out.push(b']');
        }
        out.push(b'}');
        Ok(with_context(json_bytes(StatusCode::OK, out), &self.query.context, self.view.position()))
    }

    /// Objects that were found, as they are shown in a form; JSON with commas between them.
    pub(super) async fn written(&self, found: &[Found], lines: Lines) -> Result<Vec<u8>, Error> {
        let stated = match lines.states() {
            true => self.app.service.show(&self.view, self.query.select.class, found, &self.query.context).await?,
            false => vec![None; found.len()],
        };
        let mut out = Vec::new();
        for (found, stated) in found.iter().zip(&stated) {
            if lines.form == Form::Json && !out.is_empty() {
                out.push(b',');
            }
            out.append(&mut self.one(found, stated.as_ref(), lines)?);
        }
        Ok(out)
    }

    fn one(&self, found: &Found, stated: Option<&Answered>, lines: Lines) -> Result<Vec<u8>, Error> {
        let service = &self.app.service;
        let mut out = Vec::new();
        if let (Form::Csv, Some(stated)) = (lines.form, stated) {
            let of_class = self.query.select.class;
            let class = service.schema().class(of_class).ok_or(Error::UnknownClass(of_class))?;
            write_csv_row(&mut out, class, found, stated);
            return Ok(out);
        }
        let stated = match stated {
            Some(stated) => Some((service.class_of(stated)?, stated)),
            None => None,
        };
        let with_known = self.query.context.known.at_most_one().is_none();
        write_found(&mut out, found, lines.show, stated, with_known);
        if lines.form == Form::Lines {
            out.push(b'\n');
        }
        Ok(out)
    }

    /// What stands in front of all lines.
    pub(super) fn head(&self, lines: Lines) -> Result<Vec<u8>, Problem> {
        let mut out = Vec::new();
        if lines.form == Form::Csv {
            write_csv_header(&mut out, self.class()?);
        }
        Ok(out)
    }
}

fn refused(error: CursorError, path: &str) -> Problem {
    Problem::invalid(error.code(), error.to_string()).path(path).accepted("the `next` of a page, or no `after`")
}
