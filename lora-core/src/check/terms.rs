//! The dictionary of terms: every text that the index ever had, and no other.

use super::ledger::hash;
use super::replay::Replay;
use super::{Check, Finding, Piece, Progress};
use crate::codec::EntryKind;
use crate::query::Pattern;
use crate::storage::{Key, Posting, Read, Storage, StoreError, postings};

/// More terms than a field has.
const TERMS_MAX: usize = i32::MAX as usize;

impl<S: Storage, P: FnMut(Progress)> Check<'_, S, P> {
    /// Reads which terms the store has.
    pub(super) async fn known_terms(&mut self) -> Result<(), StoreError> {
        let mut terms = std::mem::take(&mut self.terms);
        self.each_term(|_, key| _ = terms.insert(hash(&key), false)).await?;
        self.terms = terms;
        Ok(())
    }

    /// Marks the terms that an object has or had, and names those that the store lacks.
    pub(super) fn expect_terms(&mut self, replay: &Replay) {
        let view = self.report.position;
        for (Posting { key, .. }, _) in replay.postings(view).filter(|(posting, _)| posting.key.folded().is_some()) {
            if self.terms.insert(hash(key), true).is_none() {
                self.report.add(Finding::Missing { view, piece: Piece::Term(key.clone()) });
            }
        }
    }

    /// Names the terms that follow from no entry, where all entries are known.
    pub(super) async fn unexpected_terms(&mut self) -> Result<(), StoreError> {
        if !self.lost.is_empty() || !self.doubtful.is_empty() || self.terms.values().all(|follows| *follows) {
            return Ok(());
        }
        self.later_terms().await?;
        let terms = std::mem::take(&mut self.terms);
        self.each_term(|check, key| {
            if terms.get(&hash(&key)) == Some(&false) {
                let view = check.report.position;
                check.report.add(Finding::Unexpected { view, piece: Piece::Term(key) });
            }
        })
        .await
    }

    /// Marks the terms of entries made since the check began: a dictionary has no position.
    async fn later_terms(&mut self) -> Result<(), StoreError> {
        let newest = self.store.view(None).await?.position();
        let mut after = self.report.position;
        while after < newest {
            let (page, next) = self.page(after).await?;
            for entry in page {
                if entry.kind == EntryKind::Declaration {
                    self.declarations.enter(entry.position, &entry.frame)?;
                } else if let Some(class) = self.declarations.class(entry.object.class, entry.position)
                    && let Ok(registration) = entry.frame.registration()
                {
                    let keys = postings(class, &registration).into_iter().map(|posting| hash(&posting.key));
                    self.terms.extend(keys.map(|key| (key, true)));
                }
            }
            after = next.min(newest);
        }
        Ok(())
    }

    async fn each_term(&mut self, mut each: impl FnMut(&mut Self, Key)) -> Result<(), StoreError> {
        let any = Pattern::parse("%").expect("a pattern");
        for field in self.declarations.text_fields() {
            match self.views[0].view.terms(&[field], &any, TERMS_MAX).await {
                Ok(terms) => terms.keys.into_iter().for_each(|key| each(self, key)),
                Err(error) => self.unreadable(error)?,
            }
        }
        Ok(())
    }
}
