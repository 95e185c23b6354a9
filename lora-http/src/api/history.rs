//! The history of one object: `…/timeline`, `…/registrations`, `…/difference`, `…/learned` and `…/history.svg`.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lora_core::history::picture::{Options, Picture, svg};
use lora_core::history::{Between, Chronology, Matter, Names, Point, lineage};
use lora_core::native::{HistoryWriter, When, part_in_argument, read_filter, write_context, write_learned};
use lora_core::object::{ObjectId, Seq};
use lora_core::oio::Document;
use lora_core::query::{Filter, Known, Reading, Selection, TimeContext};
use lora_core::schema::{Class, FieldId, Schema};
use lora_core::storage::{KnownAt, Read, Storage};
use lora_core::time::{Period, Timestamp, ValidTime};

use super::context::with_context;
use super::{Arguments, demanded_by, demanding, no_object, object, renamed};
use crate::answer::json_bytes;
use crate::app::{App, demanded};
use crate::error::Problem;

/// How many registrations a page has unless something else is said, and at most.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 1_000;
/// The most registrations that a picture shows.
const DRAWN_MAX: u32 = 60;

const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");

/// A question about the history of one object, over one view.
struct Asked<S: Storage> {
    app: App<S>,
    arguments: Arguments,
    view: S::View,
    object: ObjectId,
    context: TimeContext,
    /// What is asked for with `where`.
    filter: Filter,
}

impl<S: Storage> Asked<S> {
    /// What a request asks with the arguments that are allowed.
    async fn of(app: App<S>, request: Request, allowed: &[&str]) -> Result<Self, Problem> {
        let demanded = demanded(&request)?;
        let uri = request.into_parts().0.uri;
        let schema = app.service.schema();
        let (class, object) = object(schema, &uri)?;
        let arguments = Arguments::of(&uri)?;
        arguments.only(allowed)?;
        let (context, filter) = (arguments.context(app.clock.now())?, filter(&arguments, schema, class)?);
        let times = [other_point(&arguments, &context)?.known, demanded_by(&filter)];
        let view = app.view(demanded, times.into_iter().fold(context.known, demanding)).await?;
        Ok(Self { app, arguments, view, object, context, filter })
    }

    fn known(&self) -> Result<KnownAt, Problem> {
        known_at(self.context.known, "known")
    }

    /// The window of valid time, which is all of it where none is given.
    fn window(&self) -> Result<Period<ValidTime>, Problem> {
        let given = ["valid", "valid_from", "valid_to"].iter().any(|name| self.arguments.first(name).is_some());
        if !given {
            return Ok(Period::ALWAYS);
        }
        self.context.valid.ok_or_else(|| Problem::invalid("empty_window", "the window is empty").parameter("valid"))
    }

    fn names(&self) -> Result<Names<'_>, Problem> {
        let class = self.app.class(self.object.class)?;
        Names::of(self.app.service.declarations(), class.id).ok_or_else(|| no_object(class, self.object.uuid))
    }

    /// The part that is asked about.
    fn part(&self) -> Result<Option<FieldId>, Problem> {
        let class = self.app.class(self.object.class)?;
        let part = self.arguments.first("part").map(|name| part_in_argument(class, "part", name));
        Ok(part.transpose()?)
    }

    fn missing(&self) -> Result<Problem, Problem> {
        Ok(no_object(self.app.class(self.object.class)?, self.object.uuid).seen(self.view.position()))
    }

    /// An answer of JSON: the context, and members that are written already.
    fn answer(&self, members: &[u8]) -> Response {
        let mut out = Vec::from(&b"{\"context\":"[..]);
        write_context(&mut out, &self.context, self.view.position());
        out.extend_from_slice(format!(",\"id\":\"{}\",", self.object.uuid).as_bytes());
        out.extend_from_slice(members);
        out.push(b'}');
        self.with_context(json_bytes(StatusCode::OK, out))
    }

    fn with_context(&self, response: Response) -> Response {
        with_context(response, &self.context, self.view.position())
    }
}

