//! The generated municipality in a store, up to today: what `lora serve --demo` shows.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use lora_core::Service;
use lora_core::codec::EntryKind;
use lora_core::error::Error;
use lora_core::object::{ObjectId, Position};
use lora_core::oio::{Document, DocumentError, InputError, json_lines};
use lora_core::storage::{KnownAt, Read, Storage, Wait};
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
    /// The note about how far the filling came cannot be kept.
    #[error("the note {}", path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Stands in the folder of a store while the municipality is entered: up to which day.
const NOTE: &str = "demo";

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
    progress: impl FnMut(u64),
) -> Result<u64, DemoError> {
    if is_empty(service).await? { enter(service, now, options, progress).await } else { Ok(0) }
}

/// Whether a store holds nothing but declarations.
async fn is_empty<S: Storage>(service: &Service<S>) -> Result<bool, DemoError> {
    let entries = service.store().ledger(Position(0), 1_000, Wait::Never).await.map_err(Error::from)?;
    Ok(entries.iter().all(|entry| entry.kind == EntryKind::Declaration))
}

/// Enters the municipality, without what is there already. Returns how many registrations it has.
async fn enter<S: Storage>(
    service: &Service<S>,
    now: Timestamp<TransactionTime>,
    options: &Options,
    mut progress: impl FnMut(u64),
) -> Result<u64, DemoError> {
    const EVERY: u64 = 1_000;
    let mut count = 0;
    for (line, text) in (1..).zip(lines(options)?) {
        let document = Document::parse(text.as_bytes()).map_err(|source| DemoError::Line { line, source })?;
        let entry = |source| DemoError::Entry { line, source };
        if line == 1 {
            json_lines::read_header(&document).map_err(entry)?;
            continue;
        }
        let history = json_lines::read_entry(service.schema(), &document).map_err(entry)?;
        let (object, at) = (history.object, history.registered_from);
        match service.import_history(history, now).await {
            Err(Error::Asserted { .. }) if is_there(service, object, at).await? => {}
            entered => drop(entered.map_err(|source| DemoError::Refused { line, source })?),
        }
        count += 1;
        if count % EVERY == 0 {
            progress(count);
        }
    }
    progress(count);
    Ok(count)
}

/// Whether an object was registered at an instant.
async fn is_there<S: Storage>(
    service: &Service<S>,
    object: ObjectId,
    at: Timestamp<TransactionTime>,
) -> Result<bool, Error> {
    let view = service.view(None).await?;
    let found = view.registrations(&[(object, KnownAt::Instant(at))]).await?;
    Ok(found.iter().flatten().any(|encoded| encoded.registered.from() == at))
}

/// Fills an empty store with the municipality up to `now`, and shows on standard error how far it is.
///
/// Where an earlier process was killed on the way, as a note in the store's folder tells, this one goes on.
///
/// # Errors
/// [`DemoError`]; what was entered before stays.
pub async fn fill_once<S: Storage>(
    service: &Service<S>,
    now: Timestamp<TransactionTime>,
    folder: Option<&Path>,
) -> Result<(), DemoError> {
    let note = folder.map(|folder| folder.join(NOTE));
    let options = match &note {
        _ if is_empty(service).await? => {
            let options = options_until(now);
            note.as_deref().map_or(Ok(()), |note| write_note(note, &options))?;
            options
        }
        Some(note) if note.exists() => read_note(note)?,
        _ => return Ok(()),
    };
    let bar = ProgressBar::new_spinner().with_style(style()).with_message("filling the store with a municipality");
    let count = enter(service, now, &options, |count| bar.set_position(count)).await?;
    bar.finish_and_clear();
    if let Some(path) = note {
        fs::remove_file(&path).map_err(|source| DemoError::Note { path, source })?;
    }
    info!(registrations = count, "the store holds the municipality");
    Ok(())
}

/// Writes up to which day the municipality goes, before anything of it is entered.
fn write_note(path: &Path, options: &Options) -> Result<(), DemoError> {
    let written = File::create(path).and_then(|mut file| {
        write!(file, "{}", options.until)?;
        file.sync_all()?;
        File::open(path.with_file_name("."))?.sync_all()
    });
    written.map_err(|source| DemoError::Note { path: path.to_owned(), source })
}

fn read_note(path: &Path) -> Result<Options, DemoError> {
    let unreadable = |source| DemoError::Note { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let until = text.parse().map_err(|error| unreadable(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    Ok(Options { until, ..Options::default() })
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
