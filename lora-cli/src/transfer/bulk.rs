//! Many steps into a store without a word about its index.

use std::collections::HashMap;
use std::mem;

use futures_util::future::join_all;
use lora_core::codec::{EntryKind, Frame};
use lora_core::object::Position;
use lora_core::storage::{CommitError, Declarations, Draft, Encoded, KnownAt, Read, Step, Storage, StoreError};

/// What many steps are given to, one after the other, each after the one before.
///
/// Drafts come with an empty [`index`](Draft::index): it follows from the entries.
pub trait Bulk {
    /// Takes the next step; it may lie in memory until [`finish`](Self::finish).
    fn step(&mut self, step: Step) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// Returns when all steps are as durable as the store is, and its indexes whole.
    fn finish(self) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// How many steps are gathered before they are committed.
const STEPS: usize = 1024;

/// How many restored steps are committed at once: as many as a database carries out together, so that none happens
/// without those before it.
const RESTORED: usize = 64;

/// For any store: commits steps of different objects together.
#[derive(Debug)]
pub struct Committing<S> {
    store: S,
    /// Those that the store had when the first steps were committed, and those since.
    declarations: Option<Declarations>,
    waiting: Vec<Step>,
}

impl<S: Storage> Committing<S> {
    /// For what follows on the entries that the store has when the first step comes.
    pub fn new(store: S) -> Self {
        Self { store, declarations: None, waiting: Vec::new() }
    }

    async fn commit_waiting(&mut self) -> Result<(), CommitError> {
        for wave in waves(mem::take(&mut self.waiting)) {
            self.commit(wave).await?;
        }
        Ok(())
    }

    /// Commits steps of different objects.
    async fn commit(&mut self, mut steps: Vec<Step>) -> Result<(), CommitError> {
        let view = self.store.view(None).await?;
        let drafts = steps.iter().flat_map(|step| &step.entries);
        let asked: Vec<_> = drafts.map(|draft| (draft.object, KnownAt::Latest)).collect();
        let previous = view.registrations(&asked).await?;
        let mut declarations = match self.declarations.take() {
            Some(declarations) => declarations,
            None => Declarations::of(&view).await?,
        };
        let drafts = steps.iter_mut().flat_map(|step| &mut step.entries);
        for ((draft, previous), place) in drafts.zip(previous).zip(1..) {
            index(&mut declarations, draft, Position(view.position().0 + place), previous)?;
        }
        self.declarations = Some(declarations);
        // In their order, which positions follow.
        join_all(steps.into_iter().map(|step| self.store.commit(step)))
            .await
            .into_iter()
            .try_for_each(|done| done.map(drop))
    }
}

/// How an entry at `position` changes the index.
fn index(
    declarations: &mut Declarations,
    draft: &mut Draft,
    position: Position,
    previous: Option<Encoded>,
) -> Result<(), StoreError> {
    if draft.kind == EntryKind::Declaration {
        return declarations.enter(position, &draft.frame);
    }
    let read =
        |position, frame: &Frame| frame.registration().map_err(|source| StoreError::Corrupt { position, source });
    let previous = previous.map(|before| Ok::<_, StoreError>((before.position, read(before.position, &before.frame)?)));
    let previous = previous.transpose()?;
    let previous = previous.as_ref().map(|(position, registration)| (*position, registration));
    draft.index = declarations.changes(previous, position, &read(position, &draft.frame)?)?;
    Ok(())
}

impl<S: Storage> Bulk for Committing<S> {
    async fn step(&mut self, step: Step) -> Result<(), CommitError> {
        // A declaration is about all objects after it.
        let declares = step.entries.iter().any(|draft| draft.kind == EntryKind::Declaration);
        if declares || self.waiting.len() == STEPS {
            self.commit_waiting().await?;
        }
        self.waiting.push(step);
        if declares { self.commit_waiting().await } else { Ok(()) }
    }

    async fn finish(mut self) -> Result<(), CommitError> {
        self.commit_waiting().await
    }
}

/// Steps that can be committed at once, as no two of them are about one object: of each object's steps one after the
/// other, and of all steps where their instants are restored, because those must rise.
fn waves(steps: Vec<Step>) -> Vec<Vec<Step>> {
    let (mut waves, mut next) = (Vec::<Vec<Step>>::new(), HashMap::new());
    for step in steps {
        let objects = step.entries.iter().map(|draft| draft.object);
        let mut wave = objects.clone().filter_map(|object| next.get(&object).copied()).max().unwrap_or(0);
        if step.restored.is_some() {
            let last = waves.len().saturating_sub(1);
            let full = waves.last().is_some_and(|last| last.len() == RESTORED);
            wave = wave.max(last + usize::from(full));
        }
        next.extend(objects.map(|object| (object, wave + 1)));
        waves.resize_with(waves.len().max(wave + 1), Vec::new);
        waves[wave].push(step);
    }
    waves
}