/// `GET …/timeline`: what was believed of the object over valid time, stage by stage; or of one part.
pub(crate) async fn timeline<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(app, request, &["known", "valid", "valid_from", "valid_to", "part"]).await?;
    let (names, window) = (asked.names()?, asked.window()?);
    let part = asked.part()?;
    let belief = asked.app.service.timeline(&asked.view, asked.object, asked.known()?).await?;
    let Some(belief) = belief else { return Err(asked.missing()?) };
    let writer = HistoryWriter { names: &names };
    let mut out = format!("\"seq\":{},\"position\":{},", belief.registration.seq.0, belief.position).into_bytes();
    let separate = |out: &mut Vec<u8>, index: usize| {
        if index > 0 {
            out.push(b',');
        }
    };
    match part {
        None => {
            out.extend_from_slice(b"\"stages\":[");
            for (index, stage) in belief.stages(window).enumerate() {
                separate(&mut out, index);
                writer.stage(&mut out, &stage);
            }
        }
        Some(part) => {
            out.extend_from_slice(b"\"spans\":[");
            for (index, span) in belief.part(part, window)?.spans().iter().enumerate() {
                separate(&mut out, index);
                writer.span(&mut out, span.period, &span.value);
            }
        }
    }
    out.push(b']');
    Ok(asked.answer(&out))
}

/// `GET …/registrations`: the acts on the object, each with what it changed, in pages.
pub(crate) async fn registrations<S: Storage>(
    State(app): State<App<S>>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(app, request, &["order", "seq", "limit"]).await?;
    let chronology = match asked.arguments.first("order") {
        None | Some("newest") => Chronology::NewestFirst,
        Some("oldest") => Chronology::OldestFirst,
        Some(other) => {
            let problem = Problem::invalid("unknown_value", "there is no such order").parameter("order");
            return Err(problem.value(other).accepted("newest or oldest"));
        }
    };
    let from = number(&asked.arguments, "seq", u32::MAX)?.map(Seq);
    let limit = number(&asked.arguments, "limit", PAGE_MAX)?.unwrap_or(PAGE);
    let wanted = limit as usize + 1;
    let service = &asked.app.service;
    let mut found = service.registrations(&asked.view, asked.object, chronology, from, wanted).await?;
    if found.is_empty() && from.is_none() {
        return Err(asked.missing()?);
    }
    let next = found.get(limit as usize).map(|next| next.seq);
    found.truncate(limit as usize);
    let names = asked.names()?;
    let mut out = Vec::from(&b"\"registrations\":["[..]);
    for (index, registered) in found.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        HistoryWriter { names: &names }.registered(&mut out, registered);
    }
    out.push(b']');
    if let Some(Seq(next)) = next {
        out.extend_from_slice(format!(",\"next_seq\":{next}").as_bytes());
    }
    Ok(asked.answer(&out))
}

/// `GET …/difference`: the object at one point of both axes against another.
pub(crate) async fn difference<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(app, request, &["known", "valid", "to_known", "to_valid"]).await?;
    let between = points(&asked.context, &other_point(&asked.arguments, &asked.context)?)?;
    let found = asked.app.service.differences(&asked.view, &[asked.object], between, Reading::Present).await?;
    let names = asked.names()?;
    let mut out = Vec::from(&b"\"difference\":"[..]);
    match found.first().filter(|difference| !difference.is_none()) {
        Some(difference) => HistoryWriter { names: &names }.difference(&mut out, difference),
        None => out.extend_from_slice(b"null"),
    }
    Ok(asked.answer(&out))
}

/// `GET …/learned`: when it was known that something holds of the object at an instant, or holds no more.
pub(crate) async fn learned<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(app, request, &["known", "valid", "where", "ended"]).await?;
    let (service, class) = (&asked.app.service, asked.app.class(asked.object.class)?);
    let ended = asked.arguments.flag("ended", false)?;
    let select = Selection { class: class.id, reading: Reading::Present, filter: asked.filter.clone() };
    let point = Point { known: asked.known()?, valid: valid_at(&asked.context, "valid")? };
    let (matter, limits) = (Matter { select, ended }, asked.app.options.limits);
    let found = service.learned(&asked.view, &matter, point, &[asked.object.uuid], limits).await?;
    let mut out = Vec::from(&b"\"learned\":"[..]);
    match found.first() {
        Some(learned) => write_learned(&mut out, learned),
        None => out.extend_from_slice(b"null"),
    }
    Ok(asked.answer(&out))
}

