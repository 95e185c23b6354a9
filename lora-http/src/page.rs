//! The page for people at `/`: what runs here, and where to look.

use std::fmt::Write;

use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use lora_core::object::Position;
use lora_core::schema::Schema;
use lora_core::storage::Storage;

use crate::answer::with_position;
use crate::app::{App, newest};
use crate::describe::services;
use crate::error::Problem;

/// `GET /`: the page where HTML is asked for, else 307 to the site map under the same prefix.
pub(crate) async fn handle<S: Storage>(State(app): State<App<S>>, request: Request) -> Result<Response, Problem> {
    let OriginalUri(uri) = request.extensions().get().cloned().unwrap_or_else(|| OriginalUri(request.uri().clone()));
    let prefix = uri.path().trim_end_matches('/');
    let mut response = if takes_html(request.headers()) {
        let position = newest(&app).await?;
        with_position(Html(page(app.service.schema(), prefix, position)).into_response(), position)
    } else {
        (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, format!("{prefix}/site-map"))]).into_response()
    };
    response.headers_mut().insert(header::VARY, header::HeaderValue::from_static("accept"));
    Ok(response)
}

fn takes_html(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.split(',').any(|kind| kind.trim_start().starts_with("text/html")))
}

fn page(schema: &Schema, prefix: &str, position: Position) -> String {
    let mut page = String::from(HEAD);
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(
        page,
        "<h1>LoRA</h1>\n<p>A register of master data with two time axes: when something holds, and when it was \
         registered. Version {version}, store at position {position}.</p>\n<p><a href=\"/openapi.json\">OpenAPI</a> \
         · <a href=\"{prefix}/site-map\">Site map</a> · <a href=\"/metrics\">Metrics</a></p>\n"
    );
    for service in services(schema) {
        let _ = write!(page, "<h2>{}</h2>\n<table>\n", escaped(&service));
        for class in schema.classes().iter().filter(|class| class.service == service) {
            let path = format!("{prefix}/{}/{}", escaped(&class.service), escaped(&class.wire));
            let _ = writeln!(
                page,
                "<tr><th scope=\"row\"><a href=\"{path}?maximalantalresultater=20&amp;list=1\">{}</a></th>\
                 <td><a href=\"{path}/fields\">fields</a></td><td><a href=\"{path}/schema\">schema</a></td></tr>",
                escaped(&class.title)
            );
        }
        page.push_str("</table>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>LoRA</title>\n\
    <style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem }\n\
    th { text-align: left; font-weight: normal } td, th { padding: 0.1rem 1.5rem 0.1rem 0 }</style>\n</head>\n<body>\n";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
