//! The store: opening it, and the seam to the core.

use std::ops::Bound;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use event_listener::Event;
use futures_channel::oneshot;
use lora_core::object::Position;
use lora_core::storage::{Chunks, CommitError, ContentHash, LedgerEntry, Receipt, Step, Storage, StoreError, Wait};
use lora_core::time::Clock;

use crate::contents::Contents;
use crate::error::{Failure, OpenError, index_failed, log_failed};
use crate::files::Files;
use crate::index::{Index, IndexError, IndexOptions, Table};
use crate::log::{self, Landmark, Log, LogReader};
use crate::open::{INDEX, open_log_and_index};
use crate::read::EmbeddedView;
use crate::rebuild::rebuild;
use crate::rows::{position_bytes, read_offset, read_position};
use crate::writer::{self, Command, Commit};

/// How much memory a store takes, and how its log is laid out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The log's.
    pub log: log::Options,
    /// The index's.
    pub index: IndexOptions,
}

/// A store in the files of one folder. Cheap to clone; the last one closes it.
///
/// Its futures need no runtime: reads are ready at once, and commits and waits are woken by the store's own threads.
#[derive(Clone)]
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    writer: Arc<Writing>,
}

/// What readers and the writer share.
pub(crate) struct Shared {
    index: ArcSwap<Index>,
    pub(crate) log: LogReader,
    pub(crate) contents: Contents,
    pub(crate) committed: Event,
    files: Arc<dyn Files>,
    options: Options,
}

/// The writer's thread; it ends with this, when everything that was asked is done.
struct Writing {
    commands: Option<Sender<Command>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    shared: Arc<Shared>,
}

impl EmbeddedStore {
    /// Opens the store in a folder, or makes an empty one. Nobody else may have it open.
    ///
    /// What a crash has left of steps that were never acknowledged is cut off; the index is brought up to the log, or
    /// computed from it where it is missing or damaged.
    ///
    /// # Errors
    /// [`OpenError`]; nothing that the log has is changed then.
    pub fn open(files: Arc<dyn Files>, clock: Arc<dyn Clock>, options: Options) -> Result<Self, OpenError> {
        let contents = Contents::open(files.clone());
        let contents = contents.map_err(|source| OpenError::Io { action: "tidy up contents", source })?;
        let (log, index) = open_log_and_index(&files, options)?;
        let (index, committed) = (ArcSwap::from_pointee(index), Event::new());
        let shared = Arc::new(Shared { index, log: log.reader(), contents, committed, files, options });
        let started = writer::start(shared.clone(), log, clock);
        let (commands, thread) = started.map_err(|source| OpenError::Io { action: "start a thread", source })?;
        let writer = Writing { commands: Some(commands), thread: Mutex::new(Some(thread)), shared: shared.clone() };
        Ok(Self { shared, writer: Arc::new(writer) })
    }

    /// Appends steps, all of them restored, without making them durable or showing them: see
    /// [`finish_load`](Self::finish_load). Their [`IndexChange`](lora_core::storage::IndexChange) is not looked at.
    ///
    /// # Errors
    /// As [`Storage::commit`]; after one of them the store takes nothing more until it is opened again.
    pub async fn load(&self, steps: Vec<Step>) -> Result<(), CommitError> {
        steps.iter().try_for_each(Step::not_empty)?;
        self.ask(|answer| Command::Load(steps, answer)).await?
    }

    /// Makes what was loaded durable, computes the index of the whole log, and shows it.
    ///
    /// # Errors
    /// [`StoreError`]; what was loaded is there when the store is opened again, as far as it had become durable.
    pub async fn finish_load(&self) -> Result<(), StoreError> {
        self.ask(Command::FinishLoad).await?
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, StoreError> {
        let gone = || StoreError::Unavailable("the store's writer has stopped".into());
        let (answer, answered) = oneshot::channel();
        let commands = self.writer.commands.as_ref().ok_or_else(gone)?;
        commands.send(command(answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.commands = None;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A panic of the writer was seen by everybody who waited for it.
        let _ = thread.map(JoinHandle::join);
        // Views may outlive the store, but the file must not be written to when somebody opens it again.
        let index = self.shared.index();
        index.close();
        if let Err(IndexError::Damaged { .. } | IndexError::Io { .. }) = index.health() {
            // What a failed sync left may be in a cache and not on the disk, so the next start computes it anew.
            let _ = self.shared.files.remove(INDEX);
        }
    }
}

impl Shared {
    pub(crate) fn index(&self) -> Arc<Index> {
        self.index.load_full()
    }

    /// Computes the index of the whole log, and puts it in the place of the one that is there.
    pub(crate) fn rebuild(&self, log: &Log) -> Result<(), Failure> {
        rebuild(&self.files, INDEX, self.options.index, &self.log, log.last())?;
        self.index.store(Arc::new(Index::open(&self.files, INDEX, self.options.index)?));
        Ok(())
    }
}

impl Storage for EmbeddedStore {
    type View = EmbeddedView;

    async fn view(&self, at: Option<Position>) -> Result<EmbeddedView, StoreError> {
        let newest = Position(self.shared.index().snapshot().version());
        match at {
            Some(asked) if asked > newest => Err(StoreError::Ahead { asked, newest }),
            _ => Ok(EmbeddedView::new(self.shared.clone(), at.unwrap_or(newest))),
        }
    }

    async fn commit(&self, step: Step) -> Result<Receipt, CommitError> {
        step.not_empty()?;
        let commitments = step.entries.iter().map(|draft| draft.frame.commitment()).collect();
        self.ask(|answer| Command::Commit(Box::new(Commit { step, commitments, answer }))).await?
    }

    async fn ledger(&self, after: Position, limit: usize, wait: Wait) -> Result<Vec<LedgerEntry>, StoreError> {
        loop {
            let listener = self.shared.committed.listen();
            let entries = self.shared.entries_after(after, limit)?;
            if !entries.is_empty() || limit == 0 || wait == Wait::Never {
                return Ok(entries);
            }
            listener.await;
        }
    }

    async fn put_content(&self, chunks: impl Chunks) -> Result<ContentHash, StoreError> {
        self.shared.contents.put(chunks).await
    }
}

impl Shared {
    fn entries_after(&self, after: Position, limit: usize) -> Result<Vec<LedgerEntry>, StoreError> {
        let rows = self.index().snapshot();
        let upto = Position(rows.version());
        if after >= upto || limit == 0 {
            return Ok(Vec::new());
        }
        let next = position_bytes(Position(after.0 + 1));
        let landmark = rows.last(Table::Landmarks, Bound::Unbounded, Bound::Included(&next)).map_err(index_failed)?;
        let landmark = landmark.map(|(position, offset)| {
            Ok(Landmark { position: read_position(Table::Landmarks, &position)?, offset: read_offset(&offset)? })
        });
        let from = landmark.transpose().map_err(index_failed)?.unwrap_or_else(|| self.log.start());
        let mut found = Vec::new();
        for step in self.log.steps(from, upto) {
            let step = step.map_err(log_failed)?;
            let entries =
                step.step.entries.into_iter().map(|entry| entry.ledger).filter(|entry| entry.position > after);
            let entries: Vec<LedgerEntry> = entries.collect();
            // A page ends with a step, unless the step alone is longer than the page.
            if !found.is_empty() && found.len() + entries.len() > limit {
                break;
            }
            found.extend(entries);
        }
        found.truncate(limit);
        Ok(found)
    }
}
