//! The log, on standard error.

use std::io::stderr;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the log.
pub(crate) fn start(format: Format, filter: EnvFilter) {
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(false);
    match format {
        Format::Text => log.init(),
        Format::Json => log.json().flatten_event(true).init(),
    }
}
