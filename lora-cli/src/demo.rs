//! The generated municipality in a store, up to today: what `lora serve --demo` shows.

use indicatif::{ProgressBar, ProgressStyle};
use lora_core::Service;
use lora_core::error::Error;
use lora_core::oio::{Document, DocumentError, InputError, json_lines};
use lora_core::storage::{Read, Storage};
use lora_core::time::{Timestamp, TransactionTime};

use tracing::info;

use crate::generate::{BadOptions, Options, lines};

/// The store could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Today lies outside what can be generated.
    #[error("the municipality cannot be generated")]
    Options(#[from] BadOptions),
    /// A generated line is not JSON.
    #[error("line {line} of the municipality")]
    Line {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        source: DocumentError,
    },
    /// A generated line is not an entry.
    #[error("line {line} of the municipality")]
    Entry {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        source: InputError,
    },
    /// A generated entry was refused.
    #[error("line {line} of the municipality")]
    Refused {
        /// The line, from 1.
        line: u64,
        /// Why.
        source: Error,
    },
    /// The store failed.
    #[error("the store")]
    Store(#[from] Error),
}

/// Fills a store that holds nothing but its declarations with a municipality; one that holds more is left alone.
///
/// Calls `progress` with the number of registrations now and then. Returns how many there are.
///
/// # Errors
/// [`DemoError`]; what was entered before stays.
pub async fn fill<S: Storage>(
    service: &Service<S>,
    now: Timestamp<TransactionTime>,
    options: &Options,
    mut progress: impl FnMut(u64),
) -> Result<u64, DemoError> {
    const EVERY: u64 = 1_000;
    if service.view(None).await?.position().0 > 1 {
        return Ok(0);
    }
    let mut count = 0;
    for (line, text) in (1..).zip(lines(options)?) {
        let document = Document::parse(text.as_bytes()).map_err(|source| DemoError::Line { line, source })?;
        let entry = |source| DemoError::Entry { line, source };
        if line == 1 {
            json_lines::read_header(&document).map_err(entry)?;
            continue;
        }
        let history = json_lines::read_entry(service.schema(), &document).map_err(entry)?;
        service.import_history(history, now).await.map_err(|source| DemoError::Refused { line, source })?;
        count += 1;
        if count % EVERY == 0 {
            progress(count);
        }
    }
    progress(count);
    Ok(count)
}

/// Fills a store with the municipality up to `now`, and shows on standard error how far it is.
///
/// # Errors
/// [`DemoError`]; what was entered before stays.
pub async fn fill_showing<S: Storage>(service: &Service<S>, now: Timestamp<TransactionTime>) -> Result<u64, DemoError> {
    let bar = ProgressBar::new_spinner().with_style(style()).with_message("filling the store with a municipality");
    let count = fill(service, now, &options_until(now), |count| bar.set_position(count)).await?;
    bar.finish_and_clear();
    info!(registrations = count, "the store holds the municipality");
    Ok(count)
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{spinner} {msg}: {human_pos} registrations, {elapsed}");
    style.unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// The default municipality, up to the day of an instant in UTC.
pub fn options_until(now: Timestamp<TransactionTime>) -> Options {
    let default = Options::default();
    let day = now.to_string().get(..10).and_then(|date| date.parse().ok());
    Options { until: day.unwrap_or(default.until), ..default }
}
