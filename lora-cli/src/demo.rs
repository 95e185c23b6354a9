//! The generated municipality in a store, up to today: what `lora serve --demo` shows.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use lora_core::Service;
use lora_core::codec::EntryKind;
use lora_core::object::Position;
use lora_core::storage::{Storage, StoreError, Wait};
use lora_core::time::{Timestamp, TransactionTime};
use tracing::info;

use crate::generate::{BadOptions, Day, Options, lines};
use crate::transfer::{Bulk, ImportError, Input, Progress, assert};

/// The store could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Today lies outside what can be generated.
    #[error("the municipality cannot be generated")]
    Options(#[from] BadOptions),
    /// The municipality does not go into the store.
    #[error("the municipality")]
    Import(#[from] ImportError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
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

/// The lines of a municipality, generated whenever they are read.
struct Municipality<'a>(&'a Options);

impl Input for Municipality<'_> {
    fn lines(&self) -> io::Result<Box<dyn Iterator<Item = io::Result<Vec<u8>>> + Send>> {
        let lines = lines(self.0).map_err(io::Error::other)?;
        Ok(Box::new(lines.map(|line| Ok((line + "\n").into_bytes()))))
    }
}

/// Fills a store that holds nothing but its declarations with a municipality; one that holds more is left alone.
/// Returns how many registrations were entered.
///
/// # Errors
/// [`DemoError`]; what was entered before stays.
pub async fn fill<S: Storage>(
    service: &Service<S>,
    into: Option<impl Bulk>,
    now: Timestamp<TransactionTime>,
    options: &Options,
    progress: impl FnMut(Progress),
) -> Result<u64, DemoError> {
    if !is_empty(service).await? {
        return Ok(0);
    }
    Ok(assert(service, into, &Municipality(options), now, progress).await?.entered)
}

/// Whether a store holds nothing but declarations.
async fn is_empty<S: Storage>(service: &Service<S>) -> Result<bool, StoreError> {
    let entries = service.store().ledger(Position(0), 1_000, Wait::Never).await?;
    Ok(entries.iter().all(|entry| entry.kind == EntryKind::Declaration))
}

/// Fills an empty store with a municipality, and shows on standard error how far it is.
///
/// Where an earlier process was killed on the way, as a note in the store's folder tells, this one goes on with the
/// municipality up to the day of that one.
///
/// # Errors
/// [`DemoError`]; what was entered before stays.
pub async fn fill_once<S: Storage>(
    service: &Service<S>,
    into: Option<impl Bulk>,
    now: Timestamp<TransactionTime>,
    folder: Option<&Path>,
    options: Options,
) -> Result<(), DemoError> {
    let note = folder.map(|folder| folder.join(NOTE));
    let options = match &note {
        _ if is_empty(service).await? => {
            note.as_deref().map_or(Ok(()), |note| write_note(note, &options))?;
            options
        }
        Some(note) if note.exists() => Options { until: read_note(note)?, ..options },
        _ => return Ok(()),
    };
    let bar = ProgressBar::new_spinner().with_style(style()).with_message("filling the store with a municipality");
    let imported =
        assert(service, into, &Municipality(&options), now, |progress| bar.set_position(progress.done)).await?;
    bar.finish_and_clear();
    if let Some(path) = note {
        fs::remove_file(&path).map_err(|source| DemoError::Note { path, source })?;
    }
    info!(registrations = imported.entered + imported.present, "the store holds the municipality");
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

fn read_note(path: &Path) -> Result<Day, DemoError> {
    let unreadable = |source| DemoError::Note { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    text.parse().map_err(|error| unreadable(io::Error::new(io::ErrorKind::InvalidData, error)))
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

#[cfg(test)]
mod tests {
    use lora_core::oio::shipped_classes;
    use lora_core::storage::{MemoryStore, Read};
    use lora_core::time::{Clock, ManualClock};

    use super::*;
    use crate::transfer::Committing;

    /// As far as a process came that was killed.
    struct Begun<'a>(&'a Options);

    impl Input for Begun<'_> {
        fn lines(&self) -> io::Result<Box<dyn Iterator<Item = io::Result<Vec<u8>>> + Send>> {
            Ok(Box::new(Municipality(self.0).lines()?.take(100)))
        }
    }

    #[tokio::test]
    async fn a_municipality_that_was_begun_is_finished_on_another_day_and_then_left_alone() {
        let clock = std::sync::Arc::new(ManualClock::at(1_795_000_000_000_000).unwrap());
        let now = clock.now();
        let empty = || Service::open(MemoryStore::new(clock.clone()), shipped_classes(), || [1; 16]);
        let today = Options { people: 20, ..options_until(now) };
        let begun = Options { people: 20, until: Day::of(2026, 11, 17), ..Options::default() };
        assert_ne!(today.until, begun.until);
        let whole = empty().await.unwrap();
        fill(&whole, None::<Committing<MemoryStore>>, now, &begun, |_| {}).await.unwrap();
        let position = async |service: &Service<MemoryStore>| service.view(None).await.unwrap().position();

        let service = empty().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join(NOTE);
        write_note(&note, &begun).unwrap();
        assert(&service, None::<Committing<MemoryStore>>, &Begun(&begun), now, |_| {}).await.unwrap();
        assert!(position(&service).await < position(&whole).await);
        for _ in 0..2 {
            let into = Some(Committing::new(service.store().clone()));
            fill_once(&service, into, now, Some(folder.path()), today.clone()).await.unwrap();
            assert_eq!(position(&service).await, position(&whole).await);
            assert!(!note.exists());
        }
    }
}
