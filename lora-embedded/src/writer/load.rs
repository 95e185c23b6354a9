//! Loading: many steps at once into the log, and the index anew from all of it afterwards.

use lora_core::storage::{CommitError, Draft, Step, StoreError};

use super::{Writer, accept};
use crate::error::Failure;

impl Writer {
    /// Appends steps; what they do to the index is computed when the load is finished. After an error nothing more is
    /// taken until the store is opened again, because what was appended is not in the index.
    pub(super) fn load(&mut self, steps: Vec<Step>) -> Result<(), CommitError> {
        self.refuse_if_failed()?;
        let loaded = self.append(steps);
        if loaded.is_err() {
            self.failed = Some(Failure::Load);
        }
        loaded
    }

    fn append(&mut self, steps: Vec<Step>) -> Result<(), CommitError> {
        let rows = self.shared.index().latest();
        let pending = self.loading.get_or_insert_default();
        let (mut head, mut accepted) = ((self.log.last(), self.log.head()), Vec::with_capacity(steps.len()));
        for step in steps {
            let commitments: Vec<_> = step.entries.iter().map(|Draft { frame, .. }| frame.commitment()).collect();
            accepted.push(accept(&rows, pending, &mut head, step, &commitments, self.clock.now())?.0);
        }
        self.log.append(&accepted).map(drop).map_err(|error| Failure::from(error).to_store_error().into())
    }

    /// Makes what was loaded durable, computes the index of the whole log, and shows it.
    pub(super) fn finish_load(&mut self) -> Result<(), StoreError> {
        self.refuse_if_failed()?;
        self.loading = None;
        let finished = self.log.sync().map_err(Failure::from).and_then(|()| self.shared.rebuild(&self.log));
        self.shared.committed.notify(usize::MAX);
        finished.map_err(|failure| self.failed.insert(failure).to_store_error())
    }
}
