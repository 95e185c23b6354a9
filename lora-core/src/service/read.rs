//! Reading: objects from one point of both time axes, at one position.

use uuid::Uuid;

use super::Service;
use crate::error::Error;
use crate::object::slice::{consolidate, retain_in_effect};
use crate::object::{LifeCycle, ObjectId, Position, Registration};
use crate::query::execute::chains::ChainPages;
use crate::query::execute::{self, decoded};
use crate::query::{Known, Search, TimeContext};
use crate::schema::ClassId;
use crate::storage::{Encoded, Need, Read, Storage};
use crate::time::{Period, TransactionTime};

/// How many registrations a single read of a store asks for.
const PAGE: usize = 256;

/// An object with the registrations that a time context selects, newest first; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The object.
    pub object: ObjectId,
    /// The registrations, each with the rows in effect.
    pub registrations: Vec<Answered>,
}

/// A registration with its place on the axis of transaction time, its content cut to the rows in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its place in the ledger.
    pub position: Position,
    /// From when to when it was the newest, as far as the view shows.
    pub registered: Period<TransactionTime>,
    /// The registration.
    pub registration: Registration,
}

impl Answer {
    /// Whether the newest of the registrations is a deletion.
    pub fn is_deleted(&self) -> bool {
        self.registrations.first().is_some_and(|newest| newest.registration.lifecycle == LifeCycle::Deleted)
    }

    /// The same with rows joined that follow on each other and state the same (LoRA's *konsolider*).
    ///
    /// Joins over all of valid time before cutting, so it needs the answer to a context [`TimeContext::always`].
    #[must_use]
    pub fn consolidated(mut self, context: &TimeContext) -> Self {
        for answered in &mut self.registrations {
            consolidate(&mut answered.registration.content);
            retain_in_effect(&mut answered.registration.content, context.valid);
        }
        self
    }
}

impl<S: Storage> Service<S> {
    /// A view of everything committed, or of everything up to a position.
    ///
    /// # Errors
    /// [`Error::Store`], also for a position that is not here yet.
    pub async fn view(&self, at: Option<Position>) -> Result<S::View, Error> {
        Ok(self.store.view(at).await?)
    }

    /// A view for a question that is `known` at some time, and must show at least a position: see
    /// [`Storage::view_showing`].
    ///
    /// # Errors
    /// [`Error::Store`], also for a position that is not here yet.
    pub async fn view_showing(&self, position: Position, known: Known) -> Result<S::View, Error> {
        Ok(self.store.view_showing(Need { position, registered_before: known.ends() }).await?)
    }

    /// The object as `context` selects; `None` when it is unknown, or was not known then.
    ///
    /// # Errors
    /// [`Error::Store`] from the view.
    pub async fn read(&self, view: &S::View, object: ObjectId, context: &TimeContext) -> Result<Option<Answer>, Error> {
        let found = selected(view, &[object], context.known).await?;
        answer(object, &found.concat(), context)
    }

    /// The objects of a class as `context` selects, by UUID; unknown and deleted ones are left out.
    ///
    /// # Errors
    /// [`Error::Store`] from the view.
    pub async fn list(
        &self,
        view: &S::View,
        class: ClassId,
        uuids: &[Uuid],
        context: &TimeContext,
    ) -> Result<Vec<Answer>, Error> {
        let mut uuids = uuids.to_vec();
        uuids.sort();
        uuids.dedup();
        let objects: Vec<_> = uuids.into_iter().map(|uuid| ObjectId { class, uuid }).collect();
        let found = selected(view, &objects, context.known).await?;
        let mut answers = Vec::new();
        for (object, found) in objects.into_iter().zip(found) {
            answers.extend(answer(object, &found, context)?);
        }
        answers.retain(|answer| !answer.is_deleted());
        Ok(answers)
    }

    /// The UUIDs of the objects that `search` finds, ascending.
    ///
    /// # Errors
    /// [`Error::UnknownClass`], or [`Error::Store`] from the view.
    pub async fn search(&self, view: &S::View, search: &Search) -> Result<Vec<Uuid>, Error> {
        self.class(search.class)?;
        Ok(execute::search(view, &self.declarations, search).await?)
    }
}

/// The registrations of each object that count, oldest first.
async fn selected<V: Read>(view: &V, objects: &[ObjectId], known: Known) -> Result<Vec<Vec<Encoded>>, Error> {
    if let Some(at) = known.at_most_one() {
        let asked: Vec<_> = objects.iter().map(|object| (*object, at)).collect();
        let found = view.registrations(&asked).await?;
        return Ok(found.into_iter().map(|newest| newest.into_iter().collect()).collect());
    }
    let mut found = vec![Vec::new(); objects.len()];
    let Known::During(Some(window)) = known else { return Ok(found) };
    let mut pages = ChainPages::of(objects, window, PAGE);
    while let Some(page) = pages.next(view).await? {
        page.into_iter().for_each(|(object, encoded)| found[object].push(encoded));
    }
    Ok(found)
}

fn answer(object: ObjectId, oldest_first: &[Encoded], context: &TimeContext) -> Result<Option<Answer>, Error> {
    let registrations = oldest_first.iter().rev().map(|encoded| {
        let mut registration = decoded(encoded)?;
        retain_in_effect(&mut registration.content, context.valid);
        Ok(Answered { position: encoded.position, registered: encoded.registered, registration })
    });
    let registrations = registrations.collect::<Result<Vec<_>, Error>>()?;
    Ok((!registrations.is_empty()).then_some(Answer { object, registrations }))
}
