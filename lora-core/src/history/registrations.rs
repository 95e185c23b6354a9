//! The registrations of an object in pages, each with what it changed.

use super::changes::Changes;
use super::timeline::Belief;
use crate::object::{ActorId, BatchId, LifeCycle, ObjectId, Position, Seq};
use crate::query::execute::QueryError;
use crate::storage::{Declarations, KnownAt, Read};
use crate::time::{Period, Timestamp, TransactionTime};

/// How many registrations are in memory at once: each is the whole content of an object.
pub(super) const TOGETHER: usize = 16;

/// One act on an object, with what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its place in the object's chain.
    pub seq: Seq,
    /// Its place in the ledger.
    pub position: Position,
    /// From when to when it was the newest of its object, as far as the view shows.
    pub registered: Period<TransactionTime>,
    /// What kind of act.
    pub lifecycle: LifeCycle,
    /// Who acted.
    pub actor: ActorId,
    /// Why, in free text; empty for none.
    pub note: String,
    /// The larger act that it belongs to.
    pub batch: Option<BatchId>,
    /// The time that a history import asserted.
    pub asserted: Option<Timestamp<TransactionTime>>,
    /// What it states otherwise than the one before.
    pub changes: Changes,
}

/// In which order registrations come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chronology {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// Up to `limit` registrations of an object; `from` is the first of them, the newest or oldest of all for `None`.
///
/// # Errors
/// [`QueryError::Store`] from the view.
pub async fn registrations<V: Read>(
    view: &V,
    declarations: &Declarations,
    object: ObjectId,
    chronology: Chronology,
    from: Option<Seq>,
    limit: usize,
) -> Result<Vec<Registered>, QueryError> {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    if chronology == Chronology::OldestFirst {
        return between(view, declarations, object, from.unwrap_or(Seq::FIRST), limit).await;
    }
    let Some(newest) = newest(view, object).await? else { return Ok(Vec::new()) };
    let last = from.unwrap_or(newest).min(newest).0;
    let first = last.saturating_sub(limit).saturating_add(1);
    let count = last.saturating_add(1).saturating_sub(first);
    let mut found = between(view, declarations, object, Seq(first), count).await?;
    found.reverse();
    Ok(found)
}

/// The place of the newest registration in the chain of an object.
pub(super) async fn newest<V: Read>(view: &V, object: ObjectId) -> Result<Option<Seq>, QueryError> {
    let found = view.registrations(&[(object, KnownAt::Latest)]).await?;
    let newest = found.into_iter().flatten().next();
    Ok(newest.map(|encoded| crate::query::execute::decoded(&encoded)).transpose()?.map(|newest| newest.seq))
}

/// Up to `count` registrations from one on, oldest first.
async fn between<V: Read>(
    view: &V,
    declarations: &Declarations,
    object: ObjectId,
    first: Seq,
    count: u32,
) -> Result<Vec<Registered>, QueryError> {
    let mut chain = Chain::before(object, first);
    let mut found = Vec::new();
    while found.len() < count as usize {
        let Some((before, belief)) = chain.next(view, declarations).await? else { break };
        if belief.registration.seq >= first {
            found.push(Registered::of(before, belief));
        }
    }
    Ok(found)
}

impl Registered {
    /// What a registration did to the one before it.
    pub(super) fn of(before: Option<&Belief<'_>>, belief: &Belief<'_>) -> Self {
        let registration = &belief.registration;
        Self {
            seq: registration.seq,
            position: belief.position,
            registered: belief.registered,
            lifecycle: registration.lifecycle,
            actor: registration.actor,
            note: registration.note.clone(),
            batch: registration.batch,
            asserted: registration.asserted,
            changes: Changes::between(before, belief),
        }
    }
}

/// Registrations of an object, oldest first, each with the one before it; few are in memory at once.
pub(super) struct Chain<'a> {
    object: ObjectId,
    next: Seq,
    page: std::vec::IntoIter<Belief<'a>>,
    before: Option<Belief<'a>>,
    last: Option<Belief<'a>>,
    ended: bool,
}

impl<'a> Chain<'a> {
    /// The registrations from the one before `first` on, so that `first` has one before it.
    pub(super) fn before(object: ObjectId, first: Seq) -> Self {
        let next = Seq(first.0.saturating_sub(1).max(1));
        Self { object, next, page: Vec::new().into_iter(), before: None, last: None, ended: false }
    }

    /// The next registration, with the one before it where that was read.
    pub(super) async fn next<V: Read>(
        &mut self,
        view: &V,
        declarations: &'a Declarations,
    ) -> Result<Option<(Option<&Belief<'a>>, &Belief<'a>)>, QueryError> {
        if self.page.as_slice().is_empty() && !self.ended {
            let page = view.history(self.object, self.next, TOGETHER).await?;
            self.ended = page.len() < TOGETHER;
            self.next = Seq(self.next.0.saturating_add(TOGETHER as u32));
            let page: Result<Vec<_>, _> = page.iter().map(|encoded| Belief::of(encoded, declarations)).collect();
            self.page = page?.into_iter();
        }
        let Some(belief) = self.page.next() else { return Ok(None) };
        self.before = self.last.replace(belief);
        Ok(self.last.as_ref().map(|last| (self.before.as_ref(), last)))
    }
}