/// `GET …/history.svg`: both axes of the object, drawn.
pub(crate) async fn picture<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(app, request, &["known", "valid", "valid_from", "valid_to", "part"]).await?;
    let (names, window, known) = (asked.names()?, asked.window()?, asked.known()?);
    let options = Options { part: asked.part()?, window, ..Options::default() };
    let declarations = asked.app.service.declarations();
    let lineage = lineage(&asked.view, declarations, asked.object, known, DRAWN_MAX).await;
    let Some(lineage) = lineage.map_err(lora_core::Error::from)? else { return Err(asked.missing()?) };
    let drawn = svg::draw(&Picture::of(&lineage, &names, &options));
    // A picture is nothing to run, whatever it is opened with.
    let policy =
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"));
    Ok(asked.with_context((StatusCode::OK, [(header::CONTENT_TYPE, SVG), policy], drawn).into_response()))
}

/// The other point that the arguments `to_known` and `to_valid` name, seen from the present of the first.
pub(super) fn other_point(arguments: &Arguments, context: &TimeContext) -> Result<TimeContext, Problem> {
    let of_the_other = |name: &str| match name {
        "known" => arguments.first("to_known"),
        "valid" => arguments.first("to_valid"),
        _ => None,
    };
    let to = When::of_arguments(of_the_other).map_err(|error| renamed(error, "to_"))?;
    Ok(to.at(context.now))
}

/// Two points, each of one instant on both axes.
pub(super) fn points(from: &TimeContext, to: &TimeContext) -> Result<Between, Problem> {
    let point = |context: &TimeContext, [known, valid]: [&str; 2]| -> Result<Point, Problem> {
        Ok(Point { known: known_at(context.known, known)?, valid: valid_at(context, valid)? })
    };
    Ok(Between { from: point(from, ["known", "valid"])?, to: point(to, ["to_known", "to_valid"])? })
}

/// What must hold of an object, as the argument `where` says.
pub(super) fn filter(arguments: &Arguments, schema: &Schema, class: &Class) -> Result<Filter, Problem> {
    let Some(json) = arguments.first("where") else { return Ok(Filter::EVERYWHERE) };
    let document = Document::parse(json.as_bytes()).map_err(|error| Problem::from(error).parameter("where"))?;
    read_filter(schema, class, &document).map_err(|error| {
        let path = format!("?where{}", error.path);
        Problem::from(error).path(path)
    })
}

fn known_at(known: Known, argument: &str) -> Result<KnownAt, Problem> {
    known.at_most_one().ok_or_else(|| {
        let problem = Problem::invalid("several_registrations", "what was known is asked of one time");
        problem.parameter(argument).accepted("`latest` or an instant")
    })
}

/// The one instant of valid time that a context asks about.
fn valid_at(context: &TimeContext, argument: &str) -> Result<Timestamp<ValidTime>, Problem> {
    let instant = context.valid.filter(|window| Period::instant(window.from()) == Some(*window));
    instant.map(Period::from).ok_or_else(|| {
        let problem = Problem::invalid("several_instants", "what is in effect is asked of one instant");
        problem.parameter(argument).accepted("`now` or an instant")
    })
}

/// A whole number of an argument, from 1 to a largest.
fn number(arguments: &Arguments, name: &str, max: u32) -> Result<Option<u32>, Problem> {
    let Some(text) = arguments.first(name) else { return Ok(None) };
    let number = text.parse().ok().filter(|number| (1..=max).contains(number));
    number.map(Some).ok_or_else(|| {
        let problem = Problem::invalid("unreadable_number", format!("`{name}` is no number that it may be"));
        problem.parameter(name).value(text).accepted(format!("a whole number from 1 to {max}"))
    })
}
