//! Showing what a query found: each object as it was registered at the first point at which it was found.

use super::{Answered, Service};
use crate::error::Error;
use crate::object::ObjectId;
use crate::object::slice::retain_in_effect;
use crate::query::execute::decoded;
use crate::query::{Found, TimeContext};
use crate::schema::{Class, ClassId};
use crate::storage::{KnownAt, Read, Storage};

impl<S: Storage> Service<S> {
    /// The registrations that were known at the first points of objects that a query of the context found, in the order
    /// given, with the rows in effect in the context's window. The view is the one in which they were found.
    ///
    /// # Errors
    /// [`Error::Store`] from the view.
    pub async fn show(
        &self,
        view: &S::View,
        class: ClassId,
        found: &[Found],
        context: &TimeContext,
    ) -> Result<Vec<Answered>, Error> {
        let known = |found: &Found| match (context.known.at_most_one(), found.points.bands().first()) {
            (Some(at), _) => at,
            (None, Some(first)) => KnownAt::Instant(first.known.from()),
            (None, None) => KnownAt::Latest,
        };
        let asked: Vec<_> = found.iter().map(|one| (ObjectId { class, uuid: one.object }, known(one))).collect();
        let encoded = view.registrations(&asked).await?.into_iter().flatten();
        let answered = encoded.map(|encoded| {
            let mut registration = decoded(&encoded)?;
            retain_in_effect(&mut registration.content, context.valid);
            Ok(Answered { position: encoded.position, registered: encoded.registered, registration })
        });
        answered.collect()
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
