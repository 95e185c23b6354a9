//! The chains of several objects in a window of transaction time, read together.

use super::PART;
use super::timeline::Belief;
use crate::object::ObjectId;
use crate::query::execute::QueryError;
use crate::query::execute::chains::ChainPages;
use crate::storage::{Declarations, Encoded, Read};
use crate::time::{Period, TransactionTime};

/// How many registrations are read together: both sides of a part of a comparison are as many.
const TOGETHER: usize = 2 * PART;

/// The registrations of objects that were known at some instant of a window, object by object and oldest first, each with
/// the one before it; a page of them is in memory at once.
pub(super) struct Chains<'o, 'a> {
    declarations: &'a Declarations,
    pages: ChainPages<'o>,
    page: std::vec::IntoIter<(usize, Encoded)>,
    before: Option<Belief<'a>>,
    last: Option<(usize, Belief<'a>)>,
}

impl<'o, 'a> Chains<'o, 'a> {
    pub(super) fn of(declarations: &'a Declarations, objects: &'o [ObjectId], known: Period<TransactionTime>) -> Self {
        let pages = ChainPages::of(objects, known, TOGETHER);
        Self { declarations, pages, page: Vec::new().into_iter(), before: None, last: None }
    }

    /// The next registration, with the index of its object and the one before it where that was known in the window.
    pub(super) async fn next<V: Read>(
        &mut self,
        view: &V,
    ) -> Result<Option<(usize, Option<&Belief<'a>>, &Belief<'a>)>, QueryError> {
        while self.page.as_slice().is_empty() {
            let Some(page) = self.pages.next(view).await? else { return Ok(None) };
            self.page = page.into_iter();
        }
        let Some((object, encoded)) = self.page.next() else { return Ok(None) };
        let last = self.last.replace((object, Belief::of(&encoded, self.declarations)?));
        self.before = last.filter(|(of, _)| *of == object).map(|(_, before)| before);
        Ok(self.last.as_ref().map(|(_, last)| (object, self.before.as_ref(), last)))
    }
}
