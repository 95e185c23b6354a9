//! The executor: answers questions over the set-based reads of any store.
//!
//! ```text
//! question ──► drive     the part that promises the fewest objects, over the index
//!              narrow    what it found by the other parts, all objects together, decoded only where need be
//!              answers   by UUID, a part at a time; rank: in another order
//! ```
//!
//! Everything in between is a set of points for each object ([`Region`](crate::time::Region)). Calls of the store are as
//! many as the question is deep, whatever the number of objects; a relation that is followed any number of times takes
//! one for each level.

mod answers;
pub(crate) mod chains;
mod changes;
mod drive;
mod keys;
mod narrow;
mod order;
pub(crate) mod place;
mod reach;
pub(crate) mod related;
pub(crate) mod run;
pub(crate) mod stated;
mod tally;

use std::future::poll_fn;
use std::task::Poll;

use uuid::Uuid;

pub use answers::Answers;
pub use order::{OrderValue, Rank};
pub use run::Limits;
pub use tally::{Group, Tally, tally};

use self::place::Slice;
use self::run::{PAGE, Run};
use super::{Found, Page, Query, Search};
use crate::object::Registration;
use crate::schema::ClassId;
use crate::storage::{Declarations, Encoded, Read, StoreError};

/// A question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The question takes more than it may.
    #[error("the question was given up: it takes more than {max} {what}")]
    TooLarge {
        /// What there would be too much of.
        what: &'static str,
        /// How much there may be.
        max: u64,
    },
    /// An object is of a class that was not declared when it was registered.
    #[error("an object of {class:?} was registered before the class was declared")]
    Undeclared {
        /// The class.
        class: ClassId,
    },
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// All objects that a question finds, in its order.
///
/// # Errors
/// [`QueryError::Store`] from the view.
pub async fn find<V: Read>(view: &V, declarations: &Declarations, query: &Query) -> Result<Vec<Found>, QueryError> {
    let ranked = ranked(view, declarations, query, None, usize::MAX, Limits::NONE).await?;
    Ok(ranked.into_iter().map(|(_, found)| found).collect())
}

/// Up to `limit` objects that a question finds, in its order, after one of a rank; each with its own.
///
/// # Errors
/// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] for a question that is beyond the limits.
pub async fn ranked<V: Read>(
    view: &V,
    declarations: &Declarations,
    query: &Query,
    after: Option<&Rank>,
    limit: usize,
    limits: Limits,
) -> Result<Vec<(Rank, Found)>, QueryError> {
    let by_uuid = query.order.is_empty();
    let mut answers = Answers::after(after.filter(|_| by_uuid).map(|after| after.object));
    let mut kept: Vec<(Rank, Found)> = Vec::new();
    while kept.len() < limit || !by_uuid {
        let wanted = if by_uuid { limit - kept.len() } else { PAGE };
        let Some(part) = answers.next(view, declarations, query, wanted, limits).await? else { break };
        let part = ranks(view, declarations, query, part, limits).await?;
        let later = |rank: &Rank| after.is_none_or(|after| rank.compare(after, &query.order).is_gt());
        kept.extend(part.into_iter().filter(|(rank, _)| by_uuid || later(rank)));
        if !by_uuid && kept.len() > limit.saturating_mul(2).max(PAGE) {
            shorten(&mut kept, query, limit);
        }
    }
    shorten(&mut kept, query, limit);
    Ok(kept)
}

fn shorten(kept: &mut Vec<(Rank, Found)>, query: &Query, limit: usize) {
    if !query.order.is_empty() {
        kept.sort_by(|(one, _), (other, _)| one.compare(other, &query.order));
    }
    kept.truncate(limit);
}

async fn ranks<V: Read>(
    view: &V,
    declarations: &Declarations,
    query: &Query,
    part: Vec<Found>,
    limits: Limits,
) -> Result<Vec<(Rank, Found)>, QueryError> {
    if query.order.is_empty() {
        let rank = |found: Found| (Rank { values: Vec::new(), object: found.object }, found);
        return Ok(part.into_iter().map(rank).collect());
    }
    let Some(slice) = Slice::of(query.context.known) else { return Ok(Vec::new()) };
    let uuids: Vec<Uuid> = part.iter().map(|found| found.object).collect();
    let chains = Run::new(view, declarations, limits).chains(query.select.class, slice, &uuids).await?;
    let rank = |(found, chain)| (Rank::of(&found, &chain, &query.order), found);
    Ok(part.into_iter().zip(chains).map(rank).collect())
}

/// The UUIDs of the objects that LoRA's search finds, ascending.
///
/// # Errors
/// [`StoreError`] from the view.
pub async fn search<V: Read>(view: &V, declarations: &Declarations, search: &Search) -> Result<Vec<Uuid>, QueryError> {
    let Page { after, skip, limit } = search.page;
    let wanted = limit.map_or(usize::MAX, |limit| usize::try_from(skip.saturating_add(limit)).unwrap_or(usize::MAX));
    let query = search.query(declarations.only_presence(search.class));
    let mut answers = Answers::after(after);
    let mut found: Vec<Uuid> = Vec::new();
    while found.len() < wanted {
        let left = wanted - found.len();
        let Some(part) = answers.next(view, declarations, &query, left, Limits::NONE).await? else { break };
        found.extend(part.into_iter().map(|found| found.object));
    }
    found.truncate(wanted);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(found.len());
    Ok(found.split_off(skip))
}

/// A stored registration, decoded.
///
/// # Errors
/// [`StoreError::Corrupt`] when its bytes are not those of a registration.
pub fn decoded(encoded: &Encoded) -> Result<Registration, StoreError> {
    let corrupt = |source| StoreError::Corrupt { position: encoded.position, source };
    encoded.frame.registration().map_err(corrupt)
}

/// Lets other tasks run, and a time limit strike: a store that answers at once would else keep its thread to the end.
pub(crate) async fn give_way() {
    let mut given = false;
    poll_fn(|context| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
