//! Figures for Prometheus.

use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use lora_core::storage::Storage;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::{App, newest};
use crate::error::Problem;

const REQUESTS: &str = "lora_http_requests_total";
const SECONDS: &str = "lora_http_request_duration_seconds";
const REGISTRATIONS: &str = "lora_registrations_written_total";
const POSITION: &str = "lora_store_position";

/// Upper bounds in seconds: from what memory answers to what a client gives up on.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The process's figures. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The figures of this process, which are the same however often this is called.
    ///
    /// # Panics
    /// When something else in the process has taken over its figures.
    pub fn of_process() -> Self {
        static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
        Self(INSTALLED.get_or_init(install).clone())
    }

    /// Counts an answered request.
    pub(crate) fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string()).increment(1);
        histogram!(SECONDS, "method" => method, "route" => route).record(took.as_secs_f64());
    }

    /// Counts a registration.
    pub(crate) fn registered(&self) {
        counter!(REGISTRATIONS).increment(1);
    }

    /// Folds what was recorded; to be called every few seconds, so that recordings do not pile up between two looks.
    pub fn fold(&self) {
        self.0.run_upkeep();
    }
}

fn install() -> PrometheusHandle {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(SECONDS.to_owned()), &BUCKETS);
    let handle = builder.expect("there are buckets").install_recorder().expect("nothing else records metrics");
    describe_counter!(REQUESTS, "Requests answered, by method, route template and status");
    describe_histogram!(SECONDS, "Seconds until the head of an answer, by method and route template");
    describe_counter!(REGISTRATIONS, "Registrations written by this process");
    describe_gauge!(POSITION, "Position of the newest entry of the store");
    counter!(REGISTRATIONS).absolute(0);
    handle
}

/// `GET /metrics`.
pub(crate) async fn render<S: Storage>(State(app): State<App<S>>) -> Result<impl IntoResponse, Problem> {
    let position = newest(&app).await?;
    gauge!(POSITION).set(position.0 as f64);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.0.render()))
}
