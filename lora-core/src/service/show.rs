//! Showing what a query found: each object as it was registered at the first point at which it was found.

use uuid::Uuid;

use super::{Answered, Service};
use crate::error::Error;
use crate::object::ObjectId;
use crate::object::slice::retain_in_effect;
use crate::query::execute::{self, Limits, Rank, decoded};
use crate::query::{Filter, Found, Query, TimeContext};
use crate::schema::{Class, ClassId};
use crate::storage::{Encoded, KnownAt, Read, Storage};

impl<S: Storage> Service<S> {
    /// The registrations that were known at the first points of objects that a query of the context found, in the order
    /// given, with the rows in effect in the context's window. The view is one of the position at which they were found;
    /// in another one there may be none.
    ///
    /// # Errors
    /// [`Error::Store`] from the view.
    pub async fn show(
        &self,
        view: &S::View,
        class: ClassId,
        found: &[Found],
        context: &TimeContext,
    ) -> Result<Vec<Option<Answered>>, Error> {
        let known = |found: &Found| match (context.known.at_most_one(), found.points.bands().first()) {
            (Some(at), _) => at,
            (None, Some(first)) => KnownAt::Instant(first.known.from()),
            (None, None) => KnownAt::Latest,
        };
        let asked: Vec<_> = found.iter().map(|one| (ObjectId { class, uuid: one.object }, known(one))).collect();
        let answered = |encoded: Option<Encoded>| {
            let Some(encoded) = encoded else { return Ok(None) };
            let mut registration = decoded(&encoded)?;
            retain_in_effect(&mut registration.content, context.valid);
            Ok(Some(Answered { position: encoded.position, registered: encoded.registered, registration }))
        };
        view.registrations(&asked).await?.into_iter().map(answered).collect()
    }

    /// The place of an object in the answer to a query; `None` where the query does not find it.
    ///
    /// # Errors
    /// [`Error::Store`] from the view, [`Error::TooLarge`] for a question that is beyond the limits.
    pub async fn rank(
        &self,
        view: &S::View,
        query: &Query,
        object: Uuid,
        limits: Limits,
    ) -> Result<Option<Rank>, Error> {
        let mut query = query.clone();
        query.select.filter = query.select.filter & Filter::Object(vec![object]);
        let ranked = execute::ranked(view, &self.declarations, &query, None, 1, limits).await?;
        Ok(ranked.into_iter().next().map(|(rank, _)| rank))
    }

    /// The class of a registration as it was declared when it was registered.
    ///
    /// # Errors
    /// [`Error::UnknownClass`] where it was not.
    pub fn class_of(&self, answered: &Answered) -> Result<&Class, Error> {
        let class = answered.registration.object.class;
        self.declarations.class(class, answered.position).ok_or(Error::UnknownClass(class))
    }
}
