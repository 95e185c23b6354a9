//! Many steps into a store without a word about its index.

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

/// For any store: commits each step.
#[derive(Debug)]
pub struct Committing<S> {
    store: S,
    declarations: Declarations,
}

impl<S: Storage> Committing<S> {
    /// For what follows on the entries that the store has.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    pub async fn new(store: S) -> Result<Self, StoreError> {
        let declarations = Declarations::of(&store.view(None).await?).await?;
        Ok(Self { store, declarations })
    }

    /// How an entry at `position` changes the index.
    fn index(&mut self, draft: &mut Draft, position: Position, previous: Option<Encoded>) -> Result<(), StoreError> {
        if draft.kind == EntryKind::Declaration {
            return self.declarations.enter(position, &draft.frame);
        }
        let read =
            |position, frame: &Frame| frame.registration().map_err(|source| StoreError::Corrupt { position, source });
        let previous =
            previous.map(|before| Ok::<_, StoreError>((before.position, read(before.position, &before.frame)?)));
        let previous = previous.transpose()?;
        let previous = previous.as_ref().map(|(position, registration)| (*position, registration));
        draft.index = self.declarations.changes(previous, position, &read(position, &draft.frame)?)?;
        Ok(())
    }
}

impl<S: Storage> Bulk for Committing<S> {
    async fn step(&mut self, mut step: Step) -> Result<(), CommitError> {
        let view = self.store.view(None).await?;
        let asked: Vec<_> = step.entries.iter().map(|draft| (draft.object, KnownAt::Latest)).collect();
        let previous = view.registrations(&asked).await?;
        for ((draft, previous), place) in step.entries.iter_mut().zip(previous).zip(1..) {
            self.index(draft, Position(view.position().0 + place), previous)?;
        }
        self.store.commit(step).await.map(drop)
    }

    async fn finish(self) -> Result<(), CommitError> {
        Ok(())
    }
}
