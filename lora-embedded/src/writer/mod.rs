//! The one writer: takes what waits, appends it with one write, makes it durable with one sync, and only then answers.

mod load;
mod pending;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;
use lora_core::codec::{Digest, link};
use lora_core::object::{Position, Seq};
use lora_core::storage::{CommitError, Draft, IndexChange, LedgerEntry, Receipt, Step, StoreError};
use lora_core::time::{Clock, Timestamp, TransactionTime};

use self::pending::Pending;
use crate::error::{Failure, index_failed};
use crate::index::{IndexError, Snapshot};
use crate::log::{Entry, Head, Log, LogStep, StepPlaces};
use crate::rows::{Entered, Landmarks, Tip, changes_of_entry, changes_of_step};
use crate::store::Shared;

/// More than this is not written at once, unless a step alone is longer.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// What the writer is asked to do.
pub(crate) enum Command {
    /// To commit a step.
    Commit(Box<Commit>),
    /// To append steps and leave the index alone; what is appended is neither durable nor seen before the load is
    /// finished.
    Load(Vec<Step>, oneshot::Sender<Result<(), CommitError>>),
    /// To make what was loaded durable, and the index anew from all of it.
    FinishLoad(oneshot::Sender<Result<(), StoreError>>),
}

/// A step to commit, with what could be computed before its turn.
pub(crate) struct Commit {
    pub(crate) step: Step,
    /// The commitments of its frames.
    pub(crate) commitments: Vec<Digest>,
    pub(crate) answer: oneshot::Sender<Result<Receipt, CommitError>>,
}

/// Starts the writer; it ends when the sender is dropped, with everything done that was sent.
pub(crate) fn start(
    shared: Arc<Shared>,
    log: Log,
    clock: Arc<dyn Clock>,
) -> std::io::Result<(Sender<Command>, JoinHandle<()>)> {
    let (sender, receiver) = channel();
    let writer = Writer { shared, log, clock, landmarks: Landmarks::default(), loading: None, failed: None };
    let thread = thread::Builder::new().name("writer".to_owned()).spawn(move || writer.run(&receiver))?;
    Ok((sender, thread))
}

struct Writer {
    shared: Arc<Shared>,
    log: Log,
    clock: Arc<dyn Clock>,
    landmarks: Landmarks,
    /// What was loaded and is not indexed.
    loading: Option<Pending>,
    /// Why nothing more is taken in: the index could not follow the log.
    failed: Option<Failure>,
}

/// A step that goes into the log, what the index has to know about its entries, and what to answer.
type Accepted = (LogStep, Vec<Indexed>, Receipt);

/// What the index has to know about an entry besides.
struct Indexed {
    seq: Seq,
    registered_from: Timestamp<TransactionTime>,
    index: IndexChange,
}

impl Writer {
    fn run(mut self, receiver: &Receiver<Command>) {
        let mut next = receiver.recv().ok();
        while let Some(command) = next.take() {
            match command {
                Command::Commit(first) => {
                    let (batch, other) = gather(*first, receiver);
                    self.commit(batch);
                    next = other;
                }
                // Whoever asked may have gone away.
                Command::Load(steps, answer) => drop(answer.send(self.load(steps))),
                Command::FinishLoad(answer) => drop(answer.send(self.finish_load())),
            }
            next = next.or_else(|| receiver.recv().ok());
        }
    }

