//! The chain of an object as far as somebody can look at it at once: its beginning and its end.

use super::registrations::{Chain, newest};
use super::timeline::Belief;
use crate::object::{ObjectId, Seq};
use crate::query::execute::{QueryError, decoded};
use crate::storage::{Declarations, KnownAt, Read};

/// Registrations of an object, oldest first, of which the ones in the middle may be left out.
#[derive(Debug, Clone)]
pub struct Lineage<'a> {
    /// The object.
    pub object: ObjectId,
    /// Its first registrations.
    pub first: Vec<Belief<'a>>,
    /// How many are left out after those.
    pub left_out: u32,
    /// The registrations after those, up to the one that is asked about.
    pub last: Vec<Belief<'a>>,
}

impl<'a> Lineage<'a> {
    /// The registrations that are not left out.
    pub fn beliefs(&self) -> impl Iterator<Item = &Belief<'a>> {
        self.first.iter().chain(&self.last)
    }
}

/// At most so many registrations of an object, up to the one that is known at a time; `None` where none is.
///
/// Where there are more, a third of them are the first, and the others the last.
///
/// # Errors
/// [`QueryError::Store`] from the view.
pub async fn lineage<'a, V: Read>(
    view: &V,
    declarations: &'a Declarations,
    object: ObjectId,
    known: KnownAt,
    most: u32,
) -> Result<Option<Lineage<'a>>, QueryError> {
    let end = match known {
        KnownAt::Latest => newest(view, object).await?,
        KnownAt::Instant(_) => {
            let found = view.registrations(&[(object, known)]).await?;
            let known = found.iter().flatten().next().map(decoded).transpose()?;
            known.map(|known| known.seq)
        }
    };
    let Some(Seq(end)) = end else { return Ok(None) };
    let most = most.max(1);
    let first = if end <= most { end } else { most / 3 };
    let last = if end <= most { 0 } else { most - first };
    Ok(Some(Lineage {
        object,
        first: taken(view, declarations, object, Seq::FIRST, first).await?,
        left_out: end - first - last,
        last: taken(view, declarations, object, Seq(end - last + 1), last).await?,
    }))
}

/// So many registrations from one on.
async fn taken<'a, V: Read>(
    view: &V,
    declarations: &'a Declarations,
    object: ObjectId,
    from: Seq,
    count: u32,
) -> Result<Vec<Belief<'a>>, QueryError> {
    let mut chain = Chain::before(object, from);
    let mut found = Vec::new();
    while found.len() < count as usize
        && let Some((_, belief)) = chain.next(view, declarations).await?
    {
        if belief.registration.seq >= from {
            found.push(belief.clone());
        }
    }
    Ok(found)
}
