//! The index from the log: all of it when it was lost, or what is missing after a crash.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use lora_core::codec::{EntryKind, Skeleton};
use lora_core::object::{ObjectId, Position, Registration, Seq};
use lora_core::query::execute::decoded;
use lora_core::storage::{Declarations, IndexChange, KnownAt, LedgerEntry, StoreError};

use crate::error::Failure;
use crate::files::Files;
use crate::index::{Builder, Change, Index, IndexError, IndexOptions, Snapshot, Table};
use crate::log::{Entry, Landmark, LogReader, Place, PlacedStep};
use crate::read::Chains;
use crate::rows::{Entered, Landmarks, Rows, Tip, changes_of_entry, changes_of_step};

/// Builds the index of a log up to a position, in place of whatever is there.
///
/// Object by object, each from its own entries, so that rows are written once, and none is read back.
pub(crate) fn rebuild(
    files: &Arc<dyn Files>,
    name: &str,
    options: IndexOptions,
    log: &LogReader,
    upto: Position,
) -> Result<(), Failure> {
    let mut builder = Builder::new(files.clone(), name, options);
    let mut survey = Survey::default();
    if upto > Position(0) {
        for step in log.steps(log.start(), upto).with_commitments() {
            survey.pass(&mut builder, log, &step?)?;
        }
    }
    survey.entries.sort_unstable_by_key(|entry| (entry.object, entry.position));
    let objects: Vec<&[Entered]> = survey.entries.chunk_by(|left, right| left.object == right.object).collect();
    let share = objects.len().div_ceil(thread::available_parallelism().map_or(1, NonZero::get)).max(1);
    let (builder, declarations) = (Mutex::new(builder), &survey.declarations);
    let work = |objects: &[&[Entered]]| objects.iter().try_for_each(|of| object(log, declarations, of, &builder));
    thread::scope(|scope| {
        let running: Vec<_> = objects.chunks(share).map(|objects| scope.spawn(|| work(objects))).collect();
        let ended = |thread: ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
        running.into_iter().try_for_each(ended)
    })?;
    Ok(builder.into_inner().unwrap_or_else(PoisonError::into_inner).finish(upto.0)?)
}

/// What a first pass over the log finds.
#[derive(Default)]
struct Survey {
    declarations: Declarations,
    landmarks: Landmarks,
    entries: Vec<Entered>,
}

impl Survey {
    fn pass(&mut self, builder: &mut Builder, log: &LogReader, step: &PlacedStep) -> Result<(), Failure> {
        for (entry, place) in step.entries() {
            self.entries.push(entered(entry, place)?);
            if entry.ledger.kind == EntryKind::Declaration {
                self.declarations.enter(entry.ledger.position, &entry.ledger.frame)?;
            }
        }
        let tip = Tip::of(log.id(), &step.step, &step.places);
        let landmark = self.landmarks.pass(tip.anchor.step);
        for Change { table, key, value } in changes_of_step(&tip, &step.step.guards, landmark) {
            builder.push(table, &key, &value.unwrap_or_default())?;
        }
        Ok(())
    }
}

/// The rows of one object while its entries go by.
#[derive(Default)]
struct ObjectRows(BTreeMap<(Table, Vec<u8>), Vec<u8>>);

impl Rows for ObjectRows {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.0.get(&(table, key.to_vec())).cloned())
    }
}

impl ObjectRows {
    fn take(&mut self, Change { table, key, value }: Change) {
        match value {
            Some(value) => self.0.insert((table, key), value),
            None => self.0.remove(&(table, key)),
        };
    }
}

/// Hands the rows of an object to the builder.
fn object(
    log: &LogReader,
    declarations: &Declarations,
    entries: &[Entered],
    builder: &Mutex<Builder>,
) -> Result<(), Failure> {
    let mut rows = ObjectRows::default();
    let mut previous: Option<(Position, Registration)> = None;
    for entered in entries {
        let position = entered.position;
        let mut index = IndexChange::default();
        if entered.object != ObjectId::STORE {
            let registration = registration(&log.entry(position, entered.place)?)?;
            let before = previous.as_ref().map(|(position, registration)| (*position, registration));
            index = declarations.changes(before, position, &registration)?;
            previous = Some((position, registration));
        }
        changes_of_entry(&rows, entered, &index)?.into_iter().for_each(|change| rows.take(change));
    }
    let mut builder = builder.lock().unwrap_or_else(PoisonError::into_inner);
    rows.0.iter().try_for_each(|((table, key), value)| builder.push(*table, key, value))?;
    Ok(())
}

/// Brings the index up to a position, entry by entry.
pub(crate) fn replay(index: &Index, log: &LogReader, from: Landmark, upto: Position) -> Result<(), Failure> {
    let applied = Position(index.applied());
    let mut declarations = Declarations::default();
    for encoded in chains(&index.latest(), log).history(ObjectId::STORE, Seq::FIRST, usize::MAX)? {
        declarations.enter(encoded.position, &encoded.frame)?;
    }
    let mut landmarks = Landmarks::default();
    for step in log.steps(from, upto) {
        let step = step?;
        let landmark = landmarks.pass(step.anchor().step);
        if step.last() <= applied {
            continue;
        }
        let rows = index.latest();
        let mut changes = Vec::new();
        for (entry, place) in step.entries() {
            let mut change = IndexChange::default();
            match entry.ledger.kind {
                EntryKind::Declaration => declarations.enter(entry.ledger.position, &entry.ledger.frame)?,
                EntryKind::Registration => change = change_of(&rows, log, &declarations, entry)?,
            }
            changes.extend(changes_of_entry(&rows, &entered(entry, place)?, &change)?);
        }
        changes.extend(changes_of_step(&Tip::of(log.id(), &step.step, &step.places), &step.step.guards, landmark));
        drop(rows);
        index.write(step.last().0, changes);
        index.publish(step.last().0);
    }
    Ok(())
}

fn change_of(
    rows: &Snapshot,
    log: &LogReader,
    declarations: &Declarations,
    entry: &Entry,
) -> Result<IndexChange, Failure> {
    let next = registration(entry)?;
    let previous = chains(rows, log).known_at(next.object, KnownAt::Latest)?;
    let previous = previous.map(|encoded| Ok::<_, Failure>((encoded.position, decoded(&encoded)?))).transpose()?;
    let before = previous.as_ref().map(|(position, registration)| (*position, registration));
    Ok(declarations.changes(before, entry.ledger.position, &next)?)
}

fn chains<'a>(rows: &'a Snapshot, log: &'a LogReader) -> Chains<'a> {
    Chains { rows, log, view: Position(u64::MAX) }
}

fn entered(entry: &Entry, place: Place) -> Result<Entered, StoreError> {
    let LedgerEntry { position, instant, object, ref frame, .. } = entry.ledger;
    let skeleton = Skeleton::decode(&frame.skeleton).map_err(|source| StoreError::Corrupt { position, source })?;
    let registered_from = skeleton.asserted.unwrap_or(instant);
    Ok(Entered { object, seq: skeleton.seq, position, registered_from, place })
}

fn registration(entry: &Entry) -> Result<Registration, StoreError> {
    let position = entry.ledger.position;
    entry.ledger.frame.registration().map_err(|source| StoreError::Corrupt { position, source })
}
