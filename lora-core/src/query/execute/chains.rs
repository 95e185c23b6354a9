//! The chains of many objects, read together.

use super::give_way;
use crate::object::ObjectId;
use crate::storage::{ChainCursor, Encoded, Read, StoreError};
use crate::time::{Period, TransactionTime};

/// The registrations of objects that were the newest of theirs at some instant of a period, object by object in the order
/// asked, each oldest first: one call of the store for a page of them, whatever the number of objects.
#[derive(Debug)]
pub(crate) struct ChainPages<'o> {
    objects: &'o [ObjectId],
    known: Period<TransactionTime>,
    limit: usize,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Beginning,
    After(ChainCursor),
    End,
}

impl<'o> ChainPages<'o> {
    /// Pages of up to `limit` registrations.
    pub(crate) const fn of(objects: &'o [ObjectId], known: Period<TransactionTime>, limit: usize) -> Self {
        Self { objects, known, limit, place: if objects.is_empty() { Place::End } else { Place::Beginning } }
    }

    /// The next page, each registration with the index of its object; `None` at the end.
    pub(crate) async fn next<V: Read>(&mut self, view: &V) -> Result<Option<Vec<(usize, Encoded)>>, StoreError> {
        let after = match self.place {
            Place::Beginning => None,
            Place::After(cursor) => {
                give_way().await;
                Some(cursor)
            }
            Place::End => return Ok(None),
        };
        let page = view.known_during(self.objects, self.known, after, self.limit).await?;
        self.place = page.next.map_or(Place::End, Place::After);
        Ok(Some(page.found))
    }
}