    fn commit(&mut self, batch: Vec<Commit>) {
        let (mut steps, mut indexed, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        let (mut pending, mut head) = (Pending::default(), (self.log.last(), self.log.head()));
        let rows = self.shared.index().latest();
        for Commit { step, commitments, answer } in batch {
            let able = self.refuse_if_unable().map_err(CommitError::from);
            match able.and_then(|()| accept(&rows, &mut pending, &mut head, step, &commitments, self.clock.now())) {
                Ok((step, entries, receipt)) => {
                    steps.push(step);
                    indexed.push(entries);
                    answers.push((answer, receipt));
                }
                // Whoever asked may have gone away, here and below: what is committed is committed.
                Err(error) => drop(answer.send(Err(error))),
            }
        }
        drop(rows);
        if steps.is_empty() {
            return;
        }
        let done = self.store(&steps, &indexed);
        for (answer, receipt) in answers {
            let answered = done.as_ref().map(|()| receipt).map_err(|failure| failure.to_store_error().into());
            drop(answer.send(answered));
        }
        self.shared.committed.notify(usize::MAX);
    }

    fn refuse_if_failed(&self) -> Result<(), StoreError> {
        self.failed.as_ref().map_or(Ok(()), |failure| Err(failure.to_store_error()))
    }

    fn refuse_if_unable(&self) -> Result<(), StoreError> {
        self.refuse_if_failed()?;
        if self.loading.is_some() {
            return Err(StoreError::Unavailable("the store is being loaded".into()));
        }
        let index = self.shared.index();
        if index.has_room() { Ok(()) } else { index.health().map_err(index_failed) }
    }

    fn store(&mut self, steps: &[LogStep], indexed: &[Vec<Indexed>]) -> Result<(), Failure> {
        let places = self.log.append(steps)?;
        self.log.sync()?;
        for ((step, places), indexed) in steps.iter().zip(&places).zip(indexed) {
            // The log has it now, and readers must not miss it: if the index cannot take it in, nothing may follow.
            self.index(step, places, indexed).map_err(|error| self.failed.insert(error.into()).clone())?;
        }
        self.shared.index().publish(self.log.last().0);
        Ok(())
    }

    fn index(&mut self, step: &LogStep, places: &StepPlaces, indexed: &[Indexed]) -> Result<(), IndexError> {
        let index = self.shared.index();
        let rows = index.latest();
        let mut changes = Vec::new();
        for ((entry, place), indexed) in step.entries.iter().zip(&places.entries).zip(indexed) {
            let LedgerEntry { object, position, .. } = entry.ledger;
            let Indexed { seq, registered_from, .. } = *indexed;
            let entered = Entered { object, seq, position, registered_from, place: *place };
            changes.extend(changes_of_entry(&rows, &entered, &indexed.index)?);
        }
        let tip = Tip::of(self.log.id(), step, places);
        changes.extend(changes_of_step(&tip, &step.guards, self.landmarks.pass(tip.anchor.step)));
        index.write(tip.anchor.last.0, changes);
        Ok(())
    }
}

/// Gives a step its positions, its instant and its links, if nobody was faster.
fn accept(
    rows: &Snapshot,
    pending: &mut Pending,
    (last, head): &mut (Position, Head),
    step: Step,
    commitments: &[Digest],
    now: Timestamp<TransactionTime>,
) -> Result<Accepted, CommitError> {
    pending.check(rows, &step)?;
    let instant = step.instant(head.instant, now)?;
    let first = Position(last.0 + 1);
    let (mut entries, mut indexed) = (Vec::with_capacity(commitments.len()), Vec::with_capacity(commitments.len()));
    for (draft, commitment) in step.entries.into_iter().zip(commitments) {
        let Draft { kind, object, seq, frame, asserted, index } = draft;
        *last = Position(last.0 + 1);
        head.chain = link(&head.chain, *last, instant, commitment);
        let ledger = LedgerEntry { position: *last, instant, kind, object, frame: Arc::new(frame), chain: head.chain };
        entries.push(Entry { ledger, commitment: *commitment });
        indexed.push(Indexed { seq, registered_from: asserted.unwrap_or(instant), index });
        pending.heads.insert(object, seq);
    }
    head.instant = instant;
    pending.guards.extend(step.guards.iter().map(|guard| (guard.clone(), *last)));
    let receipt = Receipt { first, last: *last, instant };
    Ok((LogStep { guards: step.guards, entries }, indexed, receipt))
}

/// A commit with what waits behind it, and the first command that is something else.
fn gather(first: Commit, receiver: &Receiver<Command>) -> (Vec<Commit>, Option<Command>) {
    let mut bytes = first.bytes();
    let mut batch = vec![first];
    while bytes < BATCH_BYTES_MAX {
        match receiver.try_recv() {
            Ok(Command::Commit(commit)) => {
                bytes += commit.bytes();
                batch.push(*commit);
            }
            Ok(other) => return (batch, Some(other)),
            Err(_) => break,
        }
    }
    (batch, None)
}

impl Commit {
    fn bytes(&self) -> usize {
        self.step.entries.iter().map(|draft| draft.frame.skeleton.len() + draft.frame.content.len()).sum()
    }
}
