//! The generated municipality in a store, up to today: what `lora serve --demo` shows.

use std::io;

use indicatif::{ProgressBar, ProgressStyle};
use lora_core::Service;
use lora_core::codec::EntryKind;
use lora_core::object::Position;
use lora_core::storage::{LedgerEntry, Storage, StoreError, Wait};
use lora_core::time::{Timestamp, TransactionTime};
use tracing::info;
use uuid::Uuid;

use crate::generate::{BadOptions, Options, lines};
use crate::transfer::{ImportError, Input, Progress, assert};

/// The store could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Today lies outside what can be generated.
    #[error("the municipality cannot be generated: {0}")]
    Options(#[from] BadOptions),
    /// The municipality does not go into the store.
    #[error("the municipality: {0}")]
    Import(#[from] ImportError),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
}

/// The lines of a municipality, generated whenever they are read.
struct Municipality<'a>(&'a Options);

impl Input for Municipality<'_> {
    fn lines(&self) -> io::Result<Box<dyn Iterator<Item = io::Result<Vec<u8>>> + Send>> {
        let lines = lines(self.0).map_err(io::Error::other)?;
        Ok(Box::new(lines.map(|line| Ok((line + "\n").into_bytes()))))
    }
}

/// Fills a store that holds nothing but its declarations with a municipality, and goes on where that was interrupted;
/// a store that holds anything else is left alone.
///
/// Returns how many registrations were entered.
///
/// # Errors
/// [`DemoError`]; what was entered before stays.
pub async fn fill<S: Storage>(
    service: &Service<S>,
    now: Timestamp<TransactionTime>,
    options: &Options,
    progress: impl FnMut(Progress),
) -> Result<u64, DemoError> {
    let first = first_registration(service.store()).await?;
    match first {
        Some(first) if !begins_with(options, first.object.uuid)? => Ok(0),
        _ => Ok(assert(service, &Municipality(options), now, progress).await?.entered),
    }
}

async fn first_registration<S: Storage>(store: &S) -> Result<Option<LedgerEntry>, StoreError> {
    let mut after = Position::default();
    loop {
        let page = store.ledger(after, 16, Wait::Never).await?;
        let Some(last) = page.last() else { return Ok(None) };
        after = last.position;
        if let Some(first) = page.into_iter().find(|entry| entry.kind == EntryKind::Registration) {
            return Ok(Some(first));
        }
    }
}

/// Whether an object is among those that are entered first, in whatever order.
fn begins_with(options: &Options, object: Uuid) -> Result<bool, BadOptions> {
    const LINES: usize = 1024;
    let id = format!(r#""id":"{object}""#);
    Ok(lines(options)?.take(LINES).any(|line| line.contains(&id)))
}

/// Fills a store with the municipality up to `now`, and shows on standard error how far it is.
///
/// Where that was interrupted, it goes on with the municipality of the day on which it began.
///
/// # Errors
/// [`DemoError`]; what was entered before stays.
pub async fn fill_showing<S: Storage>(service: &Service<S>, now: Timestamp<TransactionTime>) -> Result<u64, DemoError> {
    let begun = first_registration(service.store()).await?.map_or(now, |first| first.instant);
    let bar = ProgressBar::new_spinner().with_style(style()).with_message("filling the store with a municipality");
    let count = fill(service, now, &options_until(begun), |progress| bar.set_position(progress.done)).await?;
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
