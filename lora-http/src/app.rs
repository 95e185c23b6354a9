//! The server as a whole: what it is made of, and which path leads where.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use lora_core::Service;
use lora_core::object::{ActorId, Position};
use lora_core::query::Known;
use lora_core::query::execute::Limits;
use lora_core::schema::{Class, ClassId, Schema};
use lora_core::storage::{Read, Storage, StoreError};
use lora_core::time::Clock;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::error;
use uuid::Uuid;

use crate::answer::{POSITION, json_bytes};
use crate::error::Problem;
use crate::identify::Identify;
use crate::metrics::Metrics;
use crate::{api, body, describe, health, metrics, observe, openapi, page, routes};

/// The prefixes under which the dialect stands.
pub(crate) const PREFIXES: [&str; 2] = ["", "/lora"];

/// What bounds a request.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// The longest body that is taken, in bytes.
    pub body_bytes_max: usize,
    /// How long a client may take to send a body.
    pub body_within: Duration,
    /// How long answering may take as a whole.
    pub answer_within: Duration,
    /// How much a part of a query's answer may read.
    pub limits: Limits,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            body_bytes_max: 16 * 1024 * 1024,
            body_within: Duration::from_secs(30),
            answer_within: Duration::from_secs(60),
            limits: Limits { registrations: 200_000, postings: 2_000_000 },
        }
    }
}

/// What a server is made of.
pub struct Parts<S> {
    /// The store with its classes.
    pub service: Service<S>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Who makes a request.
    pub identify: Arc<dyn Identify>,
    /// New ids: of objects, and of requests that bring none.
    pub ids: Arc<dyn Fn() -> Uuid + Send + Sync>,
    /// Where to count.
    pub metrics: Metrics,
    /// What bounds a request.
    pub options: HttpOptions,
}

/// The parts, shared by all requests.
pub(crate) struct App<S>(Arc<Parts<S>>);

impl<S> Clone for App<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> std::ops::Deref for App<S> {
    type Target = Parts<S>;

    fn deref(&self) -> &Parts<S> {
        &self.0
    }
}

impl<S: Storage> App<S> {
    /// Who makes a request.
    pub(crate) fn actor(&self, request: &Request) -> Result<ActorId, Problem> {
        self.identify.identify(request.headers()).map_err(|refused| {
            let path = format!("header {}", refused.header);
            Problem::invalid("unreadable_actor", refused.message).path(path).accepted("a UUID")
        })
    }

    /// A view that shows what the request demands, for a question that is `known` at some time.
    pub(crate) async fn view(&self, demanded: Option<Position>, known: Known) -> Result<S::View, Problem> {
        let position = demanded.unwrap_or_default();
        self.service.view_showing(position, known).await.map_err(ahead)
    }

    /// Refuses a write of a client that has seen more than there is.
    pub(crate) async fn must_show(&self, demanded: Option<Position>) -> Result<(), Problem> {
        if demanded.is_some() { self.view(demanded, Known::Latest).await.map(drop) } else { Ok(()) }
    }

    /// A class of the schema that the routes were made from.
    pub(crate) fn class(&self, id: ClassId) -> Result<&Class, Problem> {
        Ok(self.service.schema().class(id).ok_or(lora_core::Error::UnknownClass(id))?)
    }
}

/// The position that a client has seen, and wants to see again.
pub(crate) fn demanded(request: &Request) -> Result<Option<Position>, Problem> {
    let Some(given) = request.headers().get(POSITION) else { return Ok(None) };
    let number = given.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Position).map(Some).ok_or_else(|| {
        let problem = Problem::invalid("unreadable_position", "Lora-Position is no position").path(POSITION_PATH);
        problem.value(String::from_utf8_lossy(given.as_bytes())).accepted("the Lora-Position of an answer")
    })
}

pub(crate) fn ahead(error: lora_core::Error) -> Problem {
    match error {
        lora_core::Error::Store(StoreError::Ahead { asked, newest }) => {
            let message = format!("position {asked} is not here: the store stands at {newest}");
            let problem = Problem::new(StatusCode::CONFLICT, "position_ahead", message).path(POSITION_PATH);
            problem.value(asked.to_string()).accepted(format!("a position up to {newest}")).seen(newest)
        }
        error => error.into(),
    }
}

const POSITION_PATH: &str = "header Lora-Position";

/// Everything that the server answers, over any store.
pub fn router<S: Storage>(parts: Parts<S>) -> Router {
    let app = App(Arc::new(parts));
    let description = openapi::written(app.service.schema());
    let mut router = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics::render))
        .route("/openapi.json", get(async || json_bytes(StatusCode::OK, description)))
        .route("/lora/", get(page::handle));
    router = api::routes(router);
    for prefix in PREFIXES {
        router = dialect(router, app.service.schema(), prefix);
    }
    router
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(app.clone(), body::receive))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

fn dialect<S: Storage>(mut router: Router<App<S>>, schema: &Schema, prefix: &str) -> Router<App<S>> {
    let root = if prefix.is_empty() { "/" } else { prefix };
    router = router.route(root, get(page::handle)).route(&format!("{prefix}/site-map"), get(describe::site_map));
    for service in describe::services(schema) {
        let path = format!("{prefix}/{service}/classes");
        let classes = move |State(app): State<App<S>>| describe::classes(app, service.clone());
        router = router.route(&path, get(classes));
    }
    for class in schema.classes() {
        router = class_routes(router, class, &format!("{prefix}/{}/{}", class.service, class.wire));
    }
    router
}

fn class_routes<S: Storage>(router: Router<App<S>>, class: &Class, path: &str) -> Router<App<S>> {
    type Of<S> = State<App<S>>;
    let id = class.id;
    let objects = get(move |State(app): Of<S>, request: Request| routes::find::handle(app, id, request))
        .post(move |State(app): Of<S>, request: Request| routes::create::handle(app, id, request));
    let object = get(move |State(app): Of<S>, request: Request| routes::read::handle(app, id, request))
        .put(move |State(app): Of<S>, request: Request| routes::import::handle(app, id, request))
        .patch(move |State(app): Of<S>, request: Request| routes::update::handle(app, id, request))
        .delete(move |State(app): Of<S>, request: Request| routes::delete::handle(app, id, request));
    router
        .route(path, objects)
        .route(&format!("{path}/fields"), get(move |State(app): Of<S>, request| describe::fields(app, id, request)))
        .route(&format!("{path}/schema"), get(move |State(app): Of<S>| describe::schema(app, id)))
        .route(&format!("{path}/{{uuid}}"), object)
}

/// 307 to the path without its trailing slash where that is served, else 404.
async fn unknown_path<S: Storage>(State(app): State<App<S>>, request: Request) -> Response {
    let uri = request.uri();
    if let Some(path) = uri.path().strip_suffix('/')
        && describe::is_served(app.service.schema(), path)
    {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, format!("{path}{query}"))]).into_response();
    }
    Problem::framework(StatusCode::NOT_FOUND, "unknown_path", "Not Found")
        .path("path")
        .value(uri.path())
        .into_response()
}

async fn wrong_method(request: Request) -> Problem {
    let problem = Problem::framework(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "Method Not Allowed");
    problem.path("method").value(request.method().as_str())
}

/// The last resort: our bug is logged, and the client gets an answer.
#[expect(clippy::needless_pass_by_value, reason = "as the layer calls it")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text");
    error!(panic = text, "a request made the server panic");
    Problem::internal().into_response()
}

/// The position of the newest entry.
pub(crate) async fn newest<S: Storage>(app: &App<S>) -> Result<Position, Problem> {
    Ok(app.service.view(None).await?.position())
}
